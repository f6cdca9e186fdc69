import { describe, expect, it } from 'vitest';

import { type ErrorCode, PanoramaError } from '../../src/errors.ts';
import { exitCode } from '../../src/pipeline/exit-code.ts';

describe('exit code of a run', () => {
  it.each<[done: number, failures: ErrorCode[], code: number]>([
    [2, [], 0],
    [0, [], 0],
    [0, ['source-failed', 'bad-value'], 1],
    [0, ['unknown-table'], 2],
    [0, ['unknown-table', 'source-failed'], 1],
    [1, ['unknown-table'], 3],
    [1, ['source-failed'], 3],
    [1, ['guard-shrink'], 5],
    [0, ['guard-shrink', 'guard-schema'], 5],
    [1, ['guard-shrink', 'source-failed'], 3],
    [0, ['interrupted', 'source-failed'], 130],
  ])('%d done, failed %j: %d', (done, codes, code) => {
    const failures = codes.map((one) => ({ source: 's', error: new PanoramaError(one, 'x') }));
    expect(exitCode(done, failures)).toBe(code);
  });
});
