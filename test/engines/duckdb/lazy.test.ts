import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const PROGRAM = `
  import { createRequire } from 'node:module';
  const { duckdbEngine } = await import('./src/engines/duckdb/duckdb-engine.ts');
  const engine = duckdbEngine({ locate: (path) => path, tables: async () => [] });
  const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes('@duckdb'));
  const before = loaded();
  const result = await engine.query('SELECT 1');
  console.log(JSON.stringify([before, loaded()]));
  await result.close();
`;

test('DuckDB is loaded by the first query, not with the engine', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const run = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', PROGRAM], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toEqual([false, true]);
});
