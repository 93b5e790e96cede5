"""Faults: coded, dated, and belonging to something."""

from bilingual.text import Text
from expectations.check import Suite, filled_share, quarantined, schema_checks, volume

SUITE = Suite(
    "fault",
    "core.fault",
    (
        *schema_checks("fault"),
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
            Text(
                en="The fault occurred after the day on which its row was read.", zh="故障发生时间晚于读取该行的日期。"
            ),
        ),
        filled_share("asset_id", 0.95),
        filled_share("failure_mode", 0.8),
        volume("fault"),
    ),
)
