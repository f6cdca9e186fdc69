import type { Collection as MongoCollection, Db, MongoClient, MongoClientOptions } from 'mongodb';

import { PanoramaError } from '../../errors.ts';
import { readTlsFile } from '../tls-file.ts';
import { mongodbError } from './mongodb-errors.ts';
import type { Collection, Modulestore, ModulestoreSession } from './store.ts';

/** How to reach a MongoDB server or replica set. */
export interface MongodbAddress {
  /** Hosts with an optional `:port`, separated by commas; with `srv` the one name that DNS resolves to them. */
  readonly host: string;
  readonly srv: boolean;
  readonly replicaSet?: string;
  readonly database: string;
  readonly user?: string;
  /** Asked for when the connection is made, so that the secret is nowhere else. */
  readonly password?: () => string;
  /** The database that holds the user. */
  readonly authSource: string;
  readonly authMechanism?: 'SCRAM-SHA-1' | 'SCRAM-SHA-256' | 'PLAIN' | 'MONGODB-X509';
  readonly readPreference: 'primary' | 'primaryPreferred' | 'secondary' | 'secondaryPreferred' | 'nearest';
  readonly tls: MongodbTls;
  /** How long to look for a server, and to wait for an answer; only tests have a reason to set them. */
  readonly patienceMs?: number;
  readonly stallMs?: number;
}

/** `disabled`: never. `required`: always, any certificate. `verify`: one that `ca` or the system vouches for. */
export interface MongodbTls {
  readonly mode: 'disabled' | 'required' | 'verify';
  /** Paths of PEM files; that of the client has its key in it. */
  readonly ca?: string;
  readonly cert?: string;
}

/** How long a server is looked for. */
const PATIENCE_MS = 20_000;
/** After so long without a byte of an answer the connection counts as lost. */
const STALL_MS = 300_000;
/** Definitions asked for at a time. */
const IDS = 500;
/** Documents in an answer of the server; each may have 16 MB. */
const DOCUMENTS = 100;

/** The modulestore of a MongoDB server. */
export function mongodbModulestore(address: MongodbAddress): Modulestore {
  const where = `MongoDB at ${address.host}, database ${address.database}`;
  return {
    where,
    async open(signal) {
      const { MongoClient } = await import('mongodb');
      let client: MongoClient | undefined;
      const stop = (): void => void client?.close(true).catch(() => {});
      signal?.addEventListener('abort', stop, { once: true });
      try {
        client = new MongoClient(url(address), await clientOptions(address));
        await client.connect();
        const session = await openDatabase(client.db(address.database), address, where, signal);
        return {
          ...session,
          close: async () => {
            signal?.removeEventListener('abort', stop);
            await client?.close();
          },
        };
      } catch (error) {
        signal?.removeEventListener('abort', stop);
        await client?.close().catch(() => {});
        throw mongodbError(error, where, address, 'opening');
      }
    },
  };
}

async function openDatabase(
  db: Db,
  address: MongodbAddress,
  where: string,
  signal: AbortSignal | undefined,
): Promise<Omit<ModulestoreSession, 'close'>> {
  const { ObjectId } = await import('mongodb');
  const collection = (name: Collection): MongoCollection => db.collection(name);
  const options = { raw: true, batchSize: DOCUMENTS, ...(signal === undefined ? {} : { signal }) };
  // Signs in, and asks for something that every user may know.
  const { version } = (await db.command({ buildInfo: 1 })) as { version?: string };

  async function* guarded(name: Collection, cursor: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
    try {
      for await (const document of cursor) yield document as Uint8Array;
    } catch (error) {
      if (signal?.aborted === true)
        throw new PanoramaError('interrupted', `Reading ${where} was interrupted.`, { cause: error });
      throw mongodbError(error, `${where}, collection ${name}`, address, 'reading');
    }
  }

  return {
    sequential: false,
    all: (name, narrow = {}) => guarded(name, collection(name).find({ ...narrow }, options)),
    async *byId(name, ids) {
      const left = [...ids];
      const projection = name === 'modulestore.definitions' ? { projection: { 'fields.data': 1 } } : {};
      while (left.length > 0) {
        const some = left
          .splice(0, name === 'modulestore.definitions' ? IDS : 1)
          .map((id) => new ObjectId(id));
        yield* guarded(name, collection(name).find({ _id: { $in: some } }, { ...options, ...projection }));
      }
    },
    check: async () => [`${where}, version ${version ?? 'unknown'}`],
  };
}

function url({ srv, host }: MongodbAddress): string {
  return `mongodb${srv ? '+srv' : ''}://${host}/`;
}

async function clientOptions(address: MongodbAddress): Promise<MongoClientOptions> {
  const { tls, user, replicaSet, authMechanism } = address;
  const single = !address.srv && !address.host.includes(',') && replicaSet === undefined;
  return {
    appName: 'panorama-elt',
    readPreference: address.readPreference,
    serverSelectionTimeoutMS: address.patienceMs ?? PATIENCE_MS,
    connectTimeoutMS: address.patienceMs ?? PATIENCE_MS,
    socketTimeoutMS: address.stallMs ?? STALL_MS,
    maxPoolSize: 2,
    tls: tls.mode !== 'disabled',
    ...(single ? { directConnection: true } : {}),
    ...(replicaSet === undefined ? {} : { replicaSet }),
    ...(tls.mode === 'required' ? { tlsAllowInvalidCertificates: true, tlsAllowInvalidHostnames: true } : {}),
    ...(tls.ca === undefined ? {} : { tlsCAFile: await readable(tls.ca) }),
    ...(tls.cert === undefined ? {} : { tlsCertificateKeyFile: await readable(tls.cert) }),
    ...(authMechanism === undefined ? {} : { authMechanism }),
    ...(user === undefined && authMechanism !== 'MONGODB-X509'
      ? {}
      : { authSource: authMechanism === 'MONGODB-X509' ? '$external' : address.authSource }),
    ...(user === undefined ? {} : { auth: { username: user, password: address.password?.() ?? '' } }),
  };
}

/** The path, of a file that can be read. @throws PanoramaError `settings-invalid` */
async function readable(path: string): Promise<string> {
  await readTlsFile(path);
  return path;
}
