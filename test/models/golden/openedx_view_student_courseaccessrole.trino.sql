SELECT
  access.org,
  access.course_id,
  access.user_id,
  count(*) FILTER (WHERE access.role = 'staff') AS is_course_staff,
  count(*) FILTER (WHERE access.role = 'instructor') AS is_course_instructor,
  count(*) FILTER (WHERE access.role = 'course_creator_group') AS is_course_creator_group,
  count(*) FILTER (WHERE access.role = 'beta_testers') AS is_course_beta_testers,
  access.lms AS lms
FROM "openedx_table_student_courseaccessrole" AS access
GROUP BY access.org, access.course_id, access.user_id, access."lms"
