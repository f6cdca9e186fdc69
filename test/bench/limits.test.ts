import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { type Evidence, judge, type Limit, type Outcome, passes } from '../../bench/limits.ts';
import type { Result } from '../../bench/summary.ts';

const one = (value: number) => ({ median: value, min: value, max: value });

function result(name: string, seconds: number, peakRss: number): Result {
  return {
    name,
    title: name,
    reference: 'mariadb',
    rounds: 5,
    seconds: one(seconds),
    cpuSeconds: one(seconds),
    ratios: {},
    peakRss,
    written: 0,
  };
}

const client = result('mariadb', 10, 10e6);
const evidence: Evidence = {
  results: [client, result('one-file', 7, 200e6)],
  shapes: [
    {
      table: 'huge',
      rows: 600,
      columns: 3,
      textBytes: 1e9,
      results: [client, result('one-file', 30, 300e6)],
    },
  ],
  s3: [
    {
      name: 'csv',
      title: 'one CSV file',
      files: 1,
      fileBytes: 750e6,
      results: [
        result('local', 3, 150e6),
        result('upload', 4, 140e6),
        result('writer', 4.4, 130e6),
        result('load', 5, 260e6),
      ],
    },
  ],
  slope: {
    rounds: 3,
    empty: { 'one-file': one(0.5) },
    points: [
      { rows: 1e6, results: [result('one-file', 2.5, 190e6)] },
      { rows: 2e6, results: [result('one-file', 4.5, 200e6)] },
      { rows: 8e6, results: [result('one-file', 18.1, 220e6)] },
    ],
  },
  startup: {
    runs: 1,
    help: { seconds: one(0.09), cpuSeconds: one(0.08) },
    node: { seconds: one(0.06), cpuSeconds: one(0.04) },
  },
};

const time = { kind: 'time', subject: 'one-file', against: 'mariadb' } as const;
const known = (value: number) => ({ known: { value, reason: 'one core' } });

describe('judge', () => {
  it.each<[Limit, string | undefined, Outcome]>([
    [{ ...time, most: 0.7 }, '0.70', 'kept'],
    [{ ...time, most: 0.69 }, '0.70', 'missed'],
    [{ ...time, most: 0.6, ...known(0.6) }, '0.70', 'known miss'],
    [{ ...time, most: 0.5, ...known(0.55) }, '0.70', 'worse than known'],
    [{ ...time, most: 0.8, ...known(0.9) }, '0.70', 'kept'],
    [{ ...time, table: 'huge', most: 3 }, '3.00', 'kept'],
    [{ ...time, table: 'narrow', most: 3 }, undefined, 'not measured'],
    [{ ...time, subject: 'partitioned', most: 1 }, undefined, 'not measured'],
    [{ ...time, against: 'sling', most: 1 }, undefined, 'not measured'],
    [{ ...time, against: 'sling', most: 1, peer: true }, undefined, 'no such peer'],
    [{ kind: 'time', subject: 'writer', against: 'upload', s3: 'csv', most: 1.1 }, '1.10', 'kept'],
    [{ kind: 'time', subject: 'load', against: ['local', 'upload'], s3: 'csv', most: 1.2 }, '1.25', 'missed'],
    [
      { kind: 'time', subject: 'load', against: ['local', 'fast'], s3: 'csv', most: 9 },
      undefined,
      'not measured',
    ],
    [{ kind: 'time', subject: 'load', against: 'upload', s3: 'far', most: 9 }, undefined, 'not measured'],
    [{ kind: 'memory', subject: 'load', s3: 'csv', most: 260e6 }, '260 MB', 'kept'],
    [{ kind: 'memory', subject: 'one-file', most: 200e6 }, '200 MB', 'kept'],
    [{ kind: 'memory', subject: 'one-file', most: 199e6 }, '200 MB', 'missed'],
    [{ kind: 'memory', subject: 'one-file', table: 'huge', most: 299e6 }, '300 MB', 'missed'],
    [{ kind: 'memory-growth', subject: 'one-file', most: 1.1 }, '1.10', 'kept'],
    [{ kind: 'memory-growth', subject: 'one-file', most: 1.09 }, '1.10', 'missed'],
    [{ kind: 'time-per-row', subject: 'one-file', most: 1.1 }, '1.10', 'kept'],
    [{ kind: 'time-per-row', subject: 'one-file', most: 1.09 }, '1.10', 'missed'],
    [{ kind: 'time-per-row', subject: 'partitioned', most: 1.1 }, undefined, 'not measured'],
    [{ kind: 'startup', of: 'seconds', most: 1.5 }, '1.50', 'kept'],
    [{ kind: 'startup', of: 'cpuSeconds', most: 1.5 }, '2.00', 'missed'],
  ])('%j', (limit, value, outcome) => {
    const [verdict] = judge([limit], evidence);
    expect({ value: verdict!.value, outcome: verdict!.outcome }).toEqual({ value, outcome });
    const passing = outcome === 'kept' || outcome === 'known miss' || outcome === 'no such peer';
    expect(passes([verdict!])).toBe(passing);
  });

  it('says why a miss is known, and what it was', () => {
    const [verdict] = judge([{ ...time, most: 0.6, ...known(0.65) }], evidence);
    expect(verdict).toEqual({
      what: 'time of one-file / mariadb',
      most: '0.60',
      value: '0.70',
      outcome: 'known miss',
      reason: 'one core (0.65 when recorded)',
    });
  });

  it('names what a load into S3 is held against', () => {
    const against = ['local', 'upload'];
    const [verdict] = judge([{ kind: 'time', subject: 'load', against, s3: 'csv', most: 2 }], evidence);
    expect(verdict!.what).toBe('time of load / the longer of local and upload, into S3: csv');
  });

  it('does not take a time that is lost in the start for a good one', () => {
    const slope = { ...evidence.slope!, empty: { 'one-file': one(3) } };
    const [verdict] = judge([{ kind: 'time-per-row', subject: 'one-file', most: 1.1 }], {
      ...evidence,
      slope,
    });
    expect(verdict!.outcome).toBe('missed');
  });
});

describe('thresholds.json', () => {
  const text = readFileSync(new URL('../../bench/thresholds.json', import.meta.url), 'utf8');
  const limits = JSON.parse(text) as Limit[];

  it('has limits of kinds that are judged, each once', () => {
    const verdicts = judge(limits, { results: [], shapes: [], s3: [] });
    expect(new Set(verdicts.map(({ what }) => what)).size).toBe(limits.length);
    expect(verdicts.every(({ what, most }) => what !== undefined && !most.includes('NaN'))).toBe(true);
    expect(passes(verdicts)).toBe(false);
  });

  it('records a miss only where the bar is missed', () => {
    for (const { most, known } of limits) expect(known === undefined || known.value > most).toBe(true);
  });
});
