import { expect, test } from 'vitest';
import { DefinitionError, parseCreateTable, tableSchema } from '../../../src/sources/dump/create-table.ts';
import { tokenize } from '../../../src/sources/dump/text/tokens.ts';

const parse = (sql: string, ansi = false): ReturnType<typeof parseCreateTable> =>
  parseCreateTable(sql, tokenize(sql, { escapes: true, ansi }));

/** Definitions of a column, with what is read from them: declared type, NULL allowed, generated, default, charset. */
const COLUMNS: readonly [definition: string, declared: string, rest: object][] = [
  ['`c` int', 'int', { nullable: true, default: null }],
  [
    'c INT ( 10 )  UNSIGNED ZEROFILL NOT NULL',
    'int ( 10 ) unsigned zerofill',
    { nullable: false, default: undefined },
  ],
  ['`c` bigint(20) unsigned NOT NULL AUTO_INCREMENT', 'bigint(20) unsigned', { nullable: false }],
  ['`c` decimal(65,30) DEFAULT -1.50', 'decimal(65,30)', { default: '-1.50' }],
  ['`c` double precision DEFAULT 1e3', 'double precision', { default: '1e3' }],
  [
    '`c` timestamp(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6)',
    'timestamp(6)',
    { default: undefined },
  ],
  ['`c` timestamp NULL DEFAULT NULL', 'timestamp', { nullable: true, default: null }],
  [
    "`c` enum('a','NOT NULL',')','d''e','f\\'g') NOT NULL DEFAULT 'a'",
    "enum('a','NOT NULL',')','d''e','f\\'g')",
    { nullable: false, default: 'a' },
  ],
  ["`c` SET('x,y') DEFAULT ''", "set('x,y')", { default: '' }],
  [
    "`c` varchar(9) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT 'NOT NULL' COMMENT 'NOT NULL, (PRIMARY KEY'",
    'varchar(9)',
    { nullable: true, default: 'NOT NULL', charset: 'latin1' },
  ],
  ['`c` varchar(9) COLLATE utf8mb4_bin NOT NULL', 'varchar(9)', { charset: 'utf8mb4' }],
  ['`c` character varying(9)', 'character varying(9)', { charset: 'greek' }],
  [
    '`c` longtext CHARACTER SET utf8mb4 DEFAULT NULL CHECK (json_valid(`c`) and `c` is NOT NULL)',
    'longtext',
    { nullable: true },
  ],
  ["`c` json DEFAULT (_utf8mb4'{}')", 'json', { default: undefined }],
  ['`c` int GENERATED ALWAYS AS (`a` + 1) VIRTUAL NOT NULL', 'int', { generated: true, nullable: false }],
  ['`c` int(11) AS (`a`) PERSISTENT', 'int(11)', { generated: true }],
  ['`c` int /*!80023 INVISIBLE */ /*!50606 STORAGE DISK */ DEFAULT 4', 'int', { default: '4' }],
  ["`c` bit(3) DEFAULT b'101'", 'bit(3)', { default: undefined }],
  ['`c` point NOT NULL /*!80003 SRID 4326 */', 'point', { nullable: false }],
  ['`c` int REFERENCES `other` (`PRIMARY KEY`)', 'int', { nullable: true }],
  ['`primary` int', 'int', {}],
];

test.each(COLUMNS)('%s', (definition, declared, rest) => {
  const table = parse(
    `CREATE TABLE \`t\` (\n  \`first\` int NOT NULL PRIMARY KEY,\n  ${definition}\n) ENGINE=InnoDB DEFAULT CHARSET=greek`,
  );
  expect(table?.columns).toHaveLength(2);
  expect(table?.columns[1]).toMatchObject({ declared, ...rest });
  expect(table?.primaryKey).toEqual(['first']);
});

/** Key lines and what the primary key is. */
const KEYS: readonly [line: string, key: string[]][] = [
  ['PRIMARY KEY (`a`,`b`)', ['a', 'b']],
  ["PRIMARY KEY (`b`(10) DESC,`a`) USING BTREE COMMENT 'x'", ['b', 'a']],
  ['CONSTRAINT `pk` PRIMARY KEY (b)', ['b']],
  ['CONSTRAINT PRIMARY KEY USING HASH (b)', ['b']],
  ['UNIQUE KEY `PRIMARY` (`a`)', []],
  ['KEY `k` (`a`,(lower(`b`)))', []],
  ['FULLTEXT KEY `b` (`b`) /*!50100 WITH PARSER `ngram` */', []],
  ["CONSTRAINT `c` CHECK (`b` <> 'PRIMARY KEY (`a`)')", []],
  ['CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `u` (`id`) ON DELETE SET NULL', []],
  ['SPATIAL KEY `s` (`a`)', []],
  ['INDEX (a)', []],
  ['PERIOD FOR SYSTEM_TIME (`a`, `b`)', []],
];

test.each(KEYS)('%s', (line, key) => {
  const table = parse(
    `CREATE TABLE t (a int, b varchar(20), ${line}) /*!50100 PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (5)) */`,
  );
  expect(table?.columns.map((column) => column.name)).toEqual(['a', 'b']);
  expect(table?.primaryKey).toEqual(key);
  expect(table?.columns.map((column) => column.nullable)).toEqual(
    ['a', 'b'].map((name) => !key.includes(name)),
  );
});

test.each([
  ['CREATE TABLE `a``b` (x int)', undefined, 'a`b'],
  ['CREATE TABLE IF NOT EXISTS d.t (x int)', 'd', 't'],
  ['CREATE OR REPLACE TABLE `d`.`t` (x int)', 'd', 't'],
  ['create /* why */ table t -- so\n (x int) # end', undefined, 't'],
])('%s', (sql, database, name) => {
  expect(parse(sql)).toMatchObject({ database, name });
});

test('double quotes are names under ANSI', () => {
  expect(parse('CREATE TABLE "a""b" ("c" int, PRIMARY KEY ("c"))', true)).toMatchObject({
    name: 'a"b',
    primaryKey: ['c'],
  });
});

test.each([
  'CREATE VIEW v AS SELECT 1',
  'CREATE PROCEDURE p() BEGIN END',
  'CREATE DATABASE d',
  'CREATE SEQUENCE s',
])('%s is no table', (sql) => expect(parse(sql)).toBeUndefined());

test.each([
  'CREATE TABLE t LIKE u',
  'CREATE TABLE t ()',
  'CREATE TABLE t (a int',
  'CREATE TABLE (a int)',
  "CREATE TABLE t (a 'b')",
])('%s is refused', (sql) => expect(() => parse(sql)).toThrow(DefinitionError));

test('the schema as other rooms know it', () => {
  const table = parse('CREATE TABLE t (a bigint unsigned NOT NULL, b int AS (1), c text, PRIMARY KEY (a))')!;
  expect(tableSchema(table, new Set(['b']))).toEqual({
    table: 't',
    fields: [
      {
        name: 'a',
        declared: 'bigint unsigned',
        nullable: false,
        type: { kind: 'decimal', precision: 20, scale: 0 },
      },
      { name: 'c', declared: 'text', nullable: true, type: { kind: 'text' } },
    ],
    primaryKey: ['a'],
  });
});

test('a quote without its end costs no more than a look', () => {
  const sql = `CREATE TABLE t (a int) COMMENT='${'x'.repeat(200_000)}`;
  expect(tokenize(sql, { escapes: true, ansi: false }).length).toBeGreaterThan(5);
});
