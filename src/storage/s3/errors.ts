import { type ErrorCode, PanoramaError } from '../../errors.ts';
import type { S3StorageOptions } from './options.ts';

/** What was tried, as it stands in messages. */
export type Doing = 'write' | 'read' | 'list' | 'remove';

interface Place extends Pick<S3StorageOptions, 'bucket' | 'region' | 'endpoint' | 'credentials'> {
  readonly name?: string | undefined;
}

/** The parts of the SDK's errors that are used here; the SDK does not export this type as such. */
interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly Code?: string;
  readonly Region?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** The store's own code of an error, e.g. `NoSuchKey`; for a bare status that one, e.g. `404`. */
export function storeCode(error: unknown): string {
  const { name, Code, $metadata } = (error ?? {}) as SdkError;
  const code = Code ?? name ?? '';
  // Answers to HEAD have no body and so no code.
  const bare = code === '' || code === 'Error' || /^(Unknown|UnknownError|\d+)$/.test(code);
  return bare ? String($metadata?.httpStatusCode ?? code) : code;
}

/** True for the answer that an object is not there; a bucket that is not there is another matter. */
export function isMissing(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound', '404'].includes(storeCode(error));
}

/** True for the answers that another upload was first. */
export function isConditionFailed(error: unknown): boolean {
  return ['PreconditionFailed', '412', 'ConditionalRequestConflict', '409'].includes(storeCode(error));
}

/** Answers by which the same request may succeed a moment later, although their status is that of a fault of ours. */
const MOMENTARY = new Set(['OperationAborted', 'ConditionalRequestConflict', 'BadDigest', 'IncompleteBody']);

/** True for the answers that the SDK takes for final and that are not. */
export function isMomentary(error: unknown): boolean {
  return MOMENTARY.has(storeCode(error));
}

const DENIED = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AccountProblem',
  'AllAccessDisabled',
  'Forbidden',
  '403',
  'InvalidAccessKeyId',
  'InvalidSecurity',
  'InvalidToken',
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
  'NotSignedUp',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'UnauthorizedAccess',
  '401',
]);

const FULL = new Set(['QuotaExceeded', 'QuotaExceededException', 'StorageFull', 'XMinioStorageFull', '507']);

const WRONG_REGION = new Set([
  'PermanentRedirect',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  '301',
  '307',
]);

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
  ENOTFOUND: 'the name of the host is not known',
  EAI_AGAIN: 'the name of the host could not be asked for',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an unknown authority',
};

const HINTS: Readonly<Record<string, string>> = {
  ExpiredToken: 'Renew the credentials (for single sign-on: aws sso login), then run again.',
  ExpiredTokenException: 'Renew the credentials (for single sign-on: aws sso login), then run again.',
  TokenRefreshRequired: 'Renew the credentials (for single sign-on: aws sso login), then run again.',
  InvalidAccessKeyId: 'Check the access key, and that it belongs to this store.',
  SignatureDoesNotMatch: 'Check the secret access key, and that the endpoint is not changed by a proxy.',
  RequestTimeTooSkewed: "Set this machine's clock; it differs from the store's by more than 15 minutes.",
};

/**
 * An error of the SDK as ours: what was tried and where, and the store's own reason. Neither it nor its cause has
 * the request or the answer in it, which hold credentials.
 */
export function storeError(doing: Doing, place: Place, error: unknown): PanoramaError {
  if (error instanceof PanoramaError) return error;
  const { bucket, name, endpoint } = place;
  const what = `Cannot ${doing} s3://${bucket}${name === undefined ? '' : `/${name}`}`;
  const code = storeCode(error);
  const cause = withoutSecrets(place, error);
  const fail = (as: ErrorCode, reason: string, hint?: string): PanoramaError =>
    new PanoramaError(as, `${what}: ${reason}.`, { cause, ...(hint !== undefined && { hint }) });

  if (isAbort(error)) return fail('interrupted', 'the run was interrupted');
  if (code === 'NoSuchBucket') {
    return fail(
      doing === 'read' || doing === 'list' ? 'lake-unreadable' : 'lake-unwritable',
      'the bucket does not exist',
      'Create the bucket, or correct its name in panorama_raw_data_bucket.',
    );
  }
  const region = regionOf(error);
  if (WRONG_REGION.has(code) && (region !== undefined || code !== '307')) {
    const known = region ?? 'another region';
    const asked = place.region === undefined ? '' : `, not in ${place.region}`;
    return fail(
      'lake-unreachable',
      `the bucket is in ${known}${asked}`,
      region === undefined
        ? 'Set the region of the bucket in the settings.'
        : `Set region: ${region} in the datalake section of the settings.`,
    );
  }
  if (/^(Credentials|Token)ProviderError$/.test((error as SdkError)?.name ?? '')) {
    return fail(
      'lake-access-denied',
      `no credentials were found (${cause.message})`,
      'Set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where a role is given.',
    );
  }
  const reason = reasonOf(code, cause.message);
  if (code === 'KeyTooLongError') return fail('partition-too-long', reason);
  if (DENIED.has(code)) return fail('lake-access-denied', reason, HINTS[code]);
  if (FULL.has(code)) return fail('lake-full', reason);
  if (isUnreachable(error)) {
    const network = NETWORK[(error as SdkError).code ?? ''];
    const at = endpoint === undefined ? '' : ` (${hostOf(endpoint)})`;
    return fail('lake-unreachable', network === undefined ? reason : `${network}${at}`);
  }
  return fail(doing === 'read' || doing === 'list' ? 'lake-unreadable' : 'lake-unwritable', reason);
}

/** True where the same request may succeed a moment later. */
export function isUnreachable(error: unknown): boolean {
  const { name, code, message, $metadata, $response } = (error ?? {}) as SdkError;
  const status = $metadata?.httpStatusCode ?? 0;
  if (status >= 500 || status === 429 || status === 408 || isMomentary(error)) return true;
  if (name === 'TimeoutError' || name === 'RequestTimeout' || name === 'SlowDown') return true;
  if (code !== undefined && (code in NETWORK || /^(ERR_(SSL|TLS)_|HPE_|CERT_)/.test(code))) return true;
  if (message === 'Region is missing') return true;
  // Something answered that is no S3: an error page of a proxy, an answer that was cut.
  return $response !== undefined && /pars|deserializ|unexpected/i.test(message ?? '');
}

/** True for the end that an `AbortSignal` brought about. */
export function isAbort(error: unknown): boolean {
  return (error as SdkError | undefined)?.name === 'AbortError';
}

function reasonOf(code: string, message: string): string {
  const text = message.replace(/\s+/g, ' ').replace(/\.$/, '').slice(0, 300);
  if (code === '' || code === 'Error' || text.startsWith(code)) return text || 'there is no reason given';
  return text === '' || text === 'UnknownError' ? `the store answers ${code}` : `${code}: ${text}`;
}

function regionOf(error: unknown): string | undefined {
  const { Region, $response } = (error ?? {}) as SdkError;
  return Region ?? $response?.headers?.['x-amz-bucket-region'];
}

function hostOf(endpoint: string): string {
  return new URL(endpoint).host;
}

/** What of the SDK's error may be shown. Its other properties hold headers, tokens and signed text. */
function withoutSecrets(place: Place, error: unknown): Error {
  const { name, message, code, $metadata } = (error ?? {}) as SdkError;
  let text = message ?? String(error);
  const { accessKeyId, secretAccessKey, sessionToken } = place.credentials ?? {};
  for (const secret of [secretAccessKey, sessionToken, accessKeyId])
    if (secret !== undefined && secret !== '') text = text.replaceAll(secret, '***');
  if (text === '' && code !== undefined) text = NETWORK[code] ?? code;
  const plain = new Error(text);
  plain.name = name ?? 'Error';
  return Object.assign(plain, {
    ...(code !== undefined && { code }),
    ...($metadata?.httpStatusCode !== undefined && { status: $metadata.httpStatusCode }),
    ...($metadata?.requestId !== undefined && { requestId: $metadata.requestId }),
  });
}
