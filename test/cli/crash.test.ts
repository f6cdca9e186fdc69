import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { FAILPOINTS } from '../../src/failpoints.ts';
import { readRuns } from '../../src/lake/run-ledger.ts';
import { hiveLayout } from '../../src/lake/hive-layout.ts';
import { extractAndLoad } from '../../src/pipeline/run.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { type AwsSite, awsSiteAvailable, startAwsSite } from '../servers/aws-site.ts';
import { tempDir } from '../temp-dir.ts';
import { cli } from './cli.ts';
import { type LakePlace, localPlace, s3Place } from './lake-place.ts';

/*
 * Every step of a run that changes the lake, and a run that is killed there. What the next run and every reader may see
 * is old or new, never anything else; the next run needs no help. `SOAK=1` tries each step at each of its times; else
 * the first two, and in AWS a sample of the steps, of which the seed is printed.
 */

const folder = tempDir();
const SOAK = process.env['SOAK'] === '1';
const KILLED = 137;
/** How many steps are tried in AWS. */
const SAMPLE = 5;

function sampleOf<T>(items: readonly T[]): T[] {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1e9));
  process.stderr.write(`steps in AWS: SEED=${seed}\n`);
  const drawn = items.map((item, i) => ({
    item,
    order: createHash('sha256').update(`${seed} ${i}`).digest('hex'),
  }));
  return drawn
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .slice(0, SAMPLE)
    .map(({ item }) => item);
}

/** A site whose rows all say how old they are. Of the partitions one goes, one comes and two change. */
function dump(age: 'old' | 'new'): string {
  const courses = age === 'old' ? ['gone', 'kept', 'both'] : ['kept', 'both', 'come'];
  const rows = courses.flatMap((course, i) => [0, 1, 2].map((n) => `(${i * 3 + n},'${course}','${age}')`));
  return `CREATE TABLE \`by_course\` (\`id\` int NOT NULL, \`course_id\` varchar(20), \`age\` varchar(9), PRIMARY KEY (\`id\`));
INSERT INTO \`by_course\` VALUES ${rows.join(',')};
CREATE TABLE \`whole\` (\`id\` int NOT NULL, \`age\` varchar(9)${age === 'old' ? '' : ', more int'}, PRIMARY KEY (\`id\`));
INSERT INTO \`whole\` VALUES (1,'${age}'${age === 'old' ? '' : ',7'});
-- Dump completed on 2026-01-01  0:00:00
`;
}

interface Place extends LakePlace {
  /** What the catalog lists of the partitioned table; undefined where there is none. */
  places?(prefix: string): Promise<string[]>;
}

async function inAws(): Promise<Place> {
  const site: AwsSite = await startAwsSite({ bucket: 'lake', database: 'db', workgroup: 'panorama' });
  Object.assign(process.env, site.env);
  const place = s3Place(site.s3, 'lake', join(folder, 'spill'));
  return {
    ...place,
    env: site.env,
    datalake: `${place.datalake}\n  datalake_database: db\n  datalake_workgroup: panorama`,
    async places(prefix) {
      const names = { DatabaseName: 'db', TableName: `${prefix}_raw_by_course` };
      const { Partitions = [] } = await site.aws.glue.getPartitions(names);
      return Partitions.map(({ StorageDescriptor }) => StorageDescriptor!.Location!).sort();
    },
    stop: () => site.stop(),
  };
}

const PLACES = [
  {
    name: 'a local folder',
    start: (): Promise<Place> => localPlace(join(folder, 'lake')),
    points: FAILPOINTS.filter((point) => !point.includes('catalog')),
  },
  ...(awsSiteAvailable()
    ? [{ name: 'S3 with Glue', start: inAws, points: SOAK ? FAILPOINTS : sampleOf(FAILPOINTS) }]
    : []),
];

/** The hashes of the live files of a version, by name. */
type Version = ReadonlyMap<string, string>;

describe.each(PLACES)('a run into $name that is killed (D25)', ({ start, points }) => {
  let place: Place;
  let made = 0;

  beforeAll(async () => {
    for (const age of ['old', 'new'] as const) await writeFile(join(folder, `${age}.sql`), dump(age));
    place = await start();
  });
  afterAll(() => place?.stop());

  async function settingsFile(prefix: string, age: 'old' | 'new'): Promise<string> {
    const file = join(folder, `${prefix}-${age}.yaml`);
    await writeFile(
      file,
      `datalake:\n${place.datalake}\n  base_prefix: ${prefix}\ndatasources:
  - type: dump
    name: backup
    location: ${join(folder, `${age}.sql`)}
    tables:
      - name: whole
      - name: by_course
        partitions: { partition_fields: [course_id] }
`,
    );
    return file;
  }

  async function load(prefix: string, age: 'old' | 'new'): Promise<Version> {
    const settings = await loadSettings({ file: await settingsFile(prefix, age) });
    const { failures } = await extractAndLoad({ settings, selection: { all: true } });
    expect(failures).toEqual([]);
    return version(prefix);
  }

  async function version(prefix: string): Promise<Version> {
    const layout = hiveLayout(place.storage);
    const files = new Map<string, string>();
    for (const table of ['whole', 'by_course']) {
      const { state } = await layout.load({ basePrefix: prefix, table });
      for (const { path, sha256 } of state!.files) files.set(path, sha256);
    }
    return files;
  }

  /** The objects of a prefix that are neither whole and old nor whole and new. */
  async function torn(prefix: string, versions: readonly Version[]): Promise<string[]> {
    const bad: string[] = [];
    for (const name of await place.storage.list(`${prefix}/`)) {
      const found = await place.storage.read(name);
      if (found === undefined) continue;
      const hash = createHash('sha256').update(found.bytes).digest('hex');
      if (!versions.some((each) => each.get(name) === hash)) bad.push(name);
    }
    return bad;
  }

  /** Kills a run there and looks; answers whether it came so far. */
  async function crashAt(point: string, expected: { old: Version; new: Version }): Promise<boolean> {
    const prefix = `p${++made}`;
    const own = (each: Version): Version =>
      new Map([...each].map(([name, hash]) => [name.replace(/^[^/]+/, prefix), hash]));
    const versions = [own(expected.old), own(expected.new)];
    expect(await load(prefix, 'old')).toEqual(versions[0]);
    const file = await settingsFile(prefix, 'new');
    let over = false;
    const crashed = cli(['--settings', file, 'extract-and-load', '--all'], {
      cwd: folder,
      env: { ...place.env, PANORAMA_FAILPOINT: point },
    }).finally(() => (over = true));
    // A reader who looks all the time.
    for (; !over; await sleep(5)) expect(await torn(prefix, versions)).toEqual([]);
    const { code, stderr } = await crashed;
    expect([code, code === KILLED || code === 0 ? '' : stderr]).toEqual([code === 0 ? 0 : KILLED, '']);
    expect(await torn(prefix, versions)).toEqual([]);

    // The next run needs no help and leaves nothing.
    expect(await load(prefix, 'new')).toEqual(versions[1]);
    expect(new Set(await place.storage.list(`${prefix}/`))).toEqual(new Set(versions[1]!.keys()));
    expect(await torn(prefix, [versions[1]!])).toEqual([]);
    for (const rest of ['journal', 'staging'])
      expect(await place.storage.list(`_panorama/${rest}/`)).toEqual([]);
    const places = await place.places?.(prefix);
    if (places !== undefined) {
      const folders = [...versions[1]!.keys()].filter((name) => name.includes('/by_course/'));
      expect(places).toEqual(folders.map((name) => `s3://lake/${name.replace(/[^/]+$/, '')}`).sort());
    }
    const [last, before] = await readRuns(place.storage, 2);
    expect(last).toMatchObject({ state: 'ended', exit: 0 });
    if (code === KILLED && !/lock|before record/.test(point))
      expect(['abandoned', 'ended']).toContain(before!.state);
    return code === KILLED;
  }

  let expected: { old: Version; new: Version };
  beforeAll(async () => {
    expected = { old: await load('o', 'old'), new: await load('n', 'new') };
    expect(expected.old.size).toBe(4);
    expect(expected.new.size).toBe(4);
  });

  it.each(points)('at the point: %s', async (point) => {
    let times = 1;
    while (await crashAt(`${point}:${times}`, expected)) if (++times > 2 && !SOAK) break;
    // Each point is reached.
    expect(times).toBeGreaterThan(1);
  });
});
