import { BSON, type Document } from 'bson';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A row of the dump by column name, cells as text; NULL is null. */
export type SampleRow = Readonly<Record<string, string | null>>;

/** A table as it stands in the dump. */
export interface SampleTable {
  readonly create: string;
  readonly columns: readonly string[];
  readonly rows: readonly SampleRow[];
}

/** The SQL text of a sample's mysqldump. */
export function readSql(folder: string): string {
  return gunzipSync(readFileSync(join(folder, 'mysql', 'edxapp.sql.gz'))).toString('utf8');
}

/** All tables of a dump whose rows stand one to a line, as mariadb-dump writes them. */
export function parseSql(sql: string): Map<string, SampleTable> {
  const tables = new Map<string, SampleTable>();
  for (const part of sql.split('\n-- Table structure for table ').slice(1)) {
    const name = /^`([^`]+)`/.exec(part)![1]!;
    const create = /^CREATE TABLE[^;]+;$/m.exec(part)![0];
    const columns = [...create.matchAll(/^ {2}`([^`]+)`/gm)].map((match) => match[1]!);
    const rows = part
      .split('\n')
      .filter((line) => line.startsWith('('))
      .map((line) => parseRow(line, columns));
    tables.set(name, { create, columns, rows });
  }
  return tables;
}

const CELL = /'((?:[^'\\]|\\.)*)'|([^,()]+)/y;
const UNESCAPED: Record<string, string> = { n: '\n', r: '\r', '0': '\0', Z: '\x1a' };

function parseRow(line: string, columns: readonly string[]): SampleRow {
  const row: Record<string, string | null> = {};
  CELL.lastIndex = 1;
  for (const column of columns) {
    const match = CELL.exec(line);
    if (match === null) throw new Error(`no cell for ${column} in ${line.slice(0, 80)}`);
    const [, quoted, bare] = match;
    if (quoted !== undefined) row[column] = quoted.replace(/\\(.)/gs, (_, c: string) => UNESCAPED[c] ?? c);
    else row[column] = bare === 'NULL' ? null : bare!;
    CELL.lastIndex++;
  }
  if (!/^[,;]?$/.test(line.slice(CELL.lastIndex))) throw new Error(`cells left over in ${line.slice(0, 80)}`);
  return row;
}

/** The documents of a collection of a sample's mongodump. */
export function readCollection(folder: string, name: string): Document[] {
  const data = readFileSync(join(folder, 'mongo', 'edxapp', `modulestore.${name}.bson`));
  const documents: Document[] = [];
  for (let at = 0; at < data.length;) {
    const end = at + data.readInt32LE(at);
    documents.push(BSON.deserialize(data.subarray(at, end)));
    at = end;
  }
  return documents;
}
