import { setTimeout as sleep } from 'node:timers/promises';

import type { S3, S3ClientConfig } from '@aws-sdk/client-s3';

import { quietly } from '../../aws-sdk.ts';
import { pauseBefore } from '../../back-off.ts';
import { type Doing, isMomentary, storeError } from './errors.ts';
import { PATIENCE, type S3Patience, type S3StorageOptions } from './options.ts';

/** A bucket and the way to it. */
export interface S3Connection {
  readonly bucket: string;
  readonly patience: S3Patience;
  /** The algorithm of the checksums that go with each part, where the store is known to have it. */
  readonly checksum: { readonly ChecksumAlgorithm?: 'CRC32' };
  /** Parameters of every new object. */
  readonly encryption: {
    readonly ServerSideEncryption?: 'AES256' | 'aws:kms';
    readonly SSEKMSKeyId?: string;
  };
  /** The SDK's client; loaded at the first call. */
  client(): Promise<S3>;
  /** An object as people know it, `s3://bucket/name`. */
  address(name: string): string;
  /** The error of ours for an error of the SDK. */
  failure(doing: Doing, name: string | undefined, error: unknown): Error;
}

/** Says how to reach a bucket; nothing is loaded and no request made yet. */
export function connectS3(options: S3StorageOptions): S3Connection {
  const patience = { ...PATIENCE, ...options.patience };
  const { bucket, encryption } = options;
  const amazon = options.endpoint === undefined || isAmazon(options.endpoint);
  let client: Promise<S3> | undefined;
  return {
    bucket,
    patience,
    checksum: amazon ? { ChecksumAlgorithm: 'CRC32' } : {},
    encryption: {
      ...(encryption && { ServerSideEncryption: encryption.kind }),
      ...(encryption?.kmsKeyId !== undefined && { SSEKMSKeyId: encryption.kmsKeyId }),
    },
    client: () => (client ??= quietly(async () => new (await import('@aws-sdk/client-s3')).S3(config()))),
    address: (name) => `s3://${bucket}/${name}`,
    failure: (doing, name, error) => storeError(doing, { ...options, name }, error),
  };

  function config(): S3ClientConfig {
    const { region, endpoint, credentials, profile } = options;
    const checksums = amazon ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED';
    return {
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials && { credentials }),
      ...(profile !== undefined && { profile }),
      forcePathStyle: options.pathStyle,
      requestChecksumCalculation: checksums,
      responseChecksumValidation: checksums,
      retryStrategy: retries(patience),
      requestHandler: {
        connectionTimeout: patience.connectTimeout,
        socketTimeout: patience.idleTimeout,
      },
      logger: { debug() {}, info() {}, warn() {}, error() {} },
    };
  }
}

/** Does something that the SDK cannot repeat itself, until it succeeds or patience is at its end. */
export async function repeatedly<T>(
  patience: S3Patience,
  act: () => Promise<T>,
  mayHelp: (error: unknown) => boolean,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (attempt + 1 >= patience.attempts || !mayHelp(error)) throw error;
      await sleep(pauseBefore(attempt, patience.firstWait), undefined, signal && { signal });
    }
  }
}

/**
 * When requests are made again. The SDK's own strategies are made for many short calls: their patience is less
 * than a second, and they share an allowance that a short outage with many uploads under way uses up at once.
 */
function retries(patience: S3Patience): NonNullable<S3ClientConfig['retryStrategy']> {
  const token = (count: number, delay: number) => ({
    getRetryCount: () => count,
    getRetryDelay: () => delay,
  });
  return {
    acquireInitialRetryToken: async () => token(0, 0),
    async refreshRetryTokenForRetry(last, { errorType, error }) {
      const count = last.getRetryCount();
      const passing = errorType !== 'CLIENT_ERROR' || isMomentary(error);
      if (!passing || count + 1 >= patience.attempts) throw new Error('Not to be repeated.');
      return token(count + 1, pauseBefore(count, patience.firstWait));
    },
    recordSuccess() {},
  };
}

function isAmazon(endpoint: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
}
