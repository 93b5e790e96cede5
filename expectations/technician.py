"""Technicians: who they are, and since when."""

from bilingual.text import Text
from expectations.check import filled_share, of_entity, rows

SUITE = of_entity(
    "technician",
    filled_share("name", 0.95),
    rows(
        "hired_in_future",
        "hired_at > CAST(_extracted_at AS DATE) + 1",
        "hired_at",
        Text(en="Nobody was hired after the day on which the row was read.", zh="入职日期不应晚于读取该行的日期。"),
    ),
)
