import fc from 'fast-check';
import { expect, it } from 'vitest';

import { type Batch, BatchBuilder, cellBytes } from '../../src/rows/batch.ts';

const cell = fc.option(fc.uint8Array({ maxLength: 80 }), { nil: null });
const table = fc.array(fc.array(fc.tuple(cell, cell), { maxLength: 60 }), { maxLength: 8 });

function fill(builder: BatchBuilder, rows: readonly (Uint8Array | null)[][]): Batch {
  for (const row of rows) {
    row.forEach((bytes, column) => {
      if (bytes === null) builder.appendNull(column);
      else builder.append(column, bytes, 0, bytes.length);
    });
    builder.endRow();
  }
  return builder.take();
}

function cells(batch: Batch): (Uint8Array | null)[][] {
  return Array.from({ length: batch.rows }, (_, row) =>
    batch.columns.map((column) => {
      const bytes = cellBytes(column, row);
      return bytes === null ? null : Uint8Array.from(bytes);
    }),
  );
}

it('batches stay as they are while others are released and made', () => {
  fc.assert(
    fc.property(table, fc.infiniteStream(fc.boolean()), (parts, choices) => {
      const builder = new BatchBuilder(2);
      let held: { batch: Batch; rows: (Uint8Array | null)[][] }[] = [];
      for (const rows of parts) {
        held.push({ batch: fill(builder, rows), rows });
        for (const { batch, rows: expected } of held) expect(cells(batch)).toEqual(expected);
        held = held.filter(({ batch }) => {
          const keep = choices.next().value!;
          if (!keep) batch.release!();
          return keep;
        });
      }
    }),
  );
});

it('memory of a released batch is used again', () => {
  const builder = new BatchBuilder(1);
  const row = [[Buffer.alloc(5000, 'x')]];
  const memory = (batch: Batch) => batch.columns[0]!.data.buffer;
  const first = fill(builder, row);
  const second = fill(builder, row);
  expect(memory(second)).not.toBe(memory(first));
  first.release!();
  fill(builder, row);
  expect(memory(fill(builder, row))).toBe(memory(first));
});
