-- Enrolments changed by hand: one row per enrolment, address as it was typed, and LMS.
--
-- needs student_manualenrollmentaudit (id, enrollment_id, enrolled_email, time_stamp, state_transition, reason, enrolled_by_id)
--
-- column enrollment_id: the enrolment; NULL for addresses that have no account yet
-- column count_of_transitions: how many changes there were
-- column enrolled_email: the address that was enrolled or unenrolled
-- column lms: base partition `lms`
-- column last_state_transition: the latest change, such as `from enrolled to unenrolled`
-- column last_time_stamp: when it was
-- column first_time_stamp: when the first change was
-- column first_reason: the reason that was given for the first change
-- column state_transitions: all changes in the order of their time, joined by commas; NULL as nothing
-- column reasons: their reasons, likewise
-- column enrolled_by_ids: who made them, likewise
-- column transitions_time_stamps: when they were, likewise, in milliseconds

WITH audit AS (
  SELECT
    entry.enrollment_id,
    entry.enrolled_email,
    entry.time_stamp,
    entry.state_transition,
    entry.reason,
    entry.enrolled_by_id,
    {{timestamp_text entry.time_stamp}} AS time_text,
    row_number() OVER (
      PARTITION BY entry.enrollment_id, entry.enrolled_email{{base entry}}
      ORDER BY entry.time_stamp ASC NULLS LAST, entry.id ASC
    ) AS place,
    row_number() OVER (
      PARTITION BY entry.enrollment_id, entry.enrolled_email{{base entry}}
      ORDER BY entry.time_stamp DESC NULLS LAST, entry.id DESC
    ) AS place_from_end{{base entry}}
  FROM {{ref student_manualenrollmentaudit}} AS entry
)
SELECT
  audit.enrollment_id,
  count(*) AS count_of_transitions,
  audit.enrolled_email,
  {{lms audit}} AS lms,
  max(CASE WHEN audit.place_from_end = 1 THEN audit.state_transition END) AS last_state_transition,
  max(audit.time_stamp) AS last_time_stamp,
  min(audit.time_stamp) AS first_time_stamp,
  max(CASE WHEN audit.place = 1 THEN audit.reason END) AS first_reason,
  {{join_text audit.state_transition order by audit.place}} AS state_transitions,
  {{join_text audit.reason order by audit.place}} AS reasons,
  {{join_text audit.enrolled_by_id order by audit.place}} AS enrolled_by_ids,
  {{join_text audit.time_text order by audit.place}} AS transitions_time_stamps{{more_base audit}}
FROM audit
GROUP BY audit.enrollment_id, audit.enrolled_email{{base audit}}
