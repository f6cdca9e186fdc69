import { isUtf8 } from 'node:buffer';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { BadCell } from '../../src/formats/bad-value.ts';
import { textBounds } from '../../src/formats/parquet/bounds.ts';
import { Dictionary } from '../../src/formats/parquet/dictionary.ts';
import { Page } from '../../src/formats/parquet/page.ts';
import { batchOf } from '../../src/rows/batch.ts';
import type { Cell } from './cells.ts';
import { equalHashes } from './equal-hashes.ts';
import { expectNoLeak } from './heap.ts';
import { decodeHybrid } from './hybrid.ts';

const NO_LIMITS = { bytes: 1 << 30, entries: 65_536 };

/** Adds cells as one batch, which is gone afterwards; answers the number of cells that were taken. */
function append(dictionary: Dictionary, cells: readonly Cell[], from = 0, to = cells.length): number {
  const batch = batchOf(
    1,
    cells.map((cell) => [cell]),
  );
  try {
    return dictionary.append(batch.columns[0]!, from, to);
  } finally {
    batch.release();
  }
}

/** The cells in a run of bytes in PLAIN encoding. */
function readPlain(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    found.push(bytes.subarray(at + 4, end).toString('hex'));
    at = end;
  }
  return found;
}

/** What a page of values only holds: behind the length of the levels and the levels. */
function valuesOf(page: Page): Buffer {
  const { bytes, release } = page.take();
  const values = Buffer.from(bytes.subarray(4 + bytes.readUInt32LE(0)));
  release();
  return values;
}

function readIndices(dictionary: Dictionary): number[] {
  const page = new Page(false);
  const { count, entries } = dictionary;
  page.rows = count;
  dictionary.writeIndices(page);
  const values = valuesOf(page);
  const width = values[0]!;
  expect(width).toBe(Math.max(1, Math.ceil(Math.log2(Math.max(1, entries)))));
  return decodeHybrid(values.subarray(1), count, width);
}

function take(dictionary: Dictionary): string[] {
  const { bytes, release } = dictionary.take();
  const entries = readPlain(Buffer.from(bytes));
  release();
  return entries;
}

const hex = (cells: readonly Cell[]) =>
  cells.filter((cell) => cell !== null).map((cell) => Buffer.from(cell).toString('hex'));

const cell = fc.oneof(
  fc.constant(null),
  fc.constantFrom('', 'a', 'b', 'ab', 'abcdefgh', 'abcdefghi', 'x'.repeat(40)),
  fc.uint8Array({ maxLength: 40 }),
);

describe('a dictionary', () => {
  it('has each value once, in the order they come, and an index for each cell, page after page', async () => {
    const pages = fc.array(fc.array(fc.array(cell, { maxLength: 12 }), { maxLength: 4 }), { maxLength: 4 });
    await expectNoLeak(() =>
      fc.assert(
        fc.property(pages, (pages) => {
          const dictionary = new Dictionary(NO_LIMITS, false, 0);
          const seen: string[] = [];
          for (const calls of pages) {
            for (const cells of calls) expect(append(dictionary, cells)).toBe(cells.length);
            const values = hex(calls.flat());
            for (const value of values) if (!seen.includes(value)) seen.push(value);
            expect(dictionary.count).toBe(values.length);
            expect(dictionary.plainBytes).toBe(values.reduce((sum, value) => sum + 4 + value.length / 2, 0));
            expect(dictionary.entries).toBe(seen.length);
            expect(dictionary.bytes).toBe(seen.reduce((sum, value) => sum + 4 + value.length / 2, 0));
            expect(readIndices(dictionary)).toEqual(values.map((value) => seen.indexOf(value)));
            expect([dictionary.count, dictionary.plainBytes]).toEqual([0, 0]);
          }
          expect(take(dictionary)).toEqual(seen);
          expect([dictionary.entries, dictionary.bytes]).toEqual([0, 0]);
          // The next chunk begins anew.
          expect(append(dictionary, ['b', 'a', 'b'])).toBe(3);
          expect(readIndices(dictionary)).toEqual([0, 1, 0]);
          expect(take(dictionary)).toEqual(['62', '61']);
          dictionary.drop();
        }),
        { numRuns: 300 },
      ),
    );
  });

  it('gives the values of a page back plain', async () => {
    await expectNoLeak(() =>
      fc.assert(
        fc.property(fc.array(cell, { maxLength: 30 }), fc.array(cell, { maxLength: 30 }), (first, second) => {
          const dictionary = new Dictionary(NO_LIMITS, false, 0);
          append(dictionary, first);
          readIndices(dictionary);
          append(dictionary, second);
          const page = new Page(false);
          page.rows = dictionary.count;
          const { plainBytes } = dictionary;
          dictionary.writePlain(page);
          expect(page.size).toBe(plainBytes);
          expect(readPlain(valuesOf(page))).toEqual(hex(second));
          expect(dictionary.count).toBe(0);
          dictionary.drop();
        }),
        { numRuns: 200 },
      ),
    );
  });

  it('takes cells up to its limits, and then those it knows', async () => {
    const limits = fc.record({ bytes: fc.nat(150), entries: fc.nat(12) });
    await expectNoLeak(() =>
      fc.assert(
        fc.property(limits, fc.array(cell, { maxLength: 40 }), fc.nat(10), (limits, cells, from) => {
          const dictionary = new Dictionary(limits, false, 0);
          const known = new Set<string>();
          let size = 0;
          let expected = Math.min(from, cells.length);
          for (; expected < cells.length; expected++) {
            const [value] = hex([cells[expected]!]);
            if (value === undefined || known.has(value)) continue;
            size += 4 + value.length / 2;
            if (known.size >= limits.entries || size > limits.bytes) break;
            known.add(value);
          }
          const start = Math.min(from, cells.length);
          expect(append(dictionary, cells, start)).toBe(expected);
          const taken = hex(cells.slice(start, expected));
          expect(readIndices(dictionary)).toEqual(taken.map((value) => [...known].indexOf(value)));
          expect(take(dictionary)).toEqual([...known]);
          dictionary.drop();
        }),
        { numRuns: 500 },
      ),
    );
  });

  it('grows to as many entries as indices can name, and finds each again', async () => {
    await expectNoLeak(() => {
      const dictionary = new Dictionary(NO_LIMITS, true, 0);
      const cells = Array.from({ length: 65_537 }, (_, i) => `value ${i * 7}`);
      expect(append(dictionary, cells)).toBe(65_536);
      expect(dictionary.entries).toBe(65_536);
      expect(readIndices(dictionary).every((index, i) => index === i)).toBe(true);
      expect(append(dictionary, cells.slice(0, 65_536).toReversed())).toBe(65_536);
      expect(append(dictionary, [null, 'another'])).toBe(1);
      expect(readIndices(dictionary).every((index, i) => index === 65_535 - i)).toBe(true);
      expect(take(dictionary).length).toBe(65_536);
      dictionary.drop();
    });
  });

  it('has right indices before and after each growth', async () => {
    await expectNoLeak(() => {
      const dictionary = new Dictionary(NO_LIMITS, false, 0);
      const seen: string[] = [];
      for (let i = 0; i < 600; i++) {
        // Of many lengths, so that the memory of the entries moves too.
        const cell = `${i}${'x'.repeat((i * 31) % 90)}`;
        seen.push(cell);
        const again = seen[(i * 17) % seen.length]!;
        expect(append(dictionary, [cell, again, seen[0]!, null, cell])).toBe(5);
        expect(readIndices(dictionary)).toEqual([i, (i * 17) % seen.length, 0, i]);
      }
      expect(take(dictionary)).toEqual(hex(seen));
      dictionary.drop();
    });
  });

  it('tells values apart that its hash does not, and gives up where they are too many', async () => {
    await expectNoLeak(() => {
      const dictionary = new Dictionary(NO_LIMITS, false, 0);
      const cells = equalHashes(40);
      expect(append(dictionary, [...cells, ...cells.toReversed()])).toBe(80);
      const forth = cells.map((_, i) => i);
      expect(readIndices(dictionary)).toEqual([...forth, ...forth.toReversed()]);
      const more = equalHashes(1000);
      const taken = append(dictionary, more);
      expect(taken).toBeGreaterThanOrEqual(40);
      expect(taken).toBeLessThan(100);
      expect(readIndices(dictionary)).toEqual(more.slice(0, taken).map((_, i) => i));
      // What it holds it still finds.
      expect(append(dictionary, [...more.slice(0, taken), 'other'])).toBe(taken + 1);
      expect(take(dictionary)).toEqual([...hex(more.slice(0, taken)), '6f74686572']);
      dictionary.drop();
    });
  });

  it('of texts names the first row that is not UTF-8', async () => {
    await expectNoLeak(() =>
      fc.assert(
        fc.property(fc.array(cell, { maxLength: 30 }), fc.nat(5), (cells, start) => {
          const from = Math.min(start, cells.length);
          const dictionary = new Dictionary(NO_LIMITS, true, 0);
          const bad = cells.findIndex((cell, i) => i >= from && cell !== null && !isUtf8(Buffer.from(cell)));
          let found: unknown;
          try {
            found = append(dictionary, cells, from);
          } catch (error) {
            found = error;
          }
          dictionary.drop();
          if (bad < 0) expect(found).toBe(cells.length);
          else {
            expect(found).toBeInstanceOf(BadCell);
            expect((found as BadCell).row).toBe(bad);
          }
        }),
        { numRuns: 300 },
      ),
    );
  });

  it('that is full stops at a row that is not UTF-8, whose check is then that of the plain encoding', () => {
    const dictionary = new Dictionary({ bytes: 1000, entries: 1 }, true, 0);
    expect(append(dictionary, ['a', 'a', Buffer.from([255])])).toBe(2);
    expect(append(dictionary, ['a', 'b'])).toBe(1);
    dictionary.drop();
  });

  it('adds its entries to the bounds', () => {
    const bounds = textBounds();
    const dictionary = new Dictionary(NO_LIMITS, true, bounds.address);
    append(dictionary, ['m', 'z', 'm', null, 'b', 'z', '']);
    const found = bounds.take()!;
    expect([found.min, found.max].map((bytes) => Buffer.from(bytes).toString())).toEqual(['', 'z']);
    append(dictionary, ['q', 'y'.repeat(65)]);
    expect(bounds.take()).toBeUndefined();
    dictionary.drop();
    bounds.drop();
  });

  it('says what memory it holds', async () => {
    await expectNoLeak(() => {
      const dictionary = new Dictionary(NO_LIMITS, false, 0);
      expect(dictionary.held).toBe(0);
      append(
        dictionary,
        Array.from({ length: 1000 }, (_, i) => `${i}${'x'.repeat(1000)}`),
      );
      expect(dictionary.held).toBeGreaterThan(1_000_000);
      dictionary.clear();
      expect(dictionary.held).toBe(0);
      dictionary.drop();
    });
  });
});
