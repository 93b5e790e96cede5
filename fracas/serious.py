"""Reports of critical failures: told at once, in the transaction in which a report becomes one; over when it is none any more."""

from __future__ import annotations

from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from bilingual.text import Text
from fracas.model import Report, now
from fracas.states import FOLLOWED
from fracas.watch.alerts import Problem, Severity, settle

FAMILY = "register"
_TOPIC, _CRITICAL = "serious", "critical"
_WORDS = Text(
    en="Critical failure reported{where}: {what}, report {number}.", zh="上报严重故障{where}：{what}，报告 {number}。"
)
_WHERE = Text(en=" in {place}", zh="（{place}）")
_NOWHERE = Text(en="", zh="")
_UNSAID = Text(en="nobody says of what", zh="未说明部件")
_SHOWN = ("number", "asset_id", "serial_no", "customer_id", "component", "symptom")


def is_serious(report: Report) -> bool:
    """Whether a report is of a critical failure and followed up: neither with its reporter nor at an end."""
    return report.severity == _CRITICAL and report.state in FOLLOWED


def tell(session: Session) -> None:
    """Say which reports are serious now, within the transaction that changed that."""
    found = select(Report).where(Report.severity == _CRITICAL, Report.state.in_(FOLLOWED))
    settle(session, FAMILY, [_problem(report) for report in session.scalars(found)], at=now())


def _problem(report: Report) -> Problem:
    places = [place for place in (report.region, report.product_line) if place]
    number = report.number or report.id
    what = report.component or report.failure_mode or report.symptom
    return Problem(
        key=f"{FAMILY}/{report.id}",
        topic=_TOPIC,
        severity=Severity.CRITICAL,
        text=_WORDS.format(
            where=_WHERE.format(place=Text(en=", ".join(places), zh="，".join(places))) if places else _NOWHERE,
            what=what or _UNSAID,
            number=number,
        ),
        is_urgent=True,
        facts={"samples": [{name: getattr(report, name) for name in _SHOWN}]},
        address=f"/reports/{quote(number, safe='')}",
        region=report.region,
        product_line=report.product_line,
    )
