import { expect, it } from 'vitest';

import { parseDuration } from '../../src/settings/duration.ts';

it.each([
  ['0s', 0],
  ['90s', 90_000],
  ['15m', 900_000],
  ['2h', 7_200_000],
  ['1.5h', 5_400_000],
  ['1d', 86_400_000],
  ['1h30m', 5_400_000],
])('%s is %d ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

it.each(['', '2', '2 h', '-2h', 'h', '2w', '2h30', '1.h', '2H'])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
