import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Encoder } from '@toondepauw/node-zstd';
import { expect, test } from 'vitest';
import { dumpSource } from '../../../src/sources/dump/dump-source.ts';
import { tempDir } from '../../temp-dir.ts';
import { openText, sweepAll } from './read-text.ts';
import { SAMPLE_DUMP } from './sample-dump.ts';

const folder = tempDir();
const whole = Buffer.from(SAMPLE_DUMP);
const TABLES = ['answer', 'empty', 'who'];

type Found = Record<string, (string | null)[][]>;
type Outcome = { found: Found; code?: string };

async function outcome(bytes: Uint8Array, chunkBytes?: number): Promise<Outcome> {
  const session = await openText(folder, bytes, chunkBytes === undefined ? {} : { chunkBytes });
  return sweepAll(session).then(
    (found) => ({ found }),
    (error: { code: string; found: Found }) => ({ found: error.found, code: error.code }),
  );
}

test('any size of chunk gives the same rows', async () => {
  const expected = await outcome(whole);
  expect(Object.keys(expected.found).sort()).toEqual(TABLES);
  expect(expected.found['answer']).toHaveLength(4);
  expect(expected.found['who']).toEqual([
    ['Zo\xc3\xab', '\0\xff\n'],
    ["O'Brien", "\0'\\"],
  ]);
  for (const size of [1, 2, 3, 5, 7, 11, 16, 31, 64, 100, 257, 1000])
    expect(await outcome(whole, size)).toEqual(expected);
});

// Which offsets are tried differs from run to run; all of them would take long.
const phase = Number(process.env['PANORAMA_SEED'] ?? Date.now()) % 11;

test(`a dump cut anywhere is told to be cut, and tables that came out are whole (offset ${phase})`, async () => {
  const { found: all } = await outcome(whole);
  const footer = whole.indexOf('-- Dump completed') + '-- Dump completed'.length;
  const answered = whole.indexOf('UNLOCK TABLES;') + 'UNLOCK TABLES;'.length;
  for (let cut = phase; cut < whole.length; cut += 11) {
    const { found, code } = await outcome(whole.subarray(0, cut));
    expect({ cut, code }).toEqual({ cut, code: cut < footer ? 'dump-truncated' : undefined });
    if (cut >= answered) expect(Object.keys(found)).toContain('answer');
    for (const [table, rows] of Object.entries(found))
      expect({ cut, rows }).toEqual({ cut, rows: all[table] });
  }
});

test('without first and last line a cut between statements cannot be seen, any other can', async () => {
  const compact = Buffer.from(
    SAMPLE_DUMP.replace(/^-- (MariaDB dump|Dump completed).*$/gm, '--').replace(/^(UN)?LOCK.*$/gm, ''),
  );
  const { found: all } = await outcome(compact);
  for (let cut = 1 + phase; cut < compact.length; cut += 11) {
    const { found, code } = await outcome(compact.subarray(0, cut));
    const text = compact.toString('latin1', 0, cut);
    if (code === undefined) expect(text.trimEnd()).toMatch(/(;|\*\/|^--.*|DELIMITER ;+)$/m);
    for (const [table, rows] of Object.entries(found))
      expect(all[table]!.slice(0, rows.length)).toEqual(rows);
  }
});

test.each([
  ['gzip', gzipSync(whole)],
  ['zstd', new Encoder(3).encodeSync(whole)],
])('%s cut anywhere', async (_name, packed) => {
  expect((await outcome(packed)).code).toBeUndefined();
  for (let cut = 1; cut < packed.length; cut += 7) {
    const { code } = await outcome(packed.subarray(0, cut));
    expect({ cut, code }).toEqual({
      cut,
      code: expect.stringMatching(/^dump-(truncated|syntax)$/) as string,
    });
  }
});

test('a compressed file that is damaged', async () => {
  const packed = gzipSync(whole);
  packed.fill(0xaa, 200, 260);
  expect((await outcome(packed)).code).toMatch(/^dump-(unreadable|syntax|truncated)$/);
});

test('a cut inside the table that is read throws from its batches', async () => {
  const session = await openText(folder, whole.subarray(0, whole.indexOf('日本')));
  let threw: unknown;
  for await (const { schema, batches } of session.sweep!((s) => s.fields)) {
    expect(schema.table).toBe('answer');
    await (async () => {
      for await (const batch of batches) expect(batch.rows).toBeGreaterThan(0);
    })().catch((error: unknown) => (threw = error));
    break;
  }
  expect(threw).toMatchObject({ code: 'dump-truncated' });
});

test('tables, describe and check of a cut dump tell that it is cut', async () => {
  const session = await openText(folder, whole.subarray(0, whole.length - 60));
  await expect(session.tables()).rejects.toMatchObject({ code: 'dump-truncated' });
  await expect(session.describe('answer')).rejects.toMatchObject({ code: 'dump-truncated' });
  await expect(session.check()).rejects.toMatchObject({ code: 'dump-truncated' });
});

test('values larger than the window', async () => {
  const large = 'x'.repeat(3_000_000) + "\\'" + 'é'.repeat(500_000);
  const text = `CREATE TABLE t (a int, b longtext);\nINSERT INTO t VALUES (1,'${large}'),(2,'y');\n`;
  const session = await openText(folder, text, { chunkBytes: 1000 });
  const { t } = await sweepAll(session);
  expect(t!.map(([a, b]) => [a, b!.length])).toEqual([
    ['1', 4_000_001],
    ['2', 1],
  ]);
});

test('an interrupted read', async () => {
  const location = join(folder, 'interrupted.sql');
  writeFileSync(location, SAMPLE_DUMP);
  const stop = new AbortController();
  const session = await dumpSource({ name: 'dump', location, chunkBytes: 16 }).open({ signal: stop.signal });
  const reading = (async () => {
    for await (const { batches } of session.sweep!((s) => s.fields)) {
      stop.abort();
      for await (const batch of batches) expect(batch.rows).toBeGreaterThan(0);
    }
  })();
  await expect(reading).rejects.toMatchObject({ code: 'interrupted' });
});
