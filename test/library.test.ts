import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  extractAndLoad,
  PanoramaError,
  readLake,
  type RunEvent,
  settingsForDirectory,
} from '../src/index.ts';
import { DUMP } from './cli/dump-text.ts';
import { tempDir } from './temp-dir.ts';

const folder = tempDir();

describe('the library', () => {
  it('runs the pipeline with events and reads the lake', async () => {
    await writeFile(join(folder, 'site.sql'), DUMP);
    const settings = settingsForDirectory({
      directory: join(folder, 'site.sql'),
      lake: join(folder, 'lake'),
    });
    const events: RunEvent[] = [];
    const report = await extractAndLoad({
      settings,
      selection: { all: true },
      onEvent: (event) => events.push(event),
    });
    expect(report.exit).toBe(0);
    expect(report.tables.map(({ table, rows }) => [table, rows])).toEqual([
      ['auth_user', 3],
      ['courseware_studentmodule', 3],
      ['empty_table', 0],
    ]);
    const types = events.map((event) => event.type);
    expect(types[0]).toBe('run-start');
    expect(types.at(-1)).toBe('run-end');
    expect(types.filter((type) => type === 'table-done')).toHaveLength(3);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'table-progress', table: 'auth_user', rows: 3 }),
    );

    const lake = await readLake(join(folder, 'lake'));
    const result = await lake.engine.query('SELECT count(*) FROM openedx_table_auth_user');
    for await (const rows of result.rows()) expect(rows).toEqual([['3']]);
    await lake.close();
  });

  it('stops when its signal says so, and publishes nothing', async () => {
    const settings = settingsForDirectory({
      directory: join(folder, 'site.sql'),
      lake: join(folder, 'other'),
    });
    const abort = new AbortController();
    const running = extractAndLoad({
      settings,
      selection: { all: true },
      signal: abort.signal,
      onEvent: (event) => event.type === 'table-start' && abort.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: 'interrupted' });
    expect(await (await readLake(join(folder, 'other'))).tables()).toEqual([]);
  });

  it('never lets two sources write one table', async () => {
    const one = settingsForDirectory({ directory: join(folder, 'site.sql'), lake: join(folder, 'two') });
    const settings = {
      ...one,
      datasources: [one.datasources[0]!, { ...one.datasources[0]!, name: 'again' }],
    };
    const report = await extractAndLoad({ settings, selection: { all: true } });
    expect(report.tables.map(({ source }) => source)).toEqual(['dump', 'dump', 'dump']);
    expect(report.failures.map(({ source, error }) => [source, error.code])).toEqual(
      Array.from({ length: 3 }, () => ['again', 'settings-invalid']),
    );
    expect(report.exit).toBe(3);
  });

  it('looks for a named table in every source whose tables are not listed', async () => {
    await writeFile(join(folder, 'other.sql'), 'CREATE TABLE `orders` (`id` int);\n');
    const one = settingsForDirectory({ directory: join(folder, 'site.sql'), lake: join(folder, 'three') });
    const other = { type: 'dump', name: 'other', location: [join(folder, 'other.sql')] } as const;
    const settings = { ...one, datasources: [one.datasources[0]!, other] };
    const found = await extractAndLoad({ settings, selection: { tables: ['orders', 'auth_user'] } });
    expect([found.exit, found.tables.map(({ table }) => table)]).toEqual([0, ['auth_user', 'orders']]);
    const missed = await extractAndLoad({ settings, selection: { tables: ['odrers'] } });
    expect([missed.exit, missed.failures.map(({ table }) => table)]).toEqual([2, ['odrers']]);
  });

  it('throws errors with a code and a hint', async () => {
    await expect(readLake(join(folder, 'nowhere'))).rejects.toBeInstanceOf(PanoramaError);
    await expect(readLake(join(folder, 'nowhere'))).rejects.toMatchObject({
      code: 'lake-unreadable',
      hint: expect.stringContaining('--lake'),
    });
  });
});
