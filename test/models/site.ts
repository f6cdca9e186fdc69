import type { TableState } from '../../src/lake/table-state.ts';
import type { FieldType } from '../../src/rows/field.ts';
import { type Cell, field, partitionField, type TestLake } from '../engines/lake.ts';

/** The tables that the models read, with columns and types as MySQL declares them. */
export const TABLES: Readonly<Record<string, readonly (readonly [name: string, kind: FieldType['kind']])[]>> =
  {
    student_courseenrollment: [
      ['id', 'int32'],
      ['course_id', 'text'],
      ['created', 'timestamp'],
      ['is_active', 'int32'],
      ['mode', 'text'],
      ['user_id', 'int32'],
    ],
    auth_user: [
      ['id', 'int32'],
      ['username', 'text'],
      ['email', 'text'],
      ['is_staff', 'int32'],
      ['is_active', 'int32'],
    ],
    auth_userprofile: [
      ['id', 'int32'],
      ['name', 'text'],
      ['country', 'text'],
      ['user_id', 'int32'],
    ],
    course_overviews_courseoverview: [
      ['id', 'text'],
      ['display_name', 'text'],
      ['start', 'timestamp'],
      ['end', 'timestamp'],
    ],
    grades_persistentcoursegrade: [
      ['modified', 'timestamp'],
      ['id', 'int64'],
      ['user_id', 'int32'],
      ['course_id', 'text'],
      ['percent_grade', 'float64'],
      ['letter_grade', 'text'],
    ],
    student_courseaccessrole: [
      ['id', 'int32'],
      ['org', 'text'],
      ['course_id', 'text'],
      ['role', 'text'],
      ['user_id', 'int32'],
    ],
    student_manualenrollmentaudit: [
      ['id', 'int32'],
      ['enrolled_email', 'text'],
      ['time_stamp', 'timestamp'],
      ['state_transition', 'text'],
      ['reason', 'text'],
      ['enrolled_by_id', 'int32'],
      ['enrollment_id', 'int32'],
      ['role', 'text'],
    ],
  };

/** Rows of the tables of one installation, in the order of their columns. Tables that are not named are empty. */
export type SiteRows = Readonly<Record<string, readonly (readonly Cell[])[]>>;

/**
 * Writes the tables of installations into a lake.
 * @param base names of the base partitions
 * @param sites the rows of each installation with its values of the base partitions
 */
export async function writeSites(
  lake: TestLake,
  base: readonly string[],
  sites: readonly { readonly values: readonly string[]; readonly rows: SiteRows }[],
  format: TableState['format'] = 'parquet',
): Promise<void> {
  for (const [table, columns] of Object.entries(TABLES)) {
    await lake.write({
      table,
      format,
      fields: columns.map(([name, kind], i) => field(i + 1, name, kind)),
      partitionFields: base.map((name, i) => ({ ...partitionField(50 + i, name), from: 'base' })),
      files: sites.map(({ values, rows }) => ({ partition: values, rows: rows[table] ?? [] })),
    });
  }
}

/** Times as the source writes them. */
export function time(day: string, clock = '00:00:00.000000'): string {
  return `${day} ${clock}`;
}
