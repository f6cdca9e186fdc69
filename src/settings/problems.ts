import { PanoramaError } from '../errors.ts';

/** One thing wrong with a settings file. Its text never holds a value that may be secret. */
export interface Problem {
  /** Counted from 1; absent where the trouble is not in the file. */
  readonly line?: number;
  readonly text: string;
}

const SHOWN = 20;

/** All problems of a file as one error, one line each, in the order of the file. */
export function invalidSettings(file: string, problems: readonly Problem[]): PanoramaError {
  const sorted = [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const lines = sorted.map(({ line, text }) => `${file}${line === undefined ? '' : `:${line}`}: ${text}`);
  const unique = [...new Set(lines)];
  const shown = unique.slice(0, SHOWN);
  if (unique.length > SHOWN) shown.push(`… and ${unique.length - SHOWN} more`);
  return new PanoramaError('settings-invalid', shown.join('\n'));
}

/** A place in the settings, e.g. `datasources[0].tables[2].name`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text;
}
