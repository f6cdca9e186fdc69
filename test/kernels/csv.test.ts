import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { csvFormat } from '../../src/formats/csv.ts';
import { allBytes, allocate, bytesAt, free, kernels, readUint32 } from '../../src/kernels/kernels.ts';
import { batchOf } from '../../src/rows/batch.ts';
import type { FieldType } from '../../src/rows/field.ts';
import { arbitraryCell, arbitraryType } from '../formats/arbitrary.ts';
import { type Cell, withOutput } from './cells.ts';
import { expectNoLeak } from './heap.ts';

/** The numbers of the kinds in the kernel (assembly/csv.ts), and the bytes of one of its columns. */
const KINDS = [
  'boolean',
  'int32',
  'int64',
  'float32',
  'float64',
  'decimal',
  'date',
  'timestamp',
  'text',
  'binary',
] as const;
const COLUMN = 24;
const REJECTED = 20;

/** Rows as the kernel takes them; `act` gets the address of the columns. */
function withRows<T>(
  types: readonly FieldType[],
  rows: readonly (readonly Cell[])[],
  act: (columns: number) => T,
): T {
  const batch = batchOf(types.length, rows);
  const columns = allocate(COLUMN * types.length);
  types.forEach((type, i) => {
    const { starts, lengths } = batch.columns[i]!;
    const [precision, scale] = type.kind === 'decimal' ? [type.precision, type.scale] : [0, 0];
    new Uint32Array(allBytes().buffer, columns + i * COLUMN, 6).set([
      starts.byteOffset,
      lengths.byteOffset,
      KINDS.indexOf(type.kind),
      precision,
      scale,
      0,
    ]);
  });
  try {
    return act(columns);
  } finally {
    free(columns);
    batch.release();
  }
}

/** Whether a date or the date of a timestamp is in the calendar, and the time in the day. */
function exists(text: string): boolean {
  const [year, month, day, hour = 0, minute = 0, second = 0] = text.split(/[- :.]/).map(Number);
  const there = new Date(0);
  there.setUTCFullYear(year!, month! - 1, day);
  return (
    there.getUTCMonth() === month! - 1 &&
    there.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  );
}

/** A good cell as it stands in the file. */
function spell(type: FieldType, cell: Cell): string {
  if (cell === null) return '';
  const bytes = Buffer.from(cell);
  const text = bytes.toString();
  if (type.kind === 'binary') return bytes.toString('hex') || '""';
  if (type.kind === 'date') return exists(text) ? text : '';
  if (type.kind === 'timestamp') {
    const [time, fraction = ''] = text.split('.');
    return exists(text) ? `${time}.${fraction.padEnd(6, '0')}` : '';
  }
  if (type.kind !== 'text') return text;
  if (text === '') return '""';
  if (!/[",\\\r\n]/.test(text)) return text;
  const escaped = text.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\\\n').replaceAll('\r', '\\\\r');
  return `"${escaped}"`;
}

const line = (types: readonly FieldType[], row: readonly Cell[]) =>
  `${types.map((type, i) => spell(type, row[i]!)).join(',')}\r\n`;

const table = fc.array(arbitraryType, { minLength: 1, maxLength: 5 }).chain((types) =>
  fc.record({
    types: fc.constant(types),
    rows: fc.array(fc.tuple(...types.map((type) => fc.option(arbitraryCell(type)))), { maxLength: 12 }),
  }),
);

describe('rows of CSV', () => {
  it('are the same whatever the room, and never cut', async () => {
    await expectNoLeak(() =>
      fc.assert(
        fc.property(table, fc.infiniteStream(fc.nat(700)), ({ types, rows }, rooms) => {
          const lines = rows.map((row) => line(types, row));
          const written = withRows(types, rows, (columns) => {
            let text = '';
            for (let from = 0; from < rows.length;) {
              const room = rooms.next().value!;
              const next = withOutput(room, (out) => {
                const next = kernels.csvRows(columns, types.length, from, rows.length, out, out + room, 0);
                expect(next).toBeGreaterThanOrEqual(from);
                const bytes = bytesAt(out, (kernels.csvEnd() >>> 0) - out);
                expect(bytes.toString()).toBe(lines.slice(from, next).join(''));
                text += bytes.toString();
                return next;
              });
              from = next;
              if (next === rows.length || next > from) continue;
              // As the writer does where no row fits: just the room of the next one.
              const size = kernels.csvRowSize(columns, types.length, next) >>> 0;
              withOutput(size, (out) => {
                expect(kernels.csvRows(columns, types.length, next, next + 1, out, out, 1)).toBe(next + 1);
                text += bytesAt(out, (kernels.csvEnd() >>> 0) - out).toString();
              });
              from = next + 1;
            }
            types.forEach((type, i) => {
              const gone = rows.filter((row) => row[i] !== null && spell(type, row[i]!) === '').length;
              expect(readUint32(columns + i * COLUMN + REJECTED)).toBe(gone);
            });
            return text;
          });
          expect(written).toBe(lines.join(''));
        }),
        { numRuns: 400 },
      ),
    );
  });

  it.each([0, 1, 5, 50, 300])('stop before the end of their room, with cells of %i bytes', (length) => {
    const types: FieldType[] = ['text', 'text', 'text', 'text', 'binary', 'text'].map(
      (kind) => ({ kind }) as FieldType,
    );
    const rows = ['\n', '"', 'x'].map((text) => types.map(() => text.repeat(length)));
    const lines = rows.map((row) => line(types, row).length);
    withRows(types, rows, (columns) => {
      for (let room = 0; room < lines[0]! + lines[1]! + lines[2]! + 100; room += 1 + (length >> 4)) {
        withOutput(room, (out) => {
          const next = kernels.csvRows(columns, types.length, 0, rows.length, out, out + room, 0);
          const written = lines.slice(0, next).reduce((sum, size) => sum + size, 0);
          expect((kernels.csvEnd() >>> 0) - out).toBe(written);
          // Where it stops, the next row could have been too long.
          if (next < rows.length) expect(room - written).toBeLessThan(types.length * (3 * length + 10) + 2);
        });
      }
    });
  });

  it('fit where their room is known to be enough, however many', () => {
    fc.assert(
      fc.property(table, ({ types, rows }) => {
        withRows(types, rows, (columns) => {
          const sizes = rows.map((_, row) => kernels.csvRowSize(columns, types.length, row) >>> 0);
          rows.forEach((row, i) =>
            expect(sizes[i]).toBeGreaterThanOrEqual(Buffer.byteLength(line(types, row))),
          );
          const size = sizes.reduce((sum, size) => sum + size, 0);
          withOutput(size, (out) => {
            expect(kernels.csvRows(columns, types.length, 0, rows.length, out, 0, 1)).toBe(rows.length);
          });
        });
      }),
      { numRuns: 200 },
    );
  });

  const text: FieldType = { kind: 'text' };

  it('have their special bytes at any place', () => {
    const types = [text, text];
    for (const special of ['"', '\\', ',', '\n', '\r', '\r\n', '"\\', 'é', '""']) {
      const rows = Array.from({ length: 50 }, (_, i) => [
        `${'x'.repeat(i)}${special}${'y'.repeat(i % 19)}`,
        `${special}${'z'.repeat(i)}${special}`,
      ]);
      withRows(types, rows, (columns) => {
        withOutput(20_000, (out) => {
          expect(kernels.csvRows(columns, 2, 0, rows.length, out, out + 20_000, 0)).toBe(rows.length);
          const bytes = bytesAt(out, (kernels.csvEnd() >>> 0) - out);
          expect(bytes.toString()).toBe(rows.map((row) => line(types, row)).join(''));
        });
      });
    }
  });

  const bad: [FieldType, Cell][] = [
    [{ kind: 'boolean' }, '2'],
    [{ kind: 'boolean' }, ''],
    [{ kind: 'boolean' }, '01'],
    [{ kind: 'int32' }, '2147483648'],
    [{ kind: 'int32' }, ''],
    [{ kind: 'int64' }, '9223372036854775808'],
    [{ kind: 'int64' }, '1.5'],
    [{ kind: 'float32' }, '1e39'],
    [{ kind: 'float32' }, 'NaN'],
    [{ kind: 'float64' }, '1e400'],
    [{ kind: 'float64' }, ''],
    [{ kind: 'decimal', precision: 3, scale: 1 }, '1.23'],
    [{ kind: 'decimal', precision: 3, scale: 1 }, '123'],
    [{ kind: 'decimal', precision: 38, scale: 0 }, '1'.repeat(39)],
    [{ kind: 'date' }, '2024-1-1'],
    [{ kind: 'date' }, ''],
    [{ kind: 'timestamp' }, '2024-01-01'],
    [{ kind: 'timestamp' }, '0000-00-00 00:00:0x'],
    [text, Buffer.from([0xff])],
    [text, Buffer.from('a'.repeat(20) + 'é').subarray(0, 21)],
  ];
  it.each(bad)('of %j name the cell %j', (type, cell) => {
    const types = [text, type, text];
    const rows = [
      ['a', null, 'b'],
      [null, null, ''],
      ['c', cell, Buffer.from([0xfe])],
    ];
    withRows(types, rows, (columns) => {
      withOutput(1000, (out) => {
        expect(kernels.csvRows(columns, 3, 0, 3, out, out + 1000, 0)).toBe(-1);
        expect([kernels.getBadRow(), kernels.getBadColumn()]).toEqual([2, 1]);
        expect(kernels.csvRows(columns, 3, 0, 2, out, out + 1000, 0)).toBe(2);
      });
    });
  });
});

describe('a CSV file', () => {
  const name = '"a"\\,b\r\n'.repeat(2000);
  const types: FieldType[] = [{ kind: 'text' }, { kind: 'binary' }, { kind: 'timestamp' }];
  const fields = types.map((type, i) => ({
    id: i,
    name: `${i}${name}`,
    type,
    nullable: true,
    private: false,
  }));

  /** Writes rows in batches of some rows, with everything around a batch's part as junk. */
  async function write(rows: readonly (readonly Cell[])[], size: number, relieve: boolean): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    const writer = csvFormat().open('t', fields, { write: async (chunk) => void chunks.push(chunk) });
    const junk = [Buffer.from([255]), null, '?'];
    for (let i = 0; i < rows.length; i += size) {
      const part = rows.slice(i, i + size);
      const batch = batchOf(3, [junk, ...part, junk]);
      await writer.write(batch, 1, 1 + part.length);
      batch.release();
      if (!relieve) continue;
      await writer.relieve();
      expect(writer.held).toBe(4096);
    }
    const { bytes, rows: count } = await writer.finish();
    expect(count).toBe(rows.length);
    const whole = Buffer.concat(chunks);
    expect(bytes).toBe(whole.length);
    return whole;
  }

  it('is the same however its rows come, rows larger than its chunk and all', async () => {
    const length = (i: number) => (i % 40 === 7 ? 300_000 : (i * 7919) % 3000);
    const rows: Cell[][] = Array.from({ length: 200 }, (_, i) => [
      '"\n,x'.repeat(length(i) / 4),
      i % 3 === 0 ? null : Buffer.alloc(length(i), i),
      '2024-02-03 04:05:06',
    ]);
    const header = fields.map((field) => spell({ kind: 'text' }, field.name)).join(',');
    const expected = Buffer.from(`${header}\r\n${rows.map((row) => line(types, row)).join('')}`);
    await expectNoLeak(async () => {
      for (const size of [1, 13, 200])
        for (const relieve of [false, true])
          expect((await write(rows, size, relieve)).equals(expected), `batches of ${size}`).toBe(true);
    });
  });
});
