import { afterEach } from 'vitest';

import type { S3StorageOptions } from '../../src/storage/s3/options.ts';
import { s3Storage } from '../../src/storage/s3/s3-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import {
  type Call,
  type Fault,
  type FaultProxy,
  type FaultRule,
  startFaultProxy,
} from '../servers/fault-proxy.ts';
import type { Buckets } from './s3-buckets.ts';

/** What the storage asks of S3, as the SDK names it. */
export const OPERATIONS = [
  'AbortMultipartUpload',
  'CompleteMultipartUpload',
  'CreateMultipartUpload',
  'DeleteObject',
  'GetObject',
  'HeadObject',
  'ListMultipartUploads',
  'ListObjectsV2',
  'PutObject',
  'UploadPart',
] as const;

/** One of them. */
export type Operation = (typeof OPERATIONS)[number];

/** What a request is. */
export function operationOf({ method, path }: Call): Operation {
  const query = new URL(path, 'http://x').searchParams;
  if (method === 'POST') return query.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload';
  if (method === 'DELETE') return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
  if (method === 'PUT') return query.has('partNumber') ? 'UploadPart' : 'PutObject';
  if (method === 'HEAD') return 'HeadObject';
  if (query.has('uploads')) return 'ListMultipartUploads';
  return query.has('list-type') ? 'ListObjectsV2' : 'GetObject';
}

/** An error as S3 answers it; with status 200 it is one that came up after the answer had begun. */
export function s3Error(status: number, code: string, message = 'As the test wants it.'): Fault {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { kind: 'answer', status, type: 'application/xml', body };
}

/** What a store and the network do now and then, and what is over with the next attempt. */
export const PASSING: readonly [string, Fault][] = [
  ['503 SlowDown', s3Error(503, 'SlowDown')],
  ['409 OperationAborted', s3Error(409, 'OperationAborted')],
  ['400 RequestTimeout', s3Error(400, 'RequestTimeout')],
  ['a broken request', { kind: 'broken request', share: 0.5 }],
  ['a lost answer', { kind: 'lost answer' }],
  ['a broken answer', { kind: 'broken answer', share: 0.5 }],
  ['a slow answer', { kind: 'slow answer', pieces: 4, pause: 2 }],
];

/** Attempts of the same request have the same text. */
function requestOf(call: Call): string {
  // What is read, and parts out of files, the storage itself repeats, as new requests of the SDK.
  const repeated = call.method === 'GET' || operationOf(call) === 'UploadPart';
  return repeated ? `${call.method} ${call.path}` : call.headers['amz-sdk-invocation-id']!;
}

/** The answer to HEAD has no body and so no code that says what a status of 400 or 409 is about. */
function fitting(call: Call, fault: Fault): Fault {
  return call.method === 'HEAD' && fault.kind === 'answer' ? { ...fault, status: 503 } : fault;
}

/** The first attempt of every request meets with a fault. */
export function firstAttempts(fault: Fault): FaultRule {
  const failed = new Set<string>();
  return (call) => {
    const request = requestOf(call);
    if (failed.delete(request)) return undefined;
    failed.add(request);
    return fitting(call, fault);
  };
}

/**
 * Two of three attempts meet with a fault that chance picks, the first of each operation among them, but no more than
 * three of a request in a row.
 */
export function byChance(seed: number, faults: readonly Fault[]): FaultRule {
  const inARow = new Map<string, number>();
  const known = new Set<Operation>();
  let state = seed;
  const next = (below: number): number => (state = (state * 48271) % 2147483647) % below;
  return (call) => {
    const request = requestOf(call);
    const failed = inARow.get(request) ?? 0;
    const passes = next(3) === 0 && known.has(operationOf(call));
    known.add(operationOf(call));
    const fault = passes ? undefined : faults[next(faults.length)];
    inARow.set(request, fault === undefined || failed === 3 ? 0 : failed + 1);
    return failed === 3 || fault === undefined ? undefined : fitting(call, fault);
  };
}

/** A storage in a bucket of its own, behind a proxy. */
export interface FaultyS3 {
  readonly storage: Storage;
  /** Of a storage in the same bucket without the proxy. */
  readonly options: S3StorageOptions;
  readonly proxy: FaultProxy;
  /** What was asked so far. */
  asked(): Operation[];
  /** How many requests met with a fault. */
  met(): number;
  /** Requests of a kind meet with a fault, after so many that do not, so many times. */
  inject(operation: Operation, fault: Fault, times?: number, after?: number): void;
}

/** Opens storages behind proxies, which are gone after each test. */
export function faultyS3(buckets: Buckets): (more?: Partial<S3StorageOptions>) => Promise<FaultyS3> {
  const proxies: FaultProxy[] = [];
  afterEach(async () => {
    await Promise.all(proxies.splice(0).map((proxy) => proxy.stop()));
  });
  return async (more = {}) => {
    const proxy = await startFaultProxy(buckets.server.endpoint);
    proxies.push(proxy);
    const { patience, ...others } = more;
    const options = await buckets.fresh({ ...others, patience: { firstWait: 1, ...patience } });
    const scripts: { operation: Operation; fault: Fault; times: number; after: number }[] = [];
    proxy.rule = (call) => {
      const operation = operationOf(call);
      const script = scripts.find((one) => one.operation === operation && one.times > 0);
      if (script === undefined || script.after-- > 0) return undefined;
      script.times--;
      return script.fault;
    };
    return {
      storage: s3Storage({ ...options, endpoint: proxy.endpoint }),
      options,
      proxy,
      asked: () => proxy.calls.map(operationOf),
      met: () => proxy.calls.filter(({ fault }) => fault !== undefined).length,
      inject: (operation, fault, times = 1, after = 0) =>
        void scripts.push({ operation, fault, times, after }),
    };
  };
}
