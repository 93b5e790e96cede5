"""What the platform does to reports by itself: its own events, of no person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from bilingual.text import Text
from fracas import notices
from fracas.model import now
from fracas.register import Register, must_stand
from fracas.states import State


def judge(
    register: Register, report_id: str, verdict: str, facts: Mapping[str, Any], proposal: Text | None = None
) -> bool:
    """Write down the verdict on the effect of a report's actions, if it is news: not the same on the same facts.

    proposal: what its owner and those who may close it are told, in the same transaction. Returns whether it was news.
    """

    def write(session: Session) -> bool:
        with register.opened(session, None, report_id, None, "verdict") as report:
            must_stand(report, frozenset({State.MONITORING}))
            is_news = (report.verdict, report.verdict_facts) != (verdict, dict(facts))
            if is_news:
                report.verdict, report.verdict_facts, report.verdict_at = verdict, dict(facts), now()
            if is_news and proposal is not None:
                notices.tell_who_may(session, "report.close", report, notices.PROPOSED, proposal)
        return is_news

    return register.written(write)


def came_back(register: Register, report_id: str, reason: str, notice: Text | None = None) -> bool:
    """Reopen a report whose failure came back: the platform's own event. One that is open already stays as it is.

    notice: what its owner is told, in the same transaction. Returns whether it was reopened.
    """

    def write(session: Session) -> bool:
        with register.opened(session, None, report_id, None, "reopen", reason) as report:
            comes_open = report.state in (State.CLOSED, State.MONITORING)
            if comes_open:
                register.enter(session, report, State.REOPENED, None)
            if comes_open and notice is not None:
                notices.tell(session, report.owner_id or report.reporter_id, report.id, notices.CAME_BACK, notice)
        return comes_open

    return register.written(write)
