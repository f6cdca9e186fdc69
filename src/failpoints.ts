import type { Engine } from './engines/engine.ts';
import type { Storage } from './storage/storage.ts';

/**
 * Where a run can be made to die, for the tests of what a crash leaves: the environment variable
 * `PANORAMA_FAILPOINT=<name>` or `<name>:<n>` kills the process (SIGKILL) at the n-th time that the point is reached. It
 * gets another signal where `PANORAMA_FAILPOINT_SIGNAL` names one.
 */
export const FAILPOINTS = [
  'before lock',
  'after lock',
  'before record',
  'after record',
  'stage',
  'staged',
  'before journal',
  'after journal',
  'before commit',
  'after commit',
  'before state',
  'after state',
  'before remove',
  'after remove',
  'before catalog table',
  'after catalog table',
  'after catalog partitions',
  'after catalog view',
] as const;

type Failpoint = (typeof FAILPOINTS)[number];

/** Answers what is to be called where a point is reached; undefined where the environment names none. */
function armed(): ((name: Failpoint) => void) | undefined {
  const wanted = process.env['PANORAMA_FAILPOINT'];
  if (wanted === undefined || wanted === '') return undefined;
  const [, name, count = '1'] = /^(.*?)(?::(\d+))?$/.exec(wanted)!;
  const signal = process.env['PANORAMA_FAILPOINT_SIGNAL'] ?? 'SIGKILL';
  let left = Number(count);
  return (reached) => {
    if (reached === name && --left === 0) process.kill(process.pid, signal);
  };
}

const pointOf = (name: string): 'lock' | 'record' | 'journal' | 'state' | undefined => {
  if (name.startsWith('_panorama/lock')) return 'lock';
  if (name.startsWith('_panorama/runs/')) return 'record';
  if (name.startsWith('_panorama/journal/')) return 'journal';
  return name.startsWith('_panorama/tables/') ? 'state' : undefined;
};

/** The storage and the catalog of a lake, which die where the environment says so. */
export function withFailpoints<Place extends { readonly storage: Storage; readonly catalog?: Engine }>(
  place: Place,
): Place {
  const reach = armed();
  if (reach === undefined) return place;
  const { storage, catalog } = place;
  const failing: Storage = {
    ...storage,
    async stage(name) {
      reach('stage');
      const writer = await storage.stage(name);
      return {
        write: (chunk) => writer.write(chunk),
        abort: () => writer.abort(),
        async finish() {
          const staged = await writer.finish();
          reach('staged');
          return staged;
        },
      };
    },
    async commit(staged) {
      reach('before commit');
      await storage.commit(staged);
      reach('after commit');
    },
    async putIf(name, bytes, token) {
      const point = pointOf(name);
      if (point !== undefined) reach(`before ${point}`);
      const answer = await storage.putIf(name, bytes, token);
      if (point !== undefined) reach(`after ${point}`);
      return answer;
    },
    async remove(name, ...rest) {
      reach('before remove');
      const answer = await storage.remove(name, ...rest);
      reach('after remove');
      return answer;
    },
  };
  return {
    ...place,
    storage: failing,
    ...(catalog === undefined ? {} : { catalog: failingCatalog(catalog, reach) }),
  };
}

function failingCatalog(catalog: Engine, reach: (name: Failpoint) => void): Engine {
  return {
    ...catalog,
    async ensureTable(state) {
      reach('before catalog table');
      await catalog.ensureTable(state);
      reach('after catalog table');
    },
    async syncPartitions(state, baseValues) {
      await catalog.syncPartitions?.(state, baseValues);
      reach('after catalog partitions');
    },
    async replaceViews(state) {
      const changed = await catalog.replaceViews(state);
      reach('after catalog view');
      return changed;
    },
  };
}
