import { expect, test } from 'vitest';
import { settingsForDirectory } from '../../src/settings/directory.ts';

test('settings for a folder of dumps', () => {
  expect(settingsForDirectory({ directory: 'backup', lake: './lake', cwd: '/srv' })).toEqual({
    datalake: {
      type: 'local',
      path: '/srv/lake',
      basePrefix: 'openedx',
      format: 'parquet',
      layout: 'hive',
      basePartitions: [],
    },
    datasources: [{ type: 'dump', name: 'dump', location: ['/srv/backup'] }],
  });
});

test('options', () => {
  const basePartitions = [{ name: 'lms', type: 'varchar', value: 'a' }];
  const settings = settingsForDirectory({
    directory: '/b',
    lake: '/l',
    basePrefix: '',
    basePartitions,
    format: 'csv',
    database: 'edxapp',
  });
  expect(settings).toEqual({
    datalake: { type: 'local', path: '/l', format: 'csv', layout: 'hive', basePartitions },
    datasources: [{ type: 'dump', name: 'dump', location: ['/b'], database: 'edxapp' }],
  });
});

test.each([
  [{ mysql: true, modulestore: true }, ['dump', 'openedx_course_structures']],
  [{ mysql: false, modulestore: true }, ['openedx_course_structures']],
])('a folder that holds %j', (holds, types) => {
  const { datasources } = settingsForDirectory({ directory: 'b', lake: 'l', cwd: '/srv', holds });
  expect(datasources.map(({ type }) => type)).toEqual(types);
  expect(datasources.at(-1)).toEqual({
    type: 'openedx_course_structures',
    name: 'courses',
    location: ['/srv/b'],
    include: [],
    mongodb: {
      host: '127.0.0.1',
      srv: false,
      database: 'edxapp',
      authSource: 'edxapp',
      readPreference: 'secondaryPreferred',
      tls: { mode: 'disabled' },
    },
  });
});

test.each(['..', 'a/../b', '/a', 'a//b', 'a/'])('refuses the base prefix %j', (basePrefix) => {
  expect(() => settingsForDirectory({ directory: 'b', lake: 'l', basePrefix })).toThrow(
    expect.objectContaining({ code: 'usage' }),
  );
});
