"""The working calendar: it is made from the settings, whose zones need not be on the list of codes."""

from bilingual.text import Text
from expectations.check import of_entity, rows

SUITE = of_entity(
    "calendar",
    rows(
        "closes_after_opening",
        "closes <= opens OR (opens IS NULL) <> (closes IS NULL)",
        "closes",
        Text(en="Every working day closes after it opens.", zh="每个工作日的下班时间晚于上班时间。"),
    ),
    without=("code_zone",),
)
