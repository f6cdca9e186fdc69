/**
 * The library: the same pipeline that the command line runs, with events instead of output; and what a lake or a source
 * of one's own is made of (docs/how-to/own-lake-or-source.md).
 */
export { asPanoramaError, ERROR_REGISTER, type ErrorCode, EXIT, PanoramaError } from './errors.ts';
export type {
  Engine,
  EngineCapabilities,
  EngineTypes,
  ExportSummary,
  QueryOptions,
  QueryResult,
  ResultColumn,
  ResultRow,
} from './engines/engine.ts';
export type { LakeFile, LakeField, PartitionField, TableState } from './lake/table-state.ts';
export { type CatalogResult, createTables, createViews, dropTables } from './pipeline/catalog.ts';
export { type CheckResult, testConnections } from './pipeline/check.ts';
export type { EventListener, Failure, RunEvent, RunReport } from './pipeline/events.ts';
export type { OwnLake, OwnLakeModule, OwnModuleInput, OwnSourceModule } from './pipeline/own-module.ts';
export type { Selection } from './pipeline/plan.ts';
export type { RunEventRecord, RunFailure, RunRecord, TableReport } from './lake/run-ledger.ts';
export {
  type LakeStatus,
  lakeProblems,
  lakeStatus,
  type Problem,
  type TableStatus,
} from './pipeline/status.ts';
export { type LakeReader, readLake } from './pipeline/read-lake.ts';
export { extractAndLoad, type RunOptions } from './pipeline/run.ts';
export type { Batch, Cell } from './rows/batch.ts';
export { batchesOf } from './rows/batches-of.ts';
export type { Field, FieldKind, FieldType, TableSchema } from './rows/field.ts';
export { type DirectoryOptions, settingsForDirectory } from './settings/directory.ts';
export { loadSettings } from './settings/load.ts';
export type { LoadOptions } from './settings/settings-file.ts';
export type * from './settings/settings.ts';
export type {
  ChangesRequest,
  OpenOptions,
  PartitionChoice,
  PartitionValues,
  LostPart,
  ReadRequest,
  Source,
  SourceSession,
  TableStream,
} from './sources/source.ts';
export { localStorage } from './storage/local.ts';
export type { Staged, StagedWriter, Storage } from './storage/storage.ts';
