import { LARGEST_ROW } from './tables/huge.ts';
import type { Verdict } from './limits.ts';
import type { Profile } from './profile.ts';
import type { Report } from './report.ts';
import type { S3Way } from './s3.ts';
import type { Shape } from './shapes.ts';
import { secondsPerRow, type Slope } from './slope.ts';
import type { Startup } from './startup.ts';
import { megabytes, type Ratio, type Result, type Spread } from './summary.ts';
import type { Check } from './verify.ts';

/** The report as a page; see bench/README.md for how to read it. */
export function markdown(report: Report): string {
  const { environment: at, rows, rounds } = report;
  const parts = [
    '# Benchmark',
    `${report.date}, commit ${at.commit}. ${at.cpu}, ${at.cores} cores, ${megabytes(at.memory)} MB of memory; ${at.os};\nNode ${at.node}; server ${at.server}, on the same machine.`,
    `${count(rows)} rows, ${megabytes(report.textBytes)} MB as text. Medians of ${rounds} interleaved rounds (least to most); *rounds* is given where a\nprogram ran in fewer. A ratio is that of the medians of the times (least to most of single rounds); below 1 is faster.\n*CPU s/GB* is per GB of the text. [How to read this](../README.md).`,
    results(report.results, report.textBytes, rounds),
    ...report.missing.map(
      ({ name, reason }) => `${name} is not to be had here: ${reason.replaceAll('\n', ' ')}`,
    ),
  ];
  if (report.limits.length > 0) parts.push('## Limits', limits(report.limits));
  if (report.slope !== undefined) parts.push(...slope(report.slope));
  if (report.shapes.length > 0)
    parts.push('## Other shapes of tables', ...report.shapes.flatMap((shape) => ofShape(shape, rounds)));
  if (report.s3.length > 0) parts.push(...s3(report.s3, rounds));
  if (report.startup !== undefined) parts.push('## Start', startup(report.startup));
  if (report.profiles.length > 0) parts.push(...profiles(report.profiles));
  if (report.checks.length > 0) parts.push('## Exactness', ...checks(report.checks));
  return `${parts.join('\n\n')}\n`;
}

function results(list: readonly Result[], textBytes: number, rounds: number): string {
  return table(
    [
      'what',
      '× mariadb',
      '× raw drain',
      '× zcat',
      'seconds',
      'MB/s',
      'CPU s',
      'CPU s/GB',
      'peak RSS MB',
      'files MB',
      'to disk MB',
      'rounds',
    ],
    list.map((result) => [
      result.title,
      ratio(result.ratios['mariadb']),
      ratio(result.ratios['raw-drain']),
      ratio(result.ratios['zcat']),
      range(result.seconds, 1),
      megabytes(textBytes / result.seconds.median),
      result.cpuSeconds.median.toFixed(1),
      (result.cpuSeconds.median / (textBytes / 1e9)).toFixed(1),
      megabytes(result.peakRss),
      result.fileBytes === undefined ? '' : megabytes(result.fileBytes),
      megabytes(result.written),
      result.rounds === rounds ? '' : String(result.rounds),
    ]),
  );
}

function limits(list: readonly Verdict[]): string {
  return table(
    ['what', 'at most', 'measured', 'verdict'],
    list.map(({ what, most, value, outcome, reason }) => [
      what,
      most,
      value ?? '',
      reason === undefined ? outcome : `${outcome}: ${reason}`,
    ]),
  );
}

function slope({ rounds, points, empty }: Slope): string[] {
  const first = points[0]!.results;
  const rows = first.flatMap(({ name, title }) => {
    const perRow = secondsPerRow({ rounds, points, empty }, name)!;
    return points.map((point, i) => {
      const result = point.results.find((candidate) => candidate.name === name)!;
      return [
        i === 0 ? title : '',
        count(point.rows),
        range(result.seconds, 1),
        empty[name]!.median.toFixed(2),
        (perRow[i]! * 1e6).toFixed(2),
        // Too few rows to tell their time from that of the start.
        perRow[0]! > 0 ? (perRow[i]! / perRow[0]!).toFixed(2) : '',
        i === 0 ? '' : ratio(result.ratios['mariadb']),
        megabytes(result.peakRss),
      ];
    });
  });
  return [
    '## Against the number of rows',
    `Medians of ${rounds} interleaved runs. *µs a row* is what is left after the time for a table without rows (*empty*).`,
    table(
      ['what', 'rows', 'seconds', 'empty', 'µs a row', '× the smallest', '× mariadb', 'peak RSS MB'],
      rows,
    ),
  ];
}

function ofShape(shape: Shape, rounds: number): string[] {
  const largest = shape.table === 'huge' ? `, the largest ${megabytes(LARGEST_ROW)} MB` : '';
  return [
    `\`${shape.table}\`: ${count(shape.rows)} rows of ${shape.columns} columns, ${megabytes(shape.textBytes)} MB as text${largest}.`,
    results(shape.results, shape.textBytes, rounds),
  ];
}

function s3(ways: readonly S3Way[], rounds: number): string[] {
  return [
    '## Into S3',
    `An S3 server on the same machine. Medians of ${rounds} interleaved rounds. *× the longer* is against the plain upload or the load into a\nfolder, whichever takes longer; MB/s are those of the files.`,
    ...ways.flatMap(({ title, files, fileBytes, results: list }) => [
      `${title}: ${megabytes(fileBytes)} MB${files === 1 ? '' : ` in ${count(files)} files`}`,
      table(
        [
          'what',
          '× plain upload',
          '× into a folder',
          '× the longer',
          'seconds',
          'MB/s',
          'CPU s',
          'peak RSS MB',
          'to disk MB',
        ],
        list.map((result) => [
          result.title,
          ratio(result.ratios['upload']),
          ratio(result.ratios['local']),
          result.name === 'load' ? (result.seconds.median / longest(list)).toFixed(2) : '',
          range(result.seconds, 1),
          megabytes(fileBytes / result.seconds.median),
          result.cpuSeconds.median.toFixed(1),
          megabytes(result.peakRss),
          megabytes(result.written),
        ]),
      ),
    ]),
  ];
}

/** The longer of the times that a load into S3 cannot fall below. */
function longest(list: readonly Result[]): number {
  const needed = list.filter(({ name }) => name === 'local' || name === 'upload');
  return Math.max(...needed.map(({ seconds }) => seconds.median));
}

function startup({ runs, help, node }: Startup): string {
  const line = (name: string, { seconds, cpuSeconds }: Startup['node']): string[] => [
    name,
    range(milli(seconds), 0),
    (seconds.median / node.seconds.median).toFixed(2),
    range(milli(cpuSeconds), 0),
    (cpuSeconds.median / node.cpuSeconds.median).toFixed(2),
  ];
  return [
    table(
      ['what', 'ms', '× node', 'CPU ms', '× node'],
      [line('`node -e 0`', node), line('`panorama --help`', help)],
    ),
    `Medians of ${runs} runs in turns.`,
  ].join('\n\n');
}

function milli({ median, min, max }: Spread): Spread {
  return { median: median * 1000, min: min * 1000, max: max * 1000 };
}

function profiles(list: readonly Profile[]): string[] {
  return [
    '## Profile',
    'Own time of functions, as a share of the time in which threads of JavaScript did something; compression in the\nthread pool is not in it. One run each with `node --cpu-prof`, which takes time itself.',
    ...list.flatMap(({ title, busySeconds, top }) => [
      `${title}: ${busySeconds.toFixed(1)} s`,
      table(
        ['share', 'function'],
        top.map(({ name, share }) => [`${(share * 100).toFixed(1)} %`, `\`${name.replaceAll('|', '\\|')}\``]),
      ),
    ]),
  ];
}

function checks(list: readonly Check[]): string[] {
  const parts = [
    'Counted and summed per column by the server and over the files, by the [canonical texts](../checksum.ts) of the values.',
    table(
      ['what', 'table', 'rows', 'facts', 'different'],
      list.map((check) => [
        check.subject,
        check.table,
        count(check.rows),
        String(check.facts),
        check.differences.length === 0 ? 'none' : String(check.differences.length),
      ]),
    ),
  ];
  for (const { subject, differences } of list)
    if (differences.length > 0) parts.push(`${subject} differs in ${differences.join('; ')}.`);
  return parts;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // A column in which no row has anything says nothing.
  const used = head.map((_, i) => i === 0 || rows.some((row) => row[i] !== ''));
  const line = (cells: readonly string[]): string => `| ${cells.filter((_, i) => used[i]).join(' | ')} |`;
  const words = (i: number): boolean => rows.some((row) => /^(?!-?\d)./.test(row[i]!));
  const rule = head.map((_, i) => (words(i) ? '---' : '--:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function ratio(value: Ratio | undefined): string {
  if (value === undefined) return '';
  return `${value.ofMedians.toFixed(2)} (${value.min.toFixed(2)}–${value.max.toFixed(2)})`;
}

function range({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
