import { applyPatch } from 'diff';
import { expect, test } from 'vitest';

import { diffText } from '../../src/cli/diff-text.ts';

const lines = (count: number, word: string): string =>
  Array.from({ length: count }, (_, i) => `${word} ${i}\n`).join('');

test('a small change has three lines around it', () => {
  const before = lines(20, 'a');
  const after = before.replace('a 10\n', 'b\n');
  expect(diffText('f', before, after)).toBe(
    '--- f\n+++ f\n@@ -8,7 +8,7 @@\n a 7\n a 8\n a 9\n-a 10\n+b\n a 11\n a 12\n a 13',
  );
});

test.each([
  ['other lines', lines(5000, 'a'), lines(5000, 'b')],
  ['other lines between equal ones', `x\ny\n${lines(5000, 'a')}z\n`, `x\ny\n${lines(4000, 'b')}z\n`],
  ['many more lines', `x\n${lines(10, 'a')}`, `x\n${lines(5000, 'b')}${lines(10, 'a')}`],
  ['all lines twice', lines(3000, 'a'), lines(3000, 'a').replaceAll(/.*\n/g, '$&$&')],
])('of a large change (%s) the result is a patch as well', (_, before, after) => {
  const patch = diffText('f', before, after);
  expect(applyPatch(before, patch)).toBe(after);
});
