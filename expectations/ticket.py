"""Tickets: numbers, references, and an order of times that can have happened."""

from bilingual.text import Text
from expectations.check import Suite, filled_share, fresh, quarantined, rows, schema_checks, volume

SUITE = Suite(
    "ticket",
    "core.ticket",
    (
        *schema_checks("ticket"),
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
            Text(
                en="The ticket was opened after the day on which its row was read.", zh="报修时间晚于读取该行的日期。"
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
        filled_share("asset_id", 0.9),
        fresh("ticket", "opened_at"),
        volume("ticket"),
    ),
)
