import { asPanoramaError, type PanoramaError } from './errors.ts';

/** Something that a run needs of a place, and that can be tried by itself. */
export interface Check {
  /** What is tried, for people, e.g. `write an object`. */
  readonly what: string;
  /** The rights of AWS that it takes; absent elsewhere. */
  readonly rights?: readonly string[];
  /** Answers what is wrong, or undefined. */
  run(): Promise<PanoramaError | undefined>;
}

/** A check that finds wrong what its act throws. */
export function check(what: string, act: () => Promise<unknown>, rights?: readonly string[]): Check {
  return {
    what,
    ...(rights !== undefined && { rights }),
    run: () => act().then(() => undefined, asPanoramaError),
  };
}
