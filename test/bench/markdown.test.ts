import { describe, expect, it } from 'vitest';

import { markdown } from '../../bench/markdown.ts';
import type { Report } from '../../bench/report.ts';

const one = (value: number) => ({ median: value, min: value, max: value });
const ratioOf = (value: number) => ({ ofMedians: value, min: value, max: value });
const loaded = {
  name: 'one-file',
  title: 'one file',
  reference: 'mariadb',
  rounds: 5,
  seconds: { median: 7, min: 6, max: 13 },
  cpuSeconds: one(3.6),
  ratios: { mariadb: { ofMedians: 0.65, min: 0.6, max: 0.7 } },
  peakRss: 300e6,
  written: 130e6,
  fileBytes: 123.4e6,
};
const empty: Report = {
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
  textBytes: 720e6,
  rounds: 5,
  results: [loaded],
  missing: [],
  shapes: [],
  s3: [],
  profiles: [],
  checks: [],
  limits: [],
};

describe('markdown', () => {
  it('has the figures of a subject', () => {
    const text = markdown(empty);
    expect(text).toContain(
      '| one file | 0.65 (0.60–0.70) | 7.0 (6.0–13.0) | 103 | 3.6 | 5.0 | 300 | 123 | 130 |',
    );
    expect(text).not.toContain('× zcat');
  });

  it('tells peers that are missing, rounds that are fewer, and what differs', () => {
    const text = markdown({
      ...empty,
      results: [loaded, { ...loaded, title: 'slow', rounds: 2 }],
      missing: [{ name: 'sling', reason: 'no program\nfor this machine' }],
      checks: [
        { subject: 'one-file', table: 't', rows: 5, facts: 4, differences: [] },
        {
          subject: 'dlt',
          table: 't',
          rows: 5,
          facts: 4,
          differences: ['rows: 5 on the server, 4 in the files'],
        },
      ],
      limits: [{ what: 'time', most: '0.60', value: '0.65', outcome: 'known miss', reason: 'one core' }],
    });
    expect(text).toContain('sling is not to be had here: no program for this machine');
    expect(text).toMatch(/^\| slow \|.*\| 2 \|$/m);
    expect(text).toContain('| one-file | t | 5 | 4 | none |');
    expect(text).toContain('dlt differs in rows: 5 on the server, 4 in the files.');
    expect(text).toContain('| time | 0.60 | 0.65 | known miss: one core |');
  });

  it('has the time per row after that of an empty table', () => {
    const slope = {
      rounds: 3,
      empty: { 'one-file': one(1) },
      points: [
        { rows: 1e6, results: [{ ...loaded, seconds: one(3) }] },
        { rows: 4e6, results: [{ ...loaded, seconds: one(11) }] },
      ],
    };
    const text = markdown({ ...empty, slope });
    expect(text).toMatch(/^\| one file \| 1,000,000 \| 3\.0 .*\| 1\.00 \| 2\.00 \| 1\.00 \|/m);
    expect(text).toMatch(/^\| {2}\| 4,000,000 \| 11\.0 .*\| 1\.00 \| 2\.50 \| 1\.25 \|/m);
  });

  it('has the loads into S3 against the longer of the two that they cannot fall below', () => {
    const result = { ...loaded, ratios: {} };
    const upload = { ...result, name: 'upload', title: 'plain upload', reference: 'upload', seconds: one(5) };
    const local = { ...result, name: 'local', title: 'into a folder', reference: 'local', seconds: one(4) };
    const load = {
      ...result,
      name: 'load',
      title: 'into S3',
      seconds: one(6),
      ratios: { upload: ratioOf(1.2) },
    };
    const text = markdown({
      ...empty,
      s3: [
        { name: 'csv', title: 'One CSV file', files: 200, fileBytes: 750e6, results: [local, upload, load] },
      ],
    });
    expect(text).toContain('One CSV file: 750 MB in 200 files');
    expect(text).toContain('| into S3 | 1.20 (1.20–1.20) | 1.20 | 6.0 (6.0–6.0) | 125 | 3.6 | 300 | 130 |');
    expect(text).toContain('| plain upload |  |  | 5.0 (5.0–5.0) | 150 |');
  });

  it('has tables whose lines are of the same width', () => {
    const text = markdown({
      ...empty,
      startup: {
        runs: 3,
        help: { seconds: one(0.09), cpuSeconds: one(0.08) },
        node: { seconds: one(0.06), cpuSeconds: one(0.04) },
      },
      profiles: [
        { subject: 'one-file', title: 'one file', busySeconds: 2, top: [{ name: 'a|b', share: 0.5 }] },
      ],
    });
    expect(text).toContain('| `panorama --help` | 90 (90–90) | 1.50 | 80 (80–80) | 2.00 |');
    expect(text).toContain('| 50.0 % | `a\\|b` |');
    for (const block of text.split('\n\n').filter((part) => part.startsWith('|'))) {
      const widths = block
        .trimEnd()
        .split('\n')
        .map((line) => line.replaceAll('\\|', '').split('|').length);
      expect(new Set(widths).size).toBe(1);
    }
  });
});
