import { expect, test } from 'vitest';

import { maskedText } from '../../src/settings/edit/mask.ts';
import { MASK } from '../../src/settings/secret.ts';

test.each([
  ['mysql_password: canary # mine', `mysql_password: ${MASK} # mine`],
  ["mysql_password: 'can ''ary'", `mysql_password: ${MASK}`],
  ['mysql_password: 0123', `mysql_password: ${MASK}`],
  ['mysql_password: &pw canary\nmongodb_password: *pw', `mysql_password: &pw ${MASK}\nmongodb_password: *pw`],
  ['x: &pw canary\nmysql_password: *pw', `x: &pw ${MASK}\nmysql_password: *pw`],
  ['aws_secret_access_key: |\n  can\n  ary\na: b', `aws_secret_access_key: ${MASK}\na: b`],
  ['a: { aws_access_key: canary, b: c }', `a: { aws_access_key: ${MASK}, b: c }`],
  ['aws_session_token: ${TOKEN:-canary}', `aws_session_token: ${MASK}`],
  ['# mysql_password: canary', `# mysql_password: ${MASK}`],
  ['a: b #mongodb_password = "canary"', `a: b #mongodb_password = ${MASK}`],
  [
    'options: { deep: { apiToken: canary }, key: canary }',
    `options: { deep: { apiToken: ${MASK} }, key: ${MASK} }`,
  ],
])('%s', (text, expected) => {
  expect(maskedText(text)).toBe(expected);
});

test.each([
  'mysql_password: ${MYSQL_PASSWORD}',
  'mysql_password: "${MYSQL_PASSWORD}"',
  "mysql_password: ''",
  'mysql_password:',
  'base_partitions: [{ key: lms, value: x }]',
  'mysql_username: root',
])('%s shows nothing', (text) => {
  expect(maskedText(text)).toBe(text);
});
