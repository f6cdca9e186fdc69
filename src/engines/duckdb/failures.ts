import { PanoramaError } from '../../errors.ts';

/** What DuckDB says of a name that it does not know; the name is in the group. */
const UNKNOWN_TABLE = /^Catalog Error: Table with name (.+?) does not exist!/;

/** What DuckDB says where a file of a view is gone. */
const MISSING_FILE = /^IO Error: (?:No files found that match the pattern|Cannot open file) "([^"]*)"/;

const MESSAGE_LINES = 6;

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The name of the table that a failed statement misses. */
export function missingTable(error: unknown): string | undefined {
  return UNKNOWN_TABLE.exec(messageOf(error))?.[1];
}

/** True where a file that the state named was gone: a load replaced it in between. */
export function isMissingFile(error: unknown): boolean {
  return MISSING_FILE.test(messageOf(error));
}

/** DuckDB's error as this program's, its first lines kept. */
export function queryFailure(error: unknown, signal?: AbortSignal): PanoramaError {
  if (error instanceof PanoramaError) return error;
  if (signal?.aborted === true)
    return new PanoramaError('interrupted', 'The query was interrupted.', { cause: error });
  const message = messageOf(error).trimEnd().split('\n').slice(0, MESSAGE_LINES).join('\n');
  const options = isMissingFile(error)
    ? { cause: error, hint: 'A load replaced files of the table while the query ran. Run it again.' }
    : { cause: error };
  return new PanoramaError('query-failed', message, options);
}
