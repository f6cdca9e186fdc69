import type { MariadbServer } from '../test/servers/mariadb.ts';
import { studentModule } from './tables/student-module.ts';

export { DATABASE } from './tables/table.ts';
export const TABLE = 'courseware_studentmodule';

/** Fills the table of the benchmark. */
export async function fillStudentModule(server: MariadbServer, rows: number): Promise<void> {
  await studentModule(rows).fill(server);
}
