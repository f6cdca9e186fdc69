/**
 * For tests that something is missing for: a loud line, since they are skipped. In CI that is a failure.
 * @param message what is missing and how to get it
 * @throws Error in CI
 */
export function tellMissing(message: string): void {
  if (process.env['CI'] === 'true') throw new Error(message);
  console.error(`\n*** SKIPPED: ${message} ***\n`);
}
