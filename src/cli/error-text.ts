import pc from 'picocolors';

import type { PanoramaError } from '../errors.ts';

/** A known error in two lines: what happened, and what to do next. */
export function failureText(place: string, error: PanoramaError): string {
  return `${pc.red('✗')} ${place}: ${error.message}\n  ${error.hint} [${error.code}]`;
}

/** An error as JSON output holds it. */
export function errorJson(error: PanoramaError): { code: string; message: string; hint: string } {
  return { code: error.code, message: error.message, hint: error.hint };
}
