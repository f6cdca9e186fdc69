import fc from 'fast-check';
import { expect, it } from 'vitest';

import { memory } from '../../src/kernels/kernels.ts';
import { type Batch, BATCH_BYTES, BatchBuilder, batchOf, cellBytes } from '../../src/rows/batch.ts';
import { expectNoLeak, liveBytes } from '../kernels/heap.ts';

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

it('batches stay as they are while others are released and made', async () => {
  await expectNoLeak(() =>
    fc.assert(
      fc.property(table, fc.infiniteStream(fc.boolean()), (parts, choices) => {
        const builder = new BatchBuilder(2);
        let held: { batch: Batch; rows: (Uint8Array | null)[][] }[] = [];
        for (const rows of parts) {
          held.push({ batch: fill(builder, rows), rows });
          for (const { batch, rows: expected } of held) expect(cells(batch)).toEqual(expected);
          held = held.filter(({ batch }) => {
            const keep = choices.next().value!;
            if (!keep) batch.release();
            return keep;
          });
        }
        for (const { batch } of held) batch.release();
      }),
    ),
  );
});

it('memory of released batches is used again while others are held', () => {
  const held: Batch[] = [];
  const size = (round: number) => 1000 + ((round * 7919) % 50_000);
  const next = (round: number) => {
    held.push(fill(new BatchBuilder(2), [[Buffer.alloc(size(round), 'x'), null]]));
    if (held.length > 5) held.shift()!.release();
  };
  for (let round = 0; round < 50; round++) next(round);
  const pages = memory.buffer.byteLength;
  for (let round = 50; round < 1000; round++) next(round);
  expect(memory.buffer.byteLength).toBe(pages);
  for (const batch of held) batch.release();
});

it('a builder gives everything back, also of a cell that needs more memory and of a row given up', async () => {
  const large = Buffer.alloc(2 * BATCH_BYTES, 'y');
  await expectNoLeak(() => {
    const builder = new BatchBuilder(2);
    builder.drop();
    builder.append(0, large, 0, large.length);
    builder.append(1, large, 0, 10);
    builder.append(0, large, 0, 3);
    builder.appendNull(1);
    builder.endRow();
    expect(builder.bytes).toBeGreaterThan(0);
    const batch = builder.take();
    expect(cells(batch)).toEqual([[new Uint8Array(3).fill(121), null]]);
    batch.release();
    builder.appendNull(0);
    builder.appendNull(1);
    builder.endRow();
    builder.drop();
    expect([builder.rows, builder.bytes]).toEqual([0, 0]);
    builder.append(0, large, 0, large.length);
    builder.drop();
    builder.take().release();
  });
});

it('many batches, one after another, take the memory of one', () => {
  const row = [[Buffer.alloc(BATCH_BYTES, 'x'), null]];
  fill(new BatchBuilder(2), row).release();
  const [live, size] = [liveBytes(), memory.buffer.byteLength];
  for (let i = 0; i < 200; i++) {
    fill(new BatchBuilder(2), row).release();
    batchOf(2, [['a', null], []]).release();
  }
  expect([liveBytes(), memory.buffer.byteLength]).toEqual([live, size]);
});
