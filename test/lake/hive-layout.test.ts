import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { hiveLayout } from '../../src/lake/hive-layout.ts';
import { decodeState, STATE_VERSION, type TableState } from '../../src/lake/table-state.ts';
import { localStorage } from '../../src/storage/local.ts';
import { layoutContract } from '../contracts/layout.ts';
import { tempDir } from '../temp-dir.ts';
import { lockedLayout } from './locked-layout.ts';

const base = tempDir();
let counter = 0;
const fresh = () => localStorage(join(base, String(counter++)));

layoutContract('hive', lockedLayout, async () => {
  const { root } = fresh();
  return () => localStorage(root);
});

describe('hive layout', () => {
  const table = {
    format: 'parquet',
    partitionFields: [
      { id: 1, name: 'lms', type: { kind: 'text' }, from: 'base' },
      { id: 2, name: 'course_id', type: { kind: 'text' }, from: 'field' },
    ],
  } as const;

  it.each([
    [
      { basePrefix: 'openedx', table: 'grades' },
      'openedx/grades/lms=lms.example.com/course_id=a%2Fb/grades.parquet',
    ],
    [
      { basePrefix: 'eu/openedx', table: 'grades' },
      'eu/openedx/grades/lms=lms.example.com/course_id=a%2Fb/grades.parquet',
    ],
    [{ basePrefix: '', table: '../x' }, '..%2Fx/lms=lms.example.com/course_id=a%2Fb/..%2Fx.parquet'],
  ])('places %j at %s', (key, path) => {
    expect(hiveLayout(fresh()).place({ ...table, ...key }, ['lms.example.com', 'a/b'])).toBe(path);
  });

  it('finishes a commit although a dead run left a claim on the state', async () => {
    const storage = fresh();
    const layout = await lockedLayout(storage);
    const key = { basePrefix: '', table: 't' };
    const base: TableState = {
      version: STATE_VERSION,
      ...key,
      rawName: 'r',
      viewName: 'v',
      registered: true,
      format: 'csv',
      fields: [],
      partitionFields: [],
      primaryKey: [],
      nextFieldId: 1,
      files: [],
      rejected: {},
    };
    await layout.commit(await layout.load(key), base, []);
    const { token } = await layout.load(key);
    const next = { ...base, nextFieldId: 2 };
    const journal = { next, token, staged: [], remove: [] };
    await storage.putIf('_panorama/journal/t/1.json', Buffer.from(JSON.stringify(journal)), undefined);
    // Nobody can say any more which journals count.
    await storage.remove('_panorama/lock.json');
    const { createHash } = await import('node:crypto');
    const claim = createHash('sha256').update('_panorama/tables/t.json').digest('hex').slice(0, 16);
    await writeFile(storage.locate(`_panorama/staging/claim-${claim}`), '');
    const after = await lockedLayout(localStorage(storage.root));
    expect(await after.unfinished()).toEqual([key]);
    expect(await after.settle()).toEqual({ finished: [key] });
    expect((await after.load(key)).state?.nextFieldId).toBe(2);
  });

  it('refuses a journal that it cannot read', async () => {
    for (const [text, code] of [
      ['', 'lake-unreadable'],
      [JSON.stringify({ next: { version: 9 } }), 'lake-newer'],
    ] as const) {
      const storage = fresh();
      await storage.putIf('_panorama/journal/t/1.json', Buffer.from(text), undefined);
      await expect((await lockedLayout(storage)).settle()).rejects.toMatchObject({ code });
    }
  });

  it('refuses what a newer version wrote, and what is no state', () => {
    const newer = Buffer.from(JSON.stringify({ version: STATE_VERSION + 1 }));
    expect(() => decodeState('x.json', newer)).toThrow(expect.objectContaining({ code: 'lake-newer' }));
    expect(() => decodeState('x.json', Buffer.from('{'))).toThrow(
      expect.objectContaining({ code: 'lake-unreadable' }),
    );
    expect(() => decodeState('x.json', Buffer.from('{}'))).toThrow(
      expect.objectContaining({ code: 'lake-unreadable' }),
    );
  });
});
