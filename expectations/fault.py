"""Faults: coded, dated, and belonging to something."""

from bilingual.text import Text
from expectations.check import filled_share, in_order, not_negative, of_entity, quarantined, query, same
from expectations.drift import drift, volume_drift

SUITE = of_entity(
    "fault",
    quarantined(
        "restored_before_occurred",
        "restored_at < occurred_at",
        "restored_at",
        Text(en="The fault was restored before it occurred.", zh="故障恢复早于发生。"),
    ),
    quarantined(
        "fault_in_future",
        "occurred_at > _extracted_at + INTERVAL 1 DAY",
        "occurred_at",
        Text(en="The fault occurred after the day on which its row was read.", zh="故障发生时间晚于读取该行的日期。"),
    ),
    *in_order("occurred_at", "detected_at"),
    *not_negative("delay_minutes", "usage_at_failure"),
    same(
        "asset_id",
        "ticket",
        "ticket_id",
        Text(en="A fault is of the machine that its ticket is about.", zh="故障设备与其工单的设备一致。"),
    ),
    query(
        "occurred_after_closing",
        "SELECT b.*, t.closed_at FROM {batch} AS b JOIN core.ticket AS t ON t.ticket_id = b.ticket_id"
        " WHERE b.occurred_at > t.closed_at",
        Text(en="No fault occurs after its ticket was closed.", zh="故障不应发生在其工单关闭之后。"),
        about="occurred_at",
    ),
    filled_share("asset_id", 0.95),
    filled_share("failure_mode", 0.8),
    filled_share("component", 0.8),
    volume_drift("occurred_at"),
    drift("severity", "occurred_at"),
    drift("subsystem", "occurred_at"),
)
