import { setTimeout as sleep } from 'node:timers/promises';

import { PanoramaError } from '../../errors.ts';
import type { Aws } from './clients.ts';

/** Where Athena runs statements. */
export interface Workgroup {
  readonly aws: Aws;
  readonly database: string;
  readonly workgroup: string;
  /** Where results go when the work group does not say it, e.g. `s3://bucket/results/`. */
  readonly outputLocation?: string;
}

/** How a statement ended. */
export interface Execution {
  readonly id: string;
  readonly state: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  /** Athena's reason where it failed. */
  readonly reason: string;
  /** `DML` for queries, `DDL` or `UTILITY` for others. */
  readonly statementType: string | undefined;
}

/** Pauses between looks at a running statement, in milliseconds: the first, the longest, and how they grow. */
const PAUSE = { first: 100, longest: 3000, factor: 1.4 };

/**
 * Runs a statement and waits for its end, however long that takes; Athena itself ends it after the time that the
 * account allows. A statement that is given up is stopped in Athena.
 * @throws the SDK's error; PanoramaError `interrupted`
 */
export async function execute(group: Workgroup, sql: string, signal?: AbortSignal): Promise<Execution> {
  const { aws, database, workgroup, outputLocation } = group;
  if (signal?.aborted === true) throw interrupted();
  const { QueryExecutionId: id = '' } = await aws.athena(
    (athena, options) =>
      athena.startQueryExecution(
        {
          QueryString: sql,
          WorkGroup: workgroup,
          QueryExecutionContext: { Database: database },
          ...(outputLocation !== undefined && {
            ResultConfiguration: { OutputLocation: outputLocation },
          }),
        },
        options,
      ),
    signal,
  );
  try {
    return await waitForEnd(aws, id, signal);
  } catch (error) {
    await stopQuietly(aws, id);
    if (isAborted(signal)) throw interrupted();
    throw error;
  }
}

/** A call of its own, for the compiler takes a signal that was not aborted before to stay so. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

export function interrupted(): PanoramaError {
  return new PanoramaError('interrupted', 'The query was interrupted.');
}

async function waitForEnd(aws: Aws, id: string, signal?: AbortSignal): Promise<Execution> {
  for (let pause = PAUSE.first; ; pause = Math.min(pause * PAUSE.factor, PAUSE.longest)) {
    const { QueryExecution: execution } = await aws.athena(
      (athena, options) => athena.getQueryExecution({ QueryExecutionId: id }, options),
      signal,
    );
    const { State: state, StateChangeReason: reason, AthenaError: error } = execution?.Status ?? {};
    if (state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED') {
      return {
        id,
        state,
        reason:
          reason ?? error?.ErrorMessage ?? (state === 'CANCELLED' ? 'It was cancelled.' : 'No reason given.'),
        statementType: execution?.StatementType,
      };
    }
    await sleep(pause * (0.75 + Math.random() / 2), undefined, signal === undefined ? {} : { signal });
  }
}

/** The failure that led here is told; that of stopping would hide it. */
async function stopQuietly(aws: Aws, id: string): Promise<void> {
  await aws.athena((athena) => athena.stopQueryExecution({ QueryExecutionId: id })).catch(() => undefined);
}
