import { join } from 'node:path';

import { GetObjectCommand } from '@aws-sdk/client-s3';
import { type Document, Double } from 'bson';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { RunReport } from '../../src/pipeline/events.ts';
import { extractAndLoad } from '../../src/pipeline/run.ts';
import type {
  CourseStructuresDatasource,
  DatalakeSettings,
  LocalDatalake,
  TableSettings,
} from '../../src/settings/settings.ts';
import { Secret } from '../../src/settings/secret.ts';
import { s3Available, startS3, type S3Server } from '../servers/s3.ts';
import { block, id, structure, writeFolder } from '../sources/modulestore/site.ts';
import { tempDir } from '../temp-dir.ts';
import { askLake } from './ask-lake.ts';

const folder = tempDir();
let number = 0;

const TEXT = 'a "b", c\\d\nline \\n ü';

/** A course with a value of every kind that the table has. */
const course = (version: number, name: string): Document =>
  structure(version, [
    block(
      ['course', 'course'],
      {
        display_name: name,
        start: '2024-01-02T03:04:05.000006Z',
        graded: true,
        children: [['problem', 'p']],
      },
      { edit_info: { edited_on: new Date('2024-05-01T10:00:00.123Z') } },
    ),
    block(['problem', 'p'], { display_name: '', weight: new Double(0.1), visible_to_staff_only: true }),
    block(['html', 'orphan']),
  ]);

interface Site {
  readonly datalake: DatalakeSettings;
  readonly tables: readonly TableSettings[];
}

/** What is read of the modulestore in a folder. */
const coursesAt = (place: string, tables: readonly TableSettings[]): CourseStructuresDatasource => ({
  type: 'openedx_course_structures',
  name: 'courses',
  tables,
  include: [],
  location: [place],
  mongodb: {
    host: '',
    srv: false,
    database: 'edxapp',
    authSource: 'edxapp',
    readPreference: 'primary',
    tls: { mode: 'disabled' },
  },
});

/** Loads a site whose courses have these structures, of which each has its own name. */
async function load(
  { datalake, tables }: Site,
  courses: Readonly<Record<string, Document | undefined>>,
  include: CourseStructuresDatasource['include'] = [],
): Promise<RunReport> {
  const place = join(folder, String(number++));
  const versions = Object.entries(courses).map(([run], i) => ({ run, version: id(i + 1) }));
  await writeFolder(place, {
    active_versions: versions.map(({ run, version }) => {
      const [name, branch = 'published'] = run.split(' ');
      return { org: 'O', course: 'C', run: name, versions: { [`${branch}-branch`]: version } };
    }),
    structures: Object.values(courses).flatMap((found, i) =>
      found === undefined ? [] : [{ ...found, _id: id(i + 1) }],
    ),
    definitions: [],
  });
  const source = { ...coursesAt(place, tables), include };
  return extractAndLoad({
    settings: { datalake, datasources: [source] },
    selection: { all: true },
    allowShrink: true,
  });
}

/** The rows of a query as JSON, in order. */
const ask = async (lake: LocalDatalake, sql: string): Promise<string[]> =>
  (await askLake(lake, sql)).map((row) => JSON.stringify(row)).sort();

const ALL = 'SELECT * FROM openedx_table_course_structures';

const localLake = (format: 'parquet' | 'csv', layout: LocalDatalake['layout'] = 'hive'): LocalDatalake => ({
  type: 'local',
  path: join(folder, `lake-${number++}`),
  format,
  layout,
  basePrefix: 'openedx',
  basePartitions: [{ name: 'lms', type: 'varchar', value: 'a/b' }],
});

const whole: TableSettings = { name: 'course_structures' };
const byCourse: TableSettings = { ...whole, partitions: { partitionFields: ['course_id'] } };
const renamed: TableSettings = {
  ...whole,
  fields: ['display_name', 'Course_ID', 'weight', 'start', 'graded'].map((name) => ({ name })),
};

describe('a course that cannot be read keeps the rows that the lake has of it', () => {
  it.each<[string, 'parquet' | 'csv', LocalDatalake['layout'], TableSettings]>([
    ['Parquet in one file', 'parquet', 'hive', whole],
    ['CSV in one file', 'csv', 'hive', whole],
    ['Parquet by course', 'parquet', 'hive', byCourse],
    ['CSV by course, in the original layout', 'csv', 'original', byCourse],
    ['some columns, under names of their own', 'csv', 'original', renamed],
  ])('%s', async (_, format, layout, table) => {
    const datalake = localLake(format, layout);
    const site: Site = { datalake, tables: [table] };
    const first = await load(site, { a: course(1, TEXT), b: course(2, 'two'), gone: course(3, 'three') });
    expect([first.exit, first.failures]).toEqual([0, []]);
    const before = await ask(datalake, ALL);
    expect(before).toHaveLength(9);

    const second = await load(site, { a: undefined, b: course(2, 'new'), d: undefined });
    expect(
      second.failures.map(({ table: name, error }) => [
        name,
        error.code,
        error.message.split(':', 2).join(':'),
      ]),
    ).toEqual([
      ['course_structures', 'course-unreadable', 'Course course-v1:O+C+a'],
      ['course_structures', 'course-unreadable', 'Course course-v1:O+C+d'],
    ]);
    expect([second.exit, second.tables.map(({ rows }) => rows)]).toEqual([3, [6]]);
    const after = await ask(datalake, ALL);
    expect(after.filter((row) => row.includes('+C+a"'))).toEqual(
      before.filter((row) => row.includes('+C+a"')),
    );
    expect(after).toHaveLength(6);
    expect(after.some((row) => row.includes('"new"'))).toBe(true);

    const third = await load(site, { a: undefined, b: course(2, 'new') });
    expect(third.exit).toBe(3);
    expect(await ask(datalake, ALL)).toEqual(after);
  });

  it('also where the lake has fewer columns of it than the settings want by now', async () => {
    const datalake = localLake('parquet');
    await load({ datalake, tables: [renamed] }, { a: course(1, TEXT), b: course(2, 'two') });
    const { exit } = await load({ datalake, tables: [whole] }, { a: undefined, b: course(2, 'two') });
    expect(exit).toBe(3);
    const rows = await ask(
      datalake,
      'SELECT display_name, weight, start, graded, module_location FROM openedx_table_course_structures',
    );
    expect(rows).toContain(JSON.stringify([TEXT, null, '2024-01-02 03:04:05.000006', 'true', null]));
    expect(rows).toContain(
      JSON.stringify(['two', null, '2024-01-02 03:04:05.000006', 'true', 'course-v1:O+C+b']),
    );
  });

  it('the draft of a course alone, where drafts are read', async () => {
    const datalake = localLake('parquet');
    const site: Site = { datalake, tables: [whole] };
    const courses = { a: course(1, 'one'), 'a draft': course(2, 'drafted'), b: course(3, 'two') };
    await load(site, courses, ['drafts']);
    const { failures } = await load(site, { ...courses, a: course(1, 'new'), 'a draft': undefined }, [
      'drafts',
    ]);
    expect(failures.map(({ error }) => error.message)).toEqual([
      `Course course-v1:O+C+a, draft: its structure ${id(2).toHexString()} is not in modulestore.structures.`,
    ]);
    expect(
      await ask(
        datalake,
        "SELECT branch, display_name FROM openedx_table_course_structures WHERE block_type = 'course'",
      ),
    ).toEqual(['["draft","drafted"]', '["published","new"]', '["published","two"]']);
  });

  it('the whole table stays where its columns do not tell courses apart', async () => {
    const datalake = localLake('parquet');
    const site: Site = {
      datalake,
      tables: [{ ...whole, fields: [{ name: 'display_name' }, { name: 'weight' }] }],
    };
    await load(site, { a: course(1, 'one'), b: course(2, 'two') });
    const before = await ask(datalake, ALL);
    const report = await load(site, { a: undefined, b: course(2, 'new') });
    expect([report.exit, report.tables]).toEqual([1, []]);
    expect(report.failures.map(({ error }) => error.code)).toEqual(['course-unreadable']);
    expect(await ask(datalake, ALL)).toEqual(before);
  });

  it('nothing where the lake has nothing of it', async () => {
    const datalake = localLake('parquet');
    const report = await load({ datalake, tables: [whole] }, { a: undefined, b: course(2, 'two') });
    expect([report.exit, report.tables.map(({ rows }) => rows)]).toEqual([3, [3]]);
  });

  it('nothing of it changes where the files are cut off', async () => {
    const datalake = localLake('parquet');
    const site: Site = { datalake, tables: [whole] };
    await load(site, { a: course(1, 'one') });
    const before = await ask(datalake, ALL);
    const report = await extractAndLoad({
      settings: { datalake, datasources: [coursesAt(join(folder, 'absent'), [whole])] },
      selection: { all: true },
    });
    expect([report.exit, report.failures.map(({ error }) => error.code)]).toEqual([1, ['dump-unreadable']]);
    expect(await ask(datalake, ALL)).toEqual(before);
  });
});

describe.runIf(s3Available())('in S3', () => {
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(() => s3?.stop());

  it('the rows are fetched from the files that are there', async () => {
    const bucket = await s3.makeBucket();
    const datalake: DatalakeSettings = {
      type: 'aws',
      bucket,
      region: s3.region,
      endpoint: s3.endpoint,
      pathStyle: true,
      accessKey: new Secret(s3.accessKey),
      secretAccessKey: new Secret(s3.secretKey),
      format: 'csv',
      layout: 'original',
      basePrefix: 'openedx',
      basePartitions: [{ name: 'lms', type: 'varchar', value: 'a/b' }],
    };
    const site: Site = { datalake, tables: [whole] };
    const client = s3.client();
    const file = async (): Promise<string[]> => {
      const Key = 'openedx/course_structures/lms=a/b/course_structures.csv';
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      return (await Body!.transformToString()).split('\r\n');
    };
    await load(site, { a: course(1, TEXT), b: course(2, 'two') });
    const before = await file();
    const report = await load(site, { a: undefined, b: course(2, 'new') });
    expect([report.exit, report.failures.length]).toEqual([3, 1]);
    const after = await file();
    expect(after.filter((line) => line.includes('+C+a,'))).toEqual(
      before.filter((line) => line.includes('+C+a,')),
    );
    expect([before.length, after.length]).toEqual([8, 8]);
    client.destroy();
  });
});
