import { describe, expect, it } from 'vitest';

import { compare, spread, summarise } from '../../bench/summary.ts';

const run = (seconds: number, peakRss = 100e6) => ({
  seconds,
  cpuSeconds: seconds / 2,
  peakRss,
  written: peakRss / 10,
});

describe('spread', () => {
  it.each([
    [[3], { median: 3, min: 3, max: 3 }],
    [[5, 1, 3], { median: 3, min: 1, max: 5 }],
    [[10, 2, 4, 8], { median: 6, min: 2, max: 10 }],
  ])('of %j', (values, expected) => {
    expect(spread(values)).toEqual(expected);
  });
});

describe('compare', () => {
  it.each<[string, number[], number[], ReturnType<typeof compare>]>([
    [
      'medians, not the rounds, where they differ',
      [6, 13, 8],
      [10, 20, 10],
      { ofMedians: 0.8, min: 0.6, max: 0.8 },
    ],
    ['the rounds that both ran', [30, 50], [10, 10, 1000], { ofMedians: 4, min: 3, max: 5 }],
    ['with itself', [4, 9], [4, 9], { ofMedians: 1, min: 1, max: 1 }],
  ])('%s', (_, runs, references, expected) => {
    expect(compare(runs, references)).toEqual(expected);
  });
});

describe('summarise', () => {
  it('keeps medians, ratios by name, and the largest memory', () => {
    const subject = { name: 'one-file', title: 'one file', reference: 'mariadb' };
    const runs = [run(6), run(13), run(7, 300e6)];
    const references = [run(10), run(20), run(10)];
    expect(summarise(subject, runs, [['mariadb', references]], 123)).toEqual({
      ...subject,
      rounds: 3,
      seconds: { median: 7, min: 6, max: 13 },
      cpuSeconds: { median: 3.5, min: 3, max: 6.5 },
      ratios: { mariadb: { ofMedians: 0.7, min: 0.6, max: 0.7 } },
      peakRss: 300e6,
      written: 30e6,
      fileBytes: 123,
    });
    expect(summarise(subject, runs, [], undefined)).not.toHaveProperty('fileBytes');
  });
});
