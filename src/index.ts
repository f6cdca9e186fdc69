/** The library: the same pipeline that the command line runs, with events instead of output. */
export { asPanoramaError, ERROR_REGISTER, type ErrorCode, EXIT, PanoramaError } from './errors.ts';
export type {
  Engine,
  ExportSummary,
  QueryOptions,
  QueryResult,
  ResultColumn,
  ResultRow,
} from './engines/engine.ts';
export type { LakeFile, LakeField, PartitionField, TableState } from './lake/table-state.ts';
export { type CatalogResult, createTables, createViews, dropTables } from './pipeline/catalog.ts';
export { type CheckResult, testConnections } from './pipeline/check.ts';
export type { EventListener, Failure, RunEvent, RunReport, TableReport } from './pipeline/events.ts';
export type { Selection } from './pipeline/plan.ts';
export { type LakeReader, readLake } from './pipeline/read-lake.ts';
export { extractAndLoad, type RunOptions } from './pipeline/run.ts';
export { type DirectoryOptions, settingsForDirectory } from './settings/directory.ts';
export { loadSettings, type LoadOptions } from './settings/load.ts';
export type * from './settings/settings.ts';
