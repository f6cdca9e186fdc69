import { type ErrorCode, PanoramaError } from '../../errors.ts';
import type { MongodbAddress } from './mongodb.ts';

/** What the driver and the server say: names of classes of the driver, numbers of MongoDB's error_codes.yml. */
interface DriverError {
  readonly name?: string;
  readonly code?: number | string;
  readonly message?: string;
}

const BY_NUMBER: Readonly<Record<number, ErrorCode>> = {
  13: 'source-permission', // Unauthorized
  18: 'source-access-denied', // AuthenticationFailed
  8000: 'source-access-denied', // AtlasError: bad auth
};

/** Wrong settings, told by the driver before it connects. */
const SETTINGS = new Set(['MongoParseError', 'MongoInvalidArgumentError', 'MongoMissingCredentialsError']);

/** A driver's error as ours, with the server's words, which name users and collections, never values of documents. */
export function mongodbError(
  error: unknown,
  where: string,
  address: MongodbAddress,
  doing: 'opening' | 'reading',
): PanoramaError {
  if (error instanceof PanoramaError) return error;
  const { name = '', code, message = String(error) } = error as DriverError;
  const hint = hintFor(error as DriverError, address);
  return new PanoramaError(errorCode(name, code, doing), `${where}: ${message}.`.replace(/\.\.$/, '.'), {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

function errorCode(name: string, code: number | string | undefined, doing: 'opening' | 'reading'): ErrorCode {
  const known = BY_NUMBER[Number(code)];
  if (known !== undefined) return known;
  if (SETTINGS.has(name)) return 'settings-invalid';
  return doing === 'opening' ? 'source-unreachable' : 'source-failed';
}

function hintFor({ code, message = '' }: DriverError, address: MongodbAddress): string | undefined {
  if (code === 18 || code === 8000) {
    return `The user is looked for in the database ${address.authSource}: set mongodb_auth_source where it is in another one (often admin), and check user and password.`;
  }
  if (code === 13) {
    return address.user === undefined
      ? 'Set mongodb_username and mongodb_password.'
      : `Grant the user the role read on ${address.database}.`;
  }
  const { tls, replicaSet, host, srv } = address;
  if (/certificate|self-signed|altnames|ssl|tls/i.test(message)) return TLS;
  if (!/selection timed out|closed/i.test(message)) return undefined;
  // A server that does not understand what it is told, or another one than it is taken for, says nothing.
  if (replicaSet !== undefined || srv || host.includes(',')) return REPLICA_SET;
  return tls.mode === 'disabled' ? 'Check host and port; where the server wants TLS, set mongodb_tls.' : TLS;
}

const TLS =
  'Check mongodb_tls, mongodb_tls_ca, that the server offers TLS, and that its certificate names the host of the settings.';
const REPLICA_SET =
  'Check mongodb_replica_set and mongodb_read_preference, and that this machine can resolve the names that the members of the set have.';
