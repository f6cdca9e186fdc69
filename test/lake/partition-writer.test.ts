import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  PartitionWriter,
  type PartitionSink,
  type PartitionWriterOptions,
} from '../../src/lake/partition-writer.ts';
import { type Batch, batchOf, cellBytes } from '../../src/rows/batch.ts';
import { expectNoLeak, liveBytes } from '../kernels/heap.ts';
import { tempDir } from '../temp-dir.ts';

const folder = tempDir();
const spillFolder = join(folder, 'spill');
mkdirSync(spillFolder);

type Row = (string | null)[];

function rowsOf(batch: Batch, from: number, to: number): Row[] {
  return Array.from({ length: to - from }, (_, i) =>
    batch.columns.map((column) => {
      const bytes = cellBytes(column, from + i);
      return bytes === null ? null : bytes.toString('latin1');
    }),
  );
}

const bytesOf = (rows: readonly Row[]) => rows.flat().reduce((sum, cell) => sum + 4 + (cell?.length ?? 0), 0);

/** Files that keep what they get in memory until they are relieved. */
class Files {
  /** The rows of each file, by its partition's values as JSON. */
  readonly rows = new Map<string, Row[]>();
  /** Bytes that the files hold. */
  held = 0;
  open = 0;
  mostOpen = 0;
  relieved = 0;
  /** Called before each write. */
  beforeWrite = (): void => {};
  /** Called for each step, which fails if this does. */
  step = async (_step: 'open' | 'write' | 'relieve' | 'finish'): Promise<void> => {};
  /** Whether {@link PartitionSink.relieve} does anything. */
  gives = true;

  readonly opener = async (values: readonly (string | null)[]): Promise<PartitionSink> => {
    await this.step('open');
    const key = JSON.stringify(values);
    expect(this.rows.has(key), 'one file per partition').toBe(false);
    const written: Row[] = [];
    this.rows.set(key, written);
    this.open++;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    let held = 0;
    const relieve = async (): Promise<void> => {
      await this.step('relieve');
      this.relieved++;
      if (!this.gives) return;
      this.held -= held;
      held = 0;
    };
    return {
      write: async (batch, from = 0, to = batch.rows) => {
        this.beforeWrite();
        await this.step('write');
        const rows = rowsOf(batch, from, to);
        written.push(...rows);
        held += bytesOf(rows);
        this.held += bytesOf(rows);
      },
      held: () => held,
      relieve,
      finish: async () => {
        await this.step('finish');
        this.held -= held;
        this.open--;
      },
    };
  };
}

const batchOfRows = (rows: readonly Row[]): Batch =>
  batchOf(
    rows[0]!.length,
    rows.map((row) => row.map((cell) => (cell === null ? null : Buffer.from(cell, 'latin1')))),
  );

type Choices = Partial<PartitionWriterOptions> & { readonly batchRows?: number };

function writerOf(files: Files, choices: Choices): PartitionWriter {
  return new PartitionWriter({
    table: 't',
    partitionColumns: [0],
    fileColumns: [1],
    memory: 1 << 20,
    spillFolder,
    open: files.opener,
    ...choices,
  });
}

/** Divides rows into files; after an error it gives up as a table's writer does. */
async function divide(files: Files, rows: readonly Row[], choices: Choices): Promise<void> {
  const { batchRows = 100 } = choices;
  const writer = writerOf(files, choices);
  try {
    for (let i = 0; i < rows.length; i += batchRows)
      await writer.write(batchOfRows(rows.slice(i, i + batchRows)));
    expect(writer.rows).toBe(rows.length);
    await writer.finish();
  } finally {
    await writer.abort();
  }
}

function expected(rows: readonly Row[], by: readonly number[], keep: readonly number[]): Map<string, Row[]> {
  const files = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify(by.map((i) => row[i]!));
    files.set(key, [...(files.get(key) ?? []), keep.map((i) => row[i]!)]);
  }
  return files;
}

/** Rows of a few partitions, `size` bytes each. */
const someRows = (count: number, partitions: number, size: number): Row[] =>
  Array.from({ length: count }, (_, i) => [`k${(i * 7) % partitions}`, `${i} ${'x'.repeat(size)}`]);

const cell = fc.oneof(
  fc.constant(null),
  fc.constantFrom('', '-;', '+', 'a', 'A', 'a '),
  fc.string({ maxLength: 90 }).map((s) => Buffer.from(s).toString('latin1')),
);
const key = fc.oneof(fc.constant(null), fc.constantFrom('', 'NULL', 'a', 'A', 'a ', '1;', '-', ';'));

describe('partition writer', () => {
  it('gives every partition its rows in order, whatever the memory and the open files', async () => {
    const some = fc.array(fc.tuple(key, cell, key, cell), { minLength: 1, maxLength: 200 });
    await expectNoLeak(() =>
      fc.assert(
        fc.asyncProperty(
          some,
          fc.constantFrom(0, 1, 5_000, 100_000, 1 << 30),
          fc.constantFrom(0, 2, 256),
          fc.integer({ min: 1, max: 64 }),
          async (rows, memory, openFiles, batchRows) => {
            const files = new Files();
            const [partitionColumns, fileColumns] = [
              [0, 2],
              [1, 3],
            ];
            await divide(files, rows, { memory, openFiles, batchRows, partitionColumns, fileColumns });
            expect(files.rows).toEqual(expected(rows, [0, 2], [1, 3]));
            expect(files.open).toBe(0);
            expect(files.mostOpen).toBeLessThanOrEqual(openFiles + 4);
          },
        ),
        { numRuns: 200 },
      ),
    );
    expect(await readdir(spillFolder), 'no temporary file stays').toEqual([]);
  });

  it.each([0, 1, 256])('takes rows larger than its pieces, %i files open', async (openFiles) => {
    const rows: Row[] = [
      ['a', 'x'.repeat(3 << 20)],
      ['b', 'y'],
      ['a', 'z'.repeat(300_000)],
    ];
    await expectNoLeak(async () => {
      for (const memory of [0, 1 << 30]) {
        const files = new Files();
        await divide(files, rows, { memory, openFiles, batchRows: 1 });
        expect(files.rows).toEqual(expected(rows, [0], [1]));
      }
    });
  });

  it.each([0, 256])('takes thousands of partitions, %i files open', async (openFiles) => {
    const rows: Row[] = Array.from({ length: 15_000 }, (_, i) => [`k${i % 5_000}`, String(i)]);
    await expectNoLeak(async () => {
      const files = new Files();
      await divide(files, rows, { openFiles, batchRows: 2500 });
      expect(files.rows.size).toBe(5_000);
      expect(files.rows.get('["k7"]')).toEqual([['7'], ['5007'], ['10007']]);
    });
  });

  it.each([200, 10_000, 100_000])('writes one file for each of %i partitions', async (partitions) => {
    const memory = 8 << 20;
    const count = Math.max(60_000, 2 * partitions);
    const before = liveBytes();
    let most = 0;
    await expectNoLeak(async () => {
      const files = new Files();
      files.step = async (step) => {
        if (step === 'open') most = Math.max(most, liveBytes() - before);
      };
      const writer = writerOf(files, { memory });
      for (let from = 0; from < count; from += 10_000) {
        const rows: Row[] = Array.from({ length: 10_000 }, (_, i) => [
          // Neighbours are in different partitions.
          `k${((from + i) * 7919) % partitions}`,
          String(from + i).padEnd(100, '.'),
        ]);
        await writer.write(batchOfRows(rows));
      }
      await writer.finish();
      expect(files.rows.size).toBe(partitions);
      let rows = 0;
      for (const written of files.rows.values()) {
        rows += written.length;
        const numbers = written.map(([cell]) => parseInt(cell!, 10));
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }
      expect(rows).toBe(count);
      expect(files.mostOpen).toBeLessThanOrEqual(256 + 4);
    });
    // What is known of a partition is kept besides.
    expect(most).toBeLessThan(2 * memory + 200 * partitions);
  });

  it('opens fewer files for a wide table, whose files need more memory each', async () => {
    const columns = 60;
    const files = new Files();
    const rows: Row[] = Array.from({ length: 3000 }, (_, i) => [
      `k${i % 300}`,
      ...Array<string>(columns).fill('a value'),
    ]);
    const fileColumns = Array.from({ length: columns }, (_, i) => i + 1);
    await divide(files, rows, { fileColumns, memory: 8 << 20, batchRows: 500 });
    expect(files.rows.size).toBe(300);
    // Half of the budget by 8 kB for each column, and four files that are written at the end.
    expect(files.mostOpen).toBeLessThanOrEqual(Math.floor((4 << 20) / (8192 * columns)) + 4);
  });

  it('completes sixteen open files side by side, for each may wait for a store', async () => {
    const files = new Files();
    let under = 0;
    let most = 0;
    files.step = async (step) => {
      if (step !== 'finish') return;
      most = Math.max(most, ++under);
      await new Promise(setImmediate);
      under--;
    };
    const rows = Array.from({ length: 50 }, (_, i): Row => [`p${i}`, 'x']);
    await divide(files, rows, {});
    expect(most).toBe(16);
    expect(files.rows.size).toBe(50);
  });

  it('takes a table all of whose columns are partition columns, and one without rows', async () => {
    await expectNoLeak(async () => {
      for (const openFiles of [0, 256]) {
        const files = new Files();
        await divide(files, [['a'], ['b'], ['a']], { openFiles, fileColumns: [], memory: 0 });
        expect([...files.rows].map(([key, rows]) => [key, rows.length])).toEqual([
          ['["a"]', 2],
          ['["b"]', 1],
        ]);
        const none = new Files();
        await divide(none, [], { openFiles });
        expect(none.rows.size).toBe(0);
      }
    });
  });

  it('counts rows and partitions as they come', async () => {
    const writer = writerOf(new Files(), {});
    expect([writer.rows, writer.partitions]).toEqual([0, 0]);
    await writer.write(batchOfRows(someRows(10, 3, 1)));
    await writer.write(batchOfRows(someRows(20, 5, 1)));
    expect([writer.rows, writer.partitions]).toEqual([30, 5]);
    await writer.abort();
  });
});

describe('the memory of a partition writer', () => {
  const rows = someRows(15_000, 200, 500);

  it('bounds what open files hold', async () => {
    const files = new Files();
    const memory = 2 << 20;
    let most = 0;
    files.beforeWrite = () => {
      most = Math.max(most, files.held);
    };
    await divide(files, rows, { memory });
    expect(most).toBeLessThanOrEqual(memory / 2);
    expect(most, 'files are relieved only when they hold much').toBeGreaterThan(memory / 4);
    expect(files.relieved).toBeGreaterThan(0);
    expect(files.rows).toEqual(expected(rows, [0], [1]));
  });

  it('relieves the fullest file, and only when the files hold too much', async () => {
    const plenty = new Files();
    await divide(plenty, rows, { memory: 1 << 30 });
    expect(plenty.relieved).toBe(0);

    const files = new Files();
    // One partition has nearly all bytes.
    const skewed = someRows(4000, 50, 10).map(([key, text]): Row => [
      key!,
      key === 'k7' ? text + 'y'.repeat(50_000) : text!,
    ]);
    await divide(files, skewed, { memory: 2 << 20 });
    const large = bytesOf(skewed.filter(([key]) => key === 'k7'));
    // Each time it gives what a quarter of the memory has brought at least.
    expect(files.relieved).toBeGreaterThan(0);
    expect(files.relieved).toBeLessThan((4 * large) / (2 << 20) + 10);
  });

  it('goes on where a file cannot be relieved', async () => {
    const files = new Files();
    files.gives = false;
    const few = someRows(500, 3, 100);
    await divide(files, few, { memory: 1000, batchRows: 10, openFiles: 256 });
    expect(files.relieved).toBeGreaterThan(0);
    expect(files.rows).toEqual(expected(few, [0], [1]));
  });

  it.each([0, 2, 256])('is about the budget while rows come, %i files open', async (openFiles) => {
    const memory = 4 << 20;
    const before = liveBytes();
    let most = 0;
    const files = new Files();
    files.step = async () => {
      most = Math.max(most, liveBytes() - before);
    };
    const writer = writerOf(files, { memory, openFiles });
    // 24 MB in all.
    for (let i = 0; i < 60; i++) {
      await writer.write(batchOfRows(someRows(200, 20, 2000)));
      most = Math.max(most, liveBytes() - before);
    }
    await writer.finish();
    expect(most).toBeLessThan(memory);
    expect(most).toBeGreaterThan(memory / 8);
    expect(liveBytes()).toBe(before);
    expect(files.rows.get('["k0"]')!.length).toBe(60 * 10);
  });
});

describe('a partition writer that fails', () => {
  const rows = someRows(400, 9, 50);

  it.each(['open', 'write', 'finish', 'relieve'] as const)(
    'at each %s tells the error of the file and gives everything back',
    async (at) => {
      for (const openFiles of at === 'relieve' ? [2, 256] : [0, 2, 256]) {
        for (const count of [0, 1, 5, 8]) {
          await expectNoLeak(async () => {
            const files = new Files();
            let steps = 0;
            files.step = async (step) => {
              // Not at once, so that other files are at work meanwhile.
              await Promise.resolve();
              if (step === at && steps++ >= count) throw new Error(`no ${at}`);
            };
            const choices = { openFiles, memory: at === 'relieve' ? 500 : 20_000, batchRows: 20 };
            await expect(divide(files, rows, choices)).rejects.toThrow(`no ${at}`);
          });
        }
      }
      expect(await readdir(spillFolder)).toEqual([]);
    },
  );

  it.each([
    ['of several', [0, 1], [[Buffer.from('a'), Buffer.from([0xff])]]],
    [
      'in a later row',
      [1],
      [...Array(50).fill([Buffer.from('a'), Buffer.from('b')]), [null, Buffer.from([0xc3])]],
    ],
    [
      'behind other batches',
      [1],
      [
        [null, Buffer.from('é')],
        [null, Buffer.from([0xed, 0xa0, 0x80])],
      ],
    ],
  ])('refuses a value that is no text, %s', async (_, partitionColumns, rows) => {
    for (const memory of [0, 1 << 20]) {
      await expectNoLeak(async () => {
        const writer = writerOf(new Files(), { memory, partitionColumns, fileColumns: [0] });
        const write = async () => {
          for (const row of rows) await writer.write(batchOf(2, [row]));
        };
        await expect(write()).rejects.toMatchObject({
          code: 'bad-value',
          message: expect.stringContaining('Table t has a partition value that is not UTF-8'),
        });
        await writer.abort();
      });
    }
  });

  it('for want of a folder for its temporary file says so', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expectNoLeak(async () => {
      const choices = { openFiles: 0, memory: 1000, batchRows: 20, spillFolder: join(file, 'spill') };
      await expect(divide(new Files(), rows, choices)).rejects.toMatchObject({ code: 'lake-unwritable' });
    });
  });

  it.each([0, 1, 3, 19])('and is given up after %i batches gives everything back', async (batches) => {
    for (const openFiles of [0, 2, 256]) {
      for (const memory of [0, 10_000, 1 << 20]) {
        await expectNoLeak(async () => {
          const writer = writerOf(new Files(), { openFiles, memory });
          for (let i = 0; i < batches; i++) await writer.write(batchOfRows(rows.slice(20 * i, 20 * i + 20)));
          await writer.abort();
          await writer.abort();
        });
      }
    }
    expect(await readdir(spillFolder)).toEqual([]);
  });
});
