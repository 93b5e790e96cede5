"""Sent on the 8th: every measure of the month against target and last year, what changed and why, findings, risks, courses."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.charts import (
    flow,
    part_fill,
    repeats_months,
    service_complaints,
    service_satisfaction,
    service_sla,
    trends_control,
    trends_warning,
)
from dashboards.page import Chart, Listing
from dashboards.reports.ground import Section
from dashboards.reports.kinds import Report
from dashboards.reports.periods import MONTH
from dashboards.reports.sections import (
    actions,
    changes,
    failures,
    findings,
    of_the_house,
    picture,
    risks,
    scorecard,
    under,
)
from dashboards.service_look import View

_CLOSURE = Text(en="Closure and response", zh="关闭与响应")
_FAILURES = Text(en="Failures", zh="故障")
_CUSTOMERS = Text(en="Customers", zh="客户")
_ACTIONS = Text(en="Corrective actions", zh="纠正措施")


def _of(view: View, name: str) -> Section:
    """A chart of one of the views of the service page."""
    shown: Chart | Listing = view.shows[name]
    assert isinstance(shown, Chart)
    return picture(name, shown)


REPORT = Report(
    "monthly_management",
    Text(en="Monthly management report", zh="管理月报"),
    MONTH,
    "year",
    (
        under(findings.TITLE, findings.of_everything),
        under(scorecard.TITLE, scorecard.scorecard),
        under(changes.TITLE, changes.changes),
        under(risks.TITLE, risks.risks),
        under(_CLOSURE, picture("flow", flow.CHART), risks.ages, _of(service_sla.VIEW, "response_course")),
        under(
            _FAILURES,
            picture("repeats", repeats_months.AGAIN),
            failures.repeats,
            picture("warning", trends_warning.CHART, "all"),
            picture("control", trends_control.CHART, "all"),
            failures.between,
        ),
        under(
            failures.PARTS,
            of_the_house(failures.parts, findings.of_parts),
            picture("fill", part_fill.CHART),
        ),
        under(
            _CUSTOMERS,
            _of(service_complaints.VIEW, "answered"),
            _of(service_satisfaction.VIEW, "satisfied_course"),
            _of(service_satisfaction.VIEW, "reached"),
        ),
        under(_ACTIONS, actions.overdue, actions.effects),
    ),
)
