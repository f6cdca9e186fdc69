import {
  type CourseStructuresDatasource,
  type Datasource,
  JOBS,
  type MongodbConnection,
  type MysqlConnection,
  type MysqlDatasource,
  RETRIES,
  type TableSettings,
} from '../settings/settings.ts';
import type { Patience } from '../back-off.ts';
import { dumpSource } from '../sources/dump/dump-source.ts';
import type { DeclaredTable } from '../sources/files/declared.ts';
import type { MongodbAddress } from '../sources/modulestore/mongodb.ts';
import type { MysqlAddress } from '../sources/mysql/connection.ts';
import { mysqlSource } from '../sources/mysql/mysql-source.ts';
import type { GuestRules } from '../sources/mysql/pace.ts';
import type { Source } from '../sources/source.ts';

/**
 * The source that a part of the settings describes.
 * @throws PanoramaError `settings-invalid` for a module that is none
 */
export async function makeSource(datasource: Datasource): Promise<Source> {
  switch (datasource.type) {
    case 'mysql':
      return mysqlSource({
        name: datasource.name,
        address: mysqlAddress(datasource),
        ...guestRules(datasource),
      });
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

/** How often what fails and may pass is tried again: not at all where a source gives no second view of the same. */
export function patienceOf(datasource: Datasource): Patience {
  if (datasource.type !== 'mysql') return { retries: 0, firstMs: 0 };
  return {
    retries: datasource.retries ?? RETRIES.usual,
    firstMs: datasource.retryPause ?? RETRIES.pause,
  };
}

/** How many reads at the same time the settings wish for. */
export function jobsOf(datasource: Datasource): number {
  return datasource.type === 'mysql' ? (datasource.jobs ?? JOBS.usual) : 1;
}

/** Milliseconds that reads wait for a busy server at most, and between two looks at it. */
const MAX_PAUSE = 30 * 60_000;
const LOOK_EVERY = 5_000;

function guestRules(datasource: MysqlDatasource): { guest?: GuestRules } {
  const { maxReplicaLag, maxThreadsRunning, maxPause = MAX_PAUSE } = datasource;
  if (maxReplicaLag === undefined && maxThreadsRunning === undefined) return {};
  return {
    guest: {
      maxPause,
      lookEvery: LOOK_EVERY,
      ...(maxReplicaLag === undefined ? {} : { maxReplicaLag }),
      ...(maxThreadsRunning === undefined ? {} : { maxThreadsRunning }),
    },
  };
}

function mysqlAddress(connection: MysqlConnection): MysqlAddress {
  const { password, ssl, connectTimeout, readTimeout, statementTimeout } = connection;
  return {
    host: connection.host,
    port: connection.port,
    user: connection.user,
    database: connection.database,
    tls: ssl === undefined ? { mode: 'disabled' } : ssl,
    limits: {
      ...(connectTimeout === undefined ? {} : { connectMs: connectTimeout }),
      ...(readTimeout === undefined ? {} : { silenceMs: readTimeout }),
      ...(statementTimeout === undefined ? {} : { statementMs: statementTimeout }),
    },
    ...(connection.socket === undefined ? {} : { socket: connection.socket }),
    ...(password === undefined ? {} : { password: () => password.reveal() }),
  };
}
