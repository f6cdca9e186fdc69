-- Roles of a user in a course: one row per user, course, organisation and LMS.
--
-- needs student_courseaccessrole (org, course_id, user_id, role)
--
-- column org: organisation of the role; empty for roles on the whole site
-- column course_id: course of the role; empty for roles on a whole organisation or site
-- column user_id: who has it
-- column is_course_staff: rows with the role `staff`, 0 or 1
-- column is_course_instructor: rows with the role `instructor` (Admin in the LMS)
-- column is_course_creator_group: rows with the role `course_creator_group`
-- column is_course_beta_testers: rows with the role `beta_testers`
-- column lms: base partition `lms`

SELECT
  access.org,
  access.course_id,
  access.user_id,
  count(*) FILTER (WHERE access.role = 'staff') AS is_course_staff,
  count(*) FILTER (WHERE access.role = 'instructor') AS is_course_instructor,
  count(*) FILTER (WHERE access.role = 'course_creator_group') AS is_course_creator_group,
  count(*) FILTER (WHERE access.role = 'beta_testers') AS is_course_beta_testers,
  {{lms access}} AS lms{{more_base access}}
FROM {{ref student_courseaccessrole}} AS access
GROUP BY access.org, access.course_id, access.user_id{{base access}}
