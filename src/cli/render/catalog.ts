import type { CatalogResult } from '../../pipeline/catalog.ts';
import { exitCode } from '../../pipeline/exit-code.ts';
import type { CommandContext, GlobalOptions } from '../context.ts';
import { errorJson, failureText } from '../error-text.ts';
import { pluralText } from '../text.ts';

/** Prints what became of each table, and sets the exit code. */
export function printResults(
  options: GlobalOptions,
  context: CommandContext,
  results: readonly CatalogResult[],
): void {
  if (options.json === true) {
    context.out(
      JSON.stringify(
        results.map(({ error, ...rest }) => ({ ...rest, ...(error && { error: errorJson(error) }) })),
      ),
    );
  } else {
    for (const result of results) context.out(resultText(result));
  }
  const failures = results.flatMap(({ table, error }) =>
    error === undefined ? [] : [{ source: '', table, error }],
  );
  context.exit(exitCode(results.length - failures.length, failures));
}

function resultText(result: CatalogResult): string {
  if (result.error !== undefined) return failureText(result.table, result.error);
  const names = result.rawName === undefined ? '' : ` (${result.rawName}, ${result.viewName})`;
  const stays =
    result.files === undefined || result.files === 0
      ? ''
      : `; ${pluralText(result.files, 'file')} ${result.files === 1 ? 'stays' : 'stay'} in ${result.path}`;
  const models = result.models === undefined ? '' : `; with ${result.models.join(', ')}`;
  const lacks = result.missing === undefined ? '' : `, for the lake has no ${result.missing.join(', no ')}`;
  return `${result.table}: ${result.outcome}${names}${lacks}${models}${stays}`;
}
