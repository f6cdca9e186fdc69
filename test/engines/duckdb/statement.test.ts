import { expect, test } from 'vitest';

import { singleStatement } from '../../../src/engines/duckdb/statement.ts';

const taken: [sql: string, body: string, explain?: string][] = [
  ['SELECT 1', 'SELECT 1'],
  ['  select 1 ;; ; ', 'select 1'],
  ['-- a; b\nselect 1; -- c; d', 'select 1'],
  ['/* ; */ select /* ; */ 1 /* ; */', 'select /* ; */ 1'],
  ['select \'a;\'\'b;\', "c;""d;" ;', 'select \'a;\'\'b;\', "c;""d;"'],
  ["select e'a\\';b';", "select e'a\\';b'"],
  ['select $$a;b$$, $x$c;$$;d$x$;', 'select $$a;b$$, $x$c;$$;d$x$'],
  ['select nameé$a$ ; ', 'select nameé$a$'],
  ['from t', 'from t'],
  ['(select 1) union (select 2)', '(select 1) union (select 2)'],
  ['with a as (select 1) from a', 'with a as (select 1) from a'],
  ['EXPLAIN select 1', 'select 1', 'EXPLAIN'],
  ['explain analyze select 1;', 'select 1', 'explain analyze'],
  ['explain (format json) select 1', 'select 1', 'explain (format json)'],
  ['describe t', 'describe t'],
  ['show tables', 'show tables'],
  ["select 'open", "select 'open"],
];

test.each(taken)('%s', (sql, body, explain = '') => {
  expect(singleStatement(sql)).toEqual({ body, explain });
});

const refused = [
  '',
  ' ; ',
  '-- x',
  'select 1; select 2',
  'select 1; drop table x',
  "select 'a'';b'; copy t to 'x'",
  "copy t to 'x'",
  "explain copy t to 'x'",
  'explain analyze insert into t values (1)',
  "attach 'x'",
  'set threads = 1',
  'pragma version',
  'call f()',
  'install httpfs',
  'load httpfs',
  'create table a (b int)',
  'selected',
  'explain',
  'prepare a as select 1',
  'begin',
  'use x',
  'select 1 /* ; */ ; /* */ select 2',
];

test.each(refused)('refused: %j', (sql) => {
  expect(() => singleStatement(sql)).toThrow(expect.objectContaining({ code: 'query-not-allowed' }));
});
