import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileField, FileSummary, Format } from '../../src/formats/format.ts';
import { type Batch, batchOf, originalBytes } from '../../src/rows/batch.ts';
import type { FieldType } from '../../src/rows/field.ts';
import { typeText } from '../../src/rows/field.ts';
import { expectedCell } from '../formats/expected.ts';
import type { Cell } from '../formats/expected.ts';
import { arbitraryCell, arbitraryType } from '../formats/arbitrary.ts';
import { BAD_VALUES, EXTREMES } from '../formats/values-of-types.ts';

/** Sizes that put boundaries of pages, row groups and dictionaries between a few rows; a format may ignore them. */
interface Limits {
  readonly rowGroupRows: number;
  readonly pageBytes: number;
  readonly pageRows: number;
  readonly dictionaryBytes: number;
  readonly dictionaryEntries: number;
}

export interface FormatUnderTest {
  /** The format as users get it, or with small limits. */
  make(limits?: Limits): Format;
  /** Every reader gives the rows back in the spelling of expected.ts. */
  readonly readers: Record<
    string,
    (bytes: Uint8Array, fields: readonly FileField[]) => Promise<(string | null)[][]>
  >;
  /** What a reader gives for a cell in that spelling, where the format or the reader changes it. */
  arrives?(reader: string, type: FieldType, cell: string | null): string | null;
}

export interface Written {
  readonly bytes: Buffer;
  readonly summary: FileSummary;
  /** The cells that the format told to have become NULL, as `column row text`. */
  readonly rejected: readonly string[];
}

export function fieldsOf(types: readonly FieldType[], options: { private?: boolean } = {}): FileField[] {
  return types.map((type, i) => ({
    id: 101 + i,
    name: `c${i}`,
    type,
    nullable: true,
    private: options.private ?? false,
  }));
}

/** Writes rows in batches of the given sizes, the last size repeating. */
export async function writeRows(
  format: Format,
  fields: readonly FileField[],
  rows: readonly (readonly Cell[])[],
  batchSizes: readonly number[] = [1000],
  mostRejected = Infinity,
): Promise<Written> {
  const chunks: Uint8Array[] = [];
  const rejected: string[] = [];
  let from = 0;
  const listener = {
    get wanted() {
      return rejected.length < mostRejected;
    },
    add(batch: Batch, column: number, row: number) {
      rejected.push(`${column} ${from + row} ${originalBytes(batch.columns[column]!, row)}`);
      // Where a row is told of, its other cells can be looked at.
      const cells = batch.columns.map((other) => originalBytes(other, row));
      expect(cells).toEqual(rows[from + row]!.map((cell) => (cell === null ? null : Buffer.from(cell))));
    },
  };
  const sink = { write: async (chunk: Uint8Array) => void chunks.push(chunk) };
  const writer = format.open('t', fields, sink, listener);
  for (let i = 0; from < rows.length; i++) {
    const size = batchSizes[Math.min(i, batchSizes.length - 1)]!;
    await writer.write(batchOf(fields.length, rows.slice(from, from + size)));
    from += size;
  }
  const summary = await writer.finish();
  return { bytes: Buffer.concat(chunks), summary, rejected };
}

/** What every format must do. */
export function formatContract(name: string, subject: FormatUnderTest): void {
  const { arrives } = subject;

  async function roundTrip(
    format: Format,
    types: readonly FieldType[],
    rows: readonly (readonly Cell[])[],
    batchSizes?: readonly number[],
  ): Promise<Written> {
    const fields = fieldsOf(types);
    const written = await writeRows(format, fields, rows, batchSizes);
    const expected = rows.map((row) => types.map((type, i) => expectedCell(type, row[i]!)));
    for (const [reader, read] of Object.entries(subject.readers)) {
      const arriving = arrives
        ? expected.map((row) => row.map((cell, i) => arrives(reader, types[i]!, cell)))
        : expected;
      expect(await read(written.bytes, fields), reader).toEqual(arriving);
    }
    const { summary, bytes } = written;
    expect(summary.rows).toBe(rows.length);
    expect(summary.bytes).toBe(bytes.length);
    expect(summary.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(summary.columns).toEqual(
      types.map((_, i) => ({
        nulls: expected.filter((row) => row[i] === null).length,
        rejected: expected.filter((row, j) => row[i] === null && rows[j]![i] !== null).length,
      })),
    );
    const gone = rows.flatMap((row, j) =>
      row.flatMap((cell, i) => (expected[j]![i] === null && cell !== null ? [`${i} ${j} ${cell}`] : [])),
    );
    expect([...written.rejected].sort(), 'told of').toEqual(gone.sort());
    return written;
  }

  describe(`${name}: format contract`, () => {
    describe('gives back the extremes of', () => {
      for (const { type, cells } of EXTREMES) {
        it(typeText(type), async () => {
          await roundTrip(subject.make(), [type], [...cells.map((cell) => [cell]), [null]]);
        });
      }
    });

    describe('keeps NULLs', () => {
      const patterns: Record<string, (row: number) => boolean> = {
        none: () => false,
        all: () => true,
        'every other': (row) => row % 2 === 1,
        'every other from the first': (row) => row % 2 === 0,
        'the first half': (row) => row < 150,
        'the last': (row) => row === 299,
      };
      for (const [pattern, isNull] of Object.entries(patterns)) {
        it(pattern, async () => {
          const types = EXTREMES.map(({ type }) => type);
          const rows = Array.from({ length: 300 }, (_, row) =>
            EXTREMES.map(({ cells }) => (isNull(row) ? null : cells[row % cells.length]!)),
          );
          await roundTrip(subject.make(), types, rows, [7, 100, 64, 1]);
        });
      }
    });

    it('writes a file without rows', async () => {
      await roundTrip(
        subject.make(),
        EXTREMES.map(({ type }) => type),
        [],
      );
    });

    it('writes many columns', async () => {
      const types = Array.from({ length: 300 }, (_, i) => EXTREMES[i % EXTREMES.length]!.type);
      const row = types.map((_, i) => EXTREMES[i % EXTREMES.length]!.cells[0]!);
      await roundTrip(subject.make(), types, [row]);
    });

    it('writes a value much larger than a page, between small ones', async () => {
      const huge = 'näh, "so\\ was"\n'.repeat(90_000);
      const bytes = Buffer.alloc(1_500_000, 'ab');
      await roundTrip(
        subject.make(),
        [{ kind: 'text' }, { kind: 'binary' }, { kind: 'int32' }],
        [
          ['a', Buffer.from('b'), '1'],
          [huge, bytes, '2'],
          [null, null, '3'],
          [huge, null, '4'],
          ['c', bytes, null],
        ],
        [1, 2],
      );
    });

    it('writes texts that repeat and texts that do not', async () => {
      const rows = Array.from({ length: 20_000 }, (_, row) => [
        `course-v1:Org+${row % 7}+2024`,
        `block-v1:Org+${row}+type@problem+block@${row * 7919}${'x'.repeat(row % 90)}`,
        row % 3 === 0 ? null : row < 10_000 ? 'one' : `other ${row}`,
      ]);
      await roundTrip(subject.make(), [{ kind: 'text' }, { kind: 'text' }, { kind: 'text' }], rows, [16_384]);
    });

    it('tells of cells that become NULL with their rows, as long as it is asked to', async () => {
      const types: FieldType[] = [{ kind: 'date' }, { kind: 'int32' }, { kind: 'timestamp' }];
      const rows = Array.from({ length: 60 }, (_, i) => [
        i % 5 === 0 ? '0000-00-00' : i % 7 === 0 ? null : '2024-02-29',
        `${i}`,
        i % 4 === 0 ? `2023-02-${29 + (i % 3)} 01:02:03${'.25'.slice(0, i % 8 === 0 ? 3 : 0)}` : null,
      ]);
      for (const limits of [undefined, SMALL]) {
        const { rejected } = await roundTrip(subject.make(limits), types, rows, [8, 33, 1]);
        expect(rejected).toHaveLength(12 + 15);
        expect(rejected).toContain('2 56 2023-02-31 01:02:03.25');
        const few = await writeRows(subject.make(limits), fieldsOf(types), rows, [8, 33, 1], 7);
        expect(few.rejected).toHaveLength(7);
        expect(few.summary).toEqual(
          (await writeRows(subject.make(limits), fieldsOf(types), rows, [8, 33, 1], 0)).summary,
        );
        expect(few.summary.columns.map((column) => column.rejected)).toEqual([12, 0, 15]);
      }
    });

    describe('refuses, naming table, column and row but never the value,', () => {
      for (const { type, cells } of BAD_VALUES) {
        it(typeText(type), async () => {
          const good = EXTREMES.find((extreme) => typeText(extreme.type) === typeText(type))!.cells[0]!;
          for (const cell of cells) {
            const rows = [[good], [null], [good], [cell], [good]];
            const result = writeRows(subject.make(), fieldsOf([type]), rows, [2]).then(
              () => 'accepted',
              (error: unknown) => error,
            );
            expect(await result, JSON.stringify(cell)).toMatchObject({ code: 'bad-value' });
            const { message } = (await result) as Error;
            expect(message).toContain('t.c0');
            expect(message).toContain('row 4 ');
            if (String(cell).length > 4) expect(message).not.toContain(String(cell));
          }
        });
      }
    });

    it('waits for the sink and never calls it twice at a time', async () => {
      let calls = 0;
      let most = 0;
      let bytes = 0;
      const writer = subject.make(SMALL).open('t', fieldsOf([{ kind: 'binary' }]), {
        write: async (chunk) => {
          most = Math.max(most, ++calls);
          bytes += chunk.length;
          await new Promise((resolve) => setImmediate(resolve));
          calls--;
        },
      });
      const noise = createHash('sha512');
      for (let i = 0; i < 200; i++) {
        const cell = Buffer.concat(Array.from({ length: 200 }, () => noise.update('x').copy().digest()));
        await writer.write(batchOf(1, [[cell], [cell]]));
      }
      const summary = await writer.finish();
      expect(most).toBe(1);
      expect(summary.bytes).toBe(bytes);
    });

    it('passes on an error of the sink', async () => {
      const writer = subject.make(SMALL).open('t', fieldsOf([{ kind: 'text' }]), {
        write: () => Promise.reject(new Error('disk is gone')),
      });
      const all = async () => {
        for (let i = 0; i < 50; i++) await writer.write(batchOf(1, [['x'.repeat(100_000)]]));
        await writer.finish();
      };
      await expect(all()).rejects.toThrow('disk is gone');
      writer.abort();
    });

    it('gives the sink nothing more after abort, and takes nothing more', async () => {
      let chunks = 0;
      const writer = subject.make(SMALL).open('t', fieldsOf([{ kind: 'text' }]), {
        write: async () => {
          chunks++;
        },
      });
      for (let i = 0; i < 20; i++) await writer.write(batchOf(1, [['x'.repeat(50_000)]]));
      writer.abort();
      writer.abort();
      const before = chunks;
      await expect(writer.write(batchOf(1, [['x']]))).rejects.toMatchObject({ code: 'internal' });
      await expect(writer.finish()).rejects.toMatchObject({ code: 'internal' });
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(chunks - before).toBeLessThanOrEqual(1);
    });

    it('keeps files apart that are written in turns', async () => {
      const format = subject.make(SMALL);
      const fields = fieldsOf([{ kind: 'int64' }, { kind: 'text' }]);
      const files = Array.from({ length: 5 }, (_, file) => ({
        rows: Array.from({ length: 300 }, (_, row) => [`${file * 1000 + row}`, `${file} ${'y'.repeat(row)}`]),
        chunks: [] as Uint8Array[],
      }));
      const writers = files.map(({ chunks }) =>
        format.open('t', fields, { write: async (chunk) => void chunks.push(chunk) }),
      );
      for (let from = 0; from < 300; from += 50) {
        await Promise.all(
          writers.map((writer, i) => writer.write(batchOf(2, files[i]!.rows.slice(from, from + 50)))),
        );
      }
      await Promise.all(writers.map((writer) => writer.finish()));
      for (const { rows, chunks } of files) {
        for (const read of Object.values(subject.readers))
          expect(await read(Buffer.concat(chunks), fields)).toEqual(rows);
      }
    });

    it('gives back any rows of any types under any limits', async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryTable, arbitraryLimits, async ({ types, rows, batchSizes }, limits) => {
          await roundTrip(subject.make(limits), types, rows, batchSizes);
        }),
        { numRuns: 150 },
      );
    });
  });
}

const SMALL: Limits = {
  rowGroupRows: 10,
  pageBytes: 1000,
  pageRows: 7,
  dictionaryBytes: 500,
  dictionaryEntries: 5,
};

export const arbitraryLimits: fc.Arbitrary<Limits> = fc.record({
  rowGroupRows: fc.integer({ min: 1, max: 100 }),
  pageBytes: fc.integer({ min: 1, max: 400 }),
  pageRows: fc.integer({ min: 1, max: 60 }),
  dictionaryBytes: fc.integer({ min: 0, max: 400 }),
  dictionaryEntries: fc.integer({ min: 0, max: 40 }),
});

/** Types, rows of cells of these types, and how many of them go into each batch. */
export const arbitraryTable = fc
  .record({
    types: fc.array(arbitraryType, { minLength: 1, maxLength: 5 }),
    batchSizes: fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 }),
    pool: fc.integer({ min: 1, max: 30 }),
    nulls: fc.constantFrom(0, 0.1, 0.5, 1),
  })
  .chain(({ types, batchSizes, pool, nulls }) =>
    fc.record({
      types: fc.constant(types),
      batchSizes: fc.constant(batchSizes),
      // Cells are drawn from a small pool per column, so that texts repeat and runs occur.
      rows: fc
        .tuple(
          fc.tuple(...types.map((type) => fc.array(arbitraryCell(type), { minLength: 1, maxLength: pool }))),
          fc.array(
            fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
              minLength: types.length * 2,
              maxLength: types.length * 2,
            }),
            { maxLength: 250 },
          ),
        )
        .map(([cells, draws]) =>
          draws.map((draw) =>
            types.map((_, i) =>
              draw[2 * i]! < nulls ? null : cells[i]![Math.floor(draw[2 * i + 1]! * cells[i]!.length)]!,
            ),
          ),
        ),
    }),
  );
