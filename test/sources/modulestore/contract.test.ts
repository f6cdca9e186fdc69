import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe } from 'vitest';

import { type PreparedSource, sourceContract } from '../../../src/contracts/source.ts';
import { dumpSource } from '../../../src/sources/dump/dump-source.ts';
import { modulestoreSource } from '../../../src/sources/modulestore/modulestore-source.ts';
import { mongodbModulestore } from '../../../src/sources/modulestore/mongodb.ts';
import { mongodump } from '../../../src/sources/modulestore/mongodump.ts';
import { mysqlSource } from '../../../src/sources/mysql/mysql-source.ts';
import type { Source } from '../../../src/sources/source.ts';
import { mariadbAvailable, startMariadb } from '../../servers/mariadb.ts';
import { mongodbAvailable, startMongodb } from '../../servers/mongodb.ts';
import { fill, serverAddress } from './server.ts';
import { archiveOf, ODD, ODD_INDEX, ODD_TABLES, writeFolder } from './site.ts';
import { tempDir } from '../../temp-dir.ts';

const folder = tempDir();

const fromFiles = (location: string, versions?: Source): PreparedSource => ({
  source: modulestoreSource({
    name: 'courses',
    modulestore: mongodump({ location: [location], database: 'edxapp' }),
    ...(versions === undefined ? {} : { versions }),
  }),
  dispose: async () => {},
});

sourceContract(
  'a folder of mongodump',
  async () => fromFiles(await writeFolder(join(folder, 'plain'), ODD)),
  ODD_TABLES,
);

sourceContract(
  'a compressed folder of mongodump, with a dump of MySQL',
  async () => {
    const { active_versions: _, ...rest } = ODD;
    await writeFolder(join(folder, 'gzip'), rest, { gzip: true });
    await writeFile(join(folder, 'index.sql'), `${ODD_INDEX}-- Dump completed\n`);
    return fromFiles(
      join(folder, 'gzip'),
      dumpSource({ name: 'index', location: join(folder, 'index.sql') }),
    );
  },
  ODD_TABLES,
);

sourceContract(
  'a compressed archive of mongodump',
  async () => {
    const file = join(folder, 'courses.archive.gz');
    await writeFile(file, gzipSync(archiveOf(ODD)));
    return fromFiles(file);
  },
  ODD_TABLES,
);

describe.runIf(mongodbAvailable() && mariadbAvailable())('servers', () => {
  sourceContract(
    'MongoDB',
    async () => {
      const server = await startMongodb();
      await fill(server, ODD);
      const modulestore = mongodbModulestore(serverAddress(server));
      return { source: modulestoreSource({ name: 'courses', modulestore }), dispose: () => server.stop() };
    },
    ODD_TABLES,
  );

  sourceContract(
    'MongoDB over TLS, with MySQL',
    async () => {
      const [server, mariadb] = await Promise.all([startMongodb({ tls: true }), startMariadb()]);
      await fill(server, { structures: ODD['structures']!, definitions: ODD['definitions']! });
      await mariadb.exec(`CREATE DATABASE edxapp CHARACTER SET utf8mb4; USE edxapp; ${ODD_INDEX}`);
      const { host, port, user, password } = mariadb;
      const versions = mysqlSource({
        name: 'index',
        address: {
          host,
          port,
          user,
          password: () => password,
          database: 'edxapp',
          tls: { mode: 'disabled' },
        },
      });
      const { tls } = server;
      const address = {
        ...serverAddress(server),
        host: `127.0.0.1:${tls!.port}`,
        tls: { mode: 'verify' as const, ca: tls!.ca },
      };
      return {
        source: modulestoreSource({ name: 'courses', modulestore: mongodbModulestore(address), versions }),
        dispose: async () => {
          await server.stop();
          await mariadb.stop();
        },
      };
    },
    ODD_TABLES,
  );
});
