import type { Document } from 'bson';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeSample, type SampleSummary } from '../../examples/sample.ts';
import { escapeText } from '../../examples/sample/dumps/mysqldump.ts';
import { planSite } from '../../examples/sample/site.ts';
import { parseSql, readCollection, readSql, type SampleRow, type SampleTable } from './read-sample.ts';

const LEARNERS = 400;
const SEED = 'test';

let root: string;
let out: string;
let summary: SampleSummary;
let sql: string;
let tables: Map<string, SampleTable>;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'panorama-sample-'));
  out = join(root, 'first');
  summary = await writeSample({ out, learners: LEARNERS, seed: SEED });
  sql = readSql(out);
  tables = parseSql(sql);
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

function rowsOf(table: string): readonly SampleRow[] {
  return tables.get(table)!.rows;
}

function hashes(folder: string, { files }: SampleSummary): string[] {
  return files.map(({ path }) =>
    createHash('sha256')
      .update(readFileSync(join(folder, path)))
      .digest('hex'),
  );
}

describe('the files', () => {
  test('the same seed gives the same bytes, another seed gives others', async () => {
    const again = join(root, 'again');
    const other = join(root, 'other');
    const first = hashes(out, summary);
    expect(hashes(again, await writeSample({ out: again, learners: LEARNERS, seed: SEED }))).toEqual(first);
    const others = hashes(other, await writeSample({ out: other, learners: LEARNERS, seed: 'another' }));
    expect(others.filter((hash, i) => hash === first[i])).toEqual([]);
  });

  test('the dump begins and ends as mariadb-dump has it, and holds every table', () => {
    expect(sql).toMatch(/^\/\*M!999999\\- enable the sandbox mode \*\/ \n-- MariaDB dump 10\.19 /);
    expect(sql).toMatch(/\n-- Dump completed on 2026-06-30 {2}2:00:00\n$/);
    expect(tables.size).toBe(34);
    expect([...tables.keys()]).toEqual([...tables.keys()].sort());
    for (const { table, rows } of summary.tables)
      expect([table, rowsOf(table).length]).toEqual([table, rows]);
  });

  test('no INSERT statement is much longer than a megabyte, and long tables have several', () => {
    const statements = sql.split('INSERT INTO ').map((text) => text.indexOf(';\n'));
    expect(Math.max(...statements)).toBeLessThan(1 << 20);
    expect(sql.split('INSERT INTO `courseware_studentmodule`').length).toBeGreaterThan(3);
  });

  test('nothing happened after the backup was taken', () => {
    const late = [...tables].flatMap(([name, { rows }]) =>
      rows.flatMap((row) =>
        Object.entries(row)
          .filter(([column, cell]) => /^2\d{3}-\d\d-\d\d \d\d:/.test(cell ?? '') && !/start|end/.test(column))
          .filter(([, cell]) => cell! >= '2026-06-30')
          .map(([column, cell]) => `${name}.${column} ${cell}`),
      ),
    );
    expect(late).toEqual([]);
  });

  test.each([
    ['plain', 'plain'],
    [`it's "so"`, `it\\'s \\"so\\"`],
    ['a\\b', 'a\\\\b'],
    ['\n\r\0\x1a\t', '\\n\\r\\0\\Z\t'],
    ['ünï 😀', 'ünï 😀'],
  ])('%j is escaped as mysqldump does', (text, escaped) => {
    expect(escapeText(text)).toBe(escaped);
  });
});

describe('the tables agree with each other', () => {
  test('primary and unique keys are unique', () => {
    const twice: string[] = [];
    for (const [name, { create, rows }] of tables) {
      for (const [, list] of create.matchAll(/^ {2}(?:PRIMARY KEY|UNIQUE KEY `[^`]+`) \(([^)]+)\)/gm)) {
        const columns = list!.split(',').map((column) => column.replaceAll('`', ''));
        const keys = new Set(rows.map((row) => columns.map((column) => row[column]).join('\u0001')));
        if (keys.size !== rows.length) twice.push(`${name} (${list})`);
      }
    }
    expect(twice).toEqual([]);
  });

  test('foreign keys, declared or not, find their rows', () => {
    const references = [...tables].flatMap(([name, { create }]) =>
      [...create.matchAll(/FOREIGN KEY \(`(\w+)`\) REFERENCES `(\w+)` \(`(\w+)`\)/g)].map((match) => [
        name,
        ...match.slice(1),
      ]),
    );
    expect(references.length).toBeGreaterThan(25);
    const undeclared = [
      ['completion_blockcompletion', 'user_id', 'auth_user', 'id'],
      ['completion_blockcompletion', 'course_key', 'course_overviews_courseoverview', 'id'],
      ['courseware_studentmodule', 'course_id', 'course_overviews_courseoverview', 'id'],
      ['grades_persistentcoursegrade', 'user_id', 'auth_user', 'id'],
      ['grades_persistentsubsectiongrade', 'user_id', 'auth_user', 'id'],
      ['student_courseenrollment', 'course_id', 'course_overviews_courseoverview', 'id'],
      ['student_courseenrollment_history', 'id', 'student_courseenrollment', 'id'],
      ['student_courseenrollment_history', 'user_id', 'auth_user', 'id'],
      ['submissions_studentitem', 'student_id', 'student_anonymoususerid', 'anonymous_user_id'],
      ['enterprise_enterprisecustomeruser', 'user_id', 'auth_user', 'id'],
    ];
    const lost: string[] = [];
    for (const [table, column, target, key] of [...references, ...undeclared] as [
      string,
      string,
      string,
      string,
    ][]) {
      const present = new Set(rowsOf(target).map((row) => row[key]));
      const missing = rowsOf(table).filter((row) => row[column] !== null && !present.has(row[column]!));
      if (missing.length > 0) lost.push(`${table}.${column}: ${missing.length}`);
    }
    expect(lost).toEqual([]);
  });

  test('only enrolled users have activity, and grades and completions rest on it', () => {
    const pairs = (table: string, user: string, course: string): Set<string> =>
      new Set(rowsOf(table).map((row) => `${row[user]} ${row[course]}`));
    const enrolled = pairs('student_courseenrollment', 'user_id', 'course_id');
    const active = pairs('courseware_studentmodule', 'student_id', 'course_id');
    const graded = pairs('grades_persistentcoursegrade', 'user_id', 'course_id');
    const completed = pairs('completion_blockcompletion', 'user_id', 'course_key');
    expect([...active].filter((pair) => !enrolled.has(pair))).toEqual([]);
    expect([...completed].filter((pair) => !active.has(pair))).toEqual([]);
    expect(graded).toEqual(active);
  });

  test('the last history row of an enrolment is its present state', () => {
    const last = new Map<string, SampleRow>();
    for (const row of rowsOf('student_courseenrollment_history')) {
      const known = last.get(row['id']!);
      if (known === undefined || known['history_date']! < row['history_date']!) last.set(row['id']!, row);
    }
    for (const { id, is_active, mode, created } of rowsOf('student_courseenrollment')) {
      expect(last.get(id!)).toMatchObject({ is_active, mode, created });
    }
  });

  test('subsection grades are the sums of the problem grades under them', () => {
    const parent = new Map<string, string>();
    const { courses } = planSite({ learners: LEARNERS, seed: SEED });
    const subsections = courses.flatMap((course) =>
      course.sections.flatMap((section) => section.subsections),
    );
    for (const { block, leaves } of subsections) {
      for (const leaf of leaves) for (const part of [leaf, ...leaf.children]) parent.set(part.key, block.key);
    }
    const sums = new Map<string, number>();
    for (const { grade, module_id, student_id } of rowsOf('courseware_studentmodule')) {
      const key = `${student_id} ${parent.get(module_id!)}`;
      if (grade !== null) sums.set(key, (sums.get(key) ?? 0) + Number(grade));
    }
    const graded = rowsOf('grades_persistentsubsectiongrade').filter((row) => row['possible_graded'] !== '0');
    expect(graded.length).toBeGreaterThan(500);
    for (const { user_id, usage_key, earned_graded, earned_all, possible_all } of graded) {
      expect(Number(earned_graded)).toBeCloseTo(sums.get(`${user_id} ${usage_key}`) ?? 0, 8);
      expect(earned_all).toBe(earned_graded);
      expect(Number(earned_all)).toBeLessThanOrEqual(Number(possible_all));
    }
  });

  test('course teams have roles for their run, their organisation and the site', () => {
    const roles = rowsOf('student_courseaccessrole');
    for (const role of ['instructor', 'staff', 'beta_testers', 'data_researcher', 'course_creator_group']) {
      expect(roles.filter((row) => row['role'] === role).length).toBeGreaterThan(2);
    }
    expect(roles.filter((row) => row['role'] === 'staff' && row['course_id'] === '').length).toBe(3);
    expect(rowsOf('auth_user').filter((row) => row['is_superuser'] === '1').length).toBe(1);
  });

  test('everybody is fictional, and every password hash says so', () => {
    for (const { email, password } of rowsOf('auth_user')) {
      expect(email).toMatch(/@(?:[a-z]+\.)?(?:example\.com|example\.org|invalid)$/);
      expect(password).toMatch(/^(?:pbkdf2_sha256\$600000\$FAKEsalt\w+\$FICTIONAL\w+=|![0-9a-f]{40})$/);
    }
  });
});

describe('the modulestore', () => {
  let structures: Map<string, Document>;
  let index: readonly SampleRow[];

  beforeAll(() => {
    structures = new Map(
      readCollection(out, 'structures').map((document) => [String(document['_id']), document]),
    );
    index = rowsOf('split_modulestore_django_splitmodulestorecourseindex');
  });

  const blocksOf = (id: string): Document[] => structures.get(id)!['blocks'] as Document[];
  const idsOf = (id: string): Set<string> =>
    new Set(blocksOf(id).map((block) => block['block_id'] as string));

  test('the MySQL index and active_versions name the same versions, and all of them exist', () => {
    const branches = {
      draft_version: 'draft-branch',
      published_version: 'published-branch',
      library_version: 'library',
    };
    const active = readCollection(out, 'active_versions');
    expect(active.length).toBe(index.length);
    for (const row of index) {
      const document = active.find((entry) => String(entry['_id']) === row['objectid'])!;
      for (const [column, branch] of Object.entries(branches)) {
        const id = row[column]!;
        expect(String(document['versions'][branch] ?? '')).toBe(id);
        if (id !== '') expect(structures.has(id)).toBe(true);
      }
    }
    expect(index.filter((row) => row['library_version'] !== '').length).toBe(1);
  });

  test('versions form a chain, children and definitions exist', () => {
    const definitions = new Set(readCollection(out, 'definitions').map((entry) => String(entry['_id'])));
    for (const [id, structure] of structures) {
      const previous = structure['previous_version'];
      if (previous !== null) expect(structures.has(String(previous))).toBe(true);
      const ids = new Set(blocksOf(id).map((block) => `${block['block_type']} ${block['block_id']}`));
      for (const block of blocksOf(id)) {
        expect(definitions.has(String(block['definition']))).toBe(true);
        for (const child of block['fields'].children ?? []) expect(ids.has(child.join(' '))).toBe(true);
      }
    }
  });

  test('runs have several published versions and a draft that is ahead by one unit', () => {
    for (const row of index.filter((entry) => entry['published_version'] !== '')) {
      const published = idsOf(row['published_version']!);
      const draft = blocksOf(row['draft_version']!);
      const names = draft
        .filter((block) => !published.has(block['block_id']))
        .map((block) => block['fields'].display_name);
      expect(names).toEqual(expect.arrayContaining(['Draft unit']));
    }
    const older = [...structures.values()].filter((structure) => structure['previous_version'] !== null);
    expect(older.length).toBeGreaterThan(40);
  });

  test('every module of a run in the modulestore is a block of its published version', () => {
    const known = new Map(index.map((row) => [row['course_id'], row['published_version']!]));
    const ids = new Map(
      [...known].map(([course, version]) => [course, version === '' ? null : idsOf(version)]),
    );
    const lost = rowsOf('courseware_studentmodule').filter(({ course_id, module_id }) => {
      const blocks = ids.get(course_id!);
      return blocks != null && !blocks.has(module_id!.split('+block@')[1]!);
    });
    expect(lost).toEqual([]);
    const oldStyle = rowsOf('courseware_studentmodule').filter(
      (row) => row['course_id'] === 'HarborTech/SAFETY1/2025_T1',
    );
    expect(oldStyle.length).toBeGreaterThan(100);
    for (const row of oldStyle) expect(row['module_id']).toMatch(/^i4x:\/\/HarborTech\/SAFETY1\/\w+\/\w+$/);
  });

  test('a rerun has the block ids of its origin; randomized content holds the problems of the library', () => {
    const version = (key: string): string =>
      index.find((row) => row['course_id'] === key)!['published_version']!;
    const origin = idsOf(version('course-v1:NorthlightU+ASTRO101+2025_Spring'));
    expect(idsOf(version('course-v1:NorthlightU+ASTRO101+2026_Spring'))).toEqual(origin);
    const library = index.find((row) => row['library_version'] !== '')!;
    const bank = blocksOf(version('course-v1:HarborTech+NET200+2025_T3')).filter(
      (block) => block['block_type'] === 'library_content',
    );
    expect(bank.length).toBeGreaterThan(3);
    expect(bank[0]!['fields'].source_library_id).toBe(library['course_id']);
    expect(bank[0]!['fields'].children.length).toBe(idsOf(library['library_version']!).size - 1);
  });
});
