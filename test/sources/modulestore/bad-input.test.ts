import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { BSON, type Document, Double } from 'bson';
import { describe, expect, it } from 'vitest';

import { collectRows, type Rows } from '../../../src/contracts/source.ts';
import type { PanoramaError } from '../../../src/errors.ts';
import { COURSE_FAULTS, COURSE_STRUCTURES } from '../../../src/openedx/courses/columns.ts';
import { dumpSource } from '../../../src/sources/dump/dump-source.ts';
import { modulestoreSource } from '../../../src/sources/modulestore/modulestore-source.ts';
import { mongodump } from '../../../src/sources/modulestore/mongodump.ts';
import type { Modulestore } from '../../../src/sources/modulestore/store.ts';
import type { Source } from '../../../src/sources/source.ts';
import { archiveOf, block, bsonOf, type Collections, id, ODD, structure, writeFolder } from './site.ts';
import { tempDir } from '../../temp-dir.ts';

const folder = tempDir();
let number = 0;

const fresh = (): string => join(folder, String(number++));
const stored = (location: string): Modulestore => mongodump({ location: [location], database: 'edxapp' });

interface Outcome {
  readonly rows: Rows;
  readonly faults: Rows;
  /** Of each part that was lost: what it is, and the message. */
  readonly lost: readonly string[];
  readonly error?: PanoramaError;
}

/** Reads everything, as far as it comes. */
async function readAll(modulestore: Modulestore, versions?: Source): Promise<Outcome> {
  const lost: string[] = [];
  let [rows, faults]: [Rows, Rows] = [[], []];
  try {
    const source = modulestoreSource({ name: 'courses', modulestore, ...(versions && { versions }) });
    const session = await source.open();
    try {
      const request = ({ table, fields }: typeof COURSE_STRUCTURES) => ({
        table,
        fields,
        lost: ({ where, error }: { where: object; error: PanoramaError }) =>
          void lost.push(`${JSON.stringify(where)} ${error.code}: ${error.message}`),
      });
      rows = await collectRows(session.read(request(COURSE_STRUCTURES)));
      faults = await collectRows(session.read(request(COURSE_FAULTS)));
    } finally {
      await session.close();
    }
  } catch (error) {
    return { rows, faults, lost, error: error as PanoramaError };
  }
  return { rows, faults, lost };
}

const course = (run: string, version: number): Document => ({
  org: 'O',
  course: 'C',
  run,
  versions: { 'published-branch': id(version) },
});

const simple = (version: number): Document =>
  structure(version, [block(['course', 'course'], { display_name: `number ${version}` })]);

/** Three courses, the second of which has the structure that is given, or none. */
const withOne = (second: Document | undefined): Collections => ({
  active_versions: [course('1', 1), course('2', 2), course('3', 3)],
  structures: [simple(1), ...(second === undefined ? [] : [second]), simple(3)],
});

/** The BSON of `{ _id, root, blocks: {a: {a: …}} }`, which no encoder would make. */
function deepBson(version: number, levels: number): Buffer {
  const head = BSON.serialize({ _id: id(version), root: ['course', 'course'] });
  const inner = Buffer.concat([
    ...Array.from({ length: levels }, (_, level) => {
      const open = Buffer.from('\0\0\0\0\x03a\0', 'latin1');
      open.writeInt32LE(5 + 8 * (levels - level));
      return open;
    }),
    Buffer.from([5, 0, 0, 0, 0]),
    Buffer.alloc(levels),
  ]);
  const body = Buffer.concat([
    head.subarray(4, -1),
    Buffer.from('\x03blocks\0', 'latin1'),
    inner,
    Buffer.from([0]),
  ]);
  const size = Buffer.alloc(4);
  size.writeInt32LE(body.length + 4);
  return Buffer.concat([size, body]);
}

describe('one course that cannot be read', () => {
  const root = block(['course', 'course'], {});
  it.each<[string, Document | undefined, string]>([
    ['no structure', undefined, 'is not in modulestore.structures'],
    [
      'no list of blocks',
      { ...structure(2, []), blocks: { course: root } },
      'cannot be read: its blocks are not a list',
    ],
    [
      'no root',
      { ...structure(2, [root]), root: 'course' },
      'cannot be read: its root is not a type and an id',
    ],
    [
      'a root that is no block',
      structure(2, [root], ['course', 'other']),
      'cannot be read: its root course other is not among its blocks',
    ],
    [
      'a block without a type',
      structure(2, [root, { fields: {} }]),
      'cannot be read: block 1 has no type and id',
    ],
  ])('%s: the others are read, and this one told', async (_, second, why) => {
    const { rows, faults, lost, error } = await readAll(stored(await writeFolder(fresh(), withOne(second))));
    expect(error).toBeUndefined();
    expect(rows.map(([location]) => location)).toEqual(['course-v1:O+C+1', 'course-v1:O+C+3']);
    const reason = `its structure ${id(2).toHexString()} ${why}`;
    expect(lost).toEqual([
      `{"course_id":"course-v1:O+C+2"} course-unreadable: Course course-v1:O+C+2: ${reason}.`,
    ]);
    expect(faults).toEqual([
      ['course-v1:O+C+2', 'published', id(2).toHexString(), null, 'unreadable-course', reason],
    ]);
  });

  it.each([
    ['BSON of a hundred thousand levels', deepBson(2, 100_000)],
    [
      'text that is not UTF-8',
      Buffer.from(
        bsonOf([structure(2, [block(['course', 'course'], { display_name: 'xyz' })])])
          .toString('latin1')
          .replace('xyz', '\xff\xff\xff'),
        'latin1',
      ),
    ],
  ])('%s', async (_, bytes) => {
    const place = await writeFolder(fresh(), withOne(undefined));
    await writeFile(
      join(place, 'modulestore.structures.bson'),
      Buffer.concat([bsonOf([simple(1)]), bytes, bsonOf([simple(3)])]),
    );
    const { rows, lost, error } = await readAll(stored(place));
    expect(error).toBeUndefined();
    expect(rows).toHaveLength(2);
    expect(lost).toEqual([
      expect.stringMatching(/^\{"course_id":"course-v1:O\+C\+2"\} course-unreadable: .* cannot be read: \w/),
    ]);
  });

  it('is thrown where nobody wants to be told', async () => {
    const place = await writeFolder(fresh(), withOne(undefined));
    const session = await modulestoreSource({ name: 'courses', modulestore: stored(place) }).open();
    const { table, fields } = COURSE_STRUCTURES;
    await expect(collectRows(session.read({ table, fields }))).rejects.toMatchObject({
      code: 'course-unreadable',
      message: expect.stringMatching(/^Course course-v1:O\+C\+2: /) as string,
    });
    await session.close();
  });

  it('all of them: the place is wrong, not the courses', async () => {
    const place = await writeFolder(fresh(), { ...withOne(undefined), structures: [simple(9)] });
    const { error, lost } = await readAll(stored(place));
    expect(lost).toEqual([]);
    expect(error).toMatchObject({
      code: 'course-unreadable',
      message: expect.stringMatching(
        /^Source courses: not one of 3 courses can be read\. Course course-v1:O\+C\+1: its structure/,
      ) as string,
    });
  });

  it.each([
    [
      "'course-v1:O+C','000000000000000000000001'",
      'course-v1:O+C',
      'its key is not course-v1:Org+Course+Run',
    ],
    ["'course-v1:O+C+1','latest'", 'course-v1:O+C+1', 'its version latest is no ObjectId'],
  ])('an odd row in the index of MySQL: %s', async (values, courseId, why) => {
    const sql = `CREATE TABLE split_modulestore_django_splitmodulestorecourseindex (course_id varchar(255), published_version varchar(24));
INSERT INTO split_modulestore_django_splitmodulestorecourseindex VALUES (${values}),('course-v1:O+C+3','000000000000000000000003'),('library-v1:O+L',''),('O/C/1','000000000000000000000003'),('ccx-v1:O+C+1+ccx@1','1');
-- Dump completed
`;
    const file = `${fresh()}.sql`;
    await writeFile(file, sql);
    const place = await writeFolder(fresh(), withOne(undefined));
    const { rows, lost } = await readAll(stored(place), dumpSource({ name: 'index', location: file }));
    expect(rows.map(([location]) => location)).toEqual(['course-v1:O+C+3']);
    expect(lost).toEqual([`{"course_id":"${courseId}"} course-unreadable: Course ${courseId}: ${why}.`]);
  });
});

describe('large courses', () => {
  it('16 MB in a hundred thousand levels', async () => {
    const levels = 100_000;
    const name = (level: number): string => level.toString(36).padStart(4, '0');
    const blocks = Array.from({ length: levels }, (_, level) =>
      block(level === 0 ? ['course', 'course'] : ['x', name(level)], {
        children: level + 1 < levels ? [['x', name(level + 1)]] : [],
        display_name: 'a name of some length',
        ...(level === 1 ? { graded: true } : {}),
      }),
    );
    const large = structure(2, blocks);
    expect(BSON.calculateObjectSize(large)).toBeGreaterThan(15 << 20);
    const { rows, error, faults } = await readAll(stored(await writeFolder(fresh(), withOne(large))));
    expect(error).toBeUndefined();
    expect(faults).toEqual([]);
    expect(rows).toHaveLength(levels + 2);
    const place = (column: string): number =>
      COURSE_STRUCTURES.fields.findIndex((field) => field.name === column);
    const last = rows[levels]!;
    expect([place('block_order'), place('depth'), place('graded')].map((column) => last[column])).toEqual([
      String(levels - 1),
      String(levels - 1),
      '1',
    ]);
  });

  it('ways through a course that are more than anybody could count', async () => {
    // Each block is listed twice by the two blocks above it: 2^60 ways lead to the last.
    const blocks: Document[] = [];
    for (let level = 0; level < 60; level++) {
      const children = [0, 1].map((side) => ['x', `${level + 1}-${side}`]);
      for (const side of level === 0 ? [0] : [0, 1])
        blocks.push(block(level === 0 ? ['course', 'course'] : ['x', `${level}-${side}`], { children }));
    }
    const { rows, error } = await readAll(stored(await writeFolder(fresh(), withOne(structure(2, blocks)))));
    expect(error).toBeUndefined();
    expect(rows).toHaveLength(blocks.length + 2);
  });
});

it('D27: a weight of 0 stays; questions inside of comments do not count', async () => {
  const problem = (name: string, fields: Document): Document =>
    block(['problem', name], fields, { definition: id(21) });
  const second = structure(2, [
    block(['course', 'course'], {}),
    problem('zero', { weight: 0 }),
    problem('counted', {}),
  ]);
  const data = '<p><stringresponse/><!-- <stringresponse/> --><choiceresponse/></p>';
  const collections = { ...withOne(second), definitions: [{ _id: id(21), fields: { data } }] };
  const { rows } = await readAll(stored(await writeFolder(fresh(), collections)));
  expect(rows.slice(2, 4).map((row) => [row[7], row[15]])).toEqual([
    ['zero', '0'],
    ['counted', '2'],
  ]);
});

it('D36: no fields, no definition and a way back are rows with what there is, and told', async () => {
  const second = structure(2, [
    block(['course', 'course'], {
      children: [
        ['x', 'bare'],
        ['problem', 'p'],
        ['x', 'loop'],
      ],
    }),
    { block_type: 'x', block_id: 'bare' },
    block(['problem', 'p'], {}, { definition: id(99) }),
    block(['x', 'loop'], { children: [['x', 'loop']] }),
  ]);
  const collections = { ...withOne(second), definitions: [{ _id: id(21) }] };
  const { rows, faults, error } = await readAll(stored(await writeFolder(fresh(), collections)));
  expect(error).toBeUndefined();
  expect(rows.map((row) => row[7])).toEqual(['course', 'course', 'bare', 'p', 'loop', 'course']);
  expect(faults.map((row) => row[4]).sort()).toEqual(['cycle', 'missing-definition']);
});

describe('files', () => {
  const structures = bsonOf(ODD['structures']!);
  const index = bsonOf(ODD['active_versions']!);

  it('a file of BSON that is cut off anywhere is told with the place', async () => {
    const place = await writeFolder(fresh(), ODD);
    const file = join(place, 'modulestore.structures.bson');
    const starts = [0];
    for (let at = structures.readInt32LE(0); at < structures.length; at += structures.readInt32LE(at))
      starts.push(at);
    for (let cut = 1; cut < structures.length; cut += 61) {
      if (starts.includes(cut)) continue;
      await writeFile(file, structures.subarray(0, cut));
      const { error } = await readAll(stored(place));
      const start = starts.findLast((at) => at < cut)!;
      expect([cut, error?.code, error?.message]).toEqual([
        cut,
        'dump-truncated',
        `${file} ends in the middle of what begins at its byte ${start}.`,
      ]);
    }
  });

  it('between two documents nothing shows it, but courses whose structures are gone', async () => {
    const place = await writeFolder(fresh(), withOne(undefined));
    await writeFile(join(place, 'modulestore.structures.bson'), bsonOf([simple(1)]));
    const { rows, lost } = await readAll(stored(place));
    expect([rows.length, lost.length]).toEqual([1, 2]);
  });

  it('an archive that is cut off anywhere', async () => {
    const bytes = archiveOf(ODD);
    const file = `${fresh()}.archive`;
    const { rows } = await (await writeFile(file, bytes), readAll(stored(file)));
    for (let cut = 0; cut < bytes.length - 1; cut += 37) {
      await writeFile(file, bytes.subarray(0, cut));
      const { error, ...rest } = await readAll(stored(file));
      // What comes after the end of the last collection that is read is not missed.
      if (error === undefined) expect(rest.rows).toEqual(rows);
      else expect([cut, error.code]).toEqual([cut, cut < 4 && cut > 0 ? 'dump-syntax' : 'dump-truncated']);
    }
    await writeFile(file, bytes.subarray(0, bytes.length / 2));
    expect((await readAll(stored(file))).error?.message).toContain(file);
  });

  it('a compressed file that is cut off', async () => {
    const place = await writeFolder(fresh(), ODD, { gzip: true });
    const file = join(place, 'modulestore.definitions.bson.gz');
    await writeFile(file, gzipSync(bsonOf(ODD['definitions']!)).subarray(0, -20));
    expect((await readAll(stored(place))).error).toMatchObject({
      code: 'dump-truncated',
      message: `${file} is compressed and its compressed data ends early.`,
    });
  });

  it.each([
    ['text', Buffer.from('{"_id": 1}\n'.repeat(9)), 0],
    ['a size that nothing has', Buffer.concat([index, Buffer.from('04000000', 'hex')]), index.length],
    ['no end', Buffer.from(index).fill(1, index.readInt32LE(0) - 1, index.readInt32LE(0)), 0],
  ])('what is no BSON: %s', async (_, bytes, at) => {
    const place = await writeFolder(fresh(), ODD);
    const file = join(place, 'modulestore.active_versions.bson');
    await writeFile(file, bytes);
    expect((await readAll(stored(place))).error).toMatchObject({
      code: 'dump-syntax',
      message: `${file}: what begins at its byte ${at} is no BSON document.`,
    });
  });

  it.each<[string, (place: string) => Promise<unknown>, string, RegExp]>([
    [
      'a folder without a modulestore',
      async (place) => mkdir(place),
      'dump-unreadable',
      /holds no modulestore\.structures\.bson/,
    ],
    ['no folder', async () => {}, 'dump-unreadable', /cannot be read: ENOENT/],
    ['a file that is empty', async (place) => writeFile(place, ''), 'dump-truncated', /is empty\.$/],
    [
      'a file of another kind',
      async (place) => writeFile(place, 'CREATE TABLE'),
      'dump-syntax',
      /is no archive of mongodump\.$/,
    ],
    [
      'no active versions',
      async (place) => writeFolder(place, { ...ODD, active_versions: [] }),
      'source-failed',
      /modulestore\.active_versions holds no course\.$/,
    ],
    [
      'no definitions',
      async (place) => {
        const { definitions: _, ...rest } = ODD;
        return writeFolder(place, rest);
      },
      'dump-unreadable',
      /holds no collection modulestore\.definitions\.$/,
    ],
    [
      'several databases',
      async (place) => {
        const file = join(place, 'modulestore.structures.bson');
        for (const name of ['a', 'b']) {
          await mkdir(join(place, name), { recursive: true });
          await writeFile(file.replace(place, join(place, name)), structures);
        }
      },
      'dump-unreadable',
      /holds the modulestores of several databases: a, b\.$/,
    ],
  ])('%s', async (_, make, code, message) => {
    const place = fresh();
    await make(place);
    const { error } = await readAll(stored(place));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect(error!.message).toContain(place);
  });

  it('a definition that cannot be read, and a double that is no number', async () => {
    const second = structure(2, [
      block(['course', 'course'], { children: [['problem', 'p']] }),
      block(['problem', 'p'], { weight: new Double(Number.NaN) }, { definition: id(21) }),
    ]);
    const place = await writeFolder(fresh(), withOne(second));
    const definition = bsonOf([{ _id: id(21), fields: { data: '<stringresponse/>xyz' } }]).toString('latin1');
    const file = join(place, 'modulestore.definitions.bson');
    await writeFile(file, definition.replace('xyz', '\xff\xff\xff'), 'latin1');
    const { rows, faults } = await readAll(stored(place));
    expect(rows).toHaveLength(4);
    expect(faults.map((row) => row.slice(4))).toEqual([
      ['no-problem-data', id(21).toHexString()],
      ['unreadable-value', 'weight'],
    ]);
  });
});
