-- Each ticket's times in working minutes of its zone's calendar (WH), pauses taken out.
-- NULL where an instant is missing: unknown is not zero.
WITH work AS (
    SELECT
        t.ticket_id,
        p.zone AS zone_said,
        coalesce(z.zone, '') AS zone,
        t.opened_at,
        t.arrived_at,
        t.resolved_at,
        working_minutes(o.minutes_before, o.a1, o.b1, o.a2, o.b2, t.opened_at) AS opened_wm,
        working_minutes(r.minutes_before, r.a1, r.b1, r.a2, r.b2, t.arrived_at) AS arrived_wm,
        working_minutes(s.minutes_before, s.a1, s.b1, s.a2, s.b2, t.resolved_at) AS resolved_wm
    FROM core.ticket AS t
    JOIN core.ticket_place AS p ON p.ticket_id = t.ticket_id
    LEFT JOIN core.zone AS z ON z.zone = p.zone
    LEFT JOIN core.working_day AS o ON o.zone = coalesce(z.zone, '') AND o.day = CAST(t.opened_at AS DATE)
    LEFT JOIN core.working_day AS r ON r.zone = coalesce(z.zone, '') AND r.day = CAST(t.arrived_at AS DATE)
    LEFT JOIN core.working_day AS s ON s.zone = coalesce(z.zone, '') AND s.day = CAST(t.resolved_at AS DATE)
),

stretch AS (
    SELECT
        w.ticket_id,
        w.zone,
        w.zone_said,
        w.opened_wm,
        greatest(q.from_at, w.opened_at) AS from_at,
        q.to_at,
        least(q.to_at, coalesce(w.arrived_at, q.to_at)) AS to_arrival_at,
        least(q.to_at, coalesce(w.resolved_at, q.to_at)) AS to_resolution_at
    FROM core.ticket_pause AS q
    JOIN work AS w ON w.ticket_id = q.ticket_id
),

measured AS (
    SELECT
        s.ticket_id,
        s.zone_said,
        working_minutes(f.minutes_before, f.a1, f.b1, f.a2, f.b2, s.from_at) - s.opened_wm AS after_wm,
        greatest(0.0, working_minutes(e.minutes_before, e.a1, e.b1, e.a2, e.b2, s.to_at)
            - working_minutes(f.minutes_before, f.a1, f.b1, f.a2, f.b2, s.from_at)) AS whole_wm,
        greatest(0.0, working_minutes(a.minutes_before, a.a1, a.b1, a.a2, a.b2, s.to_arrival_at)
            - working_minutes(f.minutes_before, f.a1, f.b1, f.a2, f.b2, s.from_at)) AS to_arrival_wm,
        greatest(0.0, working_minutes(r.minutes_before, r.a1, r.b1, r.a2, r.b2, s.to_resolution_at)
            - working_minutes(f.minutes_before, f.a1, f.b1, f.a2, f.b2, s.from_at)) AS to_resolution_wm
    FROM stretch AS s
    LEFT JOIN core.working_day AS f ON f.zone = s.zone AND f.day = CAST(s.from_at AS DATE)
    LEFT JOIN core.working_day AS e ON e.zone = s.zone AND e.day = CAST(s.to_at AS DATE)
    LEFT JOIN core.working_day AS a ON a.zone = s.zone AND a.day = CAST(s.to_arrival_at AS DATE)
    LEFT JOIN core.working_day AS r ON r.zone = s.zone AND r.day = CAST(s.to_resolution_at AS DATE)
),

-- A pause moves the deadline only if it began before it (and before the arrival): while the working time spent, pauses before it taken out, had not
-- used up the target yet.
ordered AS (
    SELECT
        m.*,
        m.after_wm - coalesce(sum(m.whole_wm) OVER (
            PARTITION BY m.ticket_id ORDER BY m.after_wm ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), 0.0) AS spent_wm
    FROM measured AS m
),

pause AS (
    SELECT
        o.ticket_id,
        sum(o.to_arrival_wm) AS to_arrival_wm,
        sum(o.to_resolution_wm) AS to_resolution_wm,
        sum(CASE WHEN o.spent_wm < g.target_hours * 60.0 THEN o.to_arrival_wm ELSE 0.0 END) AS before_due_wm
    FROM ordered AS o
    LEFT JOIN core.response_target AS g ON g.zone = o.zone_said
    GROUP BY o.ticket_id
),

clock AS (
    SELECT
        w.ticket_id,
        w.zone,
        (w.arrived_wm - w.opened_wm - coalesce(p.to_arrival_wm, 0.0)) / 60.0 AS response_wh,
        (w.resolved_wm - w.opened_wm - coalesce(p.to_resolution_wm, 0.0)) / 60.0 AS resolve_wh,
        g.target_hours AS response_target_wh,
        w.opened_wm + g.target_hours * 60.0 + coalesce(p.before_due_wm, 0.0) AS due_wm
    FROM work AS w
    LEFT JOIN pause AS p ON p.ticket_id = w.ticket_id
    LEFT JOIN core.response_target AS g ON g.zone = w.zone_said
)

-- The block that ends at or after the due minute: a call due at closing time is due then, not next morning.
SELECT
    c.ticket_id,
    c.response_wh,
    c.resolve_wh,
    c.response_target_wh,
    plus_minutes(b.starts_at, c.due_wm - b.block * g.block_minutes) AS response_due_at
FROM clock AS c
CROSS JOIN core.clock_grain AS g
LEFT JOIN core.working_block AS b
    ON b.zone = c.zone AND b.block = CAST(ceil(c.due_wm / g.block_minutes) AS BIGINT) - 1
