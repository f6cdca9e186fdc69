import { inspect } from 'node:util';

/** What is printed in place of a secret. */
export const MASK = '********';

/**
 * A password or key. Every ordinary way of printing it (template text, JSON, `console.log`, `util.inspect`)
 * gives {@link MASK}; the value comes out only through {@link reveal}, at the one place that needs it.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.toPrimitive](): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
