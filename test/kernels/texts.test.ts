import { isUtf8 } from 'node:buffer';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { textBounds } from '../../src/formats/parquet/bounds.ts';
import { bytesAt, kernels } from '../../src/kernels/kernels.ts';
import type { Column } from '../../src/rows/batch.ts';
import { type Cell, withColumn, withOutput } from './cells.ts';

/** The rows that kernels find not to be UTF-8, asked one after another. */
function badRows(cells: readonly Cell[]): number[] {
  return withColumn(cells, ({ starts, lengths }) => {
    const found: number[] = [];
    for (let from = 1; ;) {
      const row = kernels.findBadText(starts.byteOffset, lengths.byteOffset, from, cells.length + 1);
      if (row < 0) return found;
      found.push(row - 1);
      from = row + 1;
    }
  });
}

const expectedBad = (cells: readonly Cell[]) =>
  cells.flatMap((cell, row) => (cell !== null && !isUtf8(Buffer.from(cell)) ? [row] : []));

/** What a text of some length may be made of, and what it may not. */
const pieces = [
  ...[
    'a',
    '\0',
    '\x7f',
    '\u0080',
    '\u07ff',
    '\u0800',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
  ].map((text) => Buffer.from(text)),
  ...[
    [0x80],
    [0xbf],
    [0xc0, 0x80],
    [0xc1, 0xbf],
    [0xc2],
    [0xdf, 0x7f],
    [0xe0, 0x9f, 0xbf],
    [0xe0, 0xa0],
    [0xe1, 0x80, 0xc0],
    [0xed, 0xa0, 0x80],
    [0xed, 0xbf, 0xbf],
    [0xef, 0xbf],
    [0xf0, 0x8f, 0xbf, 0xbf],
    [0xf0, 0x90, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
    [0xf8, 0x88, 0x80, 0x80, 0x80],
    [0xff],
    [0xfe],
  ].map((bytes) => Buffer.from(bytes)),
];

describe('the check of UTF-8', () => {
  it('is that of Node on every pair of bytes, and on what may follow', () => {
    const cells: Buffer[] = [];
    for (let first = 0x70; first < 0x100; first++)
      for (let second = 0; second < 0x100; second++)
        for (const rest of [[], [0x80], [0xc0], [0x80, 0x7f], [0x80, 0xbf]])
          if (second > 0x70 || rest.length === 0) cells.push(Buffer.from([first, second, ...rest]));
    expect(badRows(cells)).toEqual(expectedBad(cells));
  });

  it('finds a good or bad sequence at every place of texts of every length', () => {
    const cells: Buffer[] = [];
    for (const piece of pieces)
      for (let before = 0; before < 36; before++)
        for (const behind of [0, 1, 2, 15, 16, 17])
          cells.push(Buffer.concat([Buffer.alloc(before, 'a'), piece, Buffer.alloc(behind, 'z')]));
    const expected = expectedBad(cells);
    expect(expected.length).toBeGreaterThan(cells.length / 2);
    expect(badRows(cells)).toEqual(expected);
  });

  it('is that of Node on texts, changed texts and other bytes', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 }).map((text) => Buffer.from(text));
    const changed = fc.tuple(text, fc.nat(200), fc.nat(255)).map(([bytes, at, byte]) => {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at % copy.length] = byte;
      return copy;
    });
    const cut = fc.tuple(text, fc.nat(100)).map(([bytes, end]) => bytes.subarray(0, end));
    const cells = fc.oneof(text, changed, cut, fc.uint8Array({ maxLength: 40 }), fc.constant(null));
    fc.assert(
      fc.property(fc.array(cells, { maxLength: 30 }), (cells) => {
        expect(badRows(cells)).toEqual(expectedBad(cells));
      }),
      { numRuns: 200 },
    );
  });
});

/** Parquet's PLAIN encoding of byte strings. */
function plain(cells: readonly Cell[]): Buffer {
  return Buffer.concat(
    cells
      .filter((cell) => cell !== null)
      .flatMap((cell) => {
        const bytes = Buffer.from(cell);
        const length = Buffer.alloc(4);
        length.writeUInt32LE(bytes.length);
        return [length, bytes];
      }),
  );
}

function encodePlain(cells: readonly Cell[], utf8: boolean, bounds = 0): Buffer | undefined {
  const expected = plain(cells).length;
  return withColumn(cells, ({ starts, lengths }) => {
    expect(kernels.plainSize(lengths.byteOffset, 1, cells.length + 1) >>> 0).toBe(expected);
    return withOutput(expected, (out) => {
      const args = [starts.byteOffset, lengths.byteOffset, 1, cells.length + 1, out] as const;
      const end = kernels.plainTexts(...args, utf8 ? 1 : 0, bounds) >>> 0;
      return end === 0 ? undefined : Buffer.from(bytesAt(out, end - out));
    });
  });
}

const anyCell = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 70 }),
  fc.constantFrom('', 'a', 'é', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(33)),
);

describe('texts in plain encoding', () => {
  it('are their lengths and bytes, UTF-8 or else the first bad row where that is asked for', () => {
    fc.assert(
      fc.property(fc.array(anyCell, { maxLength: 20 }), fc.boolean(), (cells, utf8) => {
        const bad = utf8 ? expectedBad(cells) : [];
        const found = encodePlain(cells, utf8);
        if (bad.length === 0) expect(found?.equals(plain(cells))).toBe(true);
        else {
          expect(found).toBeUndefined();
          expect([kernels.getBadRow() - 1, kernels.getBadColumn()]).toEqual([bad[0], -1]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('of every short length are copied whole and no further', () => {
    for (let length = 0; length < 80; length++) {
      const cell = Buffer.from(Array.from({ length }, (_, i) => i + 1));
      expect(encodePlain([cell], false)?.equals(plain([cell]))).toBe(true);
    }
  });

  it('fit into bytes up to the row that does not', () => {
    const lengths = fc.array(fc.option(fc.nat(40)), { maxLength: 30 });
    fc.assert(
      fc.property(lengths, fc.nat(400), (sizes, bytes) => {
        const cells = sizes.map((size) => (size === null ? null : 'x'.repeat(size)));
        withColumn(cells, ({ lengths }) => {
          const row = kernels.rowsWithin(lengths.byteOffset, 1, cells.length + 1, bytes) - 1;
          expect(plain(cells.slice(0, row)).length).toBeLessThanOrEqual(bytes);
          if (row < cells.length) expect(plain(cells.slice(0, row + 1)).length).toBeGreaterThan(bytes);
        });
      }),
    );
  });
});

describe('the bounds of texts', () => {
  const boundsOf = (calls: readonly (readonly Cell[])[]) => {
    const bounds = textBounds();
    for (const cells of calls) encodePlain(cells, false, bounds.address);
    const found = bounds.take();
    expect(bounds.take()).toBeUndefined();
    bounds.drop();
    return found && [found.min, found.max].map((bytes) => Buffer.from(bytes).toString('hex'));
  };

  it('are in the order of bytes, over all calls', () => {
    const similar = fc
      .tuple(fc.constantFrom(0, 7, 8, 9, 16, 60), fc.uint8Array({ maxLength: 4 }))
      .map(([same, rest]) => Buffer.concat([Buffer.alloc(same, 0x80), rest]));
    const cell = fc.oneof(fc.constant(null), similar, fc.uint8Array({ maxLength: 20 }));
    fc.assert(
      fc.property(fc.array(fc.array(cell, { maxLength: 6 }), { maxLength: 4 }), (calls) => {
        const sorted = calls
          .flat()
          .filter((cell) => cell !== null)
          .map((cell) => Buffer.from(cell))
          .sort(Buffer.compare)
          .map((cell) => cell.toString('hex'));
        expect(boundsOf(calls)).toEqual(sorted.length > 0 ? [sorted[0], sorted.at(-1)] : undefined);
      }),
      { numRuns: 200 },
    );
  });

  it.each<[string, Cell[], [string, string] | undefined]>([
    ['nothing', [], undefined],
    ['NULL', [null, null], undefined],
    ['the empty text', [''], ['', '']],
    ['one text', ['b'], ['b', 'b']],
    ['a text and its beginning', ['ab', 'a', 'abc'], ['a', 'abc']],
    ['bytes above 127', ['\u00ff', 'z'], ['z', '\u00ff']],
    ['64 bytes', ['a'.repeat(64), 'b'.repeat(64)], ['a'.repeat(64), 'b'.repeat(64)]],
    ['65 bytes', ['a', 'b'.repeat(65), 'c'], undefined],
    ['a long text in the middle of its column', ['a', 'b'.repeat(1000)], undefined],
  ])('of %s', (_, cells, expected) => {
    expect(boundsOf([cells])).toEqual(expected?.map((text) => Buffer.from(text).toString('hex')));
  });

  it('are known again after those of a chunk with a long text were taken', () => {
    const bounds = textBounds();
    encodePlain(['x'.repeat(65)], false, bounds.address);
    expect(bounds.take()).toBeUndefined();
    encodePlain(['m'], false, bounds.address);
    expect(Buffer.from(bounds.take()!.min).toString()).toBe('m');
    bounds.drop();
  });
});

describe('the bytes of cells', () => {
  it('are counted without NULLs', () => {
    fc.assert(
      fc.property(fc.array(anyCell, { maxLength: 20 }), (cells) => {
        const count = ({ lengths }: Column) => kernels.cellBytes(lengths.byteOffset, 1, cells.length + 1);
        const expected = cells.reduce((sum, cell) => sum + (cell === null ? 0 : Buffer.from(cell).length), 0);
        expect(withColumn(cells, count)).toBe(expected);
      }),
    );
  });
});
