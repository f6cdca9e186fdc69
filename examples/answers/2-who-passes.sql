-- How many of those who tried pass, and how good are they? One line per course with grades.
SELECT overview.id AS course_run, overview.display_name AS name,
       count(*) AS graded,
       count(grade.passed_timestamp) AS passed,
       round(100.0 * count(grade.passed_timestamp) / count(*), 1) AS passed_percent,
       round(100 * median(grade.percent_grade), 1) AS median_grade
FROM openedx_table_grades_persistentcoursegrade AS grade
JOIN openedx_table_course_overviews_courseoverview AS overview ON overview.id = grade.course_id
GROUP BY ALL
ORDER BY passed_percent DESC;
