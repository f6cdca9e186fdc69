import { expect, test } from 'vitest';

import { nearNames } from '../../src/engines/near-names.ts';

const names = ['openedx_table_auth_user', 'openedx_raw_auth_user', 'openedx_table_course', 'x'];

const cases: [string, string[]][] = [
  ['openedx_tabel_course', ['openedx_table_course']],
  ['auth_user', ['openedx_raw_auth_user', 'openedx_table_auth_user']],
  ['OPENEDX_TABLE_COURSE', ['openedx_table_course']],
  ['something_else_entirely', []],
  ['y', ['x']],
];

test.each(cases)('%s', (wanted, near) => {
  expect(nearNames(wanted, names)).toEqual(near);
});

test('the nearest come first and not too many', () => {
  expect(nearNames('abcdef', ['abcdxx', 'abcdex', 'abcdef', 'abxdef'], 2)).toEqual(['abcdef', 'abcdex']);
});
