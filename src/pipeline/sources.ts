import {
  type CourseStructuresDatasource,
  type Datasource,
  JOBS,
  type MongodbConnection,
  type MysqlConnection,
  type TableSettings,
} from '../settings/settings.ts';
import { dumpSource } from '../sources/dump/dump-source.ts';
import type { DeclaredTable } from '../sources/files/declared.ts';
import type { MongodbAddress } from '../sources/modulestore/mongodb.ts';
import type { MysqlAddress } from '../sources/mysql/connection.ts';
import { mysqlSource } from '../sources/mysql/mysql-source.ts';
import type { Source } from '../sources/source.ts';

/**
 * The source that a part of the settings describes.
 * @throws PanoramaError `settings-invalid` for a module that is none
 */
export async function makeSource(datasource: Datasource): Promise<Source> {
  switch (datasource.type) {
    case 'mysql':
      return mysqlSource({ name: datasource.name, address: mysqlAddress(datasource) });
    case 'dump':
      return dumpSource({
        name: datasource.name,
        location: [...datasource.location],
        tables: declaredTables(datasource),
        ...(datasource.database === undefined ? {} : { database: datasource.database }),
      });
    case 'csv': {
      const { csvSource } = await import('../sources/csv/csv-source.ts');
      return csvSource({ ...datasource, tables: declaredTables(datasource) });
    }
    case 'xls': {
      const { xlsSource } = await import('../sources/xls/xls-source.ts');
      return xlsSource({ ...datasource, tables: declaredTables(datasource) });
    }
    case 'openedx_course_structures':
      return courseStructures(datasource);
    case 'module':
      return (await import('./own-module.ts')).openOwnSource(datasource);
  }
}

/** Course trees, with their active versions from MySQL or a dump of it where the settings name one. */
async function courseStructures(datasource: CourseStructuresDatasource): Promise<Source> {
  const { name, mongodb, location, mysql, mysqlDump, include } = datasource;
  const { modulestoreSource } = await import('../sources/modulestore/modulestore-source.ts');
  const modulestore =
    location === undefined
      ? (await import('../sources/modulestore/mongodb.ts')).mongodbModulestore(mongodbAddress(mongodb))
      : (await import('../sources/modulestore/mongodump.ts')).mongodump({
          location,
          database: mongodb.database,
        });
  const versions =
    mysqlDump === undefined
      ? mysql && mysqlSource({ name, address: mysqlAddress(mysql) })
      : dumpSource({ name, ...mysqlDump });
  return modulestoreSource({ name, modulestore, include, ...(versions === undefined ? {} : { versions }) });
}

function mongodbAddress({ password, ...address }: MongodbConnection): MongodbAddress {
  return { ...address, ...(password === undefined ? {} : { password: () => password.reveal() }) };
}

/** What the settings say of the columns of tables whose source has no types of its own. */
function declaredTables({
  tables = [],
}: Datasource): (DeclaredTable & Pick<TableSettings, 'location' | 'sheet'>)[] {
  return tables.map(({ fields, ...table }) => ({
    ...table,
    ...(fields === undefined ? {} : { fields: fields.filter(({ value }) => value === undefined) }),
  }));
}

/** How many reads at the same time the settings wish for. */
export function jobsOf(datasource: Datasource): number {
  return datasource.type === 'mysql' ? (datasource.jobs ?? JOBS.usual) : 1;
}

function mysqlAddress(connection: MysqlConnection): MysqlAddress {
  const { password, ssl } = connection;
  return {
    host: connection.host,
    port: connection.port,
    user: connection.user,
    database: connection.database,
    tls: ssl === undefined ? { mode: 'disabled' } : ssl,
    ...(connection.socket === undefined ? {} : { socket: connection.socket }),
    ...(password === undefined ? {} : { password: () => password.reveal() }),
  };
}
