-- Which courses are alive? Learners enrolled now, and those who did something in the last four weeks of the data.
WITH clock AS (
  SELECT max(modified) AS today FROM openedx_table_courseware_studentmodule
),
active AS (
  SELECT course_id, count(DISTINCT student_id) AS learners
  FROM openedx_table_courseware_studentmodule, clock
  WHERE modified > today - INTERVAL 28 DAY
  GROUP BY course_id
),
enrolled AS (
  SELECT course_id, count(*) AS learners
  FROM openedx_table_student_courseenrollment
  WHERE is_active = 1
  GROUP BY course_id
)
SELECT overview.id AS course_run, overview.display_name AS name, enrolled.learners AS enrolled,
       coalesce(active.learners, 0) AS active_28_days
FROM openedx_table_course_overviews_courseoverview AS overview
JOIN enrolled ON enrolled.course_id = overview.id
LEFT JOIN active ON active.course_id = overview.id
ORDER BY active_28_days DESC, enrolled DESC;
