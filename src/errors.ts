/**
 * The register of everything that can go wrong on purpose.
 *
 * Each entry has a stable code, the exit code of a run that ends with it, whether trying again can help,
 * one line of meaning and a hint that says what to do next. `docs/reference/errors.md` is generated from it.
 */
export const ERROR_REGISTER = {
  usage: {
    exit: 2,
    retryable: false,
    title: 'The command line is wrong',
    hint: 'Run the command with --help to see its options and examples.',
  },
  'settings-missing': {
    exit: 2,
    retryable: false,
    title: 'The settings file cannot be found or read',
    hint: 'Name the file with --settings or PANORAMA_SETTINGS_FILE, or load a folder of dumps without one: panorama load DIRECTORY.',
  },
  'settings-invalid': {
    exit: 2,
    retryable: false,
    title: 'The settings file is not valid',
    hint: 'Correct the line named above; docs/reference/settings.md lists every key.',
  },
  'settings-unwritable': {
    exit: 1,
    retryable: false,
    title: 'The settings file cannot be replaced',
    hint: 'The file is as it was. Put the shown change in by hand, or run where the file and its folder may be written.',
  },
  'unknown-datasource': {
    exit: 2,
    retryable: false,
    title: 'No data source of that name is in the settings',
    hint: 'Check the spelling against the datasources section of the settings file.',
  },
  'unknown-table': {
    exit: 2,
    retryable: false,
    title: 'The table does not exist in the source',
    hint: 'Check the spelling (most servers tell upper from lower case) and that the user may see the table.',
  },
  'unknown-column': {
    exit: 2,
    retryable: false,
    title: 'A column named in the settings does not exist in the table',
    hint: "Correct the column's name in the table's fields or partition_fields, or remove it there.",
  },
  'nothing-selected': {
    exit: 2,
    retryable: false,
    title: 'The selection contains no table',
    hint: 'Use --all, --datasource NAME or --tables a,b.',
  },
  unsupported: {
    exit: 2,
    retryable: false,
    title: 'This version cannot do what the settings ask',
    hint: 'See docs/reference/settings.md for what each kind of source and lake supports.',
  },
  'source-unreachable': {
    exit: 1,
    retryable: true,
    title: 'The source cannot be reached',
    hint: 'Check host, port or socket, the firewall, and that the server is running.',
  },
  'source-access-denied': {
    exit: 1,
    retryable: false,
    title: 'The source refuses the user or the password',
    hint: 'Check user name and password, and that the user may connect from this host.',
  },
  'source-permission': {
    exit: 1,
    retryable: false,
    title: 'The user lacks a right in the source',
    hint: 'Grant SELECT on the table named above to the user of the settings.',
  },
  'source-failed': {
    exit: 1,
    retryable: true,
    title: 'The source stopped in the middle of a read',
    hint: 'The lake keeps what it had. Look at the server log, then run again.',
  },
  'source-changed': {
    exit: 1,
    retryable: true,
    title: 'A table of the source changed while it was read',
    hint: 'The lake keeps what it had of the table. Run again when the migration of the database is over.',
  },
  'source-limit': {
    exit: 1,
    retryable: false,
    title: 'The server ended a statement that took longer than it may',
    hint: 'Raise mysql_statement_timeout, or the limit that the server sets for the user (MAX_STATEMENT_TIME).',
  },
  'source-busy': {
    exit: 1,
    retryable: true,
    title: 'The server stayed busier, or further behind, than the settings allow',
    hint: 'The lake keeps what it had of tables that were not read. Run again later, or raise mysql_max_threads_running, mysql_max_replica_lag or mysql_max_pause.',
  },
  'outside-hours': {
    exit: 5,
    retryable: true,
    title: 'It is outside the hours in which the settings allow reading',
    hint: 'Run within mysql_allowed_hours of the data source, or change them.',
  },
  timeout: {
    exit: 1,
    retryable: true,
    title: 'The run took longer than --timeout allows',
    hint: 'The lake keeps what it had of tables that were not published. Give it more time, or fewer tables.',
  },
  'course-unreadable': {
    exit: 1,
    retryable: false,
    title: 'The structure of a course cannot be read',
    hint: 'The lake keeps the rows that it had of this course; the others were loaded. Open the course in Studio and publish it anew, or load from a newer dump.',
  },
  'row-too-large': {
    exit: 1,
    retryable: false,
    title: 'A row, or what is made of it, is larger than the program can hold',
    hint: 'A value may have about 500 MB. Leave the column out of the fields of the table in the settings.',
  },
  'dump-truncated': {
    exit: 1,
    retryable: false,
    title: 'The dump ends before its end',
    hint: 'Nothing of this file was published. Make the dump again and check that the disk did not fill up.',
  },
  'dump-syntax': {
    exit: 1,
    retryable: false,
    title: 'The dump holds something that cannot be read',
    hint: 'Check that the file is the output of mysqldump or mariadb-dump and was not edited.',
  },
  'dump-unreadable': {
    exit: 1,
    retryable: false,
    title: 'A dump file cannot be opened',
    hint: 'Check the path and the rights of the file.',
  },
  'file-truncated': {
    exit: 1,
    retryable: false,
    title: 'A CSV file or workbook ends before its end',
    hint: 'Nothing of its table was published. Write or copy the file again.',
  },
  'file-syntax': {
    exit: 1,
    retryable: false,
    title: 'A CSV file or workbook holds something that cannot be read',
    hint: 'Correct the place named above, or the delimiter, quote, escape and encoding in the settings; docs/how-to/csv-and-excel.md tells the rules.',
  },
  'file-unreadable': {
    exit: 1,
    retryable: false,
    title: 'A CSV file or workbook cannot be opened',
    hint: 'Check the path and the rights of the file.',
  },
  'bad-value': {
    exit: 1,
    retryable: false,
    title: 'A value does not fit the type of its column',
    hint: "Correct the column's type in the settings, or the value in the source.",
  },
  'partition-too-long': {
    exit: 1,
    retryable: false,
    title: 'A partition value is too long for a folder name',
    hint: 'A folder name has at most 255 bytes. Partition the table by another column.',
  },
  'lake-unwritable': {
    exit: 1,
    retryable: false,
    title: 'The lake cannot be written',
    hint: 'Check that the folder exists, that its rights allow writing and that its disk is not read-only.',
  },
  'lake-full': {
    exit: 1,
    retryable: true,
    title: 'The disk of the lake is full',
    hint: 'Free some space; the lake keeps what it had. Then run again.',
  },
  'lake-unreadable': {
    exit: 1,
    retryable: false,
    title: 'The lake cannot be read',
    hint: 'Check the path of the lake and the rights of its files.',
  },
  'lake-newer': {
    exit: 1,
    retryable: false,
    title: 'The lake was written by a newer version',
    hint: 'Install that version or a newer one.',
  },
  'lake-conflict': {
    exit: 1,
    retryable: true,
    title: 'Somebody else changed the table during the run',
    hint: 'Nothing of this table was published. Run again.',
  },
  'lake-unreachable': {
    exit: 1,
    retryable: true,
    title: 'The storage of the lake cannot be reached or does not answer',
    hint: 'Check the network, the region and the endpoint, then run again; the lake keeps what it had.',
  },
  'lake-access-denied': {
    exit: 1,
    retryable: false,
    title: 'The storage of the lake refuses the credentials or a right',
    hint: 'Run panorama test-connections, which tries each right; docs/how-to/s3-and-athena.md has a policy to copy.',
  },
  'catalog-failed': {
    exit: 1,
    retryable: true,
    title: 'The catalog did not do what it was asked',
    hint: 'The files are in the lake; the next run tells the catalog again. The reason above is the one of the service.',
  },
  'catalog-denied': {
    exit: 1,
    retryable: false,
    title: 'The catalog refuses the credentials or a right',
    hint: 'Run panorama test-connections, which tries each right; docs/how-to/s3-and-athena.md has a policy to copy.',
  },
  'catalog-foreign': {
    exit: 1,
    retryable: false,
    title: 'The catalog has something else under the name of the table',
    hint: 'Nothing of it was changed. Choose another name with datalake_table_name or datalake_table_view, or remove the other table yourself.',
  },
  'table-not-in-lake': {
    exit: 2,
    retryable: false,
    title: 'The lake holds no table of that name',
    hint: 'panorama tables lists what the lake holds.',
  },
  'query-failed': {
    exit: 1,
    retryable: false,
    title: 'The query failed',
    hint: 'Correct the SQL; panorama tables lists the views.',
  },
  'query-not-allowed': {
    exit: 2,
    retryable: false,
    title: 'Only one SELECT statement may be run',
    hint: 'Write a single SELECT; use --parquet FILE or --csv to keep its result.',
  },
  'output-lost': {
    exit: 1,
    retryable: false,
    title: 'What the command prints cannot be written',
    hint: 'Check the disk or the program that takes the output. What was published before stays published.',
  },
  locked: {
    exit: 4,
    retryable: true,
    title: 'Another run holds the lock of this lake',
    hint: 'Wait until it is done, or let the command wait with --wait SECONDS. A lock whose owner is gone is taken over by itself.',
  },
  'lock-lost': {
    exit: 4,
    retryable: true,
    title: 'Another run took the lake over while this one stood still',
    hint: 'What this run had published before stays; it has changed nothing since. Run again when the other is done.',
  },
  'guard-shrink': {
    exit: 5,
    retryable: false,
    title: 'The table would lose more than a fifth of its rows',
    hint: 'If the rows are really gone from the source, run again with --allow-shrink.',
  },
  'guard-schema': {
    exit: 5,
    retryable: false,
    title: 'The columns of the table changed in a way that old files do not fit',
    hint: 'If the change is meant, run again with --allow-schema-change.',
  },
  'guard-format': {
    exit: 5,
    retryable: false,
    title: 'The table lies in the lake in another format or layout than the settings say',
    hint: 'Switch it with panorama convert-tables, or set format and layout to what it has.',
  },
  interrupted: {
    exit: 130,
    retryable: true,
    title: 'The run was interrupted',
    hint: 'The lake keeps what it had. Run again.',
  },
  internal: {
    exit: 1,
    retryable: false,
    title: 'A fault of this program',
    hint: 'Please report it with the output of --debug.',
  },
} as const satisfies Record<string, { exit: number; retryable: boolean; title: string; hint: string }>;

/** A stable name of an entry of {@link ERROR_REGISTER}. */
export type ErrorCode = keyof typeof ERROR_REGISTER;

/** Exit codes that no single error stands for. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  partial: 3,
  locked: 4,
  guard: 5,
  sigint: 130,
  sigterm: 143,
} as const;

/**
 * An error that this program understands. Its message says what happened and where (source, table, row or
 * file:line); its hint says what to do next. It never contains secrets or cell values of learners.
 */
export class PanoramaError extends Error {
  override readonly name = 'PanoramaError';
  readonly code: ErrorCode;
  readonly hint: string;
  /** True where the same call may succeed later without any change by the user. */
  readonly retryable: boolean;

  /** @param options `retryable` where this case is not as the register says of its code */
  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; cause?: unknown; retryable?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? ERROR_REGISTER[code].retryable;
    this.hint = options.hint ?? ERROR_REGISTER[code].hint;
  }

  /** The exit code of a run that ends with this error. */
  get exit(): number {
    return ERROR_REGISTER[this.code].exit;
  }
}

/** Any thrown value as a {@link PanoramaError}; what is unknown becomes `internal`, with its cause kept. */
export function asPanoramaError(error: unknown): PanoramaError {
  if (error instanceof PanoramaError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new PanoramaError('internal', message, { cause: error });
}
