"""Verdicts on corrective actions: failures and exposure over a window."""

from bilingual.text import Text
from expectations.check import not_negative, of_entity, rows

SUITE = of_entity(
    "effectiveness",
    rows(
        "window_in_order",
        "window_end < window_start",
        "window_end",
        Text(en="No window ends before it starts.", zh="窗口结束不应早于开始。"),
    ),
    *not_negative("failures_before", "exposure_before", "failures_after", "exposure_after"),
    rows(
        "exposure_of_failures",
        "(failures_before > 0 AND exposure_before = 0) OR (failures_after > 0 AND exposure_after = 0)",
        "exposure_after",
        Text(en="Where there were failures there was exposure.", zh="有故障则暴露量不为零。"),
    ),
)
