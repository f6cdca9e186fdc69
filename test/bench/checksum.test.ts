import { describe, expect, it } from 'vitest';

import { differences, factNames, filesQuery, serverQuery, toFacts } from '../../bench/checksum.ts';

const COLUMNS = [
  { name: 'id', type: 'bigint' },
  { name: 'to"d`o', type: 'longtext' },
];

describe('differences', () => {
  const facts = { rows: '2', 'checksum of a': '17' };
  it.each<[Record<string, string>, string[]]>([
    [{ rows: '2', 'checksum of a': '17' }, []],
    [{ rows: '3', 'checksum of a': '17' }, ['rows: 2 on the server, 3 in the files']],
    [{ rows: '2' }, ['checksum of a: 17 on the server, undefined in the files']],
    [{ ...facts, more: '1' }, ['more: undefined on the server, 1 in the files']],
  ])('%j', (files, expected) => {
    expect(differences(facts, files)).toEqual(expected);
  });
});

describe('toFacts', () => {
  it('names the values', () => {
    expect(toFacts(COLUMNS, ['1', '2', '3', '4', '5', null])).toEqual({
      rows: '1',
      'checksum of rows': '2',
      'values in id': '3',
      'checksum of id': '4',
      'values in to"d`o': '5',
      'checksum of to"d`o': 'NULL',
    });
  });

  it('refuses an answer of another length', () => {
    expect(() => toFacts(COLUMNS, ['1', '2'])).toThrow('2 facts were answered, not 6');
  });
});

describe('queries', () => {
  it('quote names', () => {
    expect(serverQuery('t', COLUMNS)).toContain('COUNT(`to"d``o`)');
    expect(filesQuery('t', COLUMNS)).toContain('COUNT("to""d`o")');
    expect(factNames(COLUMNS)).toHaveLength(6);
  });

  it('refuse a type without a canonical text', () => {
    expect(() => serverQuery('t', [{ name: 'a', type: 'geometry' }])).toThrow(
      'a: there is no canonical text for the type geometry',
    );
  });
});
