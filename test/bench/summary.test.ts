import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { markdown } from '../../bench/report.ts';
import { misses, spread, summarise, type Thresholds } from '../../bench/summary.ts';

const run = (seconds: number, peakRss = 100e6) => ({ seconds, cpuSeconds: seconds / 2, peakRss });

describe('spread', () => {
  it.each([
    [[3], { median: 3, min: 3, max: 3 }],
    [[5, 1, 3], { median: 3, min: 1, max: 5 }],
    [[10, 2, 4, 8], { median: 6, min: 2, max: 10 }],
  ])('of %j', (values, expected) => {
    expect(spread(values)).toEqual(expected);
  });
});

const subject = { name: 'one-file', title: 'one file', reference: 'mariadb' };
/** The second round met a busy machine: both took twice as long. */
const result = summarise(subject, [run(6), run(13), run(7, 300e6)], [run(10), run(20), run(10)], 123_400_000);

describe('summarise', () => {
  it('divides by the reference of the same round and keeps the largest memory', () => {
    expect(result.ratio).toEqual({ median: 0.65, min: 0.6, max: 0.7 });
    expect(result.seconds).toEqual({ median: 7, min: 6, max: 13 });
    expect(result.peakRss).toBe(300e6);
  });
});

describe('misses', () => {
  it.each<[Thresholds, string[]]>([
    [{ 'one-file': { ratio: 0.65, peakRss: 300e6 } }, []],
    [
      { 'one-file': { ratio: 0.64, peakRss: 300e6 } },
      ['one-file took 0.65 times as long as mariadb, more than 0.64'],
    ],
    [{ 'one-file': { ratio: 1, peakRss: 256e6 } }, ['one-file held 300 MB, more than 256 MB']],
    [{ partitioned: { ratio: 1, peakRss: 256e6 } }, ['partitioned was not measured']],
  ])('%j', (thresholds, expected) => {
    expect(misses([result], thresholds)).toEqual(expected);
  });

  it('finds the limits of the file in order', () => {
    const text = readFileSync(new URL('../../bench/thresholds.json', import.meta.url), 'utf8');
    const thresholds = JSON.parse(text) as Thresholds;
    expect(Object.keys(thresholds)).toEqual(['one-file', 'partitioned']);
    const fast = Object.keys(thresholds).map((name) => ({ ...result, name }));
    expect(misses(fast, thresholds)).toEqual([]);
  });
});

describe('markdown', () => {
  it('has a line of the same width per result and names what was compared', () => {
    const text = markdown({
      date: '2026-01-02',
      environment: {
        cpu: 'X',
        cores: 2,
        memory: 8e9,
        os: 'Linux 6',
        node: 'v20',
        server: '10.11',
        commit: 'abc',
      },
      rows: 2_000_000,
      textBytes: 721e6,
      rounds: 3,
      results: [result],
      slope: [],
      checks: { 'one-file': [{ name: 'rows', server: '2000000', lake: '2000000' }] },
    });
    expect(text).toContain('| one file | 0.65 (0.60–0.70) | 7.0 (6.0–13.0) | 286,000 | 3.5 | 300 | 123 |');
    expect(text).toContain('Equal on the server and in the lakes one-file: rows.');
    const widths = text
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|').length);
    expect(new Set(widths).size).toBe(1);
  });
});
