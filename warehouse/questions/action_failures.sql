-- The relevant failures that each subject of an action is about, by day: subjects are given by their parts, '' is any.
WITH subject AS (
    SELECT
        unnest(range(len($component))) AS subject,
        unnest($component) AS component,
        unnest($failure_mode) AS failure_mode,
        unnest($product_line) AS product_line,
        unnest($model) AS model
),

failure AS (
    SELECT component, failure_mode, product_line, model, failed_on, is_relevant FROM marts.failure{where}
),

-- Those that name a component are joined by it, the others by their mode: an OR would compare every failure with each.
seen AS (
    SELECT s.subject, s.product_line, s.model, f.product_line AS of_line, f.model AS of_model, f.failed_on
    FROM failure AS f JOIN subject AS s ON s.component = f.component
    WHERE f.is_relevant AND s.component <> '' AND (s.failure_mode = '' OR s.failure_mode = f.failure_mode)
    UNION ALL
    SELECT s.subject, s.product_line, s.model, f.product_line, f.model, f.failed_on
    FROM failure AS f JOIN subject AS s ON s.failure_mode = f.failure_mode
    WHERE f.is_relevant AND s.component = ''
)

SELECT subject, date_diff('day', DATE '1970-01-01', failed_on) AS day, count(*) AS n
FROM seen
WHERE (product_line = '' OR product_line = of_line) AND (model = '' OR model = of_model)
GROUP BY ALL
