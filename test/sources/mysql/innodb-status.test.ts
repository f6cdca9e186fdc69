import { describe, expect, it } from 'vitest';

import { nothingCommitted, openWriters, type OpenWriters } from '../../../src/sources/mysql/innodb-status.ts';

interface Parts {
  readonly counter?: number | string;
  readonly list?: string;
  readonly before?: string;
  readonly end?: string;
}

/** As MariaDB 10.11 and MySQL 9.7 print it, shortened. */
const status = ({ counter = 1566, list = '', before = '', end = 'END OF INNODB MONITOR OUTPUT' }: Parts) => `
=====================================
2026-11-24 10:00:00 0x7f INNODB MONITOR OUTPUT
=====================================
${before}------------
TRANSACTIONS
------------
Trx id counter ${counter}
Purge done for trx's n:o < 1541 undo n:o < 0 state: running
History list length 37
LIST OF TRANSACTIONS FOR EACH SESSION:
${list}--------
FILE I/O
--------
---TRANSACTION 99, ACTIVE 1 sec
----------------------------
${end}
============================
`;

const READER = `---TRANSACTION (0x7f21e4263780), ACTIVE 0 sec
0 lock struct(s), heap size 1128, 0 row lock(s)
MariaDB thread id 8, OS thread handle 1, query id 16 127.0.0.1 panorama
Trx read view will not see trx with id >= 21, sees < 21
`;
const IDLE = '---TRANSACTION 375300322224544, not started\n0 lock struct(s), heap size 1128, 0 row lock(s)\n';
const WRITER = '---TRANSACTION 1563, ACTIVE 12 sec starting index read\n2 lock struct(s)\n';
const PREPARED = '---TRANSACTION 1560, ACTIVE (PREPARED) 0 sec\n2 lock struct(s)\n';
const ENDING = '---TRANSACTION 1561, COMMITTED IN MEMORY\n';

describe('open writers in the status of InnoDB', () => {
  it.each<[string, Parts, string[], string[]]>([
    ['nobody', {}, [], []],
    ['readers and idle sessions do not count', { list: READER + IDLE }, [], []],
    ['a writer', { list: IDLE + WRITER + READER }, ['1563'], ['1563']],
    ['a prepared transaction is still open', { list: PREPARED }, ['1560'], ['1560']],
    ['one that is over in memory is not certain', { list: ENDING + WRITER }, ['1561', '1563'], ['1563']],
    [
      'a deadlock reported before the list is not of now',
      { before: '*** (1) TRANSACTION:\nTRANSACTION 7, ACTIVE 0 sec\n---TRANSACTION 8, ACTIVE 0 sec\n' },
      [],
      [],
    ],
  ])('%s', (_, parts, open, active) => {
    const writers = openWriters(status(parts));
    expect(writers?.next).toBe('1566');
    expect([...(writers?.open ?? [])].sort()).toEqual(open);
    expect([...(writers?.active ?? [])].sort()).toEqual(active);
  });

  it.each<[string, string]>([
    ['nothing', ''],
    ['another text', 'Trx id counter 5'],
    ['a list that was cut short', status({ list: `${WRITER}... truncated...\n` })],
    ['a text without its end', status({ end: '' })],
    ['a counter that is no number', status({ counter: '0 1566' })],
    ['a number twice: a statement quotes the list', status({ list: WRITER + WRITER })],
    ['two lists', status({ before: '------------\nTRANSACTIONS\n------------\nTrx id counter 5\n' })],
  ])('does not believe %s', (_, text) => {
    expect(openWriters(text)).toBeUndefined();
  });
});

describe('nothing was committed between two looks', () => {
  const look = (next: string, open: string[], active = open): OpenWriters => ({
    next,
    open: new Set(open),
    active: new Set(active),
  });
  it.each<[string, boolean, OpenWriters, OpenWriters]>([
    ['nobody writes', true, look('9', []), look('9', [])],
    ['the same writers are still at it', true, look('9', ['4', '7']), look('9', ['7', '4'])],
    ['one began', false, look('9', []), look('10', ['9'])],
    ['one began and ended', false, look('9', []), look('11', [])],
    ['one ended', false, look('9', ['4', '7']), look('9', ['7'])],
    ['one is ending', false, look('9', ['4']), look('9', ['4'], [])],
  ])('%s: %s', (_, expected, before, after) => {
    expect(nothingCommitted(before, after)).toBe(expected);
  });
});
