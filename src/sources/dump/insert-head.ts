import { PanoramaError } from '../../errors.ts';
import { decodeText } from './cells.ts';
import { DefinitionError, parseName } from './create-table.ts';
import type { SqlReader } from './text/sql-reader.ts';
import { closing, isMark, isName, isWord, type Token, tokenize } from './text/tokens.ts';

/** What stands before the rows of an INSERT or REPLACE. */
export interface InsertHead {
  readonly database: string | undefined;
  readonly table: string;
  /** The columns the statement names, in its order; undefined where it names none. */
  readonly columns: readonly string[] | undefined;
  /** The bytes of the head, through VALUES, to know it again. */
  readonly bytes: Buffer;
}

const FIRST_LOOK = 512;
/** A table has at most 4,096 columns with names of at most 64 characters. */
const MAX_HEAD = 1 << 21;

/**
 * Reads the head of the INSERT or REPLACE statement at the reader's position and stops behind VALUES.
 * @throws PanoramaError `dump-syntax` where it is not an INSERT with VALUES, `dump-truncated`
 */
export async function readInsertHead(reader: SqlReader, charset: string): Promise<InsertHead> {
  const { window } = reader;
  for (let look = FIRST_LOOK; ; look *= 4) {
    while (window.bytes.length - window.pos < look && (await window.more())) continue;
    const bytes = window.bytes.subarray(window.pos, window.pos + look);
    // As latin1 every byte is one character, so that places in the text are places in the bytes.
    const tokens = tokenize(bytes.toString('latin1'), reader);
    const values = findValues(tokens);
    // The last token may be cut off by the end of what was looked at.
    if (values >= 0 && values < tokens.length - 1) {
      const head = Buffer.from(bytes.subarray(0, tokens[values]!.end));
      window.pos += head.length;
      return parseHead(reader, head, charset);
    }
    if (values === NO_VALUES) throw reader.fail('dump-syntax', 'an INSERT that has no VALUES is not read.');
    if (bytes.length < look) throw reader.truncated('inside a statement');
    if (look > MAX_HEAD) throw reader.fail('dump-syntax', 'an INSERT has no VALUES.');
  }
}

const NO_VALUES = -2;

/** The index of VALUES, -1 where it is not there yet, {@link NO_VALUES} where it will not come. */
function findValues(tokens: readonly Token[]): number {
  for (let i = 1; i < tokens.length - 1; i++) {
    const token = tokens[i]!;
    if (isMark(token, '(')) i = closing(tokens, i) - 1;
    else if (
      isWord(token, 'VALUES', 'VALUE') &&
      !isMark(tokens[i - 1], '.') &&
      !isWord(tokens[i - 1], 'INTO')
    )
      return i;
    else if (isWord(token, 'SELECT', 'SET', 'TABLE') || isMark(token, ';')) return NO_VALUES;
  }
  return -1;
}

function parseHead(reader: SqlReader, bytes: Buffer, charset: string): InsertHead {
  const tokens = tokenize(decodeText(bytes, charset), reader);
  let i = 1;
  while (isWord(tokens[i], 'LOW_PRIORITY', 'DELAYED', 'HIGH_PRIORITY', 'IGNORE', 'INTO')) i++;
  try {
    const { database, name, next } = parseName(tokens, i);
    if (!isMark(tokens[next], '(')) return { database, table: name, columns: undefined, bytes };
    const inside = tokens.slice(next + 1, closing(tokens, next) - 1);
    const columns = inside.filter((token) => isName(token)).map((token) => token.text);
    return { database, table: name, columns, bytes };
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    throw new PanoramaError(
      'dump-syntax',
      reader.fail('dump-syntax', `an INSERT: ${error.message}.`).message,
    );
  }
}
