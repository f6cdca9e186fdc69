import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  PutBucketPolicyCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';

import { awsEnvironment, noSdkWarning } from './aws-environment.ts';
import { type HttpServer, startHttpServer } from './http-server.ts';
import { s3Program } from './s3-build.ts';
import { run } from './server-process.ts';
import { tellMissing } from './tell-missing.ts';
import { freePort } from './watched-process.ts';

/** Keys of one who may use the server. */
export interface S3User {
  readonly accessKey: string;
  readonly secretKey: string;
  /** The AWS_* variables for a child process that works with these keys and this server. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A private S3 server with its own data, gone after {@link S3Server.stop}. Unlike S3 it stores files: `a` and `a/b`
 * cannot both be keys, `a//b`, `/a` and a part `.` or `..` of a key are other keys than they say, no part of a
 * key is longer than 255 bytes, and a wanted encryption is not done and not answered. An upload that is gone is
 * completed with success where any object has its key; a list of uploads cannot go on from the marker that it gave;
 * a part that ends after its upload was aborted brings that back.
 */
export interface S3Server extends S3User {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly region: string;
  readonly pid: number;
  /** A client with path-style addresses; `config` is laid over its settings. The caller destroys it. */
  client(config?: S3ClientConfig): S3Client;
  /** A new bucket; without a name it gets one that no other test uses. */
  makeBucket(name?: string): Promise<string>;
  /** One who may do no more than these actions, e.g. `s3:GetObject`, on this bucket and the objects in it. */
  makeUser(bucket: string, actions: readonly string[]): Promise<S3User>;
  /** The end of the server's log. */
  log(): string;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

const REGION = 'us-east-1';

let answer: boolean | undefined;

/**
 * True where `npm run provision` has built the S3 server. Where it has not, suites skip with a loud line, except in
 * CI, where that is a failure.
 */
export function s3Available(): boolean {
  if (answer !== undefined) return answer;
  answer = s3Program() !== undefined;
  if (answer) return true;
  tellMissing('there is no S3 server to test with: npm run provision');
  return false;
}

/** Starts a server and waits until it answers. @param keys of the one who may do all; random where they are absent */
export async function startS3(
  { accessKey, secretKey }: Pick<S3User, 'accessKey' | 'secretKey'> = {
    accessKey: 'PANORAMATEST',
    secretKey: 'secret-' + Math.random().toString(36).slice(2),
  },
): Promise<S3Server> {
  noSdkWarning();
  const program = s3Program();
  if (program === undefined) throw new Error('there is no S3 server: npm run provision');
  let administration = '';
  const server = await startHttpServer({
    name: 's3',
    readyPath: '/health',
    env: { ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey },
    command: async (port, folder) => {
      const [data, sidecar, users] = ['data', 'sidecar', 'users'].map((name) => join(folder, name));
      for (const made of [data!, sidecar!, users!]) await mkdir(made);
      const adminAddress = `127.0.0.1:${await freePort()}`;
      administration = `http://${adminAddress}`;
      const common = ['--port', `127.0.0.1:${port}`, '--admin-port', adminAddress, '--region', REGION];
      const options = ['--iam-dir', users!, '--iam-cache-disable', '--health', '/health'];
      // Not in extended attributes, which not every file system for temporary files has.
      const storage = ['posix', '--sidecar', sidecar!, data!];
      return [program, ...common, ...options, '--quiet', '--keep-alive', ...storage];
    },
  });
  const admin = { program, administration, accessKey, secretKey };
  return describe(server, accessKey, secretKey, (key, secret) => createUser(admin, key, secret));
}

function describe(
  server: HttpServer,
  accessKey: string,
  secretKey: string,
  addUser: (accessKey: string, secretKey: string) => Promise<void>,
): S3Server {
  const { endpoint } = server;
  let made = 0;
  /** Who may do what in a bucket; S3 replaces a policy as a whole. */
  const statements = new Map<string, unknown[]>();
  const client = (config: S3ClientConfig = {}): S3Client =>
    new S3Client({
      endpoint,
      region: REGION,
      forcePathStyle: true,
      credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
      ...config,
    });
  const own = client();
  const env = (key: string, secret: string): Record<string, string> =>
    awsEnvironment({ accessKey: key, secretKey: secret, region: REGION, endpoints: { S3: endpoint } });
  return {
    endpoint,
    region: REGION,
    accessKey,
    secretKey,
    pid: server.child.pid!,
    env: env(accessKey, secretKey),
    client,
    makeBucket: async (name = `bucket-${process.pid}-${++made}`) => {
      await own.send(new CreateBucketCommand({ Bucket: name }));
      return name;
    },
    makeUser: async (bucket, actions) => {
      const user = { accessKey: `USER${++made}`, secretKey: 'secret-' + Math.random().toString(36).slice(2) };
      await addUser(user.accessKey, user.secretKey);
      const all = [...(statements.get(bucket) ?? []), ...policyOf(bucket, user.accessKey, actions)];
      statements.set(bucket, all);
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement: all });
      if (all.length > 0) await own.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
      return { ...user, env: env(user.accessKey, user.secretKey) };
    },
    log: server.log,
    stop: () => {
      own.destroy();
      return server.stop();
    },
  };
}

/** The server refuses a statement whose actions do not fit its resource, so there is one for each kind. */
function policyOf(bucket: string, accessKey: string, actions: readonly string[]): unknown[] {
  const onBucket = actions.filter((action) => /Bucket|^s3:GetLifecycle/.test(action));
  const onObjects = actions.filter((action) => !onBucket.includes(action));
  const statement = (Action: readonly string[], Resource: string): unknown[] =>
    Action.length === 0 ? [] : [{ Effect: 'Allow', Principal: { AWS: [accessKey] }, Action, Resource }];
  return [
    ...statement(onBucket, `arn:aws:s3:::${bucket}`),
    ...statement(onObjects, `arn:aws:s3:::${bucket}/*`),
  ];
}

interface Admin {
  readonly program: string;
  readonly administration: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

async function createUser(admin: Admin, accessKey: string, secretKey: string): Promise<void> {
  const login = ['--access', admin.accessKey, '--secret', admin.secretKey, '--region', REGION];
  const user = ['--access', accessKey, '--secret', secretKey, '--role', 'user'];
  await run(admin.program, [
    'admin',
    ...login,
    '--endpoint-url',
    admin.administration,
    'create-user',
    ...user,
  ]);
}
