import { expect, test } from 'vitest';

import { pathTellsValues } from '../../../src/engines/duckdb/partition-columns.ts';
import type { LakeFile } from '../../../src/lake/table-state.ts';
import { partitionField } from '../lake.ts';

const fields = [partitionField(1, 'a'), partitionField(2, 'b=c')];

const paths: [path: string, values: (string | null)[], tells: boolean][] = [
  ['/lake/t/a=1/b%3Dc=2/t.parquet', ['1', '2'], true],
  ['/lake/t/a=x%2Fy/b%3Dc=/t.parquet', ['x/y', ''], true],
  [
    '/lake/t/a=__HIVE_DEFAULT_PARTITION__/b%3Dc=%5F_HIVE_DEFAULT_PARTITION__/t.parquet',
    [null, '__HIVE_DEFAULT_PARTITION__'],
    true,
  ],
  ['/lake/t/a=1/b%3Dc=x/y/t.parquet', ['1', 'x/y'], false],
  ['/lake/t/a=1/b%3Dc=2/t.parquet', ['1', '3'], false],
  ['/lake/t/a=1/b%3Dc=%E9/t.parquet', ['1', 'é'], false],
  ['/lake/t/1/2/t.parquet', ['1', '2'], false],
  ['t.parquet', ['1', '2'], false],
];

test.each(paths)('%s', (path, partition, tells) => {
  const file: LakeFile = { path, partition, rows: 0, bytes: 0, sha256: '', loadedAt: '' };
  expect(pathTellsValues(fields, file, path)).toBe(tells);
});
