import { PanoramaError } from '../errors.ts';
import { sideBySide } from '../side-by-side.ts';
import type { Staged, Storage } from '../storage/storage.ts';
import { originalPartitionFolder, partitionFolder, safeFolder, unescapeHive } from './escape.ts';
import type { CurrentTable, Layout, SettleReport, TableKey } from './layout.ts';
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
 * Commit: journal written (the commit point) → files renamed into place → state replaced → vanished files
 * removed → journal removed. A crash before the journal leaves the old table; one after it is rolled forward
 * by {@link Layout.settle}.
 */
export function hiveLayout(storage: Storage): Layout {
  const stateName = (key: TableKey): string => `${TABLES}/${keyPath(key)}.json`;
  const journalName = (key: TableKey): string => `${JOURNAL}/${keyPath(key)}.json`;

  async function load(key: TableKey): Promise<CurrentTable> {
    const stored = await storage.read(stateName(key));
    if (stored === undefined) return { key };
    return { key, state: decodeState(stateName(key), stored.bytes), token: stored.token };
  }

  async function perform(key: TableKey, journal: Journal): Promise<void> {
    await sideBySide(journal.staged, WIDTH, (staged) => storage.commit(staged));
    const written = await storage.putIf(
      stateName(key),
      encodeState(journal.next),
      journal.token ?? undefined,
    );
    if (written === undefined && !(await isCurrent(key, journal.next))) throw conflict(key);
    await sideBySide(journal.remove, WIDTH, (name) => storage.remove(name));
    await storage.remove(journalName(key));
  }

  async function isCurrent(key: TableKey, next: TableState): Promise<boolean> {
    const stored = await storage.read(stateName(key));
    return stored !== undefined && stored.bytes.equals(encodeState(next));
  }

  return {
    load,

    tables: () => keysIn(storage, TABLES),

    unfinished: () => keysIn(storage, JOURNAL),

    files: (state) => state.files,

    place(state, partition) {
      const folder = state.layout === 'original' ? originalPartitionFolder : partitionFolder;
      const folders = state.partitionFields.map((field, i) => folder(field.name, partition[i] ?? null));
      return [tablePath(state), ...folders, `${safeFolder(state.table)}.${state.format}`].join('/');
    },

    async commit(current, next, staged) {
      const key = current.key;
      const now = await storage.read(stateName(key));
      if (now?.token !== current.token) throw conflict(key);
      const live = new Set(next.files.map((file) => file.path));
      const remove = (current.state?.files ?? []).map((file) => file.path).filter((path) => !live.has(path));
      const journal: Journal = { next, token: current.token ?? null, staged, remove };
      const commitPoint = await storage.putIf(
        journalName(key),
        Buffer.from(JSON.stringify(journal)),
        undefined,
      );
      if (commitPoint === undefined) throw conflict(key);
      await perform(key, journal);
    },

    async settle(): Promise<SettleReport> {
      const journals: Journal[] = [];
      for (const name of await storage.list(`${JOURNAL}/`)) {
        const stored = await storage.read(name);
        if (stored !== undefined) journals.push(decodeJournal(name, stored.bytes));
      }
      // What a dead run left besides must go first: it may stand in the way of what is to be finished.
      const needed = journals.flatMap(({ staged }) => staged.map(({ handle }) => handle));
      await storage.sweepStaged(new Set(needed), isLakeObject);
      const finished: TableKey[] = [];
      for (const journal of journals) {
        const key = { basePrefix: journal.next.basePrefix, table: journal.next.table };
        await perform(key, journal);
        finished.push(key);
      }
      await storage.sweepStaged(new Set(), isLakeObject);
      return { finished };
    },

    async purge(files) {
      await sideBySide(files, WIDTH, (file) => storage.remove(file.path));
      return [];
    },
  };
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
