import { setImmediate as settled } from 'node:timers/promises';

import { type Clock, LEASE } from '../../src/lake/lock.ts';
import type { Staged, Storage } from '../../src/storage/storage.ts';

/** Numbers that look like chance and come again with their seed. */
function chance(seed: number): (below: number) => number {
  let state = seed | 0;
  // mulberry32: seeds that are neighbours have nothing in common.
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below;
  };
}

/** What a store is told to forget, for tests that show that a test can fail. */
export type Weakness = 'sweeps before it asks' | 'writes without condition';

/** A change of an object that had an effect. */
export interface Change {
  readonly name: string;
  /** Undefined: it was removed. */
  readonly bytes: string | undefined;
  readonly actor: number;
}

/** Something that is to happen, at a time or later. */
interface Event {
  readonly actor: number;
  readonly at: number;
  /** True where it happens in the network or the store, whatever becomes of the actor. */
  readonly away: boolean;
  happen(): void;
  /** Where the actor waits for an answer: it gets none. */
  fail?(): void;
}

class NetworkError extends Error {}

/**
 * A store, several processes that use it, and all that can come between them: requests and answers take their time,
 * answers are lost, requests arrive after their sender gave up, processes stand still and die. What comes next is
 * chosen by chance.
 */
export class LakeWorld {
  readonly random: (below: number) => number;
  readonly #objects = new Map<string, { bytes: Buffer; token: string }>();
  readonly #uploads = new Map<string, { name: string; bytes: Buffer }>();
  /** Which upload an object was, by its name. */
  readonly #completed = new Map<string, string>();
  readonly #dead = new Set<number>();
  readonly #stillUntil = new Map<number, number>();
  readonly #weakness: Weakness | undefined;
  readonly #watch: (change: Change) => void;
  #events: Event[] = [];
  #now = 0;
  #made = 0;
  /** No more faults. */
  calm = false;

  constructor(seed: number, watch: (change: Change) => void, weakness?: Weakness) {
    this.random = chance(seed);
    this.#watch = watch;
    this.#weakness = weakness;
  }

  isDead(actor: number): boolean {
    return this.#dead.has(actor);
  }

  peek(name: string): string | undefined {
    return this.#objects.get(name)?.bytes.toString();
  }

  names(prefix: string): string[] {
    return [...this.#objects.keys()].filter((name) => name.startsWith(prefix));
  }

  clock(actor: number): Clock {
    return {
      now: () => this.#now,
      sleep: (milliseconds, signal) =>
        new Promise((resolve, reject) => {
          const event = { actor, at: this.#now + milliseconds, away: false, happen: resolve };
          this.#events.push(event);
          signal?.addEventListener('abort', () => {
            this.#events = this.#events.filter((other) => other !== event);
            reject(new Error('aborted'));
          });
        }),
    };
  }

  /** The store as one process reaches it. */
  storage(actor: number): Storage {
    const ask = <T>(act: () => T): Promise<T> => this.#request(actor, act);
    return {
      root: 'model',
      locate: (name) => name,
      stage: async (name) => this.#stage(actor, name),
      commit: (staged) => ask(() => this.#commit(actor, staged)),
      abort: ({ handle }) => ask(() => void this.#uploads.delete(handle)),
      sweepStaged: async (keep, _, still) => {
        if (this.#weakness === 'sweeps before it asks') {
          await ask(() => {
            for (const handle of this.#uploads.keys()) if (!keep.has(handle)) this.#uploads.delete(handle);
          });
        }
        const dead = await ask(() => [...this.#uploads.keys()].filter((handle) => !keep.has(handle)));
        await still?.();
        await ask(() => dead.forEach((handle) => this.#uploads.delete(handle)));
      },
      read: (name) => ask(() => this.#objects.get(name)),
      version: (name) => ask(() => this.#objects.get(name)?.token),
      list: (prefix) => ask(() => this.names(prefix)),
      putIf: (name, bytes, token) =>
        ask(() => {
          const there = this.#objects.get(name);
          if (there?.token !== token && this.#weakness !== 'writes without condition') return undefined;
          return this.#put(actor, name, Buffer.from(bytes));
        }),
      remove: (name, version) =>
        ask(() => {
          const there = this.#objects.get(name);
          const conditional = version !== undefined;
          if (there === undefined || (conditional && there.token !== version)) return;
          this.#objects.delete(name);
          this.#watch({ name, bytes: undefined, actor });
        }),
    };
  }

  /** Lets things happen until nothing is left that could. */
  async run(): Promise<void> {
    for (;;) {
      await settled();
      const event = this.#next();
      if (event === undefined) return;
      this.#events = this.#events.filter((other) => other !== event);
      this.#disturb(event.actor);
      if (event.fail !== undefined && !this.calm && this.random(200) < 1) event.fail();
      else event.happen();
    }
  }

  #next(): Event | undefined {
    const due = (event: Event): number =>
      event.away ? event.at : Math.max(event.at, this.#stillUntil.get(event.actor) ?? 0);
    const possible = this.#events.filter((event) => event.away || !this.#dead.has(event.actor));
    if (possible.length === 0) return undefined;
    const first = Math.min(...possible.map(due));
    this.#now = Math.max(this.#now, first);
    const now = possible.filter((event) => due(event) <= this.#now);
    return now[Math.floor(this.random(now.length))];
  }

  /** Now and then somebody dies or stands still, for shorter or longer than a lease. */
  #disturb(actor: number): void {
    if (this.calm) return;
    if (this.random(300) < 1) this.#dead.add(actor);
    if (this.random(20) < 1) this.#stillUntil.set(actor, this.#now + this.random(4 * LEASE));
  }

  #request<T>(actor: number, act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const later = (longest: number): number => this.#now + this.random(longest);
      const lost = (): void => reject(new NetworkError('no answer'));
      const answer = (happen: () => void): void =>
        void this.#events.push({ actor, at: later(500), away: false, happen, fail: lost });
      const arrive = (): void => {
        try {
          const result = act();
          answer(() => resolve(result));
        } catch (error) {
          answer(() => reject(error as Error));
        }
      };
      this.#events.push({
        actor,
        at: this.#now,
        away: false,
        happen: () => {
          // Some requests are long on their way; the sender gives up.
          const delayed = !this.calm && this.random(100) < 1;
          if (delayed) this.#events.push({ actor, at: this.#now + 1000, away: false, happen: lost });
          const longest = delayed ? 3 * LEASE : 500;
          this.#events.push({ actor, at: later(longest), away: true, happen: arrive });
        },
      });
    });
  }

  #put(actor: number, name: string, bytes: Buffer): string {
    const token = `t${++this.#made}`;
    this.#objects.set(name, { bytes, token });
    this.#watch({ name, bytes: bytes.toString(), actor });
    return token;
  }

  #commit(actor: number, { name, handle }: Staged): void {
    const upload = this.#uploads.get(handle);
    if (upload === undefined) {
      // As a store that knows what it completed.
      if (this.#completed.get(name) !== handle) throw new Error(`no upload ${handle}`);
      return;
    }
    this.#uploads.delete(handle);
    this.#completed.set(name, handle);
    this.#put(actor, name, upload.bytes);
  }
  #stage(actor: number, name: string): Awaited<ReturnType<Storage['stage']>> {
    const chunks: Buffer[] = [];
    const handle = `u${++this.#made}`;
    return {
      write: async (chunk) => void chunks.push(Buffer.from(chunk)),
      finish: () =>
        this.#request(actor, () => {
          const bytes = Buffer.concat(chunks);
          this.#uploads.set(handle, { name, bytes });
          return { name, handle, bytes: bytes.length };
        }),
      abort: () => this.#request(actor, () => void this.#uploads.delete(handle)),
    };
  }
}
