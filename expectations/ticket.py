"""Tickets: numbers, references, and an order of times that can have happened."""

from bilingual.text import Text
from expectations.check import (
    filled_share,
    fresh,
    not_negative,
    of_entity,
    quarantined,
    query,
    rows,
    same,
)
from expectations.drift import drift, volume_drift

# Where any ticket of the source has a visit or a repair: others may keep no record of them.
_WITHOUT_WORK = """
    WITH judged AS (
        SELECT
            t.*,
            t.ticket_id IN (SELECT v.ticket_id FROM core.visit AS v WHERE v.ticket_id IS NOT NULL)
            OR t.ticket_id IN (SELECT r.ticket_id FROM core.repair AS r WHERE r.ticket_id IS NOT NULL) AS is_worked_on
        FROM {batch} AS t
        WHERE t.closed_at IS NOT NULL AND coalesce(t.status, '') <> 'cancelled'
    )
    SELECT * FROM judged
    WHERE NOT is_worked_on AND _source IN (
        SELECT _source FROM judged GROUP BY _source
        HAVING count(*) FILTER (is_worked_on) BETWEEN 1 AND (1 - {limit}) * count(*) - 0.000001
    )"""

SUITE = of_entity(
    "ticket",
    quarantined(
        "closed_before_opened",
        "closed_at < opened_at",
        "closed_at",
        Text(en="The ticket was closed before it was opened.", zh="工单关闭早于报修。"),
    ),
    quarantined(
        "resolved_before_opened",
        "resolved_at < opened_at",
        "resolved_at",
        Text(en="The ticket was resolved before it was opened.", zh="工单修复早于报修。"),
    ),
    quarantined(
        "arrived_before_opened",
        "arrived_at < opened_at",
        "arrived_at",
        Text(en="The technician arrived before the call was opened.", zh="技术员到达早于报修。"),
    ),
    quarantined(
        "opened_in_future",
        "opened_at > _extracted_at + INTERVAL 1 DAY",
        "opened_at",
        Text(en="The ticket was opened after the day on which its row was read.", zh="报修时间晚于读取该行的日期。"),
    ),
    rows(
        "dispatched_before_opened",
        "dispatched_at < opened_at",
        "dispatched_at",
        Text(en="No ticket is dispatched before it is opened.", zh="派工不应早于报修。"),
    ),
    rows(
        "responded_before_opened",
        "responded_at < opened_at",
        "responded_at",
        Text(en="No ticket is responded to before it is opened.", zh="响应不应早于报修。"),
    ),
    rows(
        "resolved_after_arrival",
        "resolved_at < arrived_at",
        "resolved_at",
        Text(
            en="No ticket is resolved before somebody arrives, where somebody does.",
            zh="有人到场的工单不应在到达前修复。",
        ),
    ),
    rows(
        "closed_after_resolved",
        "closed_at < resolved_at",
        "closed_at",
        Text(en="No ticket is closed before it is resolved.", zh="工单不应在修复前关闭。"),
    ),
    rows(
        "closed_has_closing_time",
        "status IN ('closed', 'cancelled') AND closed_at IS NULL",
        "closed_at",
        Text(en="Every ticket in the state closed has a closing time.", zh="状态为已关闭的工单都有关闭时间。"),
    ),
    rows(
        "open_has_no_closing_time",
        "closed_at IS NOT NULL AND status <> 'reopened' AND status IN (SELECT c.code FROM core.code_list AS c"
        " WHERE c.list = 'ticket_status' AND c.parent IN ('open', 'paused'))",
        "status",
        Text(en="No ticket in an open state has a closing time.", zh="未关闭状态的工单不应有关闭时间。"),
    ),
    *not_negative("reopen_count"),
    same(
        "customer_id",
        "asset",
        "asset_id",
        Text(en="The customer of a ticket is the customer who has the machine.", zh="工单客户与设备所属客户一致。"),
    ),
    same(
        "product_line",
        "asset",
        "asset_id",
        Text(en="The product line of a ticket is that of its machine.", zh="工单的产品线与其设备的产品线一致。"),
    ),
    query(
        "told_twice",
        "SELECT t.* FROM {batch} AS t JOIN {batch} AS o ON o.asset_id = t.asset_id"
        " AND date_trunc('minute', o.opened_at) = date_trunc('minute', t.opened_at) WHERE o._source < t._source",
        Text(
            en="No two sources tell of a call for the same machine in the same minute.",
            zh="两个来源不应在同一分钟记录同一设备的报修。",
        ),
        about="ticket_id",
    ),
    query(
        "closed_without_work",
        _WITHOUT_WORK,
        Text(
            en="At most {limit:.0%} of a source's closed tickets have neither a visit nor a repair.",
            zh="各来源已关闭的工单中，既无上门又无维修记录的不超过 {limit:.0%}。",
        ),
        about="closed_at",
        limit=0.1,
    ),
    rows(
        "technician_active",
        "closed_at IS NULL AND technician_id IN (SELECT e.technician_id FROM core.technician AS e WHERE NOT e.active)",
        "technician_id",
        Text(en="Whoever has an open ticket is active.", zh="未关闭工单的技术员应为在职。"),
    ),
    filled_share("asset_id", 0.9),
    filled_share("technician_id", 0.9, of="closed_at IS NOT NULL AND coalesce(status, '') <> 'cancelled'"),
    filled_share("closed_at", 0.9, of="status = 'closed'"),
    fresh("ticket", "opened_at"),
    volume_drift("opened_at"),
    drift("channel", "opened_at"),
    drift("service_kind", "opened_at"),
    drift("priority", "opened_at"),
    drift("product_line", "opened_at"),
    drift("zone", "opened_at"),
)
