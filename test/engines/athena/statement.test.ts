import { expect, test } from 'vitest';

import { readingStatement } from '../../../src/engines/athena/statement.ts';

test.each([
  ['SELECT 1', 'SELECT 1'],
  ['  select 1 ;; ; ', 'select 1'],
  ['-- a; b\nselect 1; -- c; d', 'select 1'],
  ['/* ; */ select /* ; */ 1 /* ; */', 'select /* ; */ 1'],
  ['select \'a;\'\'b;\', "c;""d;" ;', 'select \'a;\'\'b;\', "c;""d;"'],
  ['describe `a;b`;', 'describe `a;b`'],
  ['(select 1) union (select 2)', '(select 1) union (select 2)'],
  ['with a as (select 1) select * from a', 'with a as (select 1) select * from a'],
  ['values (1)', 'values (1)'],
  ['EXPLAIN select 1', 'EXPLAIN select 1'],
  ['explain analyze verbose select 1;', 'explain analyze verbose select 1'],
  ['explain (type io, format json) select 1', 'explain (type io, format json) select 1'],
  ['explain /* x */ select 1', 'explain /* x */ select 1'],
  ['show tables', 'show tables'],
  ['select 1 - 2 / 3', 'select 1 - 2 / 3'],
  ["select 'open", "select 'open"],
])('%j', (sql, statement) => {
  expect(readingStatement(sql)).toBe(statement);
});

test.each([
  '',
  ' ; ',
  '-- x',
  'select 1; select 2',
  'select 1; drop table x',
  "select 'a'';b'; drop table x",
  'select 1 /* ; */ ; /* */ select 2',
  'create table x as select 1',
  'CREATE OR REPLACE VIEW x AS SELECT 1',
  'drop view x',
  'insert into t values (1)',
  'delete from t',
  'merge into t using s on true when matched then delete',
  "unload (select 1) to 's3://b/'",
  'msck repair table t',
  'alter table t add partition (a = 1)',
  'explain drop view x',
  'explain analyze insert into t values (1)',
  'explain (type distributed) insert into t values (1)',
  'explain /* x */ insert into t values (1)',
  '/* select */ insert into t values (1)',
  'prepare a from select 1',
  'execute a',
  'selected',
  'explain',
])('refused: %j', (sql) => {
  expect(() => readingStatement(sql)).toThrow(expect.objectContaining({ code: 'query-not-allowed' }));
});
