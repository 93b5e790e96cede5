"""Changes of state of FRACAS reports: one after the other."""

from bilingual.text import Text
from expectations.check import not_ahead, of_entity, query

SUITE = of_entity(
    "fracas_event",
    query(
        "in_order",
        'SELECT * FROM {batch} QUALIFY "at" < lag("at") OVER (PARTITION BY report_id ORDER BY sequence)',
        Text(en="The changes of a report follow each other in time.", zh="同一报告的状态变更按时间先后发生。"),
        about="at",
    ),
    *not_ahead("at"),
)
