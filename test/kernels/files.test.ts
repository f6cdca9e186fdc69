import { describe, expect, it } from 'vitest';

import { csvFormat } from '../../src/formats/csv.ts';
import type { ByteSink, FileField, FileWriter, Format } from '../../src/formats/format.ts';
import { parquetFormat } from '../../src/formats/parquet.ts';
import { allBytes } from '../../src/kernels/kernels.ts';
import { batchOf } from '../../src/rows/batch.ts';
import type { FieldType } from '../../src/rows/field.ts';
import type { Cell } from './cells.ts';
import { expectNoLeak, liveBytes } from './heap.ts';

/* The memory of files that are written: all of it is given back, whatever becomes of the file. */

const small = {
  rowGroupRows: 250,
  pageRows: 32,
  pageBytes: 4096,
  dictionaryBytes: 2048,
  dictionaryEntries: 40,
};
const formats: [string, () => Format][] = [
  ['Parquet', () => parquetFormat()],
  ['Parquet of small parts', () => parquetFormat(small)],
  ['Parquet of small parts, not compressed', () => parquetFormat({ ...small, compression: 'none' })],
  ['CSV', () => csvFormat()],
];

/** A type with a good cell for each row and a bad one, if there is one. */
const columns: [FieldType, (row: number) => Cell, Cell?][] = [
  [{ kind: 'boolean' }, (row) => String(row & 1), '2'],
  [{ kind: 'int32' }, String, 'x'],
  [{ kind: 'int64' }, (row) => `${row}000000000`, '9'.repeat(20)],
  [{ kind: 'float32' }, (row) => `${row}.5`, '1e39'],
  [{ kind: 'float64' }, (row) => `${row}e-3`, 'nan'],
  [{ kind: 'decimal', precision: 9, scale: 2 }, (row) => `${row}.25`, '1.234'],
  [{ kind: 'decimal', precision: 18, scale: 2 }, (row) => `${row}.25`, '.'],
  [{ kind: 'decimal', precision: 38, scale: 2 }, (row) => `${row}.25`, '1'.repeat(37)],
  [{ kind: 'date' }, (row) => (row % 3 === 0 ? '0000-00-00' : '2024-01-01'), '2024'],
  [{ kind: 'timestamp' }, () => '2024-01-01 10:00:00', 'now'],
  // Few values, more values than fit a dictionary, and large ones.
  [{ kind: 'text' }, (row) => `value ${row % 7}`, Buffer.from([0xff])],
  [{ kind: 'text' }, (row) => `value ${row}`, Buffer.from([0xc0, 0x80])],
  [{ kind: 'text' }, (row) => 'x'.repeat(row % 100 === 50 ? 20_000 : 3), Buffer.from([0xff])],
  [{ kind: 'binary' }, (row) => Buffer.alloc(row % 50, row)],
];
const fields: FileField[] = columns.map(([type], i) => ({
  id: i,
  name: `c${i}`,
  type,
  nullable: true,
  private: i === 3,
}));

const rowsFrom = (first: number, count: number): Cell[][] =>
  Array.from({ length: count }, (_, i) =>
    columns.map(([, cell], column) => ((i + column) % 11 === 0 ? null : cell(first + i))),
  );

async function writeBatch(writer: FileWriter, rows: readonly (readonly Cell[])[]): Promise<void> {
  const batch = batchOf(columns.length, rows);
  try {
    await writer.write(batch);
  } finally {
    batch.release();
  }
}

/** The rows of a batch. */
const ROWS = 100;

const nowhere: ByteSink = { write: async () => {} };

/** A sink that fails from the given chunk on. */
function failing(chunk: number): ByteSink {
  let seen = 0;
  return {
    write: async () => {
      await Promise.resolve();
      if (seen++ >= chunk) throw new Error('the disk is full');
    },
  };
}

describe.each(formats)('%s gives its memory back', (_, make) => {
  it.each([0, 1, 2, 10])('after a file of %i batches, relieved or not', async (batches) => {
    for (const relieve of [false, true]) {
      await expectNoLeak(async () => {
        const writer = make().open('t', fields, nowhere);
        for (let i = 0; i < batches; i++) {
          await writeBatch(writer, rowsFrom(ROWS * i, ROWS));
          if (relieve) await writer.relieve();
        }
        const { rows } = await writer.finish();
        expect(rows).toBe(ROWS * batches);
        // Whoever aborts what is finished does no harm.
        writer.abort();
      });
    }
  });

  it('when it is relieved, but for little', async () => {
    await expectNoLeak(async () => {
      const writer = make().open('t', fields, nowhere);
      const before = liveBytes();
      for (let i = 0; i < 5; i++) await writeBatch(writer, rowsFrom(ROWS * i, ROWS));
      for (let i = 0; i < 5; i++) await writer.relieve();
      expect(liveBytes() - before).toBeLessThan(600_000);
      expect(writer.held).toBeLessThan(600_000);
      await writer.finish();
    });
  });

  const bad = columns.flatMap(([type, , cell], i) =>
    cell === undefined ? [] : ([[i, type.kind, cell]] as const),
  );
  it.each(bad)('after a bad cell in column %i (%s)', async (column, _kind, cell) => {
    for (const [batches, at] of [
      [0, 0],
      [0, ROWS - 1],
      [3, ROWS / 2],
    ] as const) {
      await expectNoLeak(async () => {
        const writer = make().open('t', fields, nowhere);
        for (let i = 0; i < batches; i++) await writeBatch(writer, rowsFrom(ROWS * i, ROWS));
        const rows = rowsFrom(ROWS * batches, ROWS);
        rows[at]![column] = cell;
        await expect(writeBatch(writer, rows)).rejects.toMatchObject({
          code: 'bad-value',
          message: expect.stringMatching(
            new RegExp(`^t\\.c${column}: the value in row ${ROWS * batches + at + 1} `),
          ),
        });
        await expect(writeBatch(writer, rows)).rejects.toMatchObject({ code: 'internal' });
        writer.abort();
      });
    }
  });

  it.each([0, 1, 2, 5])('when the sink fails at chunk %i', async (chunk) => {
    for (const relieve of [false, true]) {
      await expectNoLeak(async () => {
        const writer = make().open('t', fields, failing(chunk));
        const write = async () => {
          for (let i = 0; i < 30; i++) {
            await writeBatch(writer, rowsFrom(i, 300));
            if (relieve) await writer.relieve();
          }
          await writer.finish();
        };
        // A file of fewer chunks is complete.
        const outcome = await write().catch((error: Error) => error.message);
        expect(outcome === undefined || outcome === 'the disk is full').toBe(true);
        if (chunk === 0) expect(outcome).toBe('the disk is full');
        writer.abort();
      });
    }
  });

  it.each([0, 1, 4])('when it is given up after %i batches', async (batches) => {
    await expectNoLeak(async () => {
      const writer = make().open('t', fields, nowhere);
      for (let i = 0; i < batches; i++) await writeBatch(writer, rowsFrom(ROWS * i, ROWS));
      writer.abort();
      writer.abort();
      await expect(writer.finish()).rejects.toMatchObject({ code: 'internal' });
      await expect(writer.relieve()).rejects.toMatchObject({ code: 'internal' });
    });
  });

  it('when it is given up while it writes', async () => {
    for (const batches of [0, 3]) {
      await expectNoLeak(async () => {
        const writer = make().open('t', fields, nowhere);
        for (let i = 0; i < batches; i++) await writeBatch(writer, rowsFrom(ROWS * i, ROWS));
        const writing = writeBatch(writer, rowsFrom(ROWS * batches, 600)).catch(() => {});
        writer.abort();
        await writing;
      });
    }
  });
});

it('many files at a time do not grow memory from round to round', async () => {
  const format = parquetFormat(small);
  const round = async (): Promise<void> => {
    const writers = Array.from({ length: 20 }, () => format.open('t', fields, nowhere));
    for (let i = 0; i < 3; i++) for (const writer of writers) await writeBatch(writer, rowsFrom(i * 50, 50));
    for (const writer of writers) await writer.finish();
  };
  await round();
  await expectNoLeak(async () => {
    for (let i = 0; i < 5; i++) await round();
  });
});

describe.each(formats.filter(([name]) => name !== 'Parquet'))(
  '%s that is given up while it writes',
  (_, make) => {
    it.each([0, 1, 2, 3, 5, 8, 20])('touches nothing %i steps later', async (steps) => {
      for (const before of [0, 3]) {
        const writer = make().open('t', fields, {
          write: () => new Promise((resolve) => setImmediate(resolve)),
        });
        for (let i = 0; i < before; i++) await writeBatch(writer, rowsFrom(300 * i, 300));
        const batch = batchOf(columns.length, rowsFrom(300 * before, 2000));
        const writing = writer.write(batch).then(
          () => 'written',
          (error: { code?: string }) => error.code,
        );
        for (let i = 0; i < steps; i++) await Promise.resolve();
        writer.abort();
        const memory = Buffer.from(allBytes());
        expect(await writing).toBe('internal');
        expect(allBytes().equals(memory), 'memory was written to').toBe(true);
        batch.release();
      }
    });
  },
);
