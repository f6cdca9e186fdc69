import fc from 'fast-check';
import { expect, it } from 'vitest';

import { BATCH_BYTES, BATCH_ROWS, type Cell, cellBytes } from '../../src/rows/batch.ts';
import { batchesOf } from '../../src/rows/batches-of.ts';
import { expectNoLeak } from '../kernels/heap.ts';

const cell = fc.option(
  fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.uint8Array({ maxLength: 40 })),
  {
    nil: null,
  },
);

/** All cells as hexadecimal text, and the rows of each batch. */
async function collect(columns: number, rows: Iterable<readonly Cell[]>) {
  const cells: (string | null)[][] = [];
  const sizes: number[] = [];
  for await (const batch of batchesOf(columns, rows)) {
    sizes.push(batch.rows);
    for (let row = 0; row < batch.rows; row++)
      cells.push(batch.columns.map((column) => cellBytes(column, row)?.toString('hex') ?? null));
    batch.release();
  }
  return { cells, sizes };
}

it('every cell comes out as it went in, and all memory is given back', async () => {
  await expectNoLeak(() =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell, cell), { maxLength: 50 }), async (rows) => {
        const { cells } = await collect(3, rows);
        const hex = (c: Cell) => (c === null ? null : Buffer.from(c as string).toString('hex'));
        expect(cells).toEqual(rows.map((row) => row.map(hex)));
      }),
    ),
  );
});

it('no row, no batch', async () => {
  expect(await collect(1, [])).toEqual({ cells: [], sizes: [] });
});

it('batches are bounded by rows and by bytes', async () => {
  const short = Array.from({ length: BATCH_ROWS + 5 }, () => ['x']);
  expect((await collect(1, short)).sizes).toEqual([BATCH_ROWS, 5]);
  const long = Array.from({ length: 5 }, () => [Buffer.alloc(BATCH_BYTES / 2, 'x')]);
  expect((await collect(1, long)).sizes).toEqual([2, 2, 1]);
});

it('rows are asked for as they are needed, and let go when reading stops', async () => {
  await expectNoLeak(async () => {
    let asked = 0;
    let ended = false;
    function* endless(): Generator<string[]> {
      try {
        for (;;) yield [String(asked++)];
      } finally {
        ended = true;
      }
    }
    for await (const batch of batchesOf(1, endless())) {
      batch.release();
      break;
    }
    expect([asked, ended]).toEqual([BATCH_ROWS, true]);
  });
});

it.each<[string, Cell[], object]>([
  ['too short a row', ['a'], { name: 'RangeError', message: 'a row has 1 cells, not 2' }],
  ['too long a row', ['a', 'b', 'c'], { name: 'RangeError', message: 'a row has 3 cells, not 2' }],
  ['half of a surrogate pair', ['a', 'x\ud83d'], { code: 'bad-value' }],
])('%s is refused', async (_, row, error) => {
  await expectNoLeak(async () => {
    await expect(collect(2, [['a', 'b'], row])).rejects.toMatchObject(error);
  });
});
