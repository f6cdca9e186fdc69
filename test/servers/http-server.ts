import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Command } from './server-process.ts';
import { freePort, type WatchedProcess, watchProcess } from './watched-process.ts';

/** A program that serves HTTP. */
export interface HttpServerKind {
  readonly name: string;
  /** How it is started on a port of the loopback; its data belongs into `folder`, which is new and empty. */
  command(port: number, folder: string): Command | Promise<Command>;
  readonly env?: Readonly<Record<string, string>>;
  /** Answers with a status below 500 once the server is ready. */
  readonly readyPath: string;
}

/** A running server on the loopback. */
export interface HttpServer extends WatchedProcess {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
}

const READY_WITHIN = 60_000;

/** Starts the server in a new folder under the system's one for temporary files, and waits until it answers. */
export async function startHttpServer(kind: HttpServerKind): Promise<HttpServer> {
  for (let attempt = 1; ; attempt++) {
    const folder = await mkdtemp(join(tmpdir(), `panorama-${kind.name}-`));
    const port = await freePort();
    const [program, ...args] = await kind.command(port, folder);
    const child = spawn(program, args, {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...kind.env },
    });
    child.on('error', () => undefined);
    const watched = watchProcess(kind.name, child, folder);
    const endpoint = `http://127.0.0.1:${port}`;
    const problem = await ready(watched, endpoint + kind.readyPath);
    if (problem === undefined) return { ...watched, port, endpoint };
    await watched.stop();
    // Another process may have taken the port.
    if (attempt === 3) throw new Error(problem);
  }
}

async function ready(server: WatchedProcess, url: string): Promise<string | undefined> {
  const last = Date.now() + READY_WITHIN;
  while (Date.now() < last) {
    if (server.child.pid === undefined) return 'the program could not be started';
    const ended = server.ended();
    if (ended !== undefined) return ended;
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer !== undefined && answer.status < 500) return server.ended();
    await sleep(25);
  }
  return `the server was not ready after ${READY_WITHIN} ms:\n${server.log()}`;
}
