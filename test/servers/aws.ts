import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Athena } from '@aws-sdk/client-athena';
import { type Column, Glue } from '@aws-sdk/client-glue';

import { awsEnvironment, noSdkWarning } from './aws-environment.ts';
import { limitProblem, lowerNames } from './glue-rules.ts';
import { startHttpServer } from './http-server.ts';
import { testPython } from './python.ts';

/** A call that reached the server. */
export interface AwsCall {
  readonly service: 'glue' | 'athena';
  /** As the API spells it, e.g. `BatchCreatePartition`. */
  readonly action: string;
  readonly request: Readonly<Record<string, unknown>>;
}

/** What a rule wants for a call instead of its right answer. */
export type Fault =
  | { readonly error: string; readonly message?: string; readonly status?: number }
  /** The call is done, and the connection breaks before its answer. */
  | { readonly lost: true }
  /** The answer as it is changed. */
  | { readonly change: (answer: Record<string, unknown>) => Record<string, unknown> };

/** Glue and Athena on the loopback, gone after {@link AwsServer.stop}. */
export interface AwsServer {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The AWS_* variables for a process that works with this server. */
  readonly env: Readonly<Record<string, string>>;
  /** Asks and changes the catalog past rules and records. */
  readonly glue: Glue;
  /** Calls so far, refused ones too, in their order. */
  readonly calls: readonly AwsCall[];
  /** Calls since the last time this was asked, as `glue:GetTable`. */
  newActions(): string[];
  /** For every call from now on; none where it is undefined. */
  setRule(rule: ((call: AwsCall) => Fault | undefined) | undefined): void;
  /** Queries that come now have these rows, which begin with the names of the columns. */
  setResult(
    columns: readonly { readonly Name: string; readonly Type: string }[],
    rows: readonly (readonly (string | null)[])[],
  ): Promise<void>;
  /** A work group whose results go to a place. */
  makeWorkgroup(name: string, results: string): Promise<void>;
  stop(): Promise<void>;
}

const REGION = 'us-east-1';
const KEYS = { accessKey: 'PANORAMATEST', secretKey: 'secret-of-the-tests' };

/** True where {@link startAws} can start. */
export const awsAvailable = (): boolean => testPython() !== undefined;

/** Starts moto and, before it, what makes it as strict as AWS is and as what Athena does with views. */
export async function startAws(): Promise<AwsServer> {
  noSdkWarning();
  const python = testPython();
  if (python === undefined) throw new Error('there is no moto: npm run provision');
  const moto = await startHttpServer({
    name: 'moto',
    readyPath: '/moto-api/data.json',
    command: (port) => [python, '-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
  });
  const access = {
    endpoint: moto.endpoint,
    region: REGION,
    credentials: { accessKeyId: KEYS.accessKey, secretAccessKey: KEYS.secretKey },
  };
  const glue = new Glue(access);
  const calls: AwsCall[] = [];
  let told = 0;
  let rule: ((call: AwsCall) => Fault | undefined) | undefined;

  async function pass(call: AwsCall, request: IncomingMessage): Promise<[status: number, answer: string]> {
    const answer = await fetch(moto.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': String(request.headers['x-amz-target']),
        // Names the service, which moto serves it by.
        authorization: String(request.headers.authorization),
      },
      body: JSON.stringify(lowerNames(call)),
    });
    return [answer.status, await answer.text()];
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = callOf(request.headers['x-amz-target'], await bodyOf(request));
    calls.push(call);
    const fault = rule?.(call);
    if (fault !== undefined && 'error' in fault)
      return refuse(response, fault.error, fault.message, fault.status);
    const problem = limitProblem(call);
    if (problem !== undefined) return refuse(response, 'ValidationException', problem);
    let [status, answer] = await pass(call, request);
    if (status === 200 && call.action === 'StartQueryExecution') await changeViews(glue, call.request);
    if (fault !== undefined && 'lost' in fault) return void request.socket.destroy();
    if (fault !== undefined)
      answer = JSON.stringify(fault.change(JSON.parse(answer) as Record<string, unknown>));
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(answer);
  }

  const front = createServer((request, response) => {
    serve(request, response).catch((error: unknown) =>
      refuse(response, 'InternalServiceException', String(error), 500),
    );
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  return {
    endpoint,
    region: REGION,
    ...KEYS,
    env: awsEnvironment({ ...KEYS, region: REGION, endpoints: { GLUE: endpoint, ATHENA: endpoint } }),
    glue,
    calls,
    newActions() {
      const actions = calls.slice(told).map(({ service, action }) => `${service}:${action}`);
      told = calls.length;
      return actions;
    },
    setRule: (wanted) => (rule = wanted),
    async setResult(columns, rows) {
      const cells = [columns.map(({ Name }) => Name), ...rows];
      const Rows = cells.map((row) => ({
        Data: row.map((text) => (text === null ? {} : { VarCharValue: text })),
      }));
      const result = { rows: Rows, column_info: columns };
      await fetch(`${moto.endpoint}/moto-api/static/athena/query-results`, {
        method: 'POST',
        body: JSON.stringify({ results: [result], region: REGION }),
      });
    },
    async makeWorkgroup(Name, OutputLocation) {
      const athena = new Athena(access);
      await athena.createWorkGroup({ Name, Configuration: { ResultConfiguration: { OutputLocation } } });
      athena.destroy();
    },
    async stop() {
      glue.destroy();
      front.closeAllConnections();
      await new Promise((resolve) => front.close(resolve));
      await moto.stop();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function callOf(target: string | string[] | undefined, body: string): AwsCall {
  const [service = '', action = ''] = String(target).split('.');
  const request = JSON.parse(body === '' ? '{}' : body) as Record<string, unknown>;
  return { service: service === 'AWSGlue' ? 'glue' : 'athena', action, request };
}

function refuse(response: ServerResponse, error: string, message = `a fault: ${error}`, status = 400): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify({ __type: error, message, Message: message }));
}

/** What Athena does with the two statements about views that the project sends: a view is a table in Glue. */
async function changeViews(glue: Glue, request: Readonly<Record<string, unknown>>): Promise<void> {
  const sql = String(request['QueryString']);
  const DatabaseName = (request['QueryExecutionContext'] as { Database: string }).Database;
  const made = /^CREATE OR REPLACE VIEW "((?:""|[^"])+)" AS\s+([^]+)$/.exec(sql);
  const dropped = /^DROP VIEW IF EXISTS "((?:""|[^"])+)"$/.exec(sql);
  const Name = (made ?? dropped)?.[1]?.replaceAll('""', '"');
  if (Name === undefined) return;
  await glue.deleteTable({ DatabaseName, Name }).catch(() => undefined);
  if (made === null) return;
  const view = { originalSql: made[2], catalog: 'awsdatacatalog', schema: DatabaseName, columns: [] };
  await glue.createTable({
    DatabaseName,
    TableInput: {
      Name,
      TableType: 'VIRTUAL_VIEW',
      ViewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`,
      ViewExpandedText: '/* Presto View */',
      Parameters: { presto_view: 'true', comment: 'Presto View' },
      StorageDescriptor: { Columns: [] as Column[], Location: '' },
      PartitionKeys: [],
    },
  });
}
