import { filled, resolveConnection } from './connection.ts';
import type { ConnectionSources } from './connection.ts';
import type { Path } from './document.ts';
import { normaliseDatalake } from './normalise-datalake.ts';
import { normaliseCsv, normaliseSheets } from './normalise-files.ts';
import { normaliseMongodb } from './normalise-mongodb.ts';
import { locations, normaliseTables } from './normalise-tables.ts';
import { ownModule } from './own-module.ts';
import { present } from './present.ts';
import type { RawDatasource, RawFlat, RawGuest, RawMysql, RawNested, RawTable } from './schema.ts';
import type { Datasource, MysqlConnection, MysqlDatasource, Settings } from './settings.ts';
import type { Surroundings } from './surroundings.ts';

/** The newer shape in the normal form. */
export async function normaliseNested(raw: RawNested, around: Surroundings): Promise<Settings> {
  const datalake = normaliseDatalake(raw.datalake, ['datalake'], around);
  const sources = raw.datasources ?? [];
  const names = nameSources(sources, around);
  const datasources: Datasource[] = [];
  for (const [i, source] of sources.entries()) {
    datasources.push(await normaliseSource(source, names[i]!, ['datasources', i], around));
  }
  return { datalake, datasources };
}

/** The flat shape in the normal form: up to one MySQL source and one modulestore. */
export async function normaliseFlat(raw: RawFlat, around: Surroundings): Promise<Settings> {
  const datalake = normaliseDatalake(raw, [], around);
  const datasources: Datasource[] = [];
  const keys = Object.keys(raw);
  const hasMongodb = keys.some((key) => key.startsWith('mongodb_'));
  if (!hasMongodb || raw.tables !== undefined || keys.some((key) => key.startsWith('mysql_'))) {
    const tables = normaliseTables(raw.tables, 'mysql', [], around)?.map((table) =>
      // The generation with the flat shape named tables in the catalog without the prefix.
      ({ ...table, datalakeTableName: table.datalakeTableName ?? table.name }),
    );
    const connection = await connect(raw, [], around);
    datasources.push({
      type: 'mysql',
      name: 'mysql',
      ...connection,
      ...normaliseGuest(raw),
      ...present({ tables }),
    });
  }
  if (hasMongodb) {
    datasources.push({
      type: 'openedx_course_structures',
      name: 'openedx_course_structures',
      mongodb: normaliseMongodb(raw, [], around),
      include: [],
      tables: [
        {
          name: 'course_structures',
          datalakeTableName: 'course_structures_raw',
          fields: FIRST_COURSE_COLUMNS.map((name) => ({ name })),
        },
      ],
    });
  }
  return { flat: true, datalake, datasources };
}

/** The columns that the generation with the flat shape gave its table of course structures. */
const FIRST_COURSE_COLUMNS = [
  'module_location',
  'course_id',
  'organization',
  'course_code',
  'course_edition',
  'parent',
  'block_type',
  'block_id',
  'display_name',
  'course_name',
  'chapter',
  'sequential',
  'vertical',
  'library',
  'component',
] as const;

/** The names of the sources: their own, else their type, with `-2` and so on where that is taken. */
function nameSources(sources: readonly RawDatasource[], around: Surroundings): string[] {
  const taken = new Set<string>();
  for (const [i, { name }] of sources.entries()) {
    if (name === undefined) continue;
    if (taken.has(name))
      around.fault(['datasources', i, 'name'], 'another data source has this name already');
    taken.add(name);
  }
  return sources.map((source) => {
    if (source.name !== undefined) return source.name;
    let name: string = source.type;
    for (let n = 2; taken.has(name); n++) name = `${source.type}-${n}`;
    taken.add(name);
    return name;
  });
}

async function normaliseSource(
  raw: RawDatasource,
  name: string,
  path: Path,
  around: Surroundings,
): Promise<Datasource> {
  const base = {
    name,
    ...present({ tables: normaliseTables(raw.tables as RawTable[] | undefined, raw.type, path, around) }),
  };
  switch (raw.type) {
    case 'mysql':
      return {
        type: 'mysql',
        ...base,
        ...(await connect(raw, path, around)),
        ...normaliseGuest(raw),
      };
    case 'openedx_course_structures': {
      const mongodb = normaliseMongodb(raw, path, around);
      const mysql = filled(raw.mysql_host) === undefined ? undefined : await connect(raw, path, around);
      const { location, mysql_dump: dump, include = [] } = raw;
      const fault = (key: string, text: string): void => around.fault([...path, key], text);
      if (location !== undefined && raw.mongodb_host !== undefined)
        fault('location', 'location is read in place of the server of mongodb_host; keep one of them');
      if (dump !== undefined && mysql !== undefined)
        fault('mysql_dump', 'mysql_dump is read in place of the server of mysql_host; keep one of them');
      return {
        type: 'openedx_course_structures',
        ...base,
        mongodb,
        include,
        ...present({
          mysql,
          location: location === undefined ? undefined : locations(location, around),
          mysqlDump:
            dump === undefined
              ? undefined
              : { location: locations(dump, around), ...present({ database: filled(raw.mysql_database) }) },
        }),
      };
    }
    case 'dump': {
      return {
        type: 'dump',
        ...base,
        location: locations(raw.location, around),
        ...present({ database: raw.database }),
      };
    }
    case 'module':
      return { type: 'module', ...base, ...ownModule(raw, path, around) };
    case 'csv':
      return { type: 'csv', ...base, ...normaliseCsv(raw, path, around) };
    case 'xls':
      return { type: 'xls', ...base, ...normaliseSheets(raw, around) };
  }
}

function normaliseGuest(raw: RawGuest): Partial<MysqlDatasource> {
  return present({
    jobs: raw.jobs,
    retries: raw.mysql_retries,
    retryPause: raw.mysql_retry_pause,
    maxReplicaLag: raw.mysql_max_replica_lag,
    maxThreadsRunning: raw.mysql_max_threads_running,
    maxPause: raw.mysql_max_pause,
    allowedHours: raw.mysql_allowed_hours,
  });
}

async function connect(raw: RawMysql, path: Path, around: Surroundings): Promise<MysqlConnection> {
  const { env, paths, note } = around;
  const named = filled(raw.mysql_defaults_file);
  const optionFile = await around.optionFile(named);
  if (named !== undefined && optionFile === undefined) {
    around.fault([...path, 'mysql_defaults_file'], 'this file cannot be read');
  }
  const sources: ConnectionSources = {
    env,
    paths,
    optionFile: optionFile ?? {},
    note: (key, value, origin) => note?.([...path, key], value, origin),
  };
  return resolveConnection(raw, sources, (text) => around.fault(undefined, text));
}
