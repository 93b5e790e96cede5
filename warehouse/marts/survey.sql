-- One row per ticket that a return visit asked about: whether somebody was reached and answered, and the score of the answers
-- on the house's scale. Dated by the return visit, or the resolution of the ticket where nobody says when it was.
SELECT
    s.ticket_id,
    coalesce(local_day(max(s.at)), max(t.resolved_on)) AS asked_on,
    max(t.product_line) AS product_line,
    max(t.region) AS region,
    max(t.customer_id) AS customer_id,
    max(t.zone) AS zone,
    max(t.priority) AS priority,
    max(t.service_kind) AS service_kind,
    max(CASE WHEN s.grade IS NOT NULL OR s.reached THEN 1 ELSE 0 END) AS reached,
    count(g.score) AS answers,
    coalesce(sum(g.score), 0.0) AS score
FROM core.survey AS s
JOIN marts.ticket AS t ON t.ticket_id = s.ticket_id
LEFT JOIN core.rating_scale AS g ON g.grade = s.grade
GROUP BY s.ticket_id
