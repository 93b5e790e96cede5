"""Sent on Mondays: the return-visit ranking of the week, what stood out in it, who is overdue, what came back."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.reports.kinds import Report
from dashboards.reports.periods import WEEK
from dashboards.reports.sections import actions, failures, findings, ranking, under

REPORT = Report(
    "weekly_ranking",
    Text(en="Weekly return-visit ranking", zh="回访排名周报"),
    WEEK,
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
        under(failures.REPEATS, failures.repeats),
    ),
)
