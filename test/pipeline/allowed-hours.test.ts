import { expect, it } from 'vitest';

import { outsideHours } from '../../src/pipeline/allowed-hours.ts';
import type { AllowedHours, MysqlDatasource } from '../../src/settings/settings.ts';

const datasource = (allowedHours?: AllowedHours): MysqlDatasource => ({
  type: 'mysql',
  name: 'lms',
  host: 'h',
  port: 3306,
  user: 'u',
  database: 'd',
  ...(allowedHours === undefined ? {} : { allowedHours }),
});
const day = { from: 8 * 60, to: 17 * 60 + 30, zone: 'UTC' };
const night = { from: 22 * 60, to: 6 * 60, zone: 'UTC' };

it.each([
  [undefined, '2026-01-01T12:00:00Z', true],
  [day, '2026-01-01T07:59:59Z', false],
  [day, '2026-01-01T08:00:00Z', true],
  [day, '2026-01-01T17:29:59Z', true],
  [day, '2026-01-01T17:30:00Z', false],
  [night, '2026-01-01T21:59:59Z', false],
  [night, '2026-01-01T22:00:00Z', true],
  [night, '2026-01-01T00:00:00Z', true],
  [night, '2026-01-01T05:59:59Z', true],
  [night, '2026-01-01T06:00:00Z', false],
  [{ ...night, zone: 'Europe/Berlin' }, '2026-01-01T21:00:00Z', true],
  [{ ...night, zone: 'Europe/Berlin' }, '2026-07-01T20:00:00Z', true],
  [{ ...night, zone: 'Europe/Berlin' }, '2026-07-01T19:59:59Z', false],
  [{ ...night, zone: 'Asia/Kathmandu' }, '2026-01-01T16:15:00Z', true],
])('%j at %s: %s', (hours, now, open) => {
  const error = outsideHours(datasource(hours), new Date(now));
  expect(error === undefined).toBe(open);
});

it('says which hours, and which it is', () => {
  const error = outsideHours(
    datasource({ ...night, zone: 'Asia/Kathmandu' }),
    new Date('2026-01-01T06:00:00Z'),
  );
  expect(error).toMatchObject({
    code: 'outside-hours',
    message: 'Source lms may be read from 22:00 to 06:00 (Asia/Kathmandu); it is 11:45.',
  });
});
