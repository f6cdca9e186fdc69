import pc from 'picocolors';

import type { PanoramaError } from '../errors.ts';
import { visibleText } from './text.ts';

/** A known error in two lines: what happened, and what to do next. */
export function failureText(place: string, error: PanoramaError): string {
  return `${pc.red('✗')} ${place}: ${error.message.split('\n').map(visibleText).join('\n')}\n  ${error.hint} [${error.code}]`;
}

/** The stacks of an error and of its causes, for `--debug`. */
export function stackText(error: Error): string {
  const stacks: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) stacks.push(at.stack ?? at.message);
  return stacks.join('\ncaused by ');
}

/** An error as JSON output holds it. */
export function errorJson(error: PanoramaError): { code: string; message: string; hint: string } {
  return { code: error.code, message: error.message, hint: error.hint };
}
