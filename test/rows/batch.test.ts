import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  BATCH_BYTES,
  BATCH_ROWS,
  BatchBuilder,
  batchBytes,
  batchOf,
  batchRows,
  cellBytes,
  isValid,
} from '../../src/rows/batch.ts';

const hex = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('hex');
const cell = fc.option(fc.uint8Array({ maxLength: 80 }), { nil: null });

describe('batch', () => {
  it('gives back every cell, batch after batch from one builder', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.tuple(cell, cell), { maxLength: 40 }), { maxLength: 4 }),
        (batches) => {
          const builder = new BatchBuilder(2);
          const taken = batches.map((rows) => {
            for (const row of rows) {
              row.forEach((bytes, column) => {
                if (bytes === null) builder.appendNull(column);
                else builder.append(column, Uint8Array.from([1, ...bytes, 2]), 1, bytes.length + 1);
              });
              builder.endRow();
            }
            return builder.take();
          });
          taken.forEach((batch, i) => {
            expect(batch.rows).toBe(batches[i]!.length);
            batches[i]!.forEach((row, r) => {
              row.forEach((bytes, c) => {
                expect(isValid(batch.columns[c]!, r)).toBe(bytes !== null);
                expect(hex(cellBytes(batch.columns[c]!, r))).toBe(hex(bytes));
              });
            });
            batch.columns.forEach((column, c) =>
              expect(column.nulls).toBe(batches[i]!.filter((row) => row[c] === null).length),
            );
            expect(batchBytes(batch)).toBe(
              batches[i]!.flat().reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0),
            );
            batch.release();
          });
        },
      ),
    );
  });

  it('forgets a row that was given up half-way', () => {
    const builder = new BatchBuilder(2);
    const x = Buffer.from('x');
    builder.append(0, x, 0, 1);
    builder.appendNull(1);
    builder.endRow();
    builder.appendNull(0);
    builder.append(0, x, 0, 1);
    builder.append(1, x, 0, 1);
    builder.appendNull(0);
    builder.append(1, x, 0, 1);
    builder.endRow();
    const batch = builder.take();
    const cells = [0, 1].map((row) => batch.columns.map((column) => hex(cellBytes(column, row))));
    expect(cells).toEqual([
      ['78', null],
      [null, '78'],
    ]);
    expect(batch.columns.map((column) => column.nulls)).toEqual([1, 1]);
    batch.release();
  });

  it('is full at its bytes or its rows, and takes a cell larger than both', () => {
    const builder = new BatchBuilder(1);
    const small = Buffer.from('x');
    while (!builder.full) {
      builder.append(0, small, 0, 1);
      builder.endRow();
    }
    const first = builder.take();
    expect(first.rows).toBe(BATCH_ROWS);
    first.release();
    const large = Buffer.alloc(3 * BATCH_BYTES, 'y');
    builder.append(0, large, 0, large.length);
    builder.endRow();
    expect(builder.full).toBe(true);
    const second = builder.take();
    expect(batchBytes(second)).toBe(large.length);
    second.release();
  });

  it.each([1, 30, 4096])('of %i columns holds all cells of its last row', (columns) => {
    const builder = new BatchBuilder(columns);
    const last = batchRows(columns) - 1;
    expect(last).toBeGreaterThanOrEqual(63);
    for (let row = 0; row <= last; row++) {
      expect(builder.full).toBe(false);
      for (let column = 0; column < columns; column++) {
        const cell = Buffer.from(row === last ? String(column) : '');
        builder.append(column, cell, 0, cell.length);
      }
      builder.endRow();
    }
    expect(builder.full).toBe(true);
    const batch = builder.take();
    for (const [i, column] of batch.columns.entries()) {
      expect(cellBytes(column, last)!.toString()).toBe(String(i));
      expect(cellBytes(column, 0)!.length).toBe(0);
    }
    batch.release();
  });

  it('is made of cells that are given, where a row may end early', () => {
    const batch = batchOf(3, [['a', Buffer.from([255]), null], ['b'], []]);
    const cells = [0, 1, 2].map((row) => batch.columns.map((column) => hex(cellBytes(column, row))));
    expect(cells).toEqual([
      ['61', 'ff', null],
      ['62', null, null],
      [null, null, null],
    ]);
    batch.columns.forEach((column, i) => expect(column.nulls, `column ${i}`).toBe([1, 2, 3][i]));
    batch.release();
    const none = batchOf(2, []);
    expect([none.rows, batchBytes(none)]).toEqual([0, 0]);
    none.release();
  });
});
