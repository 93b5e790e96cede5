-- Questions of customers by topic: how many, from how many customers, answered or not and how fast; the models most asked about
-- and the answer most given. The region is the customer's, the product line the model's. Parameters: the time zone, the filters'.
WITH line_of AS (
    SELECT model, min(product_line) AS product_line FROM marts.unit WHERE model <> '' GROUP BY model
),

placed AS (
    SELECT
        q.consultation_id,
        coalesce(q.topic, '') AS topic,
        coalesce(q.model, '') AS model,
        coalesce(q.answer, '') AS answer,
        (epoch_us(q.answered_at) - epoch_us(q.at)) / 3600000000.0 AS answer_hours,
        CAST(timezone(?, timezone('UTC', q.at)) AS DATE) AS asked_on,
        coalesce(q.customer_id, '') AS customer_id,
        coalesce(c.region, '') AS region,
        coalesce(l.product_line, '') AS product_line
    FROM core.consultation AS q
    LEFT JOIN core.customer AS c ON c.customer_id = q.customer_id
    LEFT JOIN line_of AS l ON l.model = q.model
),

chosen AS (SELECT * FROM placed{where}),

models AS (
    SELECT topic, list(model ORDER BY n DESC, model) AS models
    FROM (SELECT topic, model, count(*) AS n FROM chosen WHERE model <> '' GROUP BY ALL) AS counted
    GROUP BY topic
)

SELECT
    q.topic,
    count(*) AS n,
    count(DISTINCT nullif(q.customer_id, '')) AS customers,
    count(*) FILTER (q.answer_hours IS NULL) AS unanswered,
    median(q.answer_hours) AS median_hours,
    coalesce(mode(nullif(q.answer, '')), '') AS answer,
    coalesce(any_value(m.models), []) AS models
FROM chosen AS q
LEFT JOIN models AS m ON m.topic = q.topic
GROUP BY q.topic
ORDER BY n DESC, q.topic
