WITH roles AS (
  -- One user can have rows of several organisations for one course.
  SELECT
    access.course_id,
    access.user_id,
    max(access.is_course_staff) > 0 AS is_staff,
    max(access.is_course_instructor) > 0 AS is_instructor,
    max(access.is_course_beta_testers) > 0 AS is_beta_tester,
    max(access.is_course_creator_group) > 0 AS is_course_creator, access."lms"
  FROM "openedx_view_student_courseaccessrole" AS access
  GROUP BY access.course_id, access.user_id, access."lms"
),
audit AS (
  SELECT
    entry.enrollment_id,
    entry.time_stamp,
    entry.state_transition,
    entry.reason,
    entry.enrolled_by_id,
    CAST(CAST(date_trunc('millisecond', entry.time_stamp) AS timestamp(3)) AS varchar) AS time_text,
    row_number() OVER (
      PARTITION BY entry.enrollment_id, entry."lms"
      ORDER BY entry.time_stamp ASC NULLS LAST, entry.id ASC
    ) AS place,
    row_number() OVER (
      PARTITION BY entry.enrollment_id, entry."lms"
      ORDER BY entry.time_stamp DESC NULLS LAST, entry.id DESC
    ) AS place_from_end, entry."lms"
  FROM "openedx_table_student_manualenrollmentaudit" AS entry
  WHERE entry.enrollment_id IS NOT NULL
),
changes AS (
  -- One enrolment can have entries under several addresses.
  SELECT
    audit.enrollment_id,
    count(*) AS transitions,
    max(CASE WHEN audit.place_from_end = 1 THEN audit.state_transition END) AS last_transition,
    max(audit.time_stamp) AS last_time,
    array_join(array_agg(CAST(audit.state_transition AS varchar) ORDER BY audit.place), ',', '') AS state_transitions,
    array_join(array_agg(CAST(audit.reason AS varchar) ORDER BY audit.place), ',', '') AS reasons,
    array_join(array_agg(CAST(audit.enrolled_by_id AS varchar) ORDER BY audit.place), ',', '') AS enrolled_by_ids,
    array_join(array_agg(CAST(audit.time_text AS varchar) ORDER BY audit.place), ',', '') AS time_stamps, audit."lms"
  FROM audit
  GROUP BY audit.enrollment_id, audit."lms"
)
SELECT
  enrollment.user_id,
  learner.username,
  profile.name AS user_fullname,
  learner.email AS user_email,
  profile.country AS user_country,
  country.latitude,
  country.longitude,
  enrollment.lms AS lms,
  nullif(regexp_extract(enrollment.course_id, '^(?:[a-z]+-v1:)?([^+/]+)[+/]([^+/]+)[+/]([^+/]+)', 1), '') AS organization,
  nullif(regexp_extract(enrollment.course_id, '^(?:[a-z]+-v1:)?([^+/]+)[+/]([^+/]+)[+/]([^+/]+)', 2), '') AS course_code,
  nullif(regexp_extract(enrollment.course_id, '^(?:[a-z]+-v1:)?([^+/]+)[+/]([^+/]+)[+/]([^+/]+)', 3), '') AS course_edition,
  overview.display_name AS course_name,
  enrollment.course_id,
  overview."start" AS course_start_date,
  overview."end" AS course_end_date,
  enrollment.id AS enrollment_id,
  date_diff('day', enrollment.created, CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp)) AS days_since_enrolled,
  CAST(enrollment.is_active AS boolean) AS enrollment_is_active,
  enrollment.mode AS enrollment_mode,
  enrollment.created AS date_enrolled,
  CASE WHEN changes.last_transition LIKE '%to unenrolled' THEN changes.last_time END AS date_unenrolled,
  round(grade.percent_grade * 100) AS percent_grade,
  grade.letter_grade,
  grade.modified AS date_graded,
  CAST(learner.is_active AS boolean) AS user_is_active,
  CAST(learner.is_staff AS boolean) AS user_is_global_staff,
  coalesce(roles.is_staff, false) AS user_is_course_staff,
  coalesce(roles.is_instructor, false) AS user_is_course_instructor,
  coalesce(roles.is_beta_tester, false) AS user_is_course_beta_tester,
  coalesce(roles.is_course_creator, false) AS user_is_course_creator_group,
  roles.user_id IS NULL OR NOT (
    roles.is_staff
    OR roles.is_instructor
    OR roles.is_course_creator
    OR coalesce(CAST(learner.is_staff AS boolean), false)
  ) AS is_student,
  changes.last_transition AS last_state_transition,
  changes.last_time AS last_state_transition_time_stamp,
  changes.transitions AS count_of_transitions,
  changes.time_stamps AS transitions_time_stamps,
  changes.state_transitions,
  changes.reasons,
  changes.enrolled_by_ids
FROM "openedx_table_student_courseenrollment" AS enrollment
LEFT JOIN "openedx_table_auth_user" AS learner
  ON learner.id = enrollment.user_id AND learner."lms" = enrollment."lms"
LEFT JOIN "openedx_table_auth_userprofile" AS profile
  ON profile.user_id = enrollment.user_id AND profile."lms" = enrollment."lms"
LEFT JOIN "openedx_table_course_overviews_courseoverview" AS overview
  ON overview.id = enrollment.course_id AND overview."lms" = enrollment."lms"
LEFT JOIN "openedx_table_grades_persistentcoursegrade" AS grade
  ON grade.user_id = enrollment.user_id
  AND grade.course_id = enrollment.course_id AND grade."lms" = enrollment."lms"
LEFT JOIN roles
  ON roles.user_id = enrollment.user_id
  AND roles.course_id = enrollment.course_id AND roles."lms" = enrollment."lms"
LEFT JOIN changes
  ON changes.enrollment_id = enrollment.id AND changes."lms" = enrollment."lms"
LEFT JOIN (VALUES ('AD', 42.54E0, 1.56E0), …, ('ZW', -19E0, 29.85E0)) AS country (alpha2_code, latitude, longitude)
  ON country.alpha2_code = profile.country
