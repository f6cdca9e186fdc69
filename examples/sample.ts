/**
 * Writes a fictional Open edX site as the backup that a real one has: a mysqldump and a mongodump.
 *
 *     npx tsx examples/sample.ts [--out ./sample] [--learners 3000] [--seed panorama]
 */
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { activeVersions } from './sample/courses/course-index.ts';
import { definitions } from './sample/courses/definitions.ts';
import { structures } from './sample/courses/structures.ts';
import { writeCollection, type CollectionSummary, type IndexSpec } from './sample/dumps/mongodump.ts';
import { DumpWriter, type TableSummary } from './sample/dumps/mysqldump.ts';
import { readSchema } from './sample/dumps/schema.ts';
import { Random, STREAM } from './sample/random.ts';
import { planSite, type Site } from './sample/site.ts';
import { TABLES } from './sample/tables/tables.ts';

export interface SampleOptions {
  /** The folder to write; `mysql/` and `mongo/` inside it are replaced. */
  readonly out: string;
  /** How many learners; every one makes about 35 rows of courseware_studentmodule. */
  readonly learners?: number;
  /** Any text; the same text and number of learners give the same bytes. */
  readonly seed?: string;
  /** Called when a table or collection is written. */
  readonly onPart?: (part: TableSummary | CollectionSummary) => void;
}

/** What {@link writeSample} wrote. */
export interface SampleSummary {
  readonly tables: readonly TableSummary[];
  readonly collections: readonly CollectionSummary[];
  /** Paths relative to `out`, and sizes in bytes. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}

export const DEFAULT_LEARNERS = 3000;
export const DEFAULT_SEED = 'panorama';

const MYSQL_FILE = join('mysql', 'edxapp.sql.gz');
const MONGO_FOLDER = join('mongo', 'edxapp');

/** Writes the sample into a folder and says what is in it. */
export async function writeSample(options: SampleOptions): Promise<SampleSummary> {
  const { out, learners = DEFAULT_LEARNERS, seed = DEFAULT_SEED, onPart = () => {} } = options;
  for (const folder of ['mysql', 'mongo']) await rm(join(out, folder), { recursive: true, force: true });
  await mkdir(join(out, 'mysql'), { recursive: true });
  await mkdir(join(out, MONGO_FOLDER), { recursive: true });
  const site = planSite({ learners, seed });
  const tables = await writeTables(site, join(out, MYSQL_FILE), onPart);
  const collections = await writeCollections(site, join(out, MONGO_FOLDER), onPart);
  const paths = [MYSQL_FILE];
  for (const { collection } of collections) {
    for (const suffix of ['bson', 'metadata.json']) paths.push(join(MONGO_FOLDER, `${collection}.${suffix}`));
  }
  const files = await Promise.all(
    paths.map(async (path) => ({ path, bytes: (await stat(join(out, path))).size })),
  );
  return { tables, collections, files };
}

async function writeTables(
  site: Site,
  path: string,
  onPart: (part: TableSummary) => void,
): Promise<TableSummary[]> {
  const writer = new DumpWriter(path);
  const summaries: TableSummary[] = [];
  try {
    for (const schema of readSchema()) {
      const summary = await writer.table(schema, TABLES[schema.name]!(site));
      onPart(summary);
      summaries.push(summary);
    }
    await writer.finish();
  } catch (error) {
    writer.abort();
    throw error;
  }
  return summaries;
}

const COURSE_INDEX: IndexSpec = {
  key: { org: 1, course: 1, run: 1 },
  name: 'org_1_course_1_run_1',
  unique: true,
};

async function writeCollections(
  site: Site,
  folder: string,
  onPart: (part: CollectionSummary) => void,
): Promise<CollectionSummary[]> {
  const random = new Random(site.seed, STREAM.site, 2);
  const collections = [
    { name: 'modulestore.active_versions', documents: activeVersions(site), indexes: [COURSE_INDEX] },
    { name: 'modulestore.definitions', documents: definitions(site), indexes: [] },
    { name: 'modulestore.structures', documents: structures(site), indexes: [] },
  ];
  const summaries: CollectionSummary[] = [];
  for (const { name, documents, indexes } of collections) {
    const summary = await writeCollection(folder, name, documents, indexes, random);
    onPart(summary);
    summaries.push(summary);
  }
  return summaries;
}

function describePart(part: TableSummary | CollectionSummary): string {
  const [name, count, unit] =
    'table' in part ? [part.table, part.rows, 'rows'] : [part.collection, part.documents, 'documents'];
  return `${name.padEnd(55)} ${String(count).padStart(10)} ${unit.padEnd(9)} ${String(part.bytes).padStart(12)} bytes`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: './sample' },
      learners: { type: 'string', default: String(DEFAULT_LEARNERS) },
      seed: { type: 'string', default: DEFAULT_SEED },
    },
  });
  const learners = Number(values.learners);
  if (!Number.isInteger(learners) || learners < 1 || learners > 10_000_000) {
    throw new RangeError('--learners takes a whole number from 1 to 10000000');
  }
  const summary = await writeSample({
    out: values.out,
    learners,
    seed: values.seed,
    onPart: (part) => console.log(describePart(part)),
  });
  for (const { path, bytes } of summary.files) console.log(`${join(values.out, path)}: ${bytes} bytes`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
