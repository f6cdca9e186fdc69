import type { MariadbServer } from '../test/servers/mariadb.ts';

/**
 * Fills `bench.courseware_studentmodule` with rows of the size and shape of a real one: 200 courses of very
 * different size (the largest has an eighth of all rows), 30 % without a state, JSON of 0.2 to 0.9 kB else.
 * Made by the server itself, the same for the same number of rows.
 */
export async function fillStudentModule(server: MariadbServer, rows: number): Promise<void> {
  await server.exec(`
    CREATE DATABASE IF NOT EXISTS bench CHARACTER SET utf8mb4;
    USE bench;
    DROP TABLE IF EXISTS courseware_studentmodule;
    CREATE TABLE courseware_studentmodule (
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
      KEY courseware_studentmodule_modified (modified)
    ) ENGINE=InnoDB;
    SET unique_checks = 0, foreign_key_checks = 0;
    INSERT INTO courseware_studentmodule
    SELECT
      seq,
      ELT(1 + h % 4, 'problem', 'problem', 'video', 'sequential'),
      CONCAT('block-v1:Uni', course % 12, '+C', course, '+2025+type@', ELT(1 + h % 4, 'problem', 'problem', 'video', 'sequential'),
             '+block@', MD5(CONCAT('b', course, ':', (h DIV 7) % 120))),
      1 + (h DIV 13) % 90000,
      CONCAT('course-v1:Uni', course % 12, '+C', course, '+2025'),
      IF(h % 10 < 3, NULL, CONCAT(
        '{"correct_map": {"', MD5(CONCAT('b', course, ':', (h DIV 7) % 120)), '_2_1": {"correctness": "', IF(h % 3 = 0, 'incorrect', 'correct'),
        '", "npoints": null, "msg": "", "hint": "", "hintmode": null, "queuestate": null, "answervariable": null}}, "input_state": {"',
        MD5(CONCAT('b', course, ':', (h DIV 7) % 120)), '_2_1": {}}, "last_submission_time": "2025-0', 1 + h % 9, '-1', h % 9, 'T1', h % 10, ':4', h % 7,
        ':22Z", "attempts": ', 1 + h % 5, ', "score": {"raw_earned": ', h % 2, ', "raw_possible": 1}, "done": true, "seed": ', h % 1000,
        ', "student_answers": {"_2_1": "choice_', h % 4, '", "note": "', REPEAT(SUBSTRING(SHA2(seq, 256), 1, 24), h % 12), '"}}')),
      IF(h % 4 < 2, h % 2, NULL),
      IF(h % 4 < 2, 1, NULL),
      'na',
      '2025-01-01' + INTERVAL (h % 15000000) SECOND + INTERVAL (h % 1000000) MICROSECOND,
      '2025-01-02' + INTERVAL (h % 31000000) SECOND + INTERVAL (h % 999983) MICROSECOND
    FROM (
      SELECT seq, CRC32(CONCAT('row', seq)) AS h,
             FLOOR(200 * POW((CRC32(CONCAT('course', seq)) % 100000) / 100000, 2.55)) AS course
      FROM seq_1_to_${rows}
    ) AS rows_to_make;
    ANALYZE TABLE courseware_studentmodule;
  `);
}
