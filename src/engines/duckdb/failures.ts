import { PanoramaError } from '../../errors.ts';

/** What DuckDB says of a name that it does not know; the name is in the group. */
const UNKNOWN_TABLE = /^Catalog Error: Table with name (.+?) does not exist!/;

/**
 * What DuckDB says where a file of a view is gone; its name is in one of the groups. The last is what becomes of
 * a Parquet file: DuckDB then takes the name for a folder's, and that is out of bounds.
 */
const MISSING_FILE =
  /^(?:IO Error: (?:No files found that match the pattern|Cannot open file) "([^"]*)"|Permission Error: Cannot access file "([^"]*)\/\*\*\/\*\.\w+")/;

const MESSAGE_LINES = 6;
const LINE_LENGTH = 300;

/** Messages about a value, which hold it: a failed cast or calculation, a bad line of a CSV file. */
const ABOUT_VALUE = /^(?:Conversion|Invalid Input|Out of Range) Error|CSV/;

/**
 * The first lines of a message, without values of cells: they may be data of learners. (The statement, which a
 * message may repeat in its later lines, is the user's own.)
 */
function withoutValues(text: string): string {
  const lines = text.trimEnd().split('\n').slice(0, MESSAGE_LINES);
  if (ABOUT_VALUE.test(text)) {
    const first = lines[0]!
      .replace(/'.*'/, "'…'")
      .replace(/".*"/, '"…"')
      .replace(/\(.*\)/, '(…)');
    const statement = lines.slice(1).filter((line) => /^(?:LINE \d+:|\s*\^)/.test(line));
    return [first, ...statement].map(cut).join('\n');
  }
  return lines.map(cut).join('\n');
}

const cut = (line: string): string => (line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}…` : line);

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The name of the table that a failed statement misses. */
export function missingTable(error: unknown): string | undefined {
  return UNKNOWN_TABLE.exec(messageOf(error))?.[1];
}

/** The file that the state named and that was gone: a load replaced it in between. */
export function missingFile(error: unknown): string | undefined {
  const match = MISSING_FILE.exec(messageOf(error));
  return match?.[1] ?? match?.[2];
}

/** DuckDB's error as this program's, its first lines kept. */
export function queryFailure(error: unknown, signal?: AbortSignal): PanoramaError {
  if (error instanceof PanoramaError) return error;
  if (signal?.aborted === true)
    return new PanoramaError('interrupted', 'The query was interrupted.', { cause: error });
  const missing = missingFile(error);
  if (missing !== undefined) {
    return new PanoramaError('query-failed', `The file ${missing} is gone.`, {
      cause: error,
      hint: 'A load replaced files of the table while the query ran. Run it again.',
    });
  }
  return new PanoramaError('query-failed', withoutValues(messageOf(error)));
}
