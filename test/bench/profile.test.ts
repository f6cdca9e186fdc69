import { describe, expect, it } from 'vitest';

import { type CpuProfile, shares } from '../../bench/profile.ts';

const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber });
const nodes: CpuProfile['nodes'] = [
  { id: 1, callFrame: frame('(root)') },
  { id: 2, callFrame: frame('(idle)') },
  { id: 3, callFrame: frame('encode', 'file:///work/dist/formats/page.js', 41) },
  { id: 4, callFrame: frame('') },
  // The same function, called from elsewhere.
  { id: 5, callFrame: frame('encode', 'file:///work/dist/formats/page.js', 41) },
];

describe('shares', () => {
  it('adds the time from each sample to the next by function, without waiting', () => {
    const profile = { nodes, samples: [1, 3, 2, 5, 4, 4], timeDeltas: [7, 0, 30, 1000, 30, 20] };
    expect(shares([profile])).toEqual({
      busySeconds: 80e-6,
      all: [
        { name: 'encode formats/page.js:42', share: 0.75 },
        { name: '(anonymous)', share: 0.25 },
        { name: '(root)', share: 0 },
      ],
    });
  });

  it('adds the threads', () => {
    const profile = { nodes, samples: [3, 2], timeDeltas: [0, 50] };
    expect(shares([profile, profile]).busySeconds).toBe(100e-6);
    expect(shares([])).toEqual({ busySeconds: 0, all: [] });
  });
});
