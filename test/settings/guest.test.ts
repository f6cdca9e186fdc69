import { expect, test } from 'vitest';

import { settingsFolder } from './settings-file.ts';

const folder = settingsFolder();
const KEYS = `mysql_connect_timeout: 5s, mysql_read_timeout: 1h30m, mysql_statement_timeout: 90s,
  mysql_retries: 0, mysql_retry_pause: 0.5s, mysql_max_replica_lag: 2m, mysql_max_threads_running: 40,
  mysql_max_pause: 50m, mysql_allowed_hours: '22:00-6:30 Europe/Berlin'`;
const NORMAL = {
  connectTimeout: 5_000,
  readTimeout: 5_400_000,
  statementTimeout: 90_000,
  retries: 0,
  retryPause: 500,
  maxReplicaLag: 120_000,
  maxThreadsRunning: 40,
  maxPause: 3_000_000,
  allowedHours: { from: 1320, to: 390, zone: 'Europe/Berlin' },
};

test('how patient a source is and how busy its server may be, in both shapes', async () => {
  const nested = await folder.load(`datalake: { path: a }\ndatasources: [{ type: mysql, ${KEYS} }]`);
  expect(nested.datasources).toMatchObject([NORMAL]);
  const flat = await folder.load(`{ panorama_raw_data_bucket: b, mysql_host: h, ${KEYS} }`);
  expect(flat.datasources).toMatchObject([{ type: 'mysql', ...NORMAL }]);
});

test('nothing of it is there where the settings do not say it', async () => {
  const { datasources } = await folder.load('datalake: { path: a }\ndatasources: [{ type: mysql }]');
  for (const key of Object.keys(NORMAL)) expect(datasources[0]).not.toHaveProperty(key);
});

test.each([
  ['mysql_read_timeout', '0s', /from 0.1s to 1d, such as 90s, 10m or 2h/],
  ['mysql_read_timeout', '10', /a duration/],
  ['mysql_max_pause', '51m', /from 1s to 50m/],
  ['mysql_retries', '-1', /a whole number from 0 to 100/],
  ['mysql_retries', '101', /a whole number from 0 to 100/],
  ['mysql_max_threads_running', '0', /a whole number from 1 to 100000/],
  ['mysql_allowed_hours', '22:00', /two times of the day/],
  ['mysql_allowed_hours', '24:00-06:00', /two times of the day/],
  ['mysql_allowed_hours', '06:00-06:00', /two times of the day/],
  ['mysql_allowed_hours', '22:00-06:00 Mars/Olympus', /two times of the day/],
])('%s: %s is refused', async (key, value, message) => {
  const text = await folder.refusal(
    `datalake: { path: a }\ndatasources:\n  - type: mysql\n    ${key}: '${value}'`,
  );
  expect(text).toMatch(message);
  expect(text).toContain(`4: datasources[0].${key}: `);
});

test('a source that reads its versions from MySQL has the time limits and nothing else of it', async () => {
  const source = 'type: openedx_course_structures, mongodb_host: m, mysql_host: h';
  const { datasources } = await folder.load(
    `datalake: { path: a }\ndatasources: [{ ${source}, mysql_read_timeout: 1m }]`,
  );
  expect(datasources).toMatchObject([{ mysql: { readTimeout: 60_000 } }]);
  expect(
    await folder.refusal(`datalake: { path: a }\ndatasources: [{ ${source}, mysql_retries: 1 }]`),
  ).toContain('mysql_retries');
});
