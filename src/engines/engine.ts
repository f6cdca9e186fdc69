import type { TableState } from '../lake/table-state.ts';
import type { FieldKind, FieldType } from '../rows/field.ts';

/**
 * What makes the lake's tables known to SQL and runs it. Tables are described by their state alone: columns,
 * partition columns, exact live files, names. Every implementation passes `src/contracts/engine.ts`.
 */
export interface Engine {
  readonly name: string;
  readonly capabilities: EngineCapabilities;
  /** How the engine spells and holds each lake type. */
  readonly types: EngineTypes;

  /** The table with these columns and partition columns is in the catalog. Repeating it changes nothing. */
  ensureTable(state: TableState): Promise<void>;

  /**
   * Present where the catalog keeps a list of partitions of its own: afterwards it lists, among the partitions that
   * begin with these base values, exactly those in which the state has files. Only differences are sent; partitions
   * of other installations and those that lie outside the table's folder are left alone.
   * @param baseValues the base partitions of this installation, in order; empty where there are none
   */
  syncPartitions?(state: TableState, baseValues: readonly string[]): Promise<void>;

  /**
   * The typed view is as the state says. Answers true where it was not so before.
   * @throws PanoramaError `query-failed`, `catalog-failed` where the engine refuses it
   */
  replaceViews(state: TableState): Promise<boolean>;

  /**
   * Present where the catalog keeps views of its own: afterwards the view is there.
   * @throws PanoramaError `catalog-failed` where the engine refuses it, `catalog-foreign`
   */
  replaceDerivedView?(view: DerivedView): Promise<void>;

  /** Present with {@link replaceDerivedView}: afterwards the view is not there. Answers false where it was not. */
  dropDerivedView?(view: DerivedView): Promise<boolean>;

  /** Table and view leave the catalog; files stay. No error where they are gone. */
  drop(state: TableState): Promise<void>;

  /**
   * Runs one statement that only reads.
   * @throws PanoramaError `query-not-allowed`, `query-failed`, `table-not-in-lake`, `interrupted`
   */
  query(sql: string, options?: QueryOptions): Promise<QueryResult>;

  /**
   * Present where the engine can write the result of a query into a Parquet file on this machine. The file
   * appears whole or not at all.
   * @throws PanoramaError as {@link query}
   */
  exportParquet?(sql: string, file: string, options?: QueryOptions): Promise<ExportSummary>;

  close(): Promise<void>;
}

/** The engines whose SQL the project writes. Athena is Trino. */
export type SqlDialect = 'duckdb' | 'trino';

/** A view over typed views and others like itself, e.g. a model. */
export interface DerivedView {
  readonly name: string;
  /** A SELECT in the engine's own SQL. */
  readonly sql: string;
  /** Names of the views that it reads. */
  readonly reads: readonly string[];
}

/** Differences between engines that others must know, as data. */
export interface EngineCapabilities {
  /** Whose SQL the engine speaks; models are written in it. */
  readonly dialect: SqlDialect;
  /** Tables stay in a catalog between runs; false where they are read from the state at each use. */
  readonly keepsCatalog: boolean;
  /** The empty text as a partition value stays apart from NULL. */
  readonly emptyPartitionText: boolean;
  /** NULL and the empty text of a CSV lake stay apart. */
  readonly emptyCsvText: boolean;
  /** Formats whose columns are found by their permanent number, so that a renamed column keeps its values. */
  readonly columnsById: readonly TableState['format'][];
  /** Names of tables and columns that differ only by case are the same. */
  readonly foldsCase: boolean;
  /** Digits of a timestamp's second that survive. */
  readonly timestampDigits: number;
}

/** How one lake type looks in an engine. */
interface EngineType {
  /** The engine's name; `p` and `s` in parentheses stand for precision and scale. */
  readonly name: string;
  /** Why this type, or what to know about it; one line for docs/reference/types.md. */
  readonly why: string;
}

export type EngineTypes = Readonly<Record<FieldKind, EngineType>>;

/** The engine's name of a lake type, e.g. `DECIMAL(10,2)`. */
export function engineTypeName(types: EngineTypes, type: FieldType): string {
  return exactName(types[type.kind].name, type);
}

/** A type's name with its precision and scale in place of `(p,s)`. */
export function exactName(name: string, type: FieldType): string {
  return type.kind === 'decimal' ? name.replace('(p,s)', `(${type.precision},${type.scale})`) : name;
}

export interface QueryOptions {
  /** Stops the query. */
  readonly signal?: AbortSignal;
}

/** A row as exact text per cell; null is NULL. Bytes are hexadecimal, booleans `true` and `false`. */
export type ResultRow = readonly (string | null)[];

export interface ResultColumn {
  readonly name: string;
  /** The engine's name of the type. */
  readonly type: string;
  /** What the text of a cell is: decides alignment and JSON spelling. */
  readonly kind: 'integer' | 'decimal' | 'float' | 'boolean' | 'text';
}

/** The rows of a query as a stream. What is not read to its end is given up with {@link close}. */
export interface QueryResult {
  readonly columns: readonly ResultColumn[];
  /**
   * Bounded groups of rows, once. A result that breaks off throws, it never ends quietly.
   * @throws PanoramaError `query-failed`, `interrupted`
   */
  rows(): AsyncIterable<readonly ResultRow[]>;
  close(): Promise<void>;
}

export interface ExportSummary {
  readonly rows: number;
  readonly bytes: number;
}
