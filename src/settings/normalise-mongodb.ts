import { filled } from './connection.ts';
import type { Path } from './document.ts';
import { resolvePath } from './paths.ts';
import { present } from './present.ts';
import type { RawMongodb } from './schema.ts';
import { MONGODB_DEFAULTS } from './settings.ts';
import type { MongodbConnection } from './settings.ts';
import type { Surroundings } from './surroundings.ts';

/** The `mongodb_*` keys in their normal form; `at` is where they stand in the file. */
export function normaliseMongodb(raw: RawMongodb, at: Path, around: Surroundings): MongodbConnection {
  const database = filled(raw.mongodb_database) ?? MONGODB_DEFAULTS.database;
  const srv = raw.mongodb_srv === 'true';
  return {
    host: hosts(raw, srv, at, around),
    srv,
    readPreference: raw.mongodb_read_preference ?? MONGODB_DEFAULTS.readPreference,
    authSource: filled(raw.mongodb_auth_source) ?? database,
    database,
    tls: tlsOf(raw, srv, around),
    ...present({
      replicaSet: filled(raw.mongodb_replica_set),
      user: filled(raw.mongodb_username),
      password: raw.mongodb_password,
      authMechanism: raw.mongodb_auth_mechanism,
    }),
  };
}

/** Each host with its port, or the one name that is looked up. */
function hosts(raw: RawMongodb, srv: boolean, at: Path, around: Surroundings): string {
  const written = filled(raw.mongodb_host) ?? MONGODB_DEFAULTS.host;
  const fault = (text: string): void => around.fault([...at, 'mongodb_host'], text);
  if (/[/@\s]/.test(written)) {
    fault('expected hosts only; user, options and mongodb+srv:// have keys of their own');
    return written;
  }
  if (srv) {
    if (/[:,]/.test(written)) fault('with mongodb_srv one name without a port is expected');
    return written;
  }
  const port = raw.mongodb_port ?? MONGODB_DEFAULTS.port;
  return written
    .split(',')
    .map((host) => (/:\d+$/.test(host) ? host : `${host}:${port}`))
    .join(',');
}

function tlsOf(raw: RawMongodb, srv: boolean, { paths }: Surroundings): MongodbConnection['tls'] {
  const file = (written: string | undefined): string | undefined =>
    filled(written) === undefined ? undefined : resolvePath(written!, paths);
  const ca = file(raw.mongodb_tls_ca);
  const cert = file(raw.mongodb_tls_cert);
  const usual = ca !== undefined || srv ? 'verify' : cert !== undefined ? 'required' : 'disabled';
  return { mode: raw.mongodb_tls ?? usual, ...present({ ca, cert }) };
}
