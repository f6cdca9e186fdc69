-- Enrolments with learner, course, grade, roles and changes by hand: one row per row of student_courseenrollment.
--
-- needs student_courseenrollment (id, user_id, course_id, created, is_active, mode)
-- needs auth_user (id, username, email, is_active, is_staff)
-- needs auth_userprofile (user_id, name, country)
-- needs course_overviews_courseoverview (id, display_name, start, end)
-- needs grades_persistentcoursegrade (user_id, course_id, percent_grade, letter_grade, modified)
-- needs student_manualenrollmentaudit (id, enrollment_id, time_stamp, state_transition, reason, enrolled_by_id)
-- reads student_courseaccessrole
--
-- column user_id: number of the learner in the LMS
-- column username: NULL where the LMS has no such user any more
-- column user_fullname: name in the profile
-- column user_email: address of the account
-- column user_country: country in the profile, ISO 3166-1 alpha-2; NULL or empty where it is not told
-- column latitude: of the middle of that country, DOUBLE; NULL where the country is not known
-- column longitude: likewise
-- column lms: base partition `lms`
-- column organization: first part of the course's key
-- column course_code: second part of the course's key
-- column course_edition: third part of the course's key, the run
-- column course_name: display name of the course; NULL where the LMS has no such course any more
-- column course_id: key of the course
-- column course_start_date: start of the course
-- column course_end_date: end of the course
-- column enrollment_id: number of the enrolment
-- column days_since_enrolled: whole days from the enrolment to now
-- column enrollment_is_active: false for learners who left or were unenrolled
-- column enrollment_mode: track, such as `audit` or `verified`
-- column date_enrolled: when the enrolment was made
-- column date_unenrolled: time of the latest change by hand, if that was an unenrolment
-- column percent_grade: course grade, 0 to 100, rounded to a whole number; NULL where there is none
-- column letter_grade: letter of the course's grading policy; empty where the learner does not pass
-- column date_graded: when the grade last changed
-- column user_is_active: false for accounts that are not activated or were disabled
-- column user_is_global_staff: true for staff of the whole LMS
-- column user_is_course_staff: true with the role `staff` in this course
-- column user_is_course_instructor: true with the role `instructor` in this course
-- column user_is_course_beta_tester: true with the role `beta_testers` in this course
-- column user_is_course_creator_group: true with the role `course_creator_group` in this course
-- column is_student: true without any role in this course, and for users who are none of course staff, instructor, course creator and global staff
-- column last_state_transition: the latest change by hand
-- column last_state_transition_time_stamp: when it was
-- column count_of_transitions: how many changes by hand there were; NULL for none
-- column transitions_time_stamps: when they were, joined by commas in the order of their time, in milliseconds
-- column state_transitions: the changes, likewise
-- column reasons: their reasons, likewise
-- column enrolled_by_ids: who made them, likewise

WITH roles AS (
  -- One user can have rows of several organisations for one course.
  SELECT
    access.course_id,
    access.user_id,
    max(access.is_course_staff) > 0 AS is_staff,
    max(access.is_course_instructor) > 0 AS is_instructor,
    max(access.is_course_beta_testers) > 0 AS is_beta_tester,
    max(access.is_course_creator_group) > 0 AS is_course_creator{{base access}}
  FROM {{view student_courseaccessrole}} AS access
  GROUP BY access.course_id, access.user_id{{base access}}
),
audit AS (
  SELECT
    entry.enrollment_id,
    entry.time_stamp,
    entry.state_transition,
    entry.reason,
    entry.enrolled_by_id,
    {{timestamp_text entry.time_stamp}} AS time_text,
    row_number() OVER (
      PARTITION BY entry.enrollment_id{{base entry}}
      ORDER BY entry.time_stamp ASC NULLS LAST, entry.id ASC
    ) AS place,
    row_number() OVER (
      PARTITION BY entry.enrollment_id{{base entry}}
      ORDER BY entry.time_stamp DESC NULLS LAST, entry.id DESC
    ) AS place_from_end{{base entry}}
  FROM {{ref student_manualenrollmentaudit}} AS entry
  WHERE entry.enrollment_id IS NOT NULL
),
changes AS (
  -- One enrolment can have entries under several addresses.
  SELECT
    audit.enrollment_id,
    count(*) AS transitions,
    max(CASE WHEN audit.place_from_end = 1 THEN audit.state_transition END) AS last_transition,
    max(audit.time_stamp) AS last_time,
    {{join_text audit.state_transition order by audit.place}} AS state_transitions,
    {{join_text audit.reason order by audit.place}} AS reasons,
    {{join_text audit.enrolled_by_id order by audit.place}} AS enrolled_by_ids,
    {{join_text audit.time_text order by audit.place}} AS time_stamps{{base audit}}
  FROM audit
  GROUP BY audit.enrollment_id{{base audit}}
)
SELECT
  enrollment.user_id,
  learner.username,
  profile.name AS user_fullname,
  learner.email AS user_email,
  profile.country AS user_country,
  country.latitude,
  country.longitude,
  {{lms enrollment}} AS lms,
  nullif(regexp_extract(enrollment.course_id, '^(?:[a-z]+-v1:)?([^+/]+)[+/]([^+/]+)[+/]([^+/]+)', 1), '') AS organization,
  nullif(regexp_extract(enrollment.course_id, '^(?:[a-z]+-v1:)?([^+/]+)[+/]([^+/]+)[+/]([^+/]+)', 2), '') AS course_code,
  nullif(regexp_extract(enrollment.course_id, '^(?:[a-z]+-v1:)?([^+/]+)[+/]([^+/]+)[+/]([^+/]+)', 3), '') AS course_edition,
  overview.display_name AS course_name,
  enrollment.course_id,
  overview."start" AS course_start_date,
  overview."end" AS course_end_date,
  enrollment.id AS enrollment_id,
  {{days_since enrollment.created}} AS days_since_enrolled,
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
  changes.enrolled_by_ids{{more_base enrollment}}
FROM {{ref student_courseenrollment}} AS enrollment
LEFT JOIN {{ref auth_user}} AS learner
  ON learner.id = enrollment.user_id{{same_base learner enrollment}}
LEFT JOIN {{ref auth_userprofile}} AS profile
  ON profile.user_id = enrollment.user_id{{same_base profile enrollment}}
LEFT JOIN {{ref course_overviews_courseoverview}} AS overview
  ON overview.id = enrollment.course_id{{same_base overview enrollment}}
LEFT JOIN {{ref grades_persistentcoursegrade}} AS grade
  ON grade.user_id = enrollment.user_id
  AND grade.course_id = enrollment.course_id{{same_base grade enrollment}}
LEFT JOIN roles
  ON roles.user_id = enrollment.user_id
  AND roles.course_id = enrollment.course_id{{same_base roles enrollment}}
LEFT JOIN changes
  ON changes.enrollment_id = enrollment.id{{same_base changes enrollment}}
LEFT JOIN (VALUES {{rows country_coordinates}}) AS country (alpha2_code, latitude, longitude)
  ON country.alpha2_code = profile.country
