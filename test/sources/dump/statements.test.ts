import { expect, test } from 'vitest';
import { tempDir } from '../../temp-dir.ts';
import { openText, sweepAll } from './read-text.ts';

const folder = tempDir();
const T = 'CREATE TABLE t (a int NOT NULL, b varchar(20), c varbinary(20), d bit(12));\n';

/** Statements and the rows of table t that they hold. */
const READ: readonly [name: string, sql: string, rows: (string | null)[][]][] = [
  [
    'several rows',
    T + "INSERT INTO t VALUES (1,'x','y',3),(2,NULL,NULL,NULL);",
    [
      ['1', 'x', 'y', '3'],
      ['2', null, null, null],
    ],
  ],
  [
    'blanks everywhere',
    T + "INSERT\n INTO  `t`\tVALUES\r\n ( 1 , 'x' , 'y' , 3 ) , (2,'','',0) ;",
    [
      ['1', 'x', 'y', '3'],
      ['2', '', '', '0'],
    ],
  ],
  [
    'comments everywhere',
    T + "INSERT /* a ; ' */ INTO t VALUES -- it's (\n(1 /* ) */,'x', # , '\n'y',3);",
    [['1', 'x', 'y', '3']],
  ],
  [
    'columns in another order',
    T + "INSERT INTO t (d, `b`, A, c) VALUES (3,'x',1,'y');",
    [['1', 'x', 'y', '3']],
  ],
  [
    'columns left out have their default',
    "CREATE TABLE t (a int, b varchar(9) DEFAULT '),''(', c int DEFAULT -5, d int NOT NULL DEFAULT '7');INSERT INTO t (a) VALUES (1);",
    [['1', "),'(", '-5', '7']],
  ],
  [
    'the keyword DEFAULT',
    'CREATE TABLE t (a int DEFAULT 3, b int, c int AS (a) STORED, d decimal(5,2) DEFAULT 1.50);INSERT INTO t VALUES (DEFAULT,default,DEFAULT,DEFAULT);',
    [['3', null, null, '1.50']],
  ],
  [
    'REPLACE, IGNORE and DELAYED',
    T +
      "REPLACE INTO t VALUES (1,'','',0);INSERT IGNORE INTO t VALUES (2,'','',0);INSERT DELAYED IGNORE INTO `t` VALUES (3,'','',0);",
    [
      ['1', '', '', '0'],
      ['2', '', '', '0'],
      ['3', '', '', '0'],
    ],
  ],
  [
    'escapes',
    T + String.raw`INSERT INTO t VALUES (1,'\\\'\"\0\b\n\r\t\Z\%\_\q','it''s',3);`,
    [['1', `\\'"\0\b\n\r\t\x1a\\%\\_q`, "it's", '3']],
  ],
  [
    'double quotes',
    T + String.raw`INSERT INTO t VALUES (1,"it's ""so"" \"",'"',3);`,
    [['1', `it's "so" "`, '"', '3']],
  ],
  [
    'hexadecimal and bit literals',
    T +
      "INSERT INTO t VALUES (0x10,0x414243,0x00ff,0x0FFF),(b'101',x'41',X'0aFF',b'111111111111'),(0b11,x'',0xF,0b1);",
    [
      ['16', 'ABC', '\0ÿ', '4095'],
      ['5', 'A', '\nÿ', '4095'],
      ['3', '', '\x0f', '1'],
    ],
  ],
  [
    'introducers',
    T +
      "INSERT INTO t VALUES (1,_utf8mb4'é',_binary '\\0\\'',_binary'\\n'),(2,_latin1 X'41',_binary 0x41,_binary X'01');",
    [
      ['1', 'Ã©', "\0'", '10'],
      ['2', 'A', 'A', '1'],
    ],
  ],
  [
    'numbers as they are written',
    'CREATE TABLE t (a double, b decimal(9,2), c bigint);INSERT INTO t VALUES (-1.5e-300,+0.10,-9223372036854775808),(TRUE,false,0);',
    [
      ['-1.5e-300', '0.10', '-9223372036854775808'],
      ['1', '0', '0'],
    ],
  ],
  [
    'NO_BACKSLASH_ESCAPES',
    "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_BACKSLASH_ESCAPES,ANSI' */;\n" +
      T +
      String.raw`INSERT INTO "t" VALUES (1,'a\','\n''',3);` +
      '/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;' +
      String.raw`INSERT INTO t VALUES (2,'\n',"\"",3);`,
    [
      ['1', 'a\\', "\\n'", '3'],
      ['2', '\n', '"', '3'],
    ],
  ],
  [
    'latin1',
    Buffer.from(
      `SET NAMES latin1;\n${T}INSERT INTO t VALUES (1,'\xe9\x80\x81\xff','\xe9',3),(2,_utf8mb4'\xc3\xa9','',0);`,
      'latin1',
    ).toString('latin1'),
    [
      ['1', 'Ã©â\x82¬Â\x81Ã¿', 'é', '3'],
      ['2', 'Ã©', '', '0'],
    ],
  ],
  [
    'version comments',
    '/*!40101 CREATE TABLE t (a int /*!80023 INVISIBLE */, b int) /*!50100 PARTITION BY HASH (a) PARTITIONS 2 */ */;/*!40000 INSERT INTO t VALUES (1,2) */;/*M!100100 INSERT INTO t VALUES (3,4)*/;',
    [
      ['1', '2'],
      ['3', '4'],
    ],
  ],
  [
    'the sandbox line',
    '/*M!999999\\- enable the sandbox mode */ \n' + T + "INSERT INTO t VALUES (1,'','',0);",
    [['1', '', '', '0']],
  ],
  [
    'triggers, procedures and events',
    T +
      "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`%`*/ /*!50003 TRIGGER x BEFORE INSERT ON t FOR EACH ROW BEGIN INSERT INTO t VALUES (9,'','',9); SET @a = 'it''s;;'; END */;;\nCREATE PROCEDURE p() BEGIN DELETE FROM t; CREATE TABLE q (a int); END ;;\nDELIMITER ;\nINSERT INTO t VALUES (1,'','',0);",
    [['1', '', '', '0']],
  ],
  [
    'statements that say nothing about rows',
    T +
      "SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ '';DROP TABLE IF EXISTS u;COMMIT;start transaction;CREATE SEQUENCE `s` start with 1;DO SETVAL(`s`, 1, 0);ALTER TABLE t ADD KEY (b);;GRANT ALL ON *.* TO x;INSERT INTO t VALUES (1,'','',0);",
    [['1', '', '', '0']],
  ],
];

test.each(READ)('%s', async (name, sql, rows) => {
  const bytes = Buffer.from(sql, name === 'latin1' ? 'latin1' : 'utf8');
  for (const chunkBytes of [undefined, 1, 2, 3, 5, 17]) {
    const session = await openText(folder, bytes, chunkBytes === undefined ? {} : { chunkBytes });
    expect(await sweepAll(session)).toEqual({ t: rows });
  }
});

/** Statements that are refused, with a part of the message; %s is the file. */
const REFUSED: readonly [name: string, sql: string, code: string, message: RegExp][] = [
  [
    'no CREATE TABLE',
    '\n\nINSERT INTO t VALUES (1);',
    'dump-syntax',
    /\.sql:3: rows for table t, but no CREATE TABLE/,
  ],
  [
    'too few values',
    T + "INSERT INTO t VALUES\n(1,'','',0),\n(1,'');",
    'dump-syntax',
    /\.sql:4: table t: a row has 2 values where 4 are expected/,
  ],
  ['too many values', T + "INSERT INTO t VALUES (1,'','',0,5);", 'dump-syntax', /more than 4 values/],
  ['an unknown column', T + 'INSERT INTO t (a,nope) VALUES (1,2);', 'dump-syntax', /\.sql:2: .*column nope/],
  [
    'a column without value or default',
    T + "INSERT INTO t (b) VALUES ('');",
    'dump-syntax',
    /leaves out column a/,
  ],
  ['an expression', T + 'INSERT INTO t VALUES (now(),NULL,NULL,NULL);', 'dump-syntax', /value 1 of a row/],
  ['INSERT … SELECT', T + 'INSERT INTO t SELECT * FROM u;', 'dump-syntax', /no VALUES/],
  [
    'rows after another table',
    T +
      "CREATE TABLE u (a int);INSERT INTO t VALUES (1,'','',0);INSERT INTO u VALUES (1);\nINSERT INTO t VALUES (2,'','',0);",
    'dump-syntax',
    /\.sql:3: table t: rows follow after rows of another table/,
  ],
  ['a table created twice', T + T, 'dump-syntax', /\.sql:2: table t is created a second time/],
  ['a change of rows', T + 'UPDATE t SET a = 1;', 'dump-syntax', /UPDATE changes/],
  ['not SQL', 'PK\x03\x04zip', 'dump-syntax', /\.sql:1: this is not a statement/],
  ['a table of no columns', 'CREATE TABLE t LIKE u;', 'dump-syntax', /table t has no list of columns/],
  [
    'a character set that is not read',
    `SET NAMES gbk;${T}INSERT INTO t VALUES (1,'','',0);`,
    'dump-syntax',
    /column b are in character set gbk/,
  ],
  [
    'text that is not UTF-8',
    Buffer.from(`${T}INSERT INTO t VALUES (1,'\xe9','',0);`, 'latin1').toString('latin1'),
    'dump-syntax',
    /column b holds text that is not UTF-8/,
  ],
  ['history', T + "INSERT INTO t (a,b,row_start,row_end) VALUES (1,'','','');", 'dump-syntax', /history/],
  [
    'a cut string',
    T + "INSERT INTO t VALUES (1,'abc",
    'dump-truncated',
    /\.sql:2: the file ends inside the rows of table t/,
  ],
  ['a cut comment', T + '/* abc', 'dump-truncated', /inside a comment/],
  ['a cut statement', 'CREATE TABLE t (a int', 'dump-truncated', /inside a statement/],
  ['nothing', '', 'dump-truncated', /is empty/],
  ['a missing last line', '-- MariaDB dump 10.19\n' + T, 'dump-truncated', /Dump completed/],
  [
    'a dump behind a cut dump',
    '-- MySQL dump 10.13\n' + T + '-- MySQL dump 10.13\n-- Dump completed\n',
    'dump-truncated',
    /another dump begins/,
  ],
  ['a lock that stays', T + 'LOCK TABLES `t` WRITE;', 'dump-truncated', /still locked/],
  [
    'keys that stay disabled',
    T + '/*!40000 ALTER TABLE `t` DISABLE KEYS */;',
    'dump-truncated',
    /still disabled/,
  ],
];

test.each(REFUSED)('%s is refused', async (name, sql, code, message) => {
  const bytes = Buffer.from(sql, name === 'text that is not UTF-8' ? 'latin1' : 'utf8');
  for (const chunkBytes of [undefined, 1]) {
    const session = await openText(folder, bytes, chunkBytes === undefined ? {} : { chunkBytes });
    const error = await sweepAll(session).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
  }
});

test('no message holds a value', async () => {
  const secret = 'swordfish';
  for (const rows of [
    `('${secret}')`,
    `(1,'${secret}','',0,1)`,
    `(1,'${secret}' x,'',0)`,
    `(${secret},1,1,1)`,
    `(1,_x'${secret}',1,1)`,
    `(1,x'${secret}',1,1)`,
  ]) {
    const session = await openText(folder, `${T}INSERT INTO t VALUES ${rows};`);
    const error = await sweepAll(session).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'dump-syntax' });
    expect((error as Error).message).not.toContain(secret);
  }
});
