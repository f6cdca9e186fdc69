import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { type Db, MongoClient } from 'mongodb';

import { startHttpServer } from './http-server.ts';
import { mongodbProgram } from './mongodb-build.ts';
import { makeCertificates } from './server-process.ts';
import { tellMissing } from './tell-missing.ts';
import { freePort } from './watched-process.ts';

/** A private server with its own data, gone after {@link MongodbServer.stop}. */
export interface MongodbServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The one user, kept in the database `edxapp`; nobody needs one where it was started with `open`. */
  readonly user: string;
  readonly password: string;
  /** The port for TLS and the PEM files, where it was started with `tls`. */
  readonly tls?: { readonly port: number; readonly ca: string };
  readonly pid: number;
  /** A database of the server, through the driver; ends with the server. */
  db(name?: string): Db;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

let answer: boolean | undefined;

/** True where `npm run provision` has built the server. Where it has not, suites skip with a loud line; in CI they fail. */
export function mongodbAvailable(): boolean {
  if (answer !== undefined) return answer;
  answer = mongodbProgram() !== undefined;
  if (!answer) tellMissing('there is no MongoDB server to test with: npm run provision');
  return answer;
}

/** Starts a server and waits until it answers. @param options `open`: it asks nobody who they are; `replicaSet`: it says that it is the one member of this set */
export async function startMongodb({
  tls = false,
  open = false,
  replicaSet = '',
} = {}): Promise<MongodbServer> {
  const program = mongodbProgram();
  if (program === undefined) throw new Error('there is no MongoDB server: npm run provision');
  const [user, password] = ['reader', 'pw-' + Math.random().toString(36).slice(2)];
  let port = 0;
  let secure: MongodbServer['tls'];
  const server = await startHttpServer({
    name: 'mongodb',
    readyPath: '/debug/readyz',
    command: async (debugPort, folder) => {
      port = await freePort();
      await mkdir(join(folder, 'data'));
      const options = [
        '--handler=sqlite',
        `--sqlite-url=file:${folder}/data/`,
        `--state-dir=${folder}`,
        `--listen-addr=127.0.0.1:${port}`,
        `--debug-addr=127.0.0.1:${debugPort}`,
        '--telemetry=disable',
        ...(replicaSet === '' ? [] : [`--repl-set-name=${replicaSet}`]),
      ];
      if (!open) {
        options.push(
          '--test-enable-new-auth',
          '--setup-database=edxapp',
          `--setup-username=${user}`,
          `--setup-password=${password}`,
        );
      }
      if (tls) {
        const { ca, cert, key } = await makeCertificates(folder);
        secure = { port: await freePort(), ca };
        options.push(
          `--listen-tls=127.0.0.1:${secure.port}`,
          `--listen-tls-cert-file=${cert}`,
          `--listen-tls-key-file=${key}`,
        );
      }
      return [program, ...options];
    },
  });
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, {
    directConnection: true,
    ...(open ? {} : { auth: { username: user, password }, authSource: 'edxapp' }),
  });
  return {
    host: '127.0.0.1',
    port,
    pid: server.child.pid!,
    user,
    password,
    ...(secure === undefined ? {} : { tls: secure }),
    db: (name = 'edxapp') => client.db(name),
    stop: async () => {
      await client.close();
      await server.stop();
    },
  };
}
