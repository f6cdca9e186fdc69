import type { CheckResult } from '../../pipeline/check.ts';
import { errorJson } from '../error-text.ts';

/** One line: `site (mysql): OK, read auth_user`. */
export function checkText({ name, type, check, rights, error }: CheckResult): string {
  if (error === undefined) return `${name} (${type}): OK, ${check}`;
  const needs = rights === undefined ? '' : ` (${rights.join(', ')})`;
  return `${name} (${type}): FAILED, ${check}${needs}: ${error.message} ${error.hint} [${error.code}]`;
}

/** The fields are a contract (docs/reference/json.md). */
export function checkJson({ error, ...result }: CheckResult): Record<string, unknown> {
  return { ...result, ok: error === undefined, ...(error && { error: errorJson(error) }) };
}
