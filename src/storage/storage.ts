/**
 * Named objects, replaced atomically in two phases. Names are paths with `/`, relative to the storage's root,
 * already escaped. Calls may run side by side. Where a storage is reached over a network every method may also throw
 * PanoramaError `lake-unreachable` and `lake-access-denied`. Every implementation passes `src/contracts/storage.ts`.
 */
export interface Storage {
  /** The root as a user knows it, e.g. `/srv/lake`; for messages. */
  readonly root: string;

  /**
   * Begins an object under its final name. Nothing is visible before {@link commit}.
   * @throws PanoramaError `lake-unwritable`, `lake-full`, `partition-too-long`
   */
  stage(name: string): Promise<StagedWriter>;

  /**
   * Makes a staged object visible under its name at once, durably, in place of an older one; no error where an
   * earlier call, perhaps of a process that died, did so.
   */
  commit(staged: Staged): Promise<void>;

  /** Removes a staged object; no error where it is gone already. */
  abort(staged: Staged): Promise<void>;

  /**
   * Removes what earlier, dead runs staged and never committed, except the handles to keep. Whatever they may still do,
   * were they alive, what they staged can become visible no more.
   * @param isOurs tells by its name whether an object belongs to this lake, where others use the same storage
   * @param still asked when it is known what is to go, and nothing else goes however long it takes; where it throws,
   * nothing does
   */
  sweepStaged(
    keep: ReadonlySet<string>,
    isOurs: (name: string) => boolean,
    still?: () => Promise<void>,
  ): Promise<void>;

  /** The bytes of a small object (state, lock) with its compare token, or undefined where there is none. */
  read(name: string): Promise<{ bytes: Buffer; token: string } | undefined>;

  /**
   * Writes a small object whole if its token is still the given one (`undefined`: if there is none).
   * Answers the new token, or undefined when somebody else was first.
   */
  putIf(name: string, bytes: Uint8Array, token: string | undefined): Promise<string | undefined>;

  /** Names of objects below a prefix, in no order. */
  list(prefix: string): Promise<string[]>;

  /**
   * Removes an object and, on storage that has folders, folders that became empty; no error where it is gone.
   * @param version where it is given, another version that has taken the place of this one stays, without an error
   */
  remove(name: string, version?: string): Promise<void>;

  /**
   * What tells the present version of an object of any size from others that may take its place, for {@link remove};
   * undefined where there is none. Absent: this storage cannot remove on condition.
   */
  version?(name: string): Promise<string | undefined>;

  /** Where an engine finds the object: a path of this machine, or an address such as `s3://bucket/name`. */
  locate(name: string): string;
}

/** A complete object that is not visible yet. Plain data, so that a journal can hold it. */
export interface Staged {
  readonly name: string;
  /** The storage's own handle of the staged bytes. */
  readonly handle: string;
  readonly bytes: number;
}

export interface StagedWriter {
  /** Appends a chunk, which belongs to the writer from then on. One call at a time. */
  write(chunk: Uint8Array): Promise<void>;
  /** Completes the object durably, still invisible. */
  finish(): Promise<Staged>;
  /** Leaves nothing of the object, whatever else failed; also after {@link finish}. */
  abort(): Promise<void>;
}
