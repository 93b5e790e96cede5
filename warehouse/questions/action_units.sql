-- The units that could fail as each subject of an action says, by the day from which they are watched. Where nobody said of
-- which product line the action is, those of the lines in which such failures ever occurred.
WITH subject AS (
    SELECT
        unnest(range(len($component))) AS subject,
        unnest($component) AS component,
        unnest($failure_mode) AS failure_mode,
        unnest($product_line) AS product_line,
        unnest($model) AS model
),

line AS (
    SELECT DISTINCT s.subject, f.product_line
    FROM subject AS s
    JOIN (
        SELECT DISTINCT component, failure_mode, product_line FROM marts.failure
        WHERE list_contains($product_line, '')
    ) AS f
        ON (s.component = '' OR s.component = f.component)
        AND (s.failure_mode = '' OR s.failure_mode = f.failure_mode)
    WHERE s.product_line = ''
    UNION ALL
    SELECT subject, product_line FROM subject WHERE product_line <> ''
),

unit AS (
    SELECT product_line, model, watched_from, count(*) AS n
    FROM (SELECT * FROM marts.unit{where}) AS u
    WHERE watched_from IS NOT NULL
    GROUP BY ALL
)

SELECT s.subject, date_diff('day', DATE '1970-01-01', u.watched_from) AS day, CAST(sum(u.n) AS BIGINT) AS n
FROM subject AS s
JOIN line AS l ON l.subject = s.subject
JOIN unit AS u ON u.product_line = l.product_line AND (s.model = '' OR s.model = u.model)
GROUP BY ALL
