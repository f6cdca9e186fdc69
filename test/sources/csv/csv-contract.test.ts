import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { ALL_TYPES, type ExpectedTable, sourceContract } from '../../../src/contracts/source.ts';
import { csvSource, type CsvOptions } from '../../../src/sources/csv/csv-source.ts';
import { tempDir } from '../../temp-dir.ts';
import { declaredTable, textOnly } from '../declared-types.ts';

const root = tempDir();

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
      const pathOf = ({ table }: ExpectedTable): string => `${folder}${table}.csv${gzip ? '.gz' : ''}`;
      for (const table of tables) {
        const { fields, rows } = table;
        const lines = [fields.map(([column]) => column), ...rows].map((row) =>
          row
            .map((cell) => writer.write(cell === null ? null : Buffer.from(cell).toString()))
            .join(writer.delimiter),
        );
        const text = lines.map((line) => line + writer.line).join('');
        writeFileSync(pathOf(table), gzip ? gzipSync(text) : text);
      }
      const source = csvSource({
        name: 'csv',
        location: [],
        ...writer.options,
        tables: tables.map((table) => ({ ...declaredTable(table), location: [pathOf(table)] })),
      });
      return { source, dispose: async () => undefined };
    },
    textOnly(ALL_TYPES),
  );
});
