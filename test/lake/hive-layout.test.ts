import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { hiveLayout } from '../../src/lake/hive-layout.ts';
import { decodeState, STATE_VERSION } from '../../src/lake/table-state.ts';
import { localStorage } from '../../src/storage/local.ts';
import { layoutContract } from '../contracts/layout.ts';
import { tempDir } from '../temp-dir.ts';

const base = tempDir();
let counter = 0;
const fresh = () => localStorage(join(base, String(counter++)));

layoutContract('hive', hiveLayout, async () => fresh());

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
