-- Which problems are too hard? The ten with the fewest right answers among those that 50 or more tried.
SELECT block.course_name AS course,
       block.course_edition AS run,
       block.chapter || ' › ' || block.sequential || ' › ' || block.display_name AS problem,
       count(*) AS tried,
       round(100 * avg(state.grade / nullif(state.max_grade, 0)), 1) AS points_percent,
       round(avg(CAST(json_extract(state.state, '$.attempts') AS INTEGER)), 2) AS attempts
FROM openedx_table_courseware_studentmodule AS state
JOIN openedx_table_course_structures AS block ON block.module_location = state.module_id
WHERE state.module_type = 'problem' AND state.grade IS NOT NULL
GROUP BY ALL
HAVING count(*) >= 50
ORDER BY points_percent
LIMIT 10;
