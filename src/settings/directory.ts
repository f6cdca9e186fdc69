import path from 'node:path';
import { PanoramaError } from '../errors.ts';
import { prefixFault } from './paths.ts';
import type { BasePartition, Settings } from './settings.ts';

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
  /** Default: the working directory of the process. */
  readonly cwd?: string;
}

/** Settings without a file: all tables of the dumps in a directory, into a local lake. @throws PanoramaError `usage` for a bad prefix */
export function settingsForDirectory(options: DirectoryOptions): Settings {
  const cwd = options.cwd ?? process.cwd();
  const basePrefix = options.basePrefix ?? 'openedx';
  const fault = basePrefix === '' ? undefined : prefixFault(basePrefix);
  if (fault !== undefined)
    throw new PanoramaError('usage', `The base prefix '${basePrefix}' cannot be used: ${fault}`);
  return {
    datalake: {
      type: 'local',
      path: path.resolve(cwd, options.lake),
      format: options.format ?? 'parquet',
      layout: 'hive',
      basePartitions: options.basePartitions ?? [],
      ...(basePrefix === '' ? {} : { basePrefix }),
    },
    datasources: [
      {
        type: 'dump',
        name: 'dump',
        location: [path.resolve(cwd, options.directory)],
        ...(options.database === undefined ? {} : { database: options.database }),
      },
    ],
  };
}
