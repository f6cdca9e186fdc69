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

test.each(['..', 'a/../b', '/a', 'a//b', 'a/'])('refuses the base prefix %j', (basePrefix) => {
  expect(() => settingsForDirectory({ directory: 'b', lake: 'l', basePrefix })).toThrow(
    expect.objectContaining({ code: 'usage' }),
  );
});
