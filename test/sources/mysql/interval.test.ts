import { describe, expect, it } from 'vitest';

import { parseInterval } from '../../../src/sources/mysql/interval.ts';

describe('intervals as MySQL writes them', () => {
  it.each([
    ['2 hour', '2', 'HOUR'],
    [' 90  Minute ', '90', 'MINUTE'],
    ["'1 12' day_hour", '1 12', 'DAY_HOUR'],
    ['"1:30" HOUR_MINUTE', '1:30', 'HOUR_MINUTE'],
    ["'1:30' minute_second", '1:30', 'MINUTE_SECOND'],
    ["'1 02:03:04.5' day_microsecond", '1 02:03:04.5', 'DAY_MICROSECOND'],
    ["' 1-6 ' year_month", '1-6', 'YEAR_MONTH'],
    ['90 minute_second', '90', 'MINUTE_SECOND'],
    ["'3' week", '3', 'WEEK'],
    ["'0:01' hour_minute", '0:01', 'HOUR_MINUTE'],
    ['999999999 second', '999999999', 'SECOND'],
  ])('%s', (text, quantity, unit) => {
    expect(parseInterval(text)).toEqual({ quantity, unit });
  });

  it.each([
    '',
    'hour',
    '2',
    '2hour',
    '1 fortnight',
    '1 hours',
    '1 sql_tsi_hour',
    '1 constructor',
    '1 __proto__',
    '0 hour',
    "'0:00' hour_minute",
    '-1 hour',
    "'-1' hour",
    "'-1:30' hour_minute",
    '1.5 hour',
    "'1.5' hour",
    "'1:2:3' hour_minute",
    "'1--2' day_hour",
    "'1:' hour_minute",
    "'' hour",
    "'one' hour",
    '1000000000 hour',
    "'18446744073709551617:0' hour_minute",
    "'1' or 1=1 hour",
    '1 hour) or sleep(9) -- ',
    '1 hour; drop table modules',
    "'1' hour' or ''='",
    '1 hour\0',
    '１ hour',
  ])('none: %j', (text) => {
    expect(parseInterval(text)).toBeUndefined();
  });
});
