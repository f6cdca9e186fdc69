import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { ALL_TYPES, type ExpectedTable, sourceContract } from '../../../src/contracts/source.ts';
import { typeText } from '../../../src/rows/field.ts';
import { csvSource, type CsvOptions } from '../../../src/sources/csv/csv-source.ts';
import { tempDir } from '../../temp-dir.ts';

const root = tempDir();

/** What text can hold: no bytes, no keys, and any cell may be NULL. */
const TABLES = ALL_TYPES.filter(({ fields }) => fields.every(([, type]) => type.kind !== 'binary')).map(
  (table): ExpectedTable => ({
    ...table,
    primaryKey: [],
    fields: table.fields.map(([name, type]) => [name, type, true]),
  }),
);

const NAMES: Readonly<Record<string, string>> = {
  boolean: 'bit',
  int32: 'int',
  int64: 'bigint',
  float32: 'float',
  float64: 'double',
  text: 'longtext',
  timestamp: 'datetime(6)',
};

interface Writer {
  readonly options: Partial<CsvOptions>;
  readonly write: (cell: string | null) => string;
  readonly line: string;
  readonly delimiter: string;
}

const doubled: Writer = {
  options: {},
  write: (cell) => (cell === null ? '' : `"${cell.replaceAll('"', '""')}"`),
  line: '\r\n',
  delimiter: ',',
};

const mysql: Writer = {
  options: { escape: 'mysql', quote: '', delimiter: '\t' },
  write: (cell) => (cell === null ? '\\N' : cell.replace(/[\\\n\t\0]/g, (c) => `\\${LETTERS[c]!}`)),
  line: '\n',
  delimiter: '\t',
};
const LETTERS: Readonly<Record<string, string>> = { '\\': '\\', '\n': 'n', '\t': 't', '\0': '0' };

const variants: readonly [name: string, writer: Writer, gzip: boolean][] = [
  ['quoted CSV with CRLF', doubled, false],
  ['compressed, semicolons', { ...doubled, delimiter: ';', options: { delimiter: ';' }, line: '\n' }, true],
  ['escaped as MySQL does, by tabs', mysql, false],
];

variants.forEach(([name, writer, gzip], index) => {
  sourceContract(
    name,
    async (tables) => {
      const folder = join(root, `v${index}-`);
      const location = tables.map(({ table, fields, rows }) => {
        const lines = [fields.map(([column]) => column), ...rows].map((row) =>
          row
            .map((cell) => writer.write(cell === null ? null : Buffer.from(cell).toString()))
            .join(writer.delimiter),
        );
        const text = lines.map((line) => line + writer.line).join('');
        const path = `${folder}${table}.csv${gzip ? '.gz' : ''}`;
        writeFileSync(path, gzip ? gzipSync(text) : text);
        return { table, path };
      });
      const source = csvSource({
        name: 'csv',
        location: [],
        ...writer.options,
        tables: tables.map(({ table, fields }) => ({
          name: table,
          location: [location.find((entry) => entry.table === table)!.path],
          fields: fields.map(([column, type]) => ({
            name: column,
            type: NAMES[type.kind] ?? typeText(type),
          })),
        })),
      });
      return { source, dispose: async () => undefined };
    },
    TABLES,
  );
});
