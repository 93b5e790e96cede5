"""Repairs: hours that can have been worked."""

from bilingual.text import Text
from expectations.check import Suite, between, quarantined, schema_checks, volume

SUITE = Suite(
    "repair",
    "core.repair",
    (
        *schema_checks("repair"),
        quarantined(
            "finished_before_started",
            "finished_at < started_at",
            "finished_at",
            Text(en="The repair was finished before it was started.", zh="维修完成早于开始。"),
        ),
        quarantined(
            "negative_hours",
            "active_hours < 0 OR logistic_delay_hours < 0 OR admin_delay_hours < 0",
            "active_hours",
            Text(en="Hours of a repair are less than zero.", zh="维修工时小于零。"),
        ),
        between(
            "active_hours",
            0,
            720,
            Text(en="No repair took more than 720 active hours.", zh="没有维修的实际工时超过 720 小时。"),
        ),
        volume("repair"),
    ),
)
