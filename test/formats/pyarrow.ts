import { fileURLToPath } from 'node:url';

import type { FieldType } from '../../src/rows/field.ts';
import { lineProgram } from '../servers/line-program.ts';
import { testPython } from '../servers/python.ts';
import { dateText, floatText, timestampText, unscaledText } from './expected.ts';

/** What pyarrow finds in a file; the spelling of cells and bounds is told in pyarrow-reader.py. */
export interface PyarrowFile {
  readonly types: readonly string[];
  readonly ids: readonly number[];
  readonly rows: number;
  readonly columns: readonly (readonly (string | null)[])[];
  readonly groups: readonly { readonly rows: number; readonly chunks: readonly PyarrowChunk[] }[];
}

export interface PyarrowChunk {
  /** NULLs included. */
  readonly values: number;
  readonly nulls: number | null;
  readonly min: string | null;
  readonly max: string | null;
  readonly encodings: readonly string[];
  readonly compression: string;
}

const SCRIPT = fileURLToPath(new URL('pyarrow-reader.py', import.meta.url));

const program = lineProgram('pyarrow-reader.py', () => {
  const python = testPython();
  if (python === undefined) throw new Error('there is no Python with pyarrow');
  return [python, '-I', SCRIPT];
});

async function ask<T>(request: Record<string, unknown>): Promise<T> {
  const answer = JSON.parse(await program(JSON.stringify(request))) as T & { error?: string };
  if (answer.error !== undefined) throw new Error(answer.error);
  return answer;
}

/** Reads a whole file. */
export function pyarrowFile(file: string): Promise<PyarrowFile> {
  return ask({ do: 'read', file });
}

/**
 * The values of a column from `low` to `high`, and the row groups that pyarrow would read for them.
 * @returns `left` the numbers of those row groups, `groups` how many the file has
 */
export function pyarrowFilter(
  file: string,
  column: string,
  low: string,
  high: string,
): Promise<{ found: (string | null)[]; left: number[]; groups: number }> {
  return ask({ do: 'filter', file, column, low, high });
}

/** The rows of a folder of files with Hive's partitions, every value as Python prints it. */
export function pyarrowDataset(folder: string): Promise<{ names: string[]; rows: (string | null)[][] }> {
  return ask({ do: 'dataset', folder });
}

/** What pyarrow tells of a cell or a bound, in the spelling of expected.ts. */
export function pyarrowText(type: FieldType, told: string | null): string | null {
  if (told === null) return null;
  switch (type.kind) {
    case 'float32':
      return floatText(Buffer.from(told, 'hex').readFloatBE(0));
    case 'float64':
      return floatText(Buffer.from(told, 'hex').readDoubleBE(0));
    case 'decimal':
      return unscaledText(BigInt(told), type.scale);
    case 'date':
      return dateText(Number(told));
    case 'timestamp':
      return timestampText(BigInt(told));
    default:
      return told;
  }
}
