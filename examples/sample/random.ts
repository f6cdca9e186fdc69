import { createHash } from 'node:crypto';

/** The root of all chance in a sample: 128 bits made from the seed text. */
export type Seed = readonly [number, number, number, number];

/** The root seed of a text; equal texts give equal seeds. */
export function seedOf(text: string): Seed {
  const digest = createHash('sha256').update(text).digest();
  return [digest.readUInt32LE(0), digest.readUInt32LE(4), digest.readUInt32LE(8), digest.readUInt32LE(12)];
}

/**
 * A stream of pseudo-random numbers (sfc32, public domain), picked out of the seed by a path of integers such
 * as (learner, course, week). Streams of different paths are independent, so any row can be made again at
 * any time without those before it.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(seed: Seed, ...path: readonly number[]) {
    let [a, b, c] = seed;
    for (const key of path) {
      a = mix(a ^ Math.imul(key + 1, 0x9e3779b1));
      b = mix(b + a + seed[3]);
      c = mix(c ^ b ^ key);
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    for (let i = 0; i < 8; i++) this.next();
  }

  /** The next 32 bits, as an unsigned integer. */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum >>> 0;
  }

  /** A number in [0, 1). */
  float(): number {
    return this.next() / 4294967296;
  }

  /** A number in [low, high). */
  between(low: number, high: number): number {
    return low + this.float() * (high - low);
  }

  /** An integer in [0, count). */
  int(count: number): number {
    return Math.floor(this.float() * count);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.float() < probability;
  }

  /** About normal with mean 0 and deviation 1, within ±3.5: a sum of four uniforms, free of platform maths. */
  normal(): number {
    return (this.float() + this.float() + this.float() + this.float() - 2) * 1.7320508075688772;
  }

  /** One of the items, each as likely. */
  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)]!;
  }

  /** An index, in proportion to the weights. */
  weighted(weights: readonly number[]): number {
    let total = 0;
    for (const weight of weights) total += weight;
    let left = this.float() * total;
    for (let i = 0; i < weights.length; i++) {
      left -= weights[i]!;
      if (left < 0) return i;
    }
    return weights.length - 1;
  }

  /** `length` lower-case hexadecimal digits. */
  hex(length: number): string {
    let text = '';
    while (text.length < length) text += (this.next() + 4294967296).toString(16).slice(1);
    return text.slice(0, length);
  }
}

/** The finaliser of MurmurHash3: every input bit changes about half of the output bits. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** First path elements, one per purpose, so that no two purposes share a stream. */
export const STREAM = {
  user: 1,
  name: 2,
  choice: 3,
  enrolment: 4,
  activity: 5,
  answer: 6,
  course: 7,
  block: 8,
  version: 9,
  anonymous: 10,
  certificate: 11,
  history: 12,
  cohort: 13,
  submission: 14,
  site: 15,
} as const;
