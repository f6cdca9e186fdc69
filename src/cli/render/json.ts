import type { QueryResult, ResultColumn } from '../../engines/engine.ts';

/**
 * The rows as one JSON array of objects, a row per line. A number that every reader of JSON keeps exactly is a
 * number: floating point, integers up to 2^53 - 1, decimals of at most 15 digits. Others are strings with all
 * their digits, as are NaN and the infinities. A name that comes again gets a number.
 */
export async function* renderJson(result: QueryResult): AsyncIterable<string> {
  const keys = uniqueKeys(result.columns).map((key) => JSON.stringify(key));
  let separator = '[\n';
  for await (const rows of result.rows()) {
    let text = '';
    for (const row of rows) {
      const members = row.map((cell, i) => `${keys[i]}:${value(cell, result.columns[i]!.kind)}`);
      text += `${separator}{${members.join(',')}}`;
      separator = ',\n';
    }
    yield text;
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

function value(cell: string | null, kind: ResultColumn['kind']): string {
  if (cell === null) return 'null';
  const plain = kind === 'boolean' || (kind !== 'text' && isExactNumber(cell, kind));
  return plain ? cell : JSON.stringify(cell);
}

/** The most digits of a decimal that a double gives back. */
const DOUBLE_DIGITS = 15;

function isExactNumber(text: string, kind: ResultColumn['kind']): boolean {
  if (!/^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return false;
  if (kind === 'integer') return Number.isSafeInteger(Number(text));
  return kind === 'float' || text.replace(/^-?0*\.?0*/, '').replace('.', '').length <= DOUBLE_DIGITS;
}

function uniqueKeys(columns: readonly ResultColumn[]): string[] {
  const used = new Set<string>();
  return columns.map(({ name }) => {
    let key = name;
    for (let n = 1; used.has(key); n++) key = `${name}_${n}`;
    used.add(key);
    return key;
  });
}
