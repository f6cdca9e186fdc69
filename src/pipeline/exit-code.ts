import { EXIT } from '../errors.ts';
import type { Failure } from './events.ts';

/**
 * The exit code of a run: done when nothing failed; the code that all failures share when they are of one kind
 * and it is not a plain failure (wrong usage, a guard, an interruption); partial when some tables were done;
 * failed otherwise.
 */
export function exitCode(done: number, failures: readonly Failure[]): number {
  if (failures.length === 0) return EXIT.done;
  const codes = new Set(failures.map((failure) => failure.error.exit));
  if (codes.has(EXIT.sigint)) return EXIT.sigint;
  const [only] = codes;
  if (codes.size === 1 && only === EXIT.guard) return EXIT.guard;
  if (done > 0) return EXIT.partial;
  return codes.size === 1 ? only! : EXIT.failed;
}
