import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import { readCrontab } from '../../deploy/image/cron/schedule.ts';

/** Times of the zone that the tests run in, without one: 2026-11-25 is a Wednesday, 2026-11-01 a Sunday. */
const WHEN: readonly (readonly [fields: string, due: readonly string[], not: readonly string[]])[] = [
  ['* * * * *', ['2026-11-25T00:00', '2026-02-01T23:59'], []],
  ['55 * * * *', ['2026-11-25T00:55', '2026-11-25T13:55'], ['2026-11-25T13:54', '2026-11-25T13:05']],
  ['*/20 * * * *', ['2026-11-25T01:00', '2026-11-25T01:20', '2026-11-25T01:40'], ['2026-11-25T01:19']],
  ['5-59/20 * * * *', ['2026-11-25T01:05', '2026-11-25T01:25', '2026-11-25T01:45'], ['2026-11-25T01:20']],
  ['10/20 * * * *', ['2026-11-25T01:10', '2026-11-25T01:50'], ['2026-11-25T01:00']],
  ['0 1,3-5 * * *', ['2026-11-25T01:00', '2026-11-25T04:00'], ['2026-11-25T02:00', '2026-11-25T06:00']],
  ['0 0 1 * *', ['2026-12-01T00:00'], ['2026-12-02T00:00', '2026-12-01T01:00']],
  ['0 0 * jan-mar *', ['2026-01-09T00:00', '2026-03-31T00:00'], ['2026-04-01T00:00']],
  ['0 0 * * 7', ['2026-11-01T00:00'], ['2026-11-02T00:00']],
  ['0 0 * * 0', ['2026-11-01T00:00'], ['2026-11-07T00:00']],
  ['0 0 * * Wed', ['2026-11-25T00:00'], ['2026-11-26T00:00']],
  ['0 0 * * 1-5', ['2026-11-25T00:00'], ['2026-11-28T00:00', '2026-11-29T00:00']],
  // Both days restricted: one of them is enough. One with a * in front: both must fit.
  ['0 0 13 * 5', ['2026-11-13T00:00', '2026-11-27T00:00', '2026-12-13T00:00'], ['2026-11-26T00:00']],
  ['0 0 */2 * 5', ['2026-11-13T00:00', '2026-11-27T00:00'], ['2026-11-25T00:00', '2026-11-20T00:00']],
  ['@hourly', ['2026-11-25T07:00'], ['2026-11-25T07:01']],
  ['@daily', ['2026-11-25T00:00'], ['2026-11-25T07:00']],
  ['@weekly', ['2026-11-01T00:00'], ['2026-11-02T00:00']],
  ['@monthly', ['2026-11-01T00:00'], ['2026-11-02T00:00']],
  ['@yearly', ['2026-01-01T00:00'], ['2026-02-01T00:00']],
];

describe('the crontab of the image', () => {
  it.each(WHEN)('%s', (fields, due, not) => {
    const [job] = readCrontab(`${fields} true\n`).jobs;
    for (const time of due) expect(job!.due(new Date(time)), time).toBe(true);
    for (const time of not) expect(job!.due(new Date(time)), time).toBe(false);
  });

  it('has lines, variables and comments', () => {
    const { jobs, variables } = readCrontab(
      '# every hour\n\nLMS = "a b"\nPATH=/usr/bin:/bin\n  5 * * * *   date +\\%H  && true\r\n',
    );
    expect(variables).toEqual({ LMS: 'a b', PATH: '/usr/bin:/bin' });
    expect(jobs.map(({ line, command }) => ({ line, command }))).toEqual([
      { line: 5, command: 'date +%H  && true' },
    ]);
  });

  it.each([
    ['* * * *', 'five fields'],
    ['* * * * *', 'five fields'],
    ['60 * * * * true', 'minute cannot be read: 60'],
    ['* 24 * * * true', 'hour cannot'],
    ['* * 0 * * true', 'day of the month cannot'],
    ['* * * 13 * true', 'month cannot'],
    ['* * * * 8 true', 'day of the week cannot'],
    ['5-1 * * * * true', 'minute cannot'],
    ['1-2-3 * * * * true', 'minute cannot'],
    ['*/0 * * * * true', 'minute cannot'],
    [', * * * * true', 'minute cannot'],
    ['x * * * * true', 'minute cannot'],
    ['@reboot true', '@reboot is not supported'],
    ['* * * * * cat%hello', 'input after %'],
  ])('refuses %s', (line, message) => {
    expect(() => readCrontab(`# comment\n${line}\n`)).toThrow(new RegExp(`^line 2: .*${message}`));
  });

  it('reads the crontab of deploy/', async () => {
    const text = await readFile(new URL('../../deploy/crontab', import.meta.url), 'utf8');
    const { jobs } = readCrontab(text);
    const at = (minute: number): boolean[] => jobs.map(({ due }) => due(new Date(2026, 10, 25, 3, minute)));
    expect([at(5), at(50), at(0)]).toEqual([
      [true, false],
      [false, true],
      [false, false],
    ]);
  });
});
