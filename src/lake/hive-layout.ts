import { randomUUID } from 'node:crypto';

import { PanoramaError } from '../errors.ts';
import { sideBySide } from '../side-by-side.ts';
import type { Staged, Storage } from '../storage/storage.ts';
import { originalPartitionFolder, partitionFolder, safeFolder, unescapeHive } from './escape.ts';
import type { CurrentTable, Layout, SettleReport, TableKey } from './layout.ts';
import { countedJournals, type Fence } from './lock.ts';
import { decodeState, encodeState, type TableState } from './table-state.ts';

const TABLES = '_panorama/tables';
const JOURNAL = '_panorama/journal';

/** Files that are put into place or removed at the same time: each costs a storage over a network its delay. */
const WIDTH = 16;

/** What a commit is about to do, written before it does it. */
interface Journal {
  readonly next: TableState;
  readonly token: string | null;
  readonly staged: readonly Staged[];
  readonly remove: readonly string[];
}

/**
 * Hive paths with one file per partition under a fixed name, replaced whole:
 * `<base prefix>/<table>/<partition folders>/<table>.<extension>`. How values stand in the folders is said by the
 * state of the table.
 *
 * Commit: journal written → counted in the lock (the commit point) → files renamed into place → state replaced →
 * lock renewed, vanished files removed → journal removed. A crash before the commit point leaves the old table; one
 * after it is rolled forward by {@link Layout.settle}. What an owner that lost the lock can still do at each step is
 * told in docs/architecture.md.
 * @param fence the lock that this process holds; without one nothing can be changed
 */
export function hiveLayout(storage: Storage, fence: Fence = NONE): Layout {
  const stateName = (key: TableKey): string => `${TABLES}/${keyPath(key)}.json`;

  async function load(key: TableKey): Promise<CurrentTable> {
    const stored = await storage.read(stateName(key));
    if (stored === undefined) return { key };
    return { key, state: decodeState(stateName(key), stored.bytes), token: stored.token };
  }

  /**
   * Does what a journal that counts says; every step may have been done before. False where the table has meanwhile
   * another version than the journal is for.
   */
  async function perform(name: string, { next, token, staged, remove }: Journal): Promise<boolean> {
    const key = { basePrefix: next.basePrefix, table: next.table };
    const state = encodeState(next);
    const isNext = async (): Promise<boolean> =>
      (await storage.read(stateName(key)))?.bytes.equals(state) === true;
    if ((await storage.read(stateName(key)))?.token !== (token ?? undefined) && !(await isNext())) {
      await drop(name);
      return false;
    }
    await sideBySide(staged, WIDTH, (one) => storage.commit(one));
    const written = await storage.putIf(stateName(key), state, token ?? undefined);
    if (written === undefined && !(await isNext())) throw conflict(key);
    await removeFenced(remove);
    await drop(name);
    return true;
  }

  /** A journal that is gone is done. */
  async function drop(name: string): Promise<void> {
    await storage.remove(name);
    fence.forget(name);
  }

  /**
   * Removes objects if the lake is still held when it is known which versions they are. Where the storage can tell
   * versions apart, one that a later owner puts in their place meanwhile stays.
   */
  async function removeFenced(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const versions = new Map<string, string | undefined>();
    await sideBySide(names, WIDTH, async (name) => void versions.set(name, await storage.version?.(name)));
    await fence.renew();
    await sideBySide(names, WIDTH, async (name) => {
      const version = versions.get(name);
      if (version !== undefined || storage.version === undefined) await storage.remove(name, version);
    });
  }

  /** Removes what is staged if the lake is still held when it is known what that is: nothing of a later owner. */
  async function sweep(keep: ReadonlySet<string>, prove: () => Promise<void>): Promise<void> {
    let proved = false;
    await storage.sweepStaged(keep, isLakeObject, async () => {
      await prove();
      proved = true;
    });
    if (!proved) await prove(); // a storage that does not ask
  }

  /** The error of a step that failed, which for an owner that lost the lock is no other than that. */
  async function heldOr(error: unknown): Promise<unknown> {
    try {
      await fence.renew();
      return error;
    } catch (reason) {
      return reason instanceof PanoramaError && reason.code === 'lock-lost' ? reason : error;
    }
  }

  return {
    load,

    tables: () => keysIn(storage, TABLES),

    async unfinished() {
      const there = await storage.list(`${JOURNAL}/`);
      const counted = (await countedJournals(storage)) ?? there;
      return there.filter((name) => counted.includes(name)).map(journalKey);
    },

    files: (state) => state.files,

    place(state, partition) {
      const folder = state.layout === 'original' ? originalPartitionFolder : partitionFolder;
      const folders = state.partitionFields.map((field, i) => folder(field.name, partition[i] ?? null));
      return [tablePath(state), ...folders, `${safeFolder(state.table)}.${state.format}`].join('/');
    },

    async commit(current, next, staged) {
      const key = current.key;
      const now = await storage.read(stateName(key));
      if (now?.token !== current.token) throw await heldOr(conflict(key));
      const live = new Set(next.files.map((file) => file.path));
      const remove = (current.state?.files ?? []).map((file) => file.path).filter((path) => !live.has(path));
      const journal: Journal = { next, token: current.token ?? null, staged, remove };
      const name = `${JOURNAL}/${keyPath(key)}/${randomUUID()}.json`;
      await storage.putIf(name, Buffer.from(JSON.stringify(journal)), undefined);
      await fence.keep([...(fence.journals ?? []), name]);
      try {
        if (!(await perform(name, journal))) throw conflict(key);
      } catch (error) {
        throw await heldOr(error);
      }
    },

    async settle(): Promise<SettleReport> {
      const there = await storage.list(`${JOURNAL}/`);
      const journals = new Map<string, Journal>();
      for (const name of fence.journals ?? there) {
        const stored = await storage.read(name);
        if (stored !== undefined) journals.set(name, decodeJournal(name, stored.bytes));
      }
      // What a dead run left besides must go first: it may stand in the way of what is to be finished.
      const needed = [...journals.values()].flatMap(({ staged }) => staged.map(({ handle }) => handle));
      await sweep(new Set(needed), () => fence.keep([...journals.keys()]));
      // The others never passed their commit point.
      await sideBySide(there, WIDTH, async (name) => {
        if (!journals.has(name)) await storage.remove(name);
      });
      const finished: TableKey[] = [];
      for (const [name, journal] of journals) {
        const { basePrefix, table } = journal.next;
        if (await perform(name, journal)) finished.push({ basePrefix, table });
      }
      if (journals.size > 0) await sweep(new Set(), () => fence.renew());
      return { finished };
    },

    async purge(files) {
      await removeFenced(files.map((file) => file.path));
      return [];
    },
  };
}

/** For layouts that only read. */
const NONE: Fence = {
  journals: [],
  keep: () => Promise.reject(notHeld()),
  renew: () => Promise.reject(notHeld()),
  forget() {},
};

function notHeld(): PanoramaError {
  return new PanoramaError('internal', 'A lake was to be changed whose lock is not held.');
}

/** True for names that a layout of this room gives: its own objects, and files that are named after a folder above. */
export function isLakeObject(name: string): boolean {
  const parts = name.split('/');
  const file = /^(.+)\.(csv|parquet)$/.exec(parts.pop()!);
  return parts[0] === '_panorama' || (file !== null && parts.includes(file[1]!));
}

/** @throws PanoramaError `lake-newer`, `lake-unreadable` */
function decodeJournal(name: string, bytes: Buffer): Journal {
  let journal: Partial<Journal>;
  try {
    journal = JSON.parse(bytes.toString()) as Partial<Journal>;
  } catch (cause) {
    throw new PanoramaError('lake-unreadable', `The journal ${name} is not valid JSON.`, { cause });
  }
  const next = decodeState(name, Buffer.from(JSON.stringify(journal?.next ?? null)));
  return { next, token: journal.token ?? null, staged: journal.staged ?? [], remove: journal.remove ?? [] };
}

/** The tables that have a file in a folder of files named after tables. */
async function keysIn(storage: Storage, folder: string): Promise<TableKey[]> {
  const names = await storage.list(`${folder}/`);
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => parseKey(name.slice(folder.length + 1, -5)));
}

/** The folder of a table relative to the root. */
export function tablePath(key: TableKey): string {
  return keyPath(key);
}

function keyPath(key: TableKey): string {
  const prefix = key.basePrefix.split('/').filter((part) => part !== '');
  return [...prefix, key.table].map(safeFolder).join('/');
}

/** The table of a journal by its name. */
function journalKey(name: string): TableKey {
  return parseKey(name.slice(JOURNAL.length + 1, name.lastIndexOf('/')));
}

function parseKey(path: string): TableKey {
  const parts = path.split('/').map(unescapeHive);
  const table = parts.pop()!;
  return { basePrefix: parts.join('/'), table };
}

function conflict(key: TableKey): PanoramaError {
  return new PanoramaError(
    'lake-conflict',
    `The table ${key.table} was changed by somebody else while this run was reading.`,
  );
}
