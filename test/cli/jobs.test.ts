import { describe, expect, it } from 'vitest';

import { PanoramaError } from '../../src/errors.ts';
import { runView } from '../../src/cli/run-view.ts';
import type { RunEvent } from '../../src/pipeline/events.ts';
import { JOBS } from '../../src/settings/settings.ts';
import { tempDir } from '../temp-dir.ts';
import { cli } from './cli.ts';

describe('--jobs', () => {
  it.each(['0', '9', '-1', 'many', '1.5', ''])('%j is wrong usage', async (jobs) => {
    const done = await cli(['extract-and-load', '--all', `--jobs=${jobs}`], { cwd: tempDir() });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('--jobs must be a whole number from 1 to 8');
  });

  it('the help tells the bounds that are kept', async () => {
    const { stdout } = await cli(['extract-and-load', '--help'], { cwd: tempDir() });
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      `1 to ${JOBS.most} (default: the settings, else ${JOBS.usual})`,
    );
  });
});

describe('the view of a run where there is no terminal', () => {
  const lines = (events: readonly RunEvent[], debug = false): string[] => {
    const noted: string[] = [];
    const view = runView((text) => noted.push(text), debug);
    for (const event of events) view.listen(event);
    view.stop();
    return noted;
  };
  const source = 'lms';

  it.each<[string, RunEvent & { type: 'source-open' }, boolean, string]>([
    ['one table at a time', { type: 'source-open', source, parallel: 1 }, false, 'Reading lms'],
    ['several', { type: 'source-open', source, parallel: 3 }, true, 'Reading lms, 3 tables at a time'],
    [
      'fewer than wished for, quietly',
      { type: 'source-open', source, parallel: 1, parallelNote: 'no right' },
      false,
      'Reading lms',
    ],
    [
      'fewer than wished for, with the reason',
      { type: 'source-open', source, parallel: 1, parallelNote: 'no right' },
      true,
      'Reading lms (no right)',
    ],
  ])('%s', (_, event, debug, text) => {
    expect(lines([event], debug)).toEqual([text]);
  });

  it('tables that overlap each have their end told, and no line of progress before its time', () => {
    const error = new PanoramaError('source-permission', 'no right to b.');
    const done = { source, rows: 2, bytes: 10, files: 1, ms: 5, rejected: {} };
    const noted = lines([
      { type: 'table-start', source, table: 'a', estimatedRows: 2 },
      { type: 'table-start', source, table: 'b' },
      { type: 'table-progress', source, table: 'a', rows: 1, bytes: 5, fraction: 0.5 },
      { type: 'table-failed', source, table: 'b', error },
      { type: 'table-progress', source, table: 'a', rows: 2, bytes: 9, fraction: 1 },
      { type: 'table-staged', source, table: 'a', rows: 2 },
      { type: 'table-done', table: 'a', ...done },
    ]);
    expect(noted).toHaveLength(2);
    expect(noted[0]).toMatch(/b: no right to b\./);
    expect(noted[1]).toMatch(/✓.* a +2 rows/);
  });
});
