import { setTimeout } from 'node:timers/promises';

import { PanoramaError } from '../errors.ts';
import { ignoredCondition } from '../storage/checks.ts';
import type { Storage } from '../storage/storage.ts';
import { lifeOf, type LockOwner, thisProcess } from './lock-owner.ts';

const LOCK = '_panorama/lock.json';

/** An owner gives a sign of life this often, in milliseconds. */
export const BEAT = 5000;

/** An owner elsewhere that gave no sign of life for so long, by the clock of the one who watches, is taken for dead. */
export const LEASE = 60_000;

/** How often a lock is looked at, in milliseconds. */
const LOOK = 1000;

/** How often a refused write of the lock, which is still ours, is tried. */
const TRIES = 5;

/** What a publication stands or falls with: the right to change a lake, and what has passed its commit point. */
export interface Fence {
  /**
   * Names of the journals that count: those that passed the commit point and are not known to be done. Undefined where
   * nobody has said so yet; then all that are there count.
   */
  readonly journals: readonly string[] | undefined;

  /**
   * Makes these the journals that count, in one conditional write that also proves that the lake is still held.
   * @throws PanoramaError `lock-lost`: another run holds the lake, and it counts others
   */
  keep(journals: readonly string[]): Promise<void>;

  /** Takes a journal that is done off the list with the next write. It is gone from the storage. */
  forget(journal: string): void;

  /** Proves by a conditional write that the lake is still held. @throws PanoramaError `lock-lost` */
  renew(): Promise<void>;
}

/** The lock of a lake while this process holds it; it gives signs of life until it is released or lost. */
export interface Lock extends Fence {
  /** Is aborted, with PanoramaError `lock-lost`, when it has become known that another run holds the lake. */
  readonly lost: AbortSignal;
  /** Whether the storage honours the conditions on which the lock rests; it is tried. */
  isSafe(): Promise<boolean>;
  /** Never fails: a lock that could not be released is taken over. */
  release(): Promise<void>;
}

/** Milliseconds that never go back, and waiting. */
export interface Clock {
  now(): number;
  /** @throws the signal's reason */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export interface LockOptions {
  /** Milliseconds to wait for a lake that another run holds; 0. */
  readonly wait?: number;
  /** Is told once why this waits: for an owner to end, or to see whether it lives. */
  readonly onWait?: (text: string) => void;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** The one who takes the lock; this process. */
  readonly self?: LockOwner;
  readonly lifeOf?: typeof lifeOf;
}

/** What the lock holds. Each content is unlike every other, so that a token stands for one write. */
interface Content extends LockOwner {
  /** True when it was released; the rest tells of the last owner. */
  readonly free?: boolean;
  /** Counts the signs of life. */
  readonly beat: number;
  readonly journals?: readonly string[];
}

const CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => setTimeout(milliseconds, undefined, signal && { signal }),
};

/**
 * Takes the lock of a lake; at most one run holds it. An owner that lives, or whose lock changes while it is looked at,
 * is left alone at once. One that is a dead process of this machine is followed at once; one elsewhere when its lock
 * has been seen unchanged for the time of a lease, by this machine's own clock. Why no clocks are compared and what
 * keeps a dead owner that wakes up from doing harm: docs/architecture.md.
 * @throws PanoramaError `locked`; `interrupted`, or what the signal gives as its reason
 */
export async function takeLock(storage: Storage, options: LockOptions = {}): Promise<Lock> {
  const { wait = 0, onWait, signal, clock = CLOCK, self = thisProcess() } = options;
  const begun = clock.now();
  let watched: { readonly token: string; readonly since: number } | undefined;
  let told = false;
  for (;;) {
    const asked = clock.now();
    const held = await storage.read(LOCK);
    const content = held === undefined ? undefined : parseContent(held.bytes);
    const life = content === undefined || content.free ? 'gone' : (options.lifeOf ?? lifeOf)(content, self);
    const same = watched !== undefined && watched.token === held?.token;
    const expired = life === 'unknown' && same && asked - watched!.since >= LEASE;
    if (held === undefined || life === 'gone' || expired) {
      const next = { ...self, beat: 0, ...(content?.journals && { journals: content.journals }) };
      const token = await storage.putIf(LOCK, encode(next), held?.token);
      if (token !== undefined) return holdLock(storage, clock, next, token);
      // Somebody was first; the next look tells who. An owner that was taken for dead gave a sign of life.
      if (expired && asked - begun >= wait) throw locked(storage, content!);
      watched = undefined;
      await pause(clock, LOOK / 20, signal);
      continue;
    }
    const lives = life === 'alive' || (watched !== undefined && !same);
    if (lives && asked - begun >= wait) throw locked(storage, content!);
    if (!told) onWait?.(waitText(content!, lives));
    told = true;
    if (!same) watched = { token: held.token, since: clock.now() };
    await pause(clock, LOOK, signal);
  }
}

async function pause(clock: Clock, milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await clock.sleep(milliseconds, signal);
  } catch (cause) {
    if (signal?.reason instanceof PanoramaError) throw signal.reason;
    throw new PanoramaError('interrupted', 'The run was interrupted while it waited for the lake.', {
      cause,
    });
  }
}

/** The journals that count, for one who only reads; undefined where nobody has said so. */
export async function countedJournals(storage: Storage): Promise<readonly string[] | undefined> {
  const held = await storage.read(LOCK);
  return held === undefined ? undefined : parseContent(held.bytes)?.journals;
}

function holdLock(storage: Storage, clock: Clock, first: Content, firstToken: string): Lock {
  let content = first;
  let token = firstToken;
  let journals = first.journals;
  let turn: Promise<unknown> = Promise.resolve();
  const lost = new AbortController();
  const over = new AbortController();

  /** One write at a time: each needs the token of the one before. */
  function write(change: Pick<Content, 'free' | 'journals'> = {}): Promise<void> {
    const mine = turn.then(async () => {
      if (lost.signal.aborted) throw lockLost(storage);
      const next = { ...content, ...(journals && { journals }), ...change, beat: content.beat + 1 };
      if (!(await replace(next))) {
        lost.abort(lockLost(storage));
        throw lockLost(storage);
      }
      content = next;
      journals = next.journals;
    });
    turn = mine.catch(() => undefined);
    return mine;
  }

  async function replace(next: Content): Promise<boolean> {
    const bytes = encode(next);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const written = await storage.putIf(LOCK, bytes, token);
      if (written !== undefined) {
        token = written;
        return true;
      }
      const there = await storage.read(LOCK);
      if (there === undefined || parseContent(there.bytes)?.id !== first.id) return false;
      // Ours: of a write whose answer was lost, this one or one before.
      token = there.token;
      if (there.bytes.equals(bytes)) return true;
      await clock.sleep(10 * attempt);
    }
    return false;
  }

  async function giveSigns(): Promise<void> {
    const ended = AbortSignal.any([over.signal, lost.signal]);
    while (!ended.aborted) {
      await clock.sleep(BEAT, ended).catch(() => undefined);
      // A store that does not answer now may do so before anybody takes the lake over.
      if (!ended.aborted) await write().catch(() => undefined);
    }
  }
  const signs = giveSigns();

  return {
    lost: lost.signal,
    get journals() {
      return journals;
    },
    keep: (names) => write({ journals: names }),
    forget(journal) {
      journals = journals?.filter((name) => name !== journal);
    },
    renew: () => write(),
    isSafe() {
      const tried = turn.then(() => ignoredCondition(storage, LOCK, encode(content)));
      turn = tried.catch(() => undefined);
      return tried.then((ignored) => ignored === undefined);
    },
    async release() {
      over.abort();
      await signs;
      await write({ free: true }).catch(() => undefined);
    },
  };
}

/** The error of a run that was taken for dead and is not. */
function lockLost(storage: Storage): PanoramaError {
  return new PanoramaError('lock-lost', `Another run has taken over the lake ${storage.root}.`);
}

function locked(storage: Storage, owner: LockOwner): PanoramaError {
  return new PanoramaError('locked', `Another run holds the lake ${storage.root} (${whoText(owner)}).`);
}

function waitText(owner: LockOwner, lives: boolean): string {
  const why = lives ? 'waiting until it ends' : 'looking whether it still runs';
  return `another run holds the lake (${whoText(owner)}); ${why}`;
}

function whoText({ since, pid, host }: LockOwner): string {
  return `since ${since}, process ${pid} on ${host}`;
}

function encode(content: Content): Buffer {
  return Buffer.from(`${JSON.stringify(content)}\n`);
}

/** Undefined for what is no lock: nobody owns it. */
function parseContent(bytes: Uint8Array): Content | undefined {
  try {
    const content = JSON.parse(Buffer.from(bytes).toString()) as Content | null;
    return content !== null && typeof content.pid === 'number' ? content : undefined;
  } catch {
    return undefined;
  }
}
