"""Sent on the 3rd: the return-visit ranking of the month, what stood out in it, who is overdue, what came back."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.reports.kinds import Report
from dashboards.reports.periods import MONTH
from dashboards.reports.sections import actions, failures, findings, ranking, under

REPORT = Report(
    "monthly_ranking",
    Text(en="Monthly return-visit ranking", zh="回访排名月报"),
    MONTH,
    "before",
    (
        under(
            ranking.TITLE,
            ranking.words,
            ranking.table("team"),
            ranking.table("team", is_course=True),
            ranking.people,
            ranking.grades,
        ),
        under(findings.TITLE, findings.of_the_whole),
        under(actions.TITLE, actions.overdue),
        under(actions.COMPLAINTS, actions.overdue_complaints),
        under(failures.REPEATS, failures.repeats),
    ),
)
