import { expect, it } from 'vitest';

import { PanoramaError } from '../../src/errors.ts';
import { OutOfMemory } from '../../src/kernels/kernels.ts';
import { failureOf } from '../../src/pipeline/read-context.ts';

it.each([
  [new OutOfMemory(5), false, 'row-too-large'],
  [new PanoramaError('bad-value', 'no'), false, 'bad-value'],
  [new Error('no'), false, 'internal'],
  ['no', false, 'internal'],
  [new PanoramaError('source-failed', 'cut'), true, 'interrupted'],
])('%s, interrupted: %s, is %s', (error, interrupted, code) => {
  const abort = new AbortController();
  if (interrupted) abort.abort();
  expect(failureOf(error, abort.signal).code).toBe(code);
});
