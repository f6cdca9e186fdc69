import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';

import type { Command } from './server-process.ts';

interface Waiting {
  resolve(line: string): void;
  reject(error: Error): void;
}

/**
 * A program that answers each line on its standard input with one line on its standard output. It is started by the
 * first question, again by the next one where it has ended, and ends with the process that asks.
 * @returns asks: it rejects where the program ends without an answer, with what it wrote to its standard error
 */
export function lineProgram(name: string, command: () => Command): (line: string) => Promise<string> {
  let program: { child: ChildProcess; waiting: Waiting[] } | undefined;

  const start = (): NonNullable<typeof program> => {
    const [file, ...args] = command();
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const waiting: Waiting[] = [];
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line));
    const end = (why: string): void => {
      program = undefined;
      for (const { reject } of waiting.splice(0)) reject(new Error(`${name} ${why}\n${complaint}`));
    };
    child.once('error', (error) => end(error.message));
    child.once('close', (code, signal) => end(`ended with ${code ?? signal}`));
    child.stdin.on('error', () => undefined);
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as Socket).unref();
    return { child, waiting };
  };

  return (line) => {
    program ??= start();
    const { child, waiting } = program;
    return new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      child.stdin!.write(`${line}\n`);
    });
  };
}
