import fc from 'fast-check';
import { expect, test } from 'vitest';

import { cellBytes } from '../../../src/rows/batch.ts';
import { tempDir } from '../../temp-dir.ts';
import { expectNoLeak } from '../../kernels/heap.ts';
import { openText } from './read-text.ts';

/*
 * Rows that a kernel reads and rows that TypeScript reads, side by side: each value is written in one of the ways that
 * a dump may write it, and all must come back, whatever the size of the chunks.
 */

const folder = tempDir();

/** A value: the bytes that are to come back (undefined for NULL) and how it is written. */
type Value = readonly [cell: Buffer | null, written: Buffer];

const ESCAPES: Record<number, string> = { 0: '0', 8: 'b', 9: 't', 10: 'n', 13: 'r', 26: 'Z' };

/** Quotes bytes; `ways` decides byte by byte between the forms that mean the same. */
function quoted(bytes: Uint8Array, ways: readonly number[], backslash: boolean): Buffer {
  const parts: number[] = [39];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    const way = ways[i % ways.length]!;
    if (byte === 39) parts.push(backslash && way === 0 ? 92 : 39, 39);
    else if (byte === 92 && backslash) {
      // Before these two a backslash need not be escaped.
      if (way < 2 && (bytes[i + 1] === 37 || bytes[i + 1] === 95)) parts.push(92, bytes[++i]!);
      else parts.push(92, 92);
    } else if (backslash && ESCAPES[byte] !== undefined && way < 2)
      parts.push(92, ESCAPES[byte]!.charCodeAt(0));
    else if (
      backslash &&
      way === 2 &&
      byte > 32 &&
      byte < 127 &&
      !'0btnrZ%_'.includes(String.fromCharCode(byte))
    )
      parts.push(92, byte);
    else parts.push(byte);
  }
  return Buffer.from([...parts, 39]);
}

const ways = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 });
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('\\%', '\\_', ...`a'\\%_\n\r\t\0\u001a",();é😀0n-`), maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.integer({ min: 100, max: 600 }).map((length) => "it's ".repeat(length)),
);

function textValue(backslash: boolean): fc.Arbitrary<Value> {
  return fc.tuple(text, ways).map(([cell, forms]) => {
    const bytes = Buffer.from(cell);
    return [bytes, quoted(bytes, forms, backslash)];
  });
}

function bytesValue(backslash: boolean): fc.Arbitrary<Value> {
  return fc.tuple(fc.uint8Array({ maxLength: 40 }), ways).map(([cell, forms]) => {
    const bytes = Buffer.from(cell);
    const hex = bytes.toString('hex');
    switch (forms[0]) {
      case 0:
        return [bytes, Buffer.concat([Buffer.from('_binary '), quoted(bytes, forms, backslash)])];
      case 1:
        return bytes.length === 0
          ? [bytes, Buffer.from("''")]
          : [bytes, Buffer.from(`0x${hex.toUpperCase()}`)];
      case 2:
        if (forms.length < 5)
          return [bytes, Buffer.concat([Buffer.from('_binary '), quoted(bytes, forms, backslash)])];
        return [bytes, Buffer.from(`X'${hex}'`)];
      default:
        return [bytes, Buffer.from(bytes.length === 0 ? "_binary ''" : `0x${hex}`)];
    }
  });
}

const numberValue: fc.Arbitrary<Value> = fc
  .constantFrom('0', '-1', '+7', '1.5', '-.5', '1e5', '2E-3', '12345678901234567890', '-0.000')
  .map((number) => [Buffer.from(number.replace(/^\+/, '')), Buffer.from(number)]);

const nullValue: fc.Arbitrary<Value> = fc
  .constantFrom('NULL', 'NULL', 'NULL', 'null')
  .map((word) => [null, Buffer.from(word)]);

const row = (backslash: boolean) =>
  fc.tuple(
    numberValue,
    fc.oneof({ weight: 4, arbitrary: textValue(backslash) }, nullValue),
    fc.oneof(numberValue, nullValue),
    fc.oneof({ weight: 3, arbitrary: bytesValue(backslash) }, nullValue),
  );

/** What may stand between two values and rows; mostly nothing. */
const between = fc.oneof(
  { weight: 400, arbitrary: fc.constant('') },
  fc.constantFrom(' ', '\n', '\r\n', '\t', '/* a comment, (1) */', ' -- to the end\n'),
);

const dump = fc.boolean().chain((backslash) =>
  fc.record({
    backslash: fc.constant(backslash),
    rows: fc.array(fc.tuple(row(backslash), fc.array(between, { minLength: 10, maxLength: 10 })), {
      minLength: 1,
      maxLength: 30,
    }),
    statements: fc.integer({ min: 1, max: 3 }),
    chunkBytes: fc.constantFrom(undefined, 1, 7, 64, 1000, 100_000),
  }),
);

function written(rows: readonly (readonly [readonly Value[], readonly string[]])[]): Buffer {
  const parts: (string | Buffer)[] = [];
  rows.forEach(([values, gaps], i) => {
    parts.push(i === 0 ? '' : ',', gaps[0]!, '(');
    values.forEach(([, value], j) =>
      parts.push(j === 0 ? '' : ',', gaps[2 * j + 1]!, value, gaps[2 * j + 2]!),
    );
    parts.push(')');
  });
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

const HEAD = `/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET TIME_ZONE='+00:00' */;
CREATE TABLE \`t\` (\`n\` decimal(65,30) NOT NULL, \`text\` longtext, \`x\` double, \`bytes\` longblob) ENGINE=InnoDB;
`;

test('every way to write a value means the same', { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(dump, async ({ backslash, rows, statements, chunkBytes }) => {
      const size = Math.ceil(rows.length / statements);
      const parts: (string | Buffer)[] = [HEAD];
      if (!backslash) parts.push("SET SQL_MODE='NO_BACKSLASH_ESCAPES';\n");
      for (let i = 0; i < rows.length; i += size)
        parts.push('INSERT INTO `t` VALUES ', written(rows.slice(i, i + size)), ';\n');
      const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
      const found: (Buffer | null)[][] = [];
      await expectNoLeak(async () => {
        const session = await openText(folder, bytes, chunkBytes === undefined ? {} : { chunkBytes });
        for await (const { batches, schema } of session.sweep!((table) => table.fields)) {
          for await (const batch of batches) {
            for (let at = 0; at < batch.rows; at++)
              found.push(schema.fields.map((_, column) => copyOf(cellBytes(batch.columns[column]!, at))));
            batch.release();
          }
        }
        await session.close();
      });
      expect(found).toEqual(rows.map(([values]) => values.map(([cell]) => cell)));
    }),
    { numRuns: 100 },
  );
});

const copyOf = (bytes: Buffer | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));
