import { type ErrorCode, PanoramaError } from '../../errors.ts';

/** Names of the SDK's errors that mean: not these credentials, or not this right. */
const DENIED = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'SignatureDoesNotMatch',
  'TokenProviderError',
  'UnrecognizedClientException',
]);

/** How Athena tells in the reason of a failed statement that a right is missing. */
const DENIED_REASON =
  /not authorized to perform|access ?denied|permission denied|insufficient (?:\w+ ){0,2}permission/i;

/** Reasons that are about a value and hold it. */
const ABOUT_VALUE =
  /^(?:INVALID_CAST_ARGUMENT|INVALID_FUNCTION_ARGUMENT|NUMERIC_VALUE_OUT_OF_RANGE|HIVE_BAD_DATA|HIVE_INVALID_PARTITION_VALUE)\b/;

const MAX_REASON = 1000;

export function errorName(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/**
 * An error of a call to Glue or Athena as this program's, with AWS's own reason.
 * @param what the call, as it continues after "could not", e.g. `create the table x in Glue`
 */
export function catalogFailure(what: string, error: unknown, signal?: AbortSignal): PanoramaError {
  if (error instanceof PanoramaError) return error;
  if (signal?.aborted === true || errorName(error) === 'AbortError')
    return new PanoramaError('interrupted', `The run was interrupted.`, { cause: error });
  const name = errorName(error);
  const reason = reasonOf(error);
  const code: ErrorCode = DENIED.has(name) ? 'catalog-denied' : 'catalog-failed';
  return new PanoramaError(code, `Could not ${what}: ${reason}`, { cause: error });
}

/** A statement that Athena took and that failed, with Athena's reason. */
export function statementFailure(what: string, reason: string): PanoramaError {
  const code = DENIED_REASON.test(reason) ? 'catalog-denied' : 'catalog-failed';
  return new PanoramaError(code, `Could not ${what}: ${withoutValues(reason)}`);
}

/** A query of a user that failed, with Athena's reason. */
export function queryFailure(reason: string): PanoramaError {
  const text = withoutValues(reason);
  if (DENIED_REASON.test(reason)) return new PanoramaError('catalog-denied', text);
  return new PanoramaError(/^TABLE_NOT_FOUND\b/.test(reason) ? 'table-not-in-lake' : 'query-failed', text);
}

/** AWS's message with the name of the error, which is what one searches for, and without values that it refused. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return cut(String(error));
  const text = error.message.trim() || connectionReason(error);
  const message = text.replace(/\bValue '[^]*?' at '/g, "Value '…' at '");
  return cut(error.name === 'Error' || message === '' ? message || error.name : `${message} (${error.name})`);
}

/** Node gives an error without a message where several addresses of a host were tried. */
function connectionReason(error: Error): string {
  return error instanceof AggregateError ? error.errors.map(String).join('; ') : '';
}

/** A reason without values of cells: they may be data of learners. */
function withoutValues(reason: string): string {
  if (!ABOUT_VALUE.test(reason)) return cut(reason);
  return cut(
    reason
      .replace(/'[^]*'/, "'…'")
      .replace(/"[^]*"/, '"…"')
      .replace(/\b(cast to [\w ()]+: )[^]*$/, '$1…'),
  );
}

const cut = (text: string): string => (text.length > MAX_REASON ? `${text.slice(0, MAX_REASON)}…` : text);
