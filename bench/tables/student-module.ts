import { type BenchTable, inDatabase } from './table.ts';

const COLUMNS = [
  'id',
  'module_type',
  'module_id',
  'student_id',
  'course_id',
  'state',
  'grade',
  'max_grade',
  'done',
  'created',
  'modified',
];

/**
 * A table with rows of the size and shape of a real `courseware_studentmodule`: 200 courses of very different size
 * (the largest has 13 % of all rows, the smallest 0.2 %), 30 % of the rows without a state, JSON of 170 to 320
 * bytes in the others; 2 million rows are 721 MB as the text that `mariadb -N -B` prints.
 * @param rows may be 0
 */
export function studentModule(rows: number, name = 'courseware_studentmodule'): BenchTable {
  return { name, columns: COLUMNS, rows, fill: (server) => inDatabase(server, script(name, rows)) };
}

function script(name: string, rows: number): string {
  return `
    DROP TABLE IF EXISTS ${name};
    CREATE TABLE ${name} (
      id bigint NOT NULL AUTO_INCREMENT,
      module_type varchar(32) NOT NULL,
      module_id varchar(255) NOT NULL,
      student_id int NOT NULL,
      course_id varchar(255) NOT NULL,
      state longtext,
      grade double DEFAULT NULL,
      max_grade double DEFAULT NULL,
      done varchar(8) NOT NULL,
      created datetime(6) NOT NULL,
      modified datetime(6) NOT NULL,
      PRIMARY KEY (id),
      KEY modified_index (modified)
    ) ENGINE=InnoDB;
    ${rows === 0 ? '' : insert(name, rows)}
    ANALYZE TABLE ${name};
  `;
}

function insert(name: string, rows: number): string {
  return `
    INSERT INTO ${name}
    SELECT
      seq,
      ELT(1 + h % 4, 'problem', 'problem', 'video', 'sequential'),
      CONCAT('block-v1:Uni', course % 12, '+C', course, '+2025+type@',
        ELT(1 + h % 4, 'problem', 'problem', 'video', 'sequential'),
        '+block@', MD5(CONCAT('b', course, ':', (h DIV 7) % 120))),
      1 + (h DIV 13) % 90000,
      CONCAT('course-v1:Uni', course % 12, '+C', course, '+2025'),
      IF(h % 10 < 3, NULL, CONCAT(
        '{"seed": ', h % 1000, ', "attempts": ', 1 + h % 5, ', "done": true, "score": {"raw_earned": ', h % 2,
        ', "raw_possible": 1}, "correct_map": {"_2_1": {"correctness": "', IF(h % 3 = 0, 'incorrect', 'correct'),
        '"}}, "student_answers": {"_2_1": "', REPEAT(SUBSTRING(MD5(seq), 1, 24), h % 7), '"}}')),
      IF(h % 4 < 2, h % 2, NULL),
      IF(h % 4 < 2, 1, NULL),
      'na',
      '2025-01-01' + INTERVAL (h % 15000000) SECOND + INTERVAL (h % 1000000) MICROSECOND,
      '2025-01-02' + INTERVAL (h % 31000000) SECOND + INTERVAL (h % 999983) MICROSECOND
    FROM (
      SELECT seq, CRC32(CONCAT('row', seq)) AS h,
             FLOOR(200 * POW((CRC32(CONCAT('course', seq)) % 100000) / 100000, 2.6)) AS course
      FROM seq_1_to_${rows}
    ) AS rows_to_make;`;
}
