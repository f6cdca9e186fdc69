import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { OPENCSV_VERSIONS, readWithOpencsv } from '../formats/opencsv.ts';
import { type MariadbServer, mariadbAvailable } from '../servers/mariadb.ts';
import { awsSiteAvailable } from '../servers/aws-site.ts';
import { opencsvAvailable } from '../servers/opencsv-jars.ts';
import { tempDir } from '../temp-dir.ts';
import { csvCells, expectedCell, goldenText } from './dialect.ts';
import { type GoldenServers, loadGoldenLocally, startGoldenMariadb, startGoldenSite } from './site.ts';

const HERE = import.meta.dirname;
const OBJECTS = join(HERE, 'objects/lake');

/** Loads into S3, Glue and Athena with the settings of the recording as they are. Answers a copy of the bucket. */
async function loadIntoAws(folder: string, servers: GoldenServers): Promise<string> {
  const site = await startGoldenSite(folder, servers);
  try {
    const { code, stderr } = await site.run('extract-and-load', '--datasource', 'openedx_mysql');
    expect([code, stderr.replace(/^.*holds a key of AWS.*\n/m, '')]).toEqual([0, expect.not.stringMatching(/warn|fail/i)]);
    return await site.copyOfBucket();
  } finally {
    await site.stop();
  }
}

const LAKES = [
  {
    where: 'into a folder',
    load: (folder: string, servers: GoldenServers) => loadGoldenLocally(folder, servers, 'openedx_mysql'),
  },
  ...(awsSiteAvailable() ? [{ where: 'into S3, with Glue and Athena', load: loadIntoAws }] : []),
];

async function files(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith('.csv')).sort();
}

/** Values of input.sql that are not spelled as they are: table, `id`, column, and what Hive must find. */
const SPELLED: readonly (readonly [table: string, id: string, column: string, text: string])[] = [
  ['auth_user', '1', 'first_name', ''],
  ['auth_user', '2', 'first_name', 'Ana "Nita"'],
  ['auth_user', '4', 'username', 'back\\slash'],
  ['auth_user', '4', 'first_name', 'a\\b'],
  ['auth_user', '4', 'last_name', 'c,d'],
  ['courseware_studentmodule', '1', 'state', '{"attempts": 1, "note": "He said \\"hi\\"\\nbye"}'],
  [
    'courseware_studentmodule',
    '2',
    'state',
    'line1\\nline2\\r\\nline3\ttab, comma, "quote", back\\slash',
  ],
  ['courseware_studentmodule', '3', 'state', ''],
  ['courseware_studentmodule', '5', 'state', '{"x": "日本語 😀"}'],
  ['grades_persistentcoursegrade', '18446744073709551615', 'percent_grade', '0.9'],
  ['types', '1', 'c_vchar', 'tab\tnewline\\ncr\\rbackslash\\quote"apos\'comma,'],
  ['types', '1', 'c_blob', '00010203'],
  ['types', '1', 'c_enum', 'b,c'],
  ['types', '1', 'c_json', '{"a": [1, 2, {"b": null}]}'],
  ['types', '2', 'c_vchar', ''],
  ['types', '3', 'c_vchar', ''],
  ['types', '4', 'c_vchar', 'NULL'],
  ['types', '4', 'c_blob', Buffer.from('text in blob, "q"').toString('hex')],
  ['types', '4', 'c_text', '\\N'],
  ['types', '4', 'c_enum', 'd"e'],
  ['types', '4', 'c_json', '"str"'],
];

describe.skipIf(!mariadbAvailable())('what the original wrote', () => {
  let mariadb: MariadbServer;
  beforeAll(async () => {
    mariadb = await startGoldenMariadb();
  });
  afterAll(() => mariadb?.stop());

  describe.each(LAKES)('loaded $where', ({ load }) => {
    const folder = tempDir();
    let lake: string;
    beforeAll(async () => {
      lake = await load(folder, { mariadb });
    });

    it('has the same paths', async () => {
      const recorded = await files(OBJECTS);
      expect(recorded).toHaveLength(9);
      // The course structures come from another data source.
      expect(await files(lake)).toEqual(recorded.filter((name) => !name.includes('course_structures')));
    });

    it('has the same bytes but for the mistakes of the original', async () => {
      let equal = 0;
      const other: Record<string, number> = {};
      for (const name of await files(lake)) {
        const [ours, golden] = await Promise.all(
          [lake, OBJECTS].map((root) => readFile(join(root, name), 'utf8')),
        );
        if (ours === golden) equal++;
        const rows = [ours, golden].map((text) => text!.split('\r\n').map(csvCells));
        expect(rows[0]!.length).toBe(rows[1]!.length);
        const header = rows[1]![0]!;
        expect(rows[0]![0]).toEqual(header);
        rows[1]!.forEach((cells, row) => {
          expect(rows[0]![row]!.length).toBe(cells.length);
          cells.forEach((cell, i) => {
            const found = rows[0]![row]![i]!;
            if (found === cell) return;
            const { reason, text } = expectedCell(header[i]!, cell, found);
            expect([name, row, header[i], found]).toEqual([name, row, header[i], text]);
            other[reason] = (other[reason] ?? 0) + 1;
          });
        });
      }
      expect(equal).toBe(1);
      // Every difference has a line in README.md, and there are no more of them than these.
      expect(other).toEqual({
        'escaped once': 10,
        'empty text': 15,
        'time as MySQL has it': 5,
        hexadecimal: 3,
        'number as MySQL has it': 12,
      });
    });

    it.skipIf(!opencsvAvailable()).each(OPENCSV_VERSIONS)('is read by opencsv %s as the source has it', async (version) => {
      const found = new Map<string, string | undefined>();
      for (const name of await files(lake)) {
        const bytes = await readFile(join(lake, name));
        const rows = await readWithOpencsv(version, bytes);
        const spelled = bytes.toString().split('\r\n').slice(0, -1).map(csvCells);
        expect(rows, name).toEqual(spelled.map((cells) => cells.map(goldenText)));
        const [header, ...values] = rows.map((row) => row!);
        const id = header!.indexOf('id');
        const table = name.split('/').at(-1)!.replace('.csv', '');
        for (const row of values) {
          row.forEach((text, i) => found.set([table, row[id], header![i]].join(), text));
        }
      }
      for (const [table, id, column, text] of SPELLED)
        expect([table, id, column, found.get([table, id, column].join())]).toEqual([table, id, column, text]);
    });
  });
});

it('the double escape is undone as Python made it', () => {
  expect(goldenText('"line1\\\\n\\"q\\""')).toBe('line1\\n"q"');
});
