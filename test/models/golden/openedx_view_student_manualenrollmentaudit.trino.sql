WITH audit AS (
  SELECT
    entry.enrollment_id,
    entry.enrolled_email,
    entry.time_stamp,
    entry.state_transition,
    entry.reason,
    entry.enrolled_by_id,
    CAST(CAST(date_trunc('millisecond', entry.time_stamp) AS timestamp(3)) AS varchar) AS time_text,
    row_number() OVER (
      PARTITION BY entry.enrollment_id, entry.enrolled_email, entry."lms"
      ORDER BY entry.time_stamp ASC NULLS LAST, entry.id ASC
    ) AS place,
    row_number() OVER (
      PARTITION BY entry.enrollment_id, entry.enrolled_email, entry."lms"
      ORDER BY entry.time_stamp DESC NULLS LAST, entry.id DESC
    ) AS place_from_end, entry."lms"
  FROM "openedx_table_student_manualenrollmentaudit" AS entry
)
SELECT
  audit.enrollment_id,
  count(*) AS count_of_transitions,
  audit.enrolled_email,
  audit.lms AS lms,
  max(CASE WHEN audit.place_from_end = 1 THEN audit.state_transition END) AS last_state_transition,
  max(audit.time_stamp) AS last_time_stamp,
  min(audit.time_stamp) AS first_time_stamp,
  max(CASE WHEN audit.place = 1 THEN audit.reason END) AS first_reason,
  array_join(array_agg(CAST(audit.state_transition AS varchar) ORDER BY audit.place), ',', '') AS state_transitions,
  array_join(array_agg(CAST(audit.reason AS varchar) ORDER BY audit.place), ',', '') AS reasons,
  array_join(array_agg(CAST(audit.enrolled_by_id AS varchar) ORDER BY audit.place), ',', '') AS enrolled_by_ids,
  array_join(array_agg(CAST(audit.time_text AS varchar) ORDER BY audit.place), ',', '') AS transitions_time_stamps
FROM audit
GROUP BY audit.enrollment_id, audit.enrolled_email, audit."lms"
