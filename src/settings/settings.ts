import type { Secret } from './secret.ts';

/** The settings of a run in their one normal form, whichever shape of file they come from. Paths are absolute. */
export interface Settings {
  /** The settings file; absent where the settings were made without one. */
  readonly file?: string;
  /** True where the file has the flat shape of the first generation. */
  readonly flat?: boolean;
  readonly datalake: DatalakeSettings;
  /** Their names are unique. */
  readonly datasources: readonly Datasource[];
}

/** Where the files go and how they lie there. */
export type DatalakeSettings = LocalDatalake | AwsDatalake | ModuleDatalake;

interface DatalakeBase {
  /** One or more folders joined by `/`, in front of every table's folder and of table names. */
  readonly basePrefix?: string;
  readonly format: 'parquet' | 'csv';
  /** `original` lays out paths, names and text as panorama-elt 0.3 in Python did. */
  readonly layout: 'hive' | 'original';
  /** Constant partitions of the whole installation, in path order. */
  readonly basePartitions: readonly BasePartition[];
}

export interface LocalDatalake extends DatalakeBase {
  readonly type: 'local';
  readonly path: string;
}

/** A lake in S3 with Athena. */
export interface AwsDatalake extends DatalakeBase {
  readonly type: 'aws';
  readonly bucket: string;
  /** Database and workgroup of Athena; without both of them no statement is sent to Athena. */
  readonly database?: string;
  readonly workgroup?: string;
  readonly region: string;
  /** Without the key pair the usual AWS credential chain is asked. */
  readonly accessKey?: Secret;
  readonly secretAccessKey?: Secret;
  readonly sessionToken?: Secret;
  /** A profile of the AWS configuration files. */
  readonly profile?: string;
  /** The S3 service, where it is not Amazon's. */
  readonly endpoint?: string;
  /** The bucket stands in the path of requests, not in the host name. */
  readonly pathStyle: boolean;
  /** Server-side encryption of every object; absent: what the bucket does by itself. */
  readonly encryption?: { readonly kind: 'AES256' | 'aws:kms'; readonly kmsKeyId?: string };
}

/** A lake of one's own: a module that makes its storage and its engine. */
export interface ModuleDatalake extends DatalakeBase, OwnModule {
  readonly type: 'module';
}

/** JavaScript that is loaded by name; see docs/how-to/own-lake-or-source.md. */
export interface OwnModule {
  /** An absolute path, or the name of an installed package. */
  readonly module: string;
  /** What the settings say under `options`, as text. */
  readonly options: ModuleOptions;
  /** Where the settings name the module. Absent where they were made without a file. */
  readonly named?: ModulePlace;
}

/** The place of a module in a settings file. */
export interface ModulePlace {
  /** The folder of the file: packages are looked for beside it, and paths among the options start there. */
  readonly folder: string;
  /** File, line and key as messages name them, e.g. `panorama_settings.yaml:3: datalake.module`. */
  readonly at: string;
}

export type ModuleOptions = { readonly [key: string]: ModuleOption };
type ModuleOption = string | null | readonly ModuleOption[] | ModuleOptions;

export interface BasePartition {
  readonly name: string;
  /** The type its column has in typed views, as the settings spell it. */
  readonly type: string;
  readonly value: string;
}

export type Datasource =
  | MysqlDatasource
  | DumpDatasource
  | CourseStructuresDatasource
  | CsvDatasource
  | XlsDatasource
  | ModuleDatasource;

interface DatasourceBase {
  readonly name: string;
  /** The tables to load. Absent: all tables of the source. Empty: none. */
  readonly tables?: readonly TableSettings[];
}

/** How to reach a MySQL or MariaDB server. */
export interface MysqlConnection {
  readonly host: string;
  readonly port: number;
  /** A Unix socket; where present it is used and host and port are not. */
  readonly socket?: string;
  readonly user: string;
  /** Absent: no password is sent. */
  readonly password?: Secret;
  readonly database: string;
  /** Absent: no TLS. */
  readonly ssl?: SslSettings;
  /** Milliseconds for making a connection. Absent: 20 seconds. */
  readonly connectTimeout?: number;
  /** Milliseconds without a byte of an answer after which a connection counts as lost. Absent: 10 minutes. */
  readonly readTimeout?: number;
  /** Milliseconds that a statement may run which is no read of rows. Absent: 5 minutes. */
  readonly statementTimeout?: number;
}

export interface SslSettings {
  /** `preferred` goes on without TLS where the server has none; the others do not. */
  readonly mode: 'preferred' | 'required' | 'verify';
  /** True for mode `verify`: certificate and host name are checked. */
  readonly verify: boolean;
  /** PEM files. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface MysqlDatasource extends DatasourceBase, MysqlConnection {
  readonly type: 'mysql';
  /** How many connections may read at the same time at most, each a table: 1 to 8. Absent: 2. */
  readonly jobs?: number;
  /** How often a read that breaks is begun anew, for each table. Absent: {@link RETRIES}. */
  readonly retries?: number;
  /** Milliseconds of the pause before the first retry. Absent: that of {@link RETRIES}. */
  readonly retryPause?: number;
  /** Milliseconds that a replica may be behind while rows are read. Absent: any. */
  readonly maxReplicaLag?: number;
  /** Threads that may be running on the server while rows are read. Absent: any. */
  readonly maxThreadsRunning?: number;
  /** Milliseconds that reading waits for a busy server at most. Absent: half an hour. */
  readonly maxPause?: number;
  /** The part of the day in which tables may be begun. Absent: all of it. */
  readonly allowedHours?: AllowedHours;
}

/** A part of the day, in minutes after midnight; over midnight where `to` is less than `from`. */
export interface AllowedHours {
  readonly from: number;
  readonly to: number;
  /** IANA name of a time zone. Absent: that of this machine. */
  readonly zone?: string;
}

/** What is done where the settings do not say how often a read is begun anew, and after how many milliseconds. */
export const RETRIES = { usual: 3, pause: 2_000 } as const;

/** Connections that read at the same time: more than `most` would be felt by a database that serves people. */
export const JOBS = { usual: 2, most: 8 } as const;

/** Output of mysqldump or mariadb-dump. */
export interface DumpDatasource extends DatasourceBase {
  readonly type: 'dump';
  /** Files or folders. */
  readonly location: readonly string[];
  /** Which database to take where the dump holds several. */
  readonly database?: string;
}

/** The course trees of Open edX. */
export interface CourseStructuresDatasource extends DatasourceBase {
  readonly type: 'openedx_course_structures';
  readonly mongodb: MongodbConnection;
  /** What mongodump wrote, read in place of the server. */
  readonly location?: readonly string[];
  /** Present where the settings name a `mysql_host`: the active versions of courses are then read from MySQL. */
  readonly mysql?: MysqlConnection;
  /** A dump of MySQL with the active versions of courses. */
  readonly mysqlDump?: { readonly location: readonly string[]; readonly database?: string };
  /** What is read besides the published courses. */
  readonly include: readonly ('drafts' | 'libraries' | 'old_keys')[];
}

/** How to reach a MongoDB server or replica set. */
export interface MongodbConnection {
  /** Hosts with their ports, separated by commas; with `srv` the one name that DNS resolves to them. */
  readonly host: string;
  readonly srv: boolean;
  readonly replicaSet?: string;
  readonly readPreference: 'primary' | 'primaryPreferred' | 'secondary' | 'secondaryPreferred' | 'nearest';
  readonly user?: string;
  readonly password?: Secret;
  /** The database that holds the user. */
  readonly authSource: string;
  /** Absent: what the server prefers. */
  readonly authMechanism?: 'SCRAM-SHA-1' | 'SCRAM-SHA-256' | 'PLAIN' | 'MONGODB-X509';
  readonly database: string;
  readonly tls: {
    readonly mode: 'disabled' | 'required' | 'verify';
    /** PEM files; that of the client has its key in it. */
    readonly ca?: string;
    readonly cert?: string;
  };
}

/** Where a modulestore is looked for when the settings do not say. Here, so that commands without a settings file load no schema. */
export const MONGODB_DEFAULTS = {
  host: '127.0.0.1',
  port: 27_017,
  database: 'edxapp',
  readPreference: 'secondaryPreferred',
} as const;

/** Files of delimited text. */
export interface CsvDatasource extends DatasourceBase {
  readonly type: 'csv';
  /** Files, folders and patterns; empty where every table has its own. */
  readonly location: readonly string[];
  readonly header: boolean;
  /** Lines above the header. */
  readonly skipLines: number;
  /** Absent: by the ending of the file. */
  readonly delimiter?: string;
  /** Empty: no quotes. Absent: `"`. */
  readonly quote?: string;
  /** One character or `mysql`. Absent: none. */
  readonly escape?: string;
  /** What stands for NULL. Absent: nothing, or `\N` with the escape `mysql`. */
  readonly nulls?: readonly string[];
  /** A name of the WHATWG. Absent: UTF-8, or UTF-16 by its mark. */
  readonly encoding?: string;
}

/** Excel workbooks. */
export interface XlsDatasource extends DatasourceBase {
  readonly type: 'xls';
  /** Files, folders and patterns. */
  readonly location: readonly string[];
  readonly header: boolean;
  /** From 1. Absent: the first row with a value. */
  readonly headerRow?: number;
  readonly emptyRows: 'refuse' | 'skip';
}

/** A source of one's own. */
export interface ModuleDatasource extends DatasourceBase, OwnModule {
  readonly type: 'module';
}

export interface TableSettings {
  /** The table's name in the source. */
  readonly name: string;
  /** Files of a table of a CSV source, where they are not called like it. */
  readonly location?: readonly string[];
  /** The sheet of a table of a workbook, where it is not called like it. */
  readonly sheet?: string;
  /** Name of the raw table in the catalog, where it is not the default. */
  readonly datalakeTableName?: string;
  /** Name of the typed view, where it is not the default. */
  readonly datalakeTableView?: string;
  /** The columns in the order of the lake. Absent: all columns of the source. */
  readonly fields?: readonly FieldSettings[];
  readonly partitions?: PartitionSettings;
  /** Columns of the source that are never read. */
  readonly exclude?: readonly string[];
}

export interface FieldSettings {
  readonly name: string;
  /** The type as the settings spell it; absent: the type of the source. */
  readonly type?: string;
  /** Present: the column is this constant, as written in the file. `null` and `''` are told apart. */
  readonly value?: string | null;
}

export interface PartitionSettings {
  readonly partitionFields: readonly string[];
  /** An interval as MySQL writes it, e.g. `2 hour`. */
  readonly interval?: string;
  readonly timestampField?: string;
}
