import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { allocate, bytesAt, free } from '../../src/kernels/kernels.ts';
import { cellTable, Pieces, readPiece } from '../../src/lake/piece.ts';
import { SpillFile } from '../../src/lake/spill-file.ts';
import { type Batch, batchOf, cellBytes, isValid } from '../../src/rows/batch.ts';
import { expectNoLeak, liveBytes } from '../kernels/heap.ts';
import { tempDir } from '../temp-dir.ts';

type Row = (string | null)[];

const cell = fc.oneof(
  fc.constant(null),
  fc.constant(''),
  fc.string({ maxLength: 100 }),
  fc.string({ minLength: 31, maxLength: 34 }),
);
const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 40 });

/** Makes a piece of some rows of a batch, with these of its columns. */
function addPiece(
  pieces: Pieces,
  batch: Batch,
  columns: readonly number[],
  from: number,
  to: number,
): Buffer {
  const table = cellTable(columns.map((column) => batch.columns[column]!));
  const places: number[] = [];
  pieces.add(table, from, to, places);
  free(table.address);
  return bytesAt(places[0]!, places[1]!);
}

function rowsOf(batch: Batch): Row[] {
  return Array.from({ length: batch.rows }, (_, row) =>
    batch.columns.map((column) => {
      const bytes = cellBytes(column, row);
      expect(isValid(column, row)).toBe(bytes !== null);
      return bytes === null ? null : bytes.toString();
    }),
  );
}

/** The rows of the pieces that lie one behind another. */
function readAll(address: number, length: number, columns: number): Row[][] {
  const found: Row[][] = [];
  for (let at = address; at < address + length;) {
    const { batch, end } = readPiece(at, columns);
    found.push(rowsOf(batch));
    batch.columns.forEach((column, i) =>
      expect(column.nulls).toBe(found.at(-1)!.filter((row) => row[i] === null).length),
    );
    batch.release();
    at = end;
    expect(at).toBeLessThanOrEqual(address + length);
  }
  return found;
}

describe('pieces', () => {
  it('give back some rows of batches that are gone, columns in the order asked for', async () => {
    const given = fc.array(fc.tuple(rows, fc.nat(40), fc.nat(40)), { minLength: 1, maxLength: 6 });
    await expectNoLeak(() =>
      fc.assert(
        fc.property(given, fc.subarray([2, 0, 1]), (all, columns) => {
          const pieces = new Pieces();
          const kept = all.map(([rows, a, b]) => {
            const from = Math.min(a, b, rows.length);
            const to = Math.min(Math.max(a, b), rows.length);
            const batch = batchOf(3, rows);
            const piece = addPiece(pieces, batch, columns, from, to);
            batch.release();
            return { piece, expected: rows.slice(from, to).map((row) => columns.map((i) => row[i]!)) };
          });
          for (const { piece, expected } of kept) {
            expect(piece.length % 8).toBe(0);
            expect(readAll(piece.byteOffset, piece.length, columns.length)).toEqual([expected]);
          }
          expect(pieces.bytes).toBeGreaterThanOrEqual(kept.reduce((sum, { piece }) => sum + piece.length, 0));
          pieces.detach()();
        }),
      ),
    );
  });

  it('stand in a file as they are, one behind another', async () => {
    const spill = new SpillFile(tempDir());
    const expected: Row[][] = [];
    await expectNoLeak(async () => {
      const pieces = new Pieces();
      for (let i = 0; i < 200; i++) {
        const given: Row[] = Array.from({ length: 1 + (i % 7) }, (_, row) => [
          `${i}`,
          row % 3 === 0 ? null : 'x'.repeat((i * 37) % 500),
        ]);
        const batch = batchOf(2, given);
        await spill.write(addPiece(pieces, batch, [0, 1], 0, given.length));
        batch.release();
        expected.push(given);
      }
      await spill.flush();
      const release = pieces.detach();
      expect(pieces.bytes).toBe(0);
      release();
      const address = allocate(spill.position);
      await spill.read(0, bytesAt(address, spill.position));
      expect(readAll(address, spill.position, 2)).toEqual(expected);
      free(address);
    });
    await spill.close();
  });

  it('share memory where they are small, and have their own where they are large', async () => {
    await expectNoLeak(() => {
      const pieces = new Pieces();
      const small = batchOf(1, [['x'.repeat(1000)]]);
      for (let i = 0; i < 2000; i++) addPiece(pieces, small, [0], 0, 1);
      expect(pieces.bytes).toBeGreaterThan(2000 * 1000);
      expect(pieces.bytes).toBeLessThan(4 << 20);
      const before = pieces.bytes;
      const large = batchOf(1, [['y'.repeat(3 << 20)], ['z']]);
      const piece = addPiece(pieces, large, [0], 0, 2);
      expect(pieces.bytes - before).toBe(piece.length);
      small.release();
      large.release();
      expect(liveBytes()).toBeGreaterThanOrEqual(pieces.bytes);
      expect(readAll(piece.byteOffset, piece.length, 1)).toEqual([[['y'.repeat(3 << 20)], ['z']]]);
      const release = pieces.detach();
      // Pieces that are made while those of before still wait are not theirs.
      const other = batchOf(1, [['other']]);
      const next = addPiece(pieces, other, [0], 0, 1);
      other.release();
      release();
      release();
      expect(readAll(next.byteOffset, next.length, 1)).toEqual([[['other']]]);
      pieces.detach()();
    });
  });
});
