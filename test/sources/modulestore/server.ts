import type { MongodbAddress } from '../../../src/sources/modulestore/mongodb.ts';
import type { MongodbServer } from '../../servers/mongodb.ts';
import { type Collections, fullName } from './site.ts';

/** Where the modulestore of a test's server is. */
export function serverAddress({ host, port, user, password }: MongodbServer): MongodbAddress {
  return {
    host: `${host}:${port}`,
    srv: false,
    database: 'edxapp',
    user,
    password: () => password,
    authSource: 'edxapp',
    readPreference: 'secondaryPreferred',
    tls: { mode: 'disabled' },
    patienceMs: 2000,
  };
}

/** Puts documents into the server, in place of what its collections have. */
export async function fill(server: MongodbServer, collections: Collections): Promise<void> {
  for (const [name, documents] of Object.entries(collections)) {
    const collection = server.db().collection(fullName(name));
    await collection.deleteMany({});
    if (documents.length > 0) await collection.insertMany([...documents]);
  }
}
