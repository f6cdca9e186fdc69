import fc from 'fast-check';
import { expect, test } from 'vitest';

import { decodeChunks } from '../../../src/sources/delimited/decode.ts';

async function decode(bytes: Uint8Array, encoding?: string, piece = 1 << 16): Promise<string> {
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += piece) yield Buffer.from(bytes.subarray(at, at + piece));
  }
  const parts: Buffer[] = [];
  for await (const part of decodeChunks('f.csv', pieces(), encoding)) parts.push(part);
  return Buffer.concat(parts).toString();
}

const UTF8 = Buffer.from('\ufeffé,ß\n');
const UTF16BE = Buffer.from(Buffer.from('\ufeffé,😀\n', 'utf16le')).swap16();

test.each<[string, Uint8Array, string | undefined, string]>([
  ['UTF-8 with a mark', UTF8, undefined, 'é,ß\n'],
  ['UTF-8 with a mark, declared', UTF8, 'utf-8', 'é,ß\n'],
  ['UTF-16 that says so', Buffer.from('\ufeffé,😀\n', 'utf16le'), undefined, 'é,😀\n'],
  ['UTF-16 of the other order', UTF16BE, undefined, 'é,😀\n'],
  ['UTF-16 of the other order, declared', UTF16BE, 'utf-16', 'é,😀\n'],
  ['UTF-16 without a mark, declared', Buffer.from('é,😀\n', 'utf16le'), 'utf-16le', 'é,😀\n'],
  ['Windows-1252', Buffer.from([0xe9, 0x80, 0x0a]), 'windows-1252', 'é€\n'],
  ['latin1 is Windows-1252, as for browsers and MySQL', Buffer.from([0xe9, 0x80]), 'latin1', 'é€'],
  ['Shift JIS', Buffer.from([0x93, 0xfa, 0x96, 0x7b]), 'shift_jis', '日本'],
  ['one byte', Buffer.from('a'), undefined, 'a'],
  ['nothing', Buffer.alloc(0), undefined, ''],
  ['a mark alone', Buffer.from('\ufeff'), undefined, ''],
])('%s', async (_, bytes, encoding, expected) => {
  for (const piece of [1, 2, 3, 100]) expect(await decode(bytes, encoding, piece)).toBe(expected);
});

test('any text in UTF-16, in any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 7 }), async (text, piece) => {
      const wellFormed = Buffer.from(text).toString();
      fc.pre(!wellFormed.startsWith('\ufeff'));
      expect(await decode(Buffer.from(`\ufeff${wellFormed}`, 'utf16le'), undefined, piece)).toBe(wellFormed);
    }),
  );
});

test.each<[string, Uint8Array, string]>([
  [
    'half of a pair',
    Buffer.concat([Buffer.from('a\nb\n', 'utf16le'), Buffer.from([0x00, 0xd8, 0x61, 0x00])]),
    '3',
  ],
  [
    'an end in the middle of a character',
    Buffer.concat([Buffer.from('a\nb', 'utf16le'), Buffer.from([0x61])]),
    '2',
  ],
])('what is no text is told by its line: %s', async (_, bytes, line) => {
  await expect(decode(bytes, 'utf-16le')).rejects.toMatchObject({
    code: 'file-syntax',
    message: expect.stringContaining(`f.csv:${line}: `) as string,
  });
});
