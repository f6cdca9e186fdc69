-- Which problems are too hard? The ten with the fewest right answers among those that 50 or more tried.
SELECT course_id AS course_run,
       split_part(module_id, '@', 3) AS problem,
       count(*) AS tried,
       round(100 * avg(grade / nullif(max_grade, 0)), 1) AS points_percent,
       round(avg(CAST(json_extract(state, '$.attempts') AS INTEGER)), 2) AS attempts
FROM openedx_table_courseware_studentmodule
WHERE module_type = 'problem' AND grade IS NOT NULL
GROUP BY ALL
HAVING count(*) >= 50
ORDER BY points_percent
LIMIT 10;
