import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { measure, output } from '../../bench/measure.ts';

const node = (script: string, ...args: string[]) => ({
  file: process.execPath,
  args: ['-e', script, ...args],
});
const never = new AbortController().signal;

describe('measure', () => {
  it('sees the memory and the processor time of the process', async () => {
    const script = `
      const block = Buffer.alloc(200e6, 1);
      while (process.cpuUsage().user < 300_000) block.fill(2, 0, 1e6);
      setTimeout(() => {}, 100);`;
    const { cpuSeconds, peakRss, seconds } = await measure(node(script), never);
    expect(peakRss).toBeGreaterThan(200e6);
    expect(peakRss).toBeLessThan(400e6);
    expect(cpuSeconds).toBeGreaterThanOrEqual(0.3);
    expect(seconds).toBeGreaterThan(0.3);
  });

  it('counts the children of a shell', async () => {
    const script = `const b = Buffer.alloc(200e6, 1); setTimeout(() => b.fill(2), 100)`;
    const { peakRss } = await measure(
      { file: 'sh', args: ['-c', '"$0" -e "$1" | cat', process.execPath, script] },
      never,
    );
    expect(peakRss).toBeGreaterThan(200e6);
  });

  it('counts the bytes that go to the disk, also of a file that is removed again', async () => {
    const script = `
      const { unlinkSync, writeFileSync } = require('node:fs');
      const file = process.argv[1];
      writeFileSync(file, Buffer.alloc(20e6, 1), { flush: true });
      unlinkSync(file);
      setTimeout(() => {}, 200);`;
    // Not the temporary folder, which may be memory.
    const { written } = await measure(
      node(script, join('/var/tmp', `panorama-written-${process.pid}`)),
      never,
    );
    expect(written).toBeGreaterThanOrEqual(20e6);
    expect(written).toBeLessThan(30e6);
  });

  it('rejects with what a failing program said', async () => {
    await expect(measure(node('console.error("no luck"); process.exit(3)'), never)).rejects.toThrow(
      /ended with 3:\nno luck/,
    );
    await expect(measure({ file: '/nowhere/program', args: [] }, never)).rejects.toThrow(/ENOENT/);
  });

  it('kills the program when it is interrupted', async () => {
    const abort = new AbortController();
    const running = measure(node('setInterval(() => {}, 1000)'), abort.signal);
    abort.abort(new Error('interrupted'));
    await expect(running).rejects.toThrow('interrupted');
  });
});

describe('output', () => {
  it('answers what the program printed', async () => {
    const command = { ...node('console.log(process.env.WORD)'), env: { WORD: 'héllo' } };
    expect(await output(command, never)).toBe('héllo\n');
  });
});
