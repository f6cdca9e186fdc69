import { type Document, Double } from 'bson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { collectRows } from '../../../src/contracts/source.ts';
import { COURSE_FAULTS, COURSE_STRUCTURES } from '../../../src/openedx/courses/columns.ts';
import { modulestoreSource } from '../../../src/sources/modulestore/modulestore-source.ts';
import { mongodbModulestore } from '../../../src/sources/modulestore/mongodb.ts';
import { mongodump } from '../../../src/sources/modulestore/mongodump.ts';
import type { Modulestore } from '../../../src/sources/modulestore/store.ts';
import { type MongodbServer, mongodbAvailable, startMongodb } from '../../servers/mongodb.ts';
import { fill, serverAddress } from './server.ts';
import { type Collections, ODD, writeFolder } from './site.ts';
import { tempDir } from '../../temp-dir.ts';

/** A document of the modulestore that came before the split one. */
function old(category: string, name: string, more: Document = {}, id: Document = {}): Document {
  const { children = [], data = {}, ...metadata } = more;
  return {
    _id: { tag: 'i4x', org: 'Org', course: 'Old', category, name, revision: null, ...id },
    definition: {
      children: (children as string[]).map((child) => `i4x://Org/Old/${child}`),
      data: data as unknown,
    },
    metadata,
    edit_info: { edited_on: new Date('2014-03-01T00:00:00Z') },
  };
}

const SITE: Collections = {
  ...ODD,
  modulestore: [
    old('problem', 'p', { display_name: 'P', data: { data: '<numericalresponse/><choiceresponse/>' } }),
    old('course', '2014', { display_name: 'Old', start: '2014-01-01T00:00:00Z', children: ['chapter/c'] }),
    old('course', '2015', { display_name: 'Newer', children: ['chapter/d', 'chapter/gone'] }),
    old('chapter', 'c', {
      display_name: 'C',
      graded: true,
      children: ['problem/p', 'problem/q', 'problem/r'],
    }),
    old('chapter', 'd', { display_name: 'D' }),
    old('problem', 'p', { display_name: 'a draft of P' }, { revision: 'draft' }),
    old('problem', 'q', { weight: new Double(2), data: '<stringresponse/>' }),
    old('problem', 'r', { data: '<stringresponse/>' }),
    old('html', 'orphan', { display_name: 'of nobody knows which run' }),
    old('chapter', 'c', { display_name: 'of another course' }, { course: 'Other' }),
    old('asset', 'image', {}, { tag: 'c4x' }),
  ],
};

const COLUMNS = [
  'module_location',
  'course_id',
  'parent',
  'display_name',
  'chapter',
  'weight',
  'graded',
  'block_order',
];

async function read(modulestore: Modulestore, include: readonly 'old_keys'[]) {
  const session = await modulestoreSource({ name: 'courses', modulestore, include }).open();
  try {
    const fields = COLUMNS.map((name) => COURSE_STRUCTURES.fields.find((field) => field.name === name)!);
    const rows = await collectRows(session.read({ table: COURSE_STRUCTURES.table, fields }));
    const faults = await collectRows(
      session.read({ table: COURSE_FAULTS.table, fields: COURSE_FAULTS.fields }),
    );
    return { rows: rows.slice(15), faults: faults.slice(6) };
  } finally {
    await session.close();
  }
}

const OLD = 'Org/Old/2014';
const usage = (name: string): string => `i4x://Org/Old/${name}`;
const EXPECTED = {
  rows: [
    [OLD, OLD, null, 'Old', null, null, '0', '0'],
    [usage('chapter/c'), OLD, OLD, 'C', null, null, '1', '1'],
    [usage('problem/p'), OLD, usage('chapter/c'), 'P', 'C', '2', '1', '2'],
    [usage('problem/q'), OLD, usage('chapter/c'), null, 'C', '2.0', '1', '3'],
    [usage('problem/r'), OLD, usage('chapter/c'), null, 'C', '1', '1', '4'],
    ['Org/Old/2015', 'Org/Old/2015', null, 'Newer', null, null, '0', '0'],
    [usage('chapter/d'), 'Org/Old/2015', 'Org/Old/2015', 'D', null, null, '0', '1'],
  ],
  faults: [['Org/Old/2015', 'published', null, 'Org/Old/2015', 'missing-child', usage('chapter/gone')]],
};

describe('courses with old keys', () => {
  const folder = tempDir();
  let server: MongodbServer | undefined;
  let stores: Modulestore[];
  beforeAll(async () => {
    stores = [mongodump({ location: [await writeFolder(folder, SITE)], database: 'edxapp' })];
    if (!mongodbAvailable()) return;
    server = await startMongodb();
    await fill(server, SITE);
    stores.push(mongodbModulestore(serverAddress(server)));
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('come where they are asked for, each with what its root leads to', async () => {
    for (const store of stores) expect(await read(store, ['old_keys'])).toEqual(EXPECTED);
  });

  it('do not come otherwise', async () => {
    for (const store of stores) expect(await read(store, [])).toEqual({ rows: [], faults: [] });
  });
});
