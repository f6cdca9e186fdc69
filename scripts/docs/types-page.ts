import { athenaTypes } from '../../src/engines/athena/types.ts';
import { duckdbTypes } from '../../src/engines/duckdb/types.ts';
import { engineTypeName, exactName } from '../../src/engines/engine.ts';
import { columnType } from '../../src/formats/parquet/schema.ts';
import { COURSE_COLUMNS, type CourseColumn, FAULT_COLUMNS } from '../../src/openedx/courses/columns.ts';
import type { FieldKind, FieldType } from '../../src/rows/field.ts';
import { typeText } from '../../src/rows/field.ts';
import { mysqlFieldType } from '../../src/sources/mysql-types.ts';
import { GENERATED, table } from './markdown.ts';
import { AFTER, BEFORE, COURSES } from './types-text.ts';

/** docs/reference/types.md: the types as the code gives them, with remarks from {@link DECLARED}. */
export function renderTypes(): string {
  return `${[
    GENERATED,
    '# Types',
    BEFORE,
    '## From MySQL and MariaDB to the lake',
    table(
      ['MySQL, MariaDB', 'lake', 'Parquet', 'DuckDB', 'Athena', 'Trino', 'remark'],
      DECLARED.map(([declared, remark]) => {
        const type = mysqlFieldType(declared);
        return [
          `\`${declared}\``,
          typeText(type),
          parquetText(type),
          engineTypeName(duckdbTypes, type),
          engineTypeName(athenaTypes, type),
          exactName(trinoTypes[type.kind], type),
          remark,
        ];
      }),
    ),
    '## How each lake type is held',
    table(
      ['lake', 'Parquet', 'CSV', 'DuckDB, in the typed view'],
      HELD.map(([type, csv]) => [
        typeText(type).replace(/\(.*/, '(p,s)'),
        type.kind === 'decimal' ? 'INT32, INT64 or FIXED_LEN_BYTE_ARRAY, DECIMAL(p,s)' : parquetText(type),
        csv,
        `${duckdbTypes[type.kind].name}. ${duckdbTypes[type.kind].why}`,
      ]),
    ),
    AFTER,
    '## Course structures',
    COURSES,
    table(['`course_structures`', 'type', 'lake', 'what it holds'], COURSE_COLUMNS.map(courseRow)),
    table(['`course_structures_faults`', 'type', 'lake', 'what it holds'], FAULT_COLUMNS.map(courseRow)),
  ].join('\n\n')}\n`;
}

function courseRow({ name, declared, type, meaning }: CourseColumn): string[] {
  return [`\`${name}\``, `\`${declared}\``, typeText(type), meaning];
}

/** Numbers of parquet.thrift's enum Type by name. */
const PHYSICAL: Readonly<Record<number, string>> = {
  0: 'BOOLEAN',
  1: 'INT32',
  2: 'INT64',
  4: 'FLOAT',
  5: 'DOUBLE',
  6: 'BYTE_ARRAY',
  7: 'FIXED_LEN_BYTE_ARRAY',
};

function parquetText(type: FieldType): string {
  const { physical, width, logical } = columnType(type);
  const name = `${PHYSICAL[physical]}${physical === 7 ? `(${width})` : ''}`;
  if (logical === undefined) return name;
  switch (logical.kind) {
    case 'integer':
      return `${name}, INTEGER(${logical.bits}, signed)`;
    case 'decimal':
      return `${name}, DECIMAL(${logical.precision},${logical.scale})`;
    case 'timestamp':
      return `${name}, TIMESTAMP(micros, not adjusted to UTC)`;
    default:
      return `${name}, ${logical.kind.toUpperCase()}`;
  }
}

/** What a catalog of Trino would declare; no test runs it yet. */
const trinoTypes: Readonly<Record<FieldKind, string>> = {
  boolean: 'boolean',
  int32: 'integer',
  int64: 'bigint',
  float32: 'real',
  float64: 'double',
  decimal: 'decimal(p,s)',
  date: 'date',
  timestamp: 'timestamp',
  text: 'varchar',
  binary: 'varbinary',
};

/** Declarations as servers and dumps spell them, each with what is worth knowing. */
const DECLARED: readonly (readonly [declared: string, remark: string])[] = [
  ['tinyint(1)', 'Stays an integer: MySQL stores any number from -128 to 127 in it.'],
  ['tinyint(4)', ''],
  ['smallint(6)', ''],
  ['mediumint(9)', ''],
  ['int(11)', ''],
  ['tinyint(3) unsigned', 'No unsigned types in the files: readers differ on them.'],
  ['smallint(5) unsigned', ''],
  ['mediumint(8) unsigned', ''],
  ['int(10) unsigned', ''],
  ['int(6) unsigned zerofill', 'ZEROFILL is unsigned. Its zeros are there in CSV files only.'],
  ['bigint(20)', ''],
  ['bigint(20) unsigned', 'Keeps 18446744073709551615, which no 64-bit column of a reader would.'],
  ['decimal(5,2)', 'Exact.'],
  ['decimal(18,4)', 'Exact.'],
  ['decimal(38,10)', 'Exact.'],
  ['decimal(65,30)', "More than 38 digits: MySQL's own text, exact."],
  ['float', 'See [FLOAT](#float).'],
  ['double', ''],
  ['bit(1)', ''],
  ['bit(10)', 'The number that the bits are.'],
  ['bit(64)', 'The number that the bits are.'],
  ['year(4)', ''],
  ['date', 'See [dates that no calendar has](#dates-that-no-calendar-has).'],
  ['datetime(6)', 'As it is stored; MySQL keeps no zone with it (Django writes UTC).'],
  ['timestamp(6)', 'In UTC.'],
  ['time(6)', "MySQL's own text, from `-838:59:59` to `838:59:59`: no time of day holds it."],
  ['char(10)', 'Without the padding that MySQL cuts off.'],
  ['varchar(255)', ''],
  ['longtext', 'Also `tinytext`, `text`, `mediumtext`.'],
  ["enum('a','b')", 'The text of the value.'],
  ["set('x','y')", 'The texts with commas between them, as MySQL prints them.'],
  ['json', 'The text unchanged: neither parsed nor written anew.'],
  ['binary(16)', 'With the zero bytes that MySQL fills up.'],
  ['varbinary(255)', ''],
  ['longblob', 'Also `tinyblob`, `blob`, `mediumblob`.'],
  ['geometry', 'As MySQL stores it: four bytes of SRID, then WKB. Also `point`, `polygon` and so on.'],
  ['inet6', 'MariaDB; also `inet4`, `uuid` and every type that is not named here: text.'],
  ['vector(4)', 'The bytes of the vector. No test reads one yet.'],
];

/** One type of each kind, and its spelling in CSV. */
const HELD: readonly (readonly [type: FieldType, csv: string])[] = [
  [{ kind: 'boolean' }, '`0` or `1`'],
  [{ kind: 'int32' }, "MySQL's own digits"],
  [{ kind: 'int64' }, "MySQL's own digits"],
  [{ kind: 'float32' }, "MySQL's own text"],
  [{ kind: 'float64' }, "MySQL's own text"],
  [{ kind: 'decimal', precision: 20, scale: 0 }, "MySQL's own digits"],
  [{ kind: 'date' }, '`YYYY-MM-DD`'],
  [{ kind: 'timestamp' }, '`YYYY-MM-DD HH:MM:SS.ffffff`, always six digits'],
  [{ kind: 'text' }, 'UTF-8, quoted where needed; see [CSV](#csv)'],
  [{ kind: 'binary' }, 'lower-case hexadecimal'],
];
