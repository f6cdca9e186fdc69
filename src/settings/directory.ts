import path from 'node:path';
import { PanoramaError } from '../errors.ts';
import { prefixFault } from './paths.ts';
import { MONGODB_DEFAULTS } from './settings.ts';
import type { BasePartition, CourseStructuresDatasource, DumpDatasource, Settings } from './settings.ts';

/** What `panorama load DIRECTORY` says on its command line. Paths may be relative to `cwd`. */
export interface DirectoryOptions {
  /** A dump file or a folder of dumps. */
  readonly directory: string;
  /** The folder of the lake. */
  readonly lake: string;
  /** Default `openedx`; empty: none. */
  readonly basePrefix?: string;
  readonly basePartitions?: readonly BasePartition[];
  /** Default `parquet`. */
  readonly format?: 'parquet' | 'csv';
  /** Which database to take where the dumps hold several. */
  readonly database?: string;
  /** What the directory holds. Default: dumps of MySQL. */
  readonly holds?: { readonly mysql: boolean; readonly modulestore: boolean };
  /** Default: the working directory of the process. */
  readonly cwd?: string;
}

/**
 * Settings without a file: all tables of the dumps in a directory, and the courses of a modulestore, into a local lake.
 * @throws PanoramaError `usage` for a bad prefix
 */
export function settingsForDirectory(options: DirectoryOptions): Settings {
  const cwd = options.cwd ?? process.cwd();
  const basePrefix = options.basePrefix ?? 'openedx';
  const fault = basePrefix === '' ? undefined : prefixFault(basePrefix);
  if (fault !== undefined)
    throw new PanoramaError('usage', `The base prefix '${basePrefix}' cannot be used: ${fault}`);
  const { mysql, modulestore } = options.holds ?? { mysql: true, modulestore: false };
  const location = [path.resolve(cwd, options.directory)];
  const dumps: DumpDatasource = {
    type: 'dump',
    name: 'dump',
    location,
    ...(options.database === undefined ? {} : { database: options.database }),
  };
  return {
    datalake: {
      type: 'local',
      path: path.resolve(cwd, options.lake),
      format: options.format ?? 'parquet',
      layout: 'hive',
      basePartitions: options.basePartitions ?? [],
      ...(basePrefix === '' ? {} : { basePrefix }),
    },
    datasources: [...(mysql ? [dumps] : []), ...(modulestore ? [courses(location)] : [])],
  };
}

function courses(location: readonly string[]): CourseStructuresDatasource {
  const { host, database, readPreference } = MONGODB_DEFAULTS;
  const mongodb = {
    host,
    database,
    readPreference,
    authSource: database,
    srv: false,
    tls: { mode: 'disabled' },
  } as const;
  return { type: 'openedx_course_structures', name: 'courses', location, mongodb, include: [] };
}
