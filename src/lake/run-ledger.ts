import { PanoramaError } from '../errors.ts';
import type { Storage } from '../storage/storage.ts';

const FOLDER = '_panorama/runs/';
/** The version of the records that this program writes and the newest that it reads. */
export const RUN_VERSION = 1;
/** So many records stay; older ones go. */
const KEPT = 500;
/** A run of many tables with many notices keeps the first so many events. */
const MOST_EVENTS = 5000;

/** A run, as `_panorama/runs/<number>.json` tells of it. Holds no value of a row and no secret. */
export interface RunRecord {
  readonly version: typeof RUN_VERSION;
  /** Counts up in a lake. */
  readonly number: number;
  /** What was asked for, e.g. `extract-and-load --all`. */
  readonly command: string;
  /** The version of panorama-elt. */
  readonly program: string;
  readonly host: string;
  readonly pid: number;
  /** `running` until the end; `abandoned` where the process ended without a word, which the next run finds. */
  readonly state: 'running' | 'ended' | 'abandoned';
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly finishedAt?: string;
  /** The exit code; see docs/reference/errors.md. */
  readonly exit?: number;
  /** Tables that were published. */
  readonly tables: readonly TableReport[];
  readonly failures: readonly RunFailure[];
  /** What happened, in order, but for progress. */
  readonly events: readonly RunEventRecord[];
}

/** A table that was published. */
export interface TableReport {
  readonly source: string;
  readonly table: string;
  readonly rows: number;
  /** Bytes of the files written by this run. */
  readonly bytes: number;
  readonly files: number;
  /** Milliseconds from the first row asked for until all files were complete. */
  readonly ms: number;
  /** Values stored as NULL because no type outside MySQL holds them, by column. */
  readonly rejected: Readonly<Record<string, number>>;
  /**
   * When the view of the source was taken that all rows are of, or a little before, by the source's clock; ISO 8601 in
   * UTC. Absent where the source does not tell.
   */
  readonly snapshot?: string;
}

/** A table or a source that failed, or the whole run where neither is named. */
export interface RunFailure {
  readonly source?: string;
  readonly table?: string;
  readonly code: string;
  readonly message: string;
}

/** An event of a run with its time; the other fields are those of the event. */
export type RunEventRecord = { readonly at: string; readonly type: string } & Readonly<
  Record<string, unknown>
>;

/** A record under construction. */
export interface OpenRun {
  readonly number: number;
  /** Writes the record as it is at the end. @throws PanoramaError `lake-…` */
  finish(end: Required<Pick<RunRecord, 'finishedAt' | 'exit'>> & RunOutcome): Promise<void>;
}

type RunOutcome = Pick<RunRecord, 'tables' | 'failures' | 'events'>;

type RunStart = Pick<RunRecord, 'command' | 'program' | 'host' | 'pid' | 'startedAt'>;

/**
 * Writes the record of a run that begins. Call it under the lake's lock: then a record that still says `running` is of
 * a run that died, and becomes `abandoned`.
 */
export async function beginRun(storage: Storage, start: RunStart): Promise<OpenRun> {
  const numbers = await runNumbers(storage);
  const [last] = numbers;
  if (last !== undefined) await abandonIfRunning(storage, last);
  for (const old of numbers.slice(KEPT - 1)) await storage.remove(nameOf(old));

  const number = (last ?? 0) + 1;
  const record: RunRecord = {
    version: RUN_VERSION,
    number,
    ...start,
    state: 'running',
    tables: [],
    failures: [],
    events: [],
  };
  const token = await storage.putIf(nameOf(number), encode(record), undefined);
  if (token === undefined) throw changed(number);
  return {
    number,
    async finish({ events, ...end }) {
      const ended: RunRecord = { ...record, ...end, events: events.slice(0, MOST_EVENTS), state: 'ended' };
      if ((await storage.putIf(nameOf(number), encode(ended), token)) === undefined) throw changed(number);
    },
  };
}

/** The newest records first. */
export async function readRuns(storage: Storage, most: number): Promise<RunRecord[]> {
  const numbers = (await runNumbers(storage)).slice(0, most);
  const records = await Promise.all(numbers.map((number) => readRun(storage, number)));
  // One may have gone meanwhile.
  return records.filter((record) => record !== undefined);
}

/** @throws PanoramaError `lake-newer`, `lake-unreadable` */
export async function readRun(storage: Storage, number: number): Promise<RunRecord | undefined> {
  return (await find(storage, number))?.record;
}

async function find(
  storage: Storage,
  number: number,
): Promise<{ record: RunRecord; token: string } | undefined> {
  const found = await storage.read(nameOf(number));
  return found === undefined
    ? undefined
    : { record: decode(nameOf(number), found.bytes), token: found.token };
}

async function abandonIfRunning(storage: Storage, number: number): Promise<void> {
  // A damaged record is no reason not to run.
  const found = await find(storage, number).catch((error: unknown) => {
    if (error instanceof PanoramaError && /^lake-(?:unreadable|newer)$/.test(error.code)) return undefined;
    throw error;
  });
  if (found?.record.state !== 'running') return;
  await storage.putIf(nameOf(number), encode({ ...found.record, state: 'abandoned' }), found.token);
}

/** The numbers of all records, the newest first. */
async function runNumbers(storage: Storage): Promise<number[]> {
  const names = await storage.list(FOLDER);
  const numbers = names.flatMap((name) => {
    const digits = /^(\d+)\.json$/.exec(name.slice(FOLDER.length))?.[1];
    return digits === undefined ? [] : [Number(digits)];
  });
  return numbers.sort((a, b) => b - a);
}

const nameOf = (number: number): string => `${FOLDER}${String(number).padStart(8, '0')}.json`;

const encode = (record: RunRecord): Buffer => Buffer.from(`${JSON.stringify(record, null, 1)}\n`);

function decode(name: string, bytes: Uint8Array): RunRecord {
  let record: Partial<Record<keyof RunRecord, unknown>>;
  try {
    record = JSON.parse(Buffer.from(bytes).toString()) as typeof record;
  } catch (cause) {
    throw new PanoramaError('lake-unreadable', `The record ${name} of a run is not valid JSON.`, { cause });
  }
  if (typeof record?.version === 'number' && record.version > RUN_VERSION) {
    throw new PanoramaError(
      'lake-newer',
      `The record ${name} of a run has version ${record.version}; this program knows versions up to ${RUN_VERSION}.`,
    );
  }
  if (
    record?.version !== RUN_VERSION ||
    ![record.tables, record.failures, record.events].every(Array.isArray)
  ) {
    throw new PanoramaError('lake-unreadable', `The file ${name} is not the record of a run.`, {
      hint: 'It was damaged or written by something else. It can be removed: nothing but the list of runs needs it.',
    });
  }
  return record as RunRecord;
}

function changed(number: number): PanoramaError {
  return new PanoramaError('lake-conflict', `The record of run ${number} was written by somebody else.`);
}
