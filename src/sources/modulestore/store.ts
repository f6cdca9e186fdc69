import { PanoramaError } from '../../errors.ts';

/**
 * The collections that are read: those of the split modulestore, and `modulestore` itself, in which courses with keys
 * like `Org/Course/Run` are kept.
 */
export type Collection =
  'modulestore.active_versions' | 'modulestore.structures' | 'modulestore.definitions' | 'modulestore';

/** Where the documents of a modulestore come from: a MongoDB server or what mongodump wrote. */
export interface Modulestore {
  /** For messages, e.g. `MongoDB at db.example.com:27017, database edxapp`. */
  readonly where: string;
  /** @throws PanoramaError `source-unreachable`, `source-access-denied`, `settings-invalid`, `dump-unreadable` */
  open(signal?: AbortSignal): Promise<ModulestoreSession>;
}

/** An open modulestore. Documents come one at a time, as the bytes of their BSON. */
export interface ModulestoreSession {
  /**
   * True where documents come in the order of a file, so that looking one up costs a pass over its collection. Then all
   * that are wanted are to be asked for at once.
   */
  readonly sequential: boolean;

  /**
   * The documents of a collection.
   * @param narrow values of fields, by their path, that are wanted; a store that cannot look for them gives more
   * @throws PanoramaError `source-failed`, `source-permission`, `dump-…`
   */
  all(collection: Collection, narrow?: Readonly<Record<string, string>>): AsyncIterable<Uint8Array>;

  /**
   * Those that have one of these ids (24 hexadecimal digits), in their order where the store is not sequential. One that
   * does not exist is left out.
   */
  byId(collection: Collection, ids: ReadonlySet<string>): AsyncIterable<Uint8Array>;

  /** What was reached, as plain text. */
  check(): Promise<readonly string[]>;

  close(): Promise<void>;
}

/**
 * What each document of a collection is read as.
 * @param where the modulestore, for messages
 * @param read throws an Error that says what is wrong, in plain text without an end mark
 * @param narrow as that of {@link ModulestoreSession.all}
 * @throws PanoramaError `source-failed` for a document that cannot be read, and as the session
 */
export async function* readAll<T>(
  session: ModulestoreSession,
  where: string,
  collection: Collection,
  read: (bytes: Uint8Array) => T,
  narrow?: Readonly<Record<string, string>>,
): AsyncGenerator<T> {
  let count = 0;
  for await (const bytes of session.all(collection, narrow)) {
    count++;
    let found: T;
    try {
      found = read(bytes);
    } catch (cause) {
      const message = `${where}: document ${count} of ${collection} cannot be read: ${(cause as Error).message}.`;
      throw new PanoramaError('source-failed', message, { cause });
    }
    yield found;
  }
}
