import { mysqlFieldType } from '../mysql-types.ts';
import type { TableSchema } from '../../rows/field.ts';
import { closing, isMark, isName, isWord, type Token } from './text/tokens.ts';

/** A column of CREATE TABLE, as far as reading its cells needs it. */
export interface ParsedColumn {
  readonly name: string;
  /** As the dump spells it, e.g. `bigint(20) unsigned`. */
  readonly declared: string;
  readonly nullable: boolean;
  readonly generated: boolean;
  /** Of the column itself or else of its table; undefined where neither says. */
  readonly charset: string | undefined;
  /** The literal a row has where it names no value: text, or null for NULL; undefined if it is none. */
  readonly default: string | null | undefined;
}

export interface ParsedTable {
  readonly database: string | undefined;
  readonly name: string;
  readonly columns: readonly ParsedColumn[];
  readonly primaryKey: readonly string[];
}

const KEY_WORDS = [
  'PRIMARY',
  'KEY',
  'INDEX',
  'UNIQUE',
  'FULLTEXT',
  'SPATIAL',
  'CONSTRAINT',
  'FOREIGN',
  'CHECK',
];

/** Where the definition is not understood: what was expected, in words. */
export class DefinitionError extends Error {}

/**
 * Reads a CREATE TABLE statement; undefined for any other CREATE. Keys other than the primary one, checks,
 * partitions and table options are passed over.
 * @throws DefinitionError
 */
export function parseCreateTable(sql: string, tokens: readonly Token[]): ParsedTable | undefined {
  let i = 1;
  if (isWord(tokens[i], 'OR') && isWord(tokens[i + 1], 'REPLACE')) i += 2;
  if (isWord(tokens[i], 'TEMPORARY')) i++;
  if (!isWord(tokens[i], 'TABLE')) return undefined;
  i++;
  if (isWord(tokens[i], 'IF')) i += 3;
  const { database, name, next } = parseName(tokens, i);
  if (!isMark(tokens[next], '(')) throw new DefinitionError(`table ${name} has no list of columns`);
  const close = closing(tokens, next);
  if (!isMark(tokens[close - 1], ')')) throw new DefinitionError(`the columns of table ${name} do not end`);
  const tableCharset = charsetOf(tokens.slice(close));
  const columns: ParsedColumn[] = [];
  const primaryKey: string[] = [];
  for (const part of splitCommas(tokens.slice(next + 1, close - 1))) {
    if (isKeyLine(part)) primaryKey.push(...primaryKeyOf(part));
    else {
      const { column, primary } = parseColumn(sql, part, name, tableCharset);
      columns.push(column);
      if (primary) primaryKey.push(column.name);
    }
  }
  if (columns.length === 0) throw new DefinitionError(`table ${name} has no column`);
  return { database, name, columns: columns.map((c) => notNull(c, primaryKey)), primaryKey };
}

/** The name at `i`, which may be `database.table`, and the index behind it. */
export function parseName(
  tokens: readonly Token[],
  i: number,
): { database: string | undefined; name: string; next: number } {
  const first = tokens[i];
  if (!isName(first)) throw new DefinitionError('a name is missing');
  const second = tokens[i + 2];
  if (!isMark(tokens[i + 1], '.') || !isName(second))
    return { database: undefined, name: first.text, next: i + 1 };
  return { database: first.text, name: second.text, next: i + 3 };
}

/** The table as other rooms know it, without the columns in `leftOut`. */
export function tableSchema(table: ParsedTable, leftOut: ReadonlySet<string> = new Set()): TableSchema {
  return {
    table: table.name,
    fields: table.columns
      .filter((column) => !leftOut.has(column.name))
      .map(({ name, declared, nullable }) => ({ name, declared, nullable, type: mysqlFieldType(declared) })),
    primaryKey: table.primaryKey,
  };
}

const notNull = (column: ParsedColumn, primaryKey: readonly string[]): ParsedColumn =>
  primaryKey.includes(column.name) ? { ...column, nullable: false } : column;

function isKeyLine(part: readonly Token[]): boolean {
  if (isWord(part[0], 'PERIOD')) return isWord(part[1], 'FOR');
  return isWord(part[0], ...KEY_WORDS);
}

function primaryKeyOf(part: readonly Token[]): string[] {
  const at = part.findIndex((token) => isWord(token, 'PRIMARY'));
  const open = part.findIndex((token, index) => index > at && isMark(token, '('));
  if (at === -1 || at > 2 || open === -1) return [];
  const columns = splitCommas(part.slice(open + 1, closing(part, open) - 1));
  return columns.flatMap((column) => (isName(column[0]) ? [column[0].text] : []));
}

function splitCommas(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (isMark(token, '(')) depth++;
    if (isMark(token, ')')) depth--;
    if (depth === 0 && isMark(token, ',')) parts.push([]);
    else parts.at(-1)!.push(token);
  }
  return parts;
}

function parseColumn(
  sql: string,
  part: readonly Token[],
  table: string,
  tableCharset: string | undefined,
): { column: ParsedColumn; primary: boolean } {
  const [nameToken] = part;
  if (!isName(nameToken)) throw new DefinitionError(`a column of table ${table} has no name`);
  const typeEnd = endOfType(part);
  if (typeEnd === 1) throw new DefinitionError(`column ${nameToken.text} of table ${table} has no type`);
  const attributes = attributesOf(part.slice(typeEnd));
  const column: ParsedColumn = {
    name: nameToken.text,
    declared: typeText(sql.slice(part[1]!.start, part[typeEnd - 1]!.end)),
    nullable: attributes.nullable,
    generated: attributes.generated,
    charset: attributes.charset ?? tableCharset,
    default:
      attributes.nullable && attributes.default === undefined && !attributes.hasDefault
        ? null
        : attributes.default,
  };
  return { column, primary: attributes.primary };
}

/** Types have at most two words, then their arguments and sign. */
function endOfType(part: readonly Token[]): number {
  if (part[1]?.kind !== 'word') return 1;
  let end = 2;
  while (
    isWord(part[end], 'PRECISION', 'VARYING', 'VARCHAR', 'CHAR', 'CHARACTER') &&
    !isWord(part[end + 1], 'SET')
  )
    end++;
  if (isMark(part[end], '(')) end = closing(part, end);
  while (isWord(part[end], 'UNSIGNED', 'SIGNED', 'ZEROFILL')) end++;
  return end;
}

const typeText = (text: string): string =>
  /['"]/.test(text)
    ? text.replace(/^\w+/, (word) => word.toLowerCase())
    : text.toLowerCase().replace(/\s+/g, ' ');

interface Attributes {
  nullable: boolean;
  primary: boolean;
  generated: boolean;
  hasDefault: boolean;
  default: string | null | undefined;
  charset: string | undefined;
}

function attributesOf(tokens: readonly Token[]): Attributes {
  const found: Attributes = {
    nullable: true,
    primary: false,
    generated: false,
    hasDefault: false,
    default: undefined,
    charset: charsetOf(tokens),
  };
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (isMark(token, '(')) i = closing(tokens, i) - 1;
    else if (isWord(token, 'NOT') && isWord(tokens[i + 1], 'NULL')) {
      found.nullable = false;
      i++;
    } else if (isWord(token, 'DEFAULT')) {
      found.hasDefault = true;
      found.default = literalAt(tokens, i + 1);
      if (!isMark(tokens[i + 1], '(')) i++;
    } else if (isWord(token, 'COMMENT')) i++;
    else if (isWord(token, 'GENERATED', 'AS')) found.generated = true;
    else if (isWord(token, 'REFERENCES')) break;
    else if (isWord(token, 'PRIMARY')) found.primary = true;
    else if (isWord(token, 'KEY') && !isWord(tokens[i - 1], 'UNIQUE')) found.primary = true;
  }
  return found;
}

/** A default that is a plain literal: its text, null for NULL; undefined for expressions and bit literals. */
function literalAt(tokens: readonly Token[], i: number): string | null | undefined {
  const token = tokens[i];
  if (token?.kind === 'string') return token.text;
  if (isWord(token, 'NULL')) return null;
  if (isMark(token, '-') && /^[\d.]+$/.test(tokens[i + 1]?.text ?? '')) return `-${tokens[i + 1]!.text}`;
  return token?.kind === 'word' && /^\d+(\.\d*)?(e[+-]?\d+)?$/i.test(token.text) ? token.text : undefined;
}

/** The character set that CHARACTER SET, CHARSET or else COLLATE names; lower case. */
function charsetOf(tokens: readonly Token[]): string | undefined {
  for (let i = 0; i < tokens.length; i++) {
    const set = isWord(tokens[i], 'CHARACTER') && isWord(tokens[i + 1], 'SET');
    if (!set && !isWord(tokens[i], 'CHARSET')) continue;
    const value = tokens[i + (set ? 2 : 1)];
    const charset = isMark(value, '=') ? tokens[i + (set ? 3 : 2)] : value;
    if (charset !== undefined) return charset.text.toLowerCase();
  }
  const collate = tokens.findIndex((token) => isWord(token, 'COLLATE'));
  const value =
    collate === -1 ? undefined : tokens[isMark(tokens[collate + 1], '=') ? collate + 2 : collate + 1];
  return value?.text.toLowerCase().split('_')[0];
}
