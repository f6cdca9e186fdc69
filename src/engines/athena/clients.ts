import { setTimeout as sleep } from 'node:timers/promises';

import type { Athena } from '@aws-sdk/client-athena';
import type { Glue } from '@aws-sdk/client-glue';

import { quietly } from '../../aws-sdk.ts';
import { catalogFailure, errorName } from './failures.ts';

/** Where and as whom AWS is called. */
export interface AwsAccess {
  readonly region: string;
  /** Without them the SDK's own chain: environment, profile, role of the machine. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** A profile of the AWS configuration files. */
  readonly profile?: string;
  /** Ends every call. */
  readonly signal?: AbortSignal;
}

/** Options that every call of the SDK takes. */
export interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

/** Glue and Athena, loaded at their first call. Endpoints come from `AWS_ENDPOINT_URL_GLUE` and `…_ATHENA`. */
export interface Aws {
  /**
   * Calls Glue. Throttling and failures of the network are tried again.
   * @param what the call, as it continues after "could not"
   * @throws PanoramaError `catalog-failed`, `catalog-denied`, `interrupted`
   */
  glue<T>(what: string, call: (glue: Glue, options: CallOptions) => Promise<T>): Promise<T>;
  /** Calls Athena; as {@link glue}. The error is the SDK's own, for a caller that knows more of it. */
  athena<T>(call: (athena: Athena, options: CallOptions) => Promise<T>, signal?: AbortSignal): Promise<T>;
  close(): void;
}

/** How often a call is sent before its failure is told: throttling of Glue lasts for seconds. */
const ATTEMPTS = 8;

/** Pauses before a table that somebody else is just changing is tried again, in milliseconds. */
const CONFLICT_PAUSES = [200, 400, 800, 1600];

const CONNECT_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 60_000;

export function openAws(access: AwsAccess): Aws {
  let glue: Promise<Glue> | undefined;
  let athena: Promise<Athena> | undefined;
  const openGlue = (): Promise<Glue> =>
    quietly(async () => new (await import('@aws-sdk/client-glue')).Glue(clientConfig(access)));
  const openAthena = (): Promise<Athena> =>
    quietly(async () => new (await import('@aws-sdk/client-athena')).Athena(clientConfig(access)));

  return {
    async glue(what, call) {
      for (let attempt = 0; ; attempt++) {
        try {
          access.signal?.throwIfAborted();
          return await call(await (glue ??= openGlue()), withSignal(access.signal));
        } catch (error) {
          const pause = CONFLICT_PAUSES[attempt];
          if (errorName(error) !== 'ConcurrentModificationException' || pause === undefined)
            throw catalogFailure(what, error, access.signal);
          await sleep(pause * (0.5 + Math.random()), undefined, withNodeSignal(access.signal)).catch(
            () => undefined,
          );
        }
      }
    },
    async athena(call, signal) {
      return await call(await (athena ??= openAthena()), withSignal(signal));
    },
    close() {
      for (const client of [glue, athena]) void client?.then((open) => open.destroy()).catch(() => undefined);
    },
  };
}

function clientConfig({ region, credentials, profile }: AwsAccess): {
  region: string;
  credentials?: NonNullable<AwsAccess['credentials']>;
  profile?: string;
  maxAttempts?: number;
  requestHandler: { connectionTimeout: number; requestTimeout: number; throwOnRequestTimeout: true };
} {
  return {
    region,
    ...(credentials && { credentials }),
    ...(profile !== undefined && { profile }),
    // A number in the user's environment is the SDK's to read.
    ...(process.env['AWS_MAX_ATTEMPTS'] === undefined && { maxAttempts: ATTEMPTS }),
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT,
      requestTimeout: REQUEST_TIMEOUT,
      throwOnRequestTimeout: true,
    },
  };
}

function withSignal(signal: AbortSignal | undefined): CallOptions {
  return signal === undefined ? {} : { abortSignal: signal };
}

function withNodeSignal(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
