import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readLake } from '../../src/pipeline/read-lake.ts';
import { extractAndLoad } from '../../src/pipeline/run.ts';
import type { FieldType } from '../../src/rows/field.ts';
import type { Datasource, Settings } from '../../src/settings/settings.ts';
import { ALL_TYPES } from '../../src/contracts/all-types.ts';
import { ALL_TYPES_SQL } from '../contracts/all-types.ts';
import { type MariadbServer, mariadbAvailable, startMariadb } from '../servers/mariadb.ts';
import { tempDir } from '../temp-dir.ts';
import { datasourceOf } from './datasource-of.ts';

const folder = tempDir();
const dump = join(folder, 'all-types.sql');

/** What the lake must answer for a cell of the source: a plain, second statement of docs/reference/types.md. */
function expectedText(
  type: FieldType,
  cell: string | Uint8Array | null,
  format: 'parquet' | 'csv',
): string | null {
  if (cell === null) return null;
  if (type.kind === 'binary') return Buffer.from(cell as Uint8Array).toString('hex');
  const text = Buffer.from(cell as Uint8Array).toString();
  switch (type.kind) {
    case 'boolean':
      return text === '1' ? 'true' : 'false';
    case 'int32':
    case 'int64':
      return String(BigInt(text));
    case 'decimal':
      return decimalText(text, type.scale);
    case 'float32':
      return String(Math.fround(Number(text)));
    case 'float64':
      return String(Number(text));
    case 'date':
      return isRealDate(text) ? text : null;
    case 'timestamp':
      return isRealDate(text) ? text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') : null;
    case 'text':
      return format === 'csv' ? text.replaceAll('\r', '\\r').replaceAll('\n', '\\n') : text;
  }
}

function decimalText(text: string, scale: number): string {
  const [whole, fraction = ''] = text.replace('-', '').split('.');
  const digits = `${BigInt(whole!)}${scale > 0 ? `.${fraction.padEnd(scale, '0')}` : ''}`;
  return text.startsWith('-') && /[1-9]/.test(digits) ? `-${digits}` : digits;
}

function isRealDate(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number);
  const date = new Date(Date.UTC(2000, month! - 1, day));
  date.setUTCFullYear(year!, month! - 1, day);
  return month! > 0 && day! > 0 && date.getUTCMonth() === month! - 1 && date.getUTCDate() === day;
}

/** The number that a text of an engine or a source stands for, so that `1e10` and `10000000000` are equal. */
function comparable(type: FieldType, text: string | null): string | null {
  if (text === null) return null;
  if (type.kind === 'float32') return `${Math.fround(Number(text))}${Object.is(Number(text), -0) ? '-' : ''}`;
  if (type.kind === 'float64') return `${Number(text)}${Object.is(Number(text), -0) ? '-' : ''}`;
  return text;
}

describe.runIf(mariadbAvailable())('every type of MySQL, from source to query', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
    await server.exec(`CREATE DATABASE types CHARACTER SET utf8mb4; USE types; ${ALL_TYPES_SQL}`);
    await writeFile(dump, await server.dump(['--hex-blob', 'types']));
  });
  afterAll(() => server?.stop());

  const sources: Record<string, () => Datasource> = {
    mysql: () => datasourceOf(server, 'types'),
    dump: () => ({ type: 'dump', name: 'types', location: [dump] }),
  };

  describe.each(['mysql', 'dump'])('from %s', (source) => {
    it.each(['parquet', 'csv'] as const)('to %s', async (format) => {
      const path = join(folder, `${source}-${format}`);
      const settings: Settings = {
        datalake: { type: 'local', path, format, layout: 'hive', basePartitions: [] },
        datasources: [sources[source]!()],
      };
      const report = await extractAndLoad({ settings, selection: { all: true } });
      expect(report.failures).toEqual([]);
      expect(report.tables.map((table) => table.table).sort()).toEqual(
        ALL_TYPES.map((table) => table.table).sort(),
      );

      const lake = await readLake(path);
      let allRejected = 0;
      const states = new Map((await lake.tables()).map((state) => [state.table, state]));
      for (const expected of ALL_TYPES) {
        const types = expected.fields.map(([, type]) => type);
        const rows = expected.rows.map((row) =>
          row.map((cell, i) => comparable(types[i]!, expectedText(types[i]!, cell, format))),
        );
        const rejected = expected.rows
          .flatMap((row) =>
            row.map((cell, i) => cell !== null && expectedText(types[i]!, cell, format) === null),
          )
          .filter(Boolean).length;
        const columns = expected.fields.map(([name]) => `"${name}"`).join(', ');
        const result = await lake.engine.query(`SELECT ${columns} FROM "table_${expected.table}"`);
        const found: (string | null)[][] = [];
        for await (const chunk of result.rows())
          for (const row of chunk) found.push(row.map((cell, i) => comparable(types[i]!, cell)));
        const sorted = (list: (string | null)[][]) => list.map((row) => JSON.stringify(row)).sort();
        expect(sorted(found), expected.table).toEqual(sorted(rows));
        const counted = Object.values(states.get(expected.table)!.rejected).reduce(
          (sum, count) => sum + count,
          0,
        );
        expect(counted, `rejected values of ${expected.table}`).toBe(rejected);
        allRejected += counted;
      }
      expect(allRejected, 'the tables hold zero and partial dates').toBeGreaterThan(3);
      await lake.close();
    });
  });
});
