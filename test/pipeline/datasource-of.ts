import { Secret } from '../../src/settings/secret.ts';
import type { MysqlDatasource } from '../../src/settings/settings.ts';
import type { DatabaseServer } from '../servers/server-process.ts';

/** A database of a server as a data source of the same name, with no more than such a one needs. */
export function datasourceOf(server: DatabaseServer, database: string): MysqlDatasource {
  return {
    type: 'mysql',
    name: database,
    host: server.host,
    port: server.port,
    user: server.user,
    password: new Secret(server.password),
    database,
  };
}
