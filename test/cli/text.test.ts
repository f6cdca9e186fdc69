import { describe, expect, it } from 'vitest';

import {
  bytesText,
  columnsText,
  countText,
  durationText,
  pluralText,
  visibleText,
} from '../../src/cli/text.ts';

describe('words for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1_449_000, '1.4 MB'],
    [2_500_000_000_000, '2.5 TB'],
  ])('%d bytes are %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

  it.each([
    [12.4, '12 ms'],
    [1500, '1.5 s'],
    [125_000, '2 min 5 s'],
  ])('%d milliseconds are %s', (ms, text) => expect(durationText(ms)).toBe(text));

  it('counts with separators and in the right number', () => {
    expect([0, 999, 1000, 123456, 1234567].map(countText)).toEqual([
      '0',
      '999',
      '1,000',
      '123,456',
      '1,234,567',
    ]);
    expect([pluralText(1, 'file'), pluralText(0, 'file'), pluralText(2000, 'row')]).toEqual([
      '1 file',
      '0 files',
      '2,000 rows',
    ]);
  });

  it('puts columns under each other', () => {
    expect(
      columnsText(
        [
          ['a', '1'],
          ['bbb', '20'],
        ],
        [1],
      ),
    ).toBe('a     1\nbbb  20');
  });

  it('shows control characters instead of obeying them', () => {
    expect(visibleText('a\u001b]0;x\u0007\n\u007f\u009bü')).toBe('a␛]0;x␇␊␡\ufffdü');
  });
});
