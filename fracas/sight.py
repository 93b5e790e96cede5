"""Which reports a person sees: of one, and as a condition of a query; both say the same."""

from __future__ import annotations

from typing import Any

from sqlalchemy import true
from sqlalchemy.orm import selectinload

from fracas.model import Report
from fracas.people import Actor
from fracas.permissions import Scope
from fracas.states import State


def is_visible(actor: Actor, report: Report) -> bool:
    """Whether a person sees a report: their own, and those of their scope; another's draft is nobody's business."""
    if actor.id in (report.reporter_id, report.owner_id, report.analyst_id):
        return True
    if report.state == State.DRAFT or not actor.may("report.read"):
        return False
    return actor.scope.covers(report.region, report.product_line)


def visible(actor: Actor) -> Any:
    """The same as a condition of a query over reports."""
    own = (Report.reporter_id == actor.id) | (Report.owner_id == actor.id) | (Report.analyst_id == actor.id)
    if not actor.may("report.read"):
        return own
    return own | ((Report.state != State.DRAFT) & _within(actor.scope))


def _within(scope: Scope) -> Any:
    condition: Any = true()
    for column, chosen in ((Report.region, scope.regions), (Report.product_line, scope.product_lines)):
        if chosen:
            condition &= column.in_(chosen) | column.is_(None) | (column == "")
    return condition


_BELONGS = (
    Report.parts,
    Report.actions,
    Report.like_units,
    Report.signatures,
    Report.files,
    Report.returned_units,
)


def whole(report: Report) -> Report:
    """A report with all that belongs to it, while its session is open."""
    for belongs in _BELONGS:
        list(getattr(report, belongs.key))
    return report


def whole_at_once() -> tuple[Any, ...]:
    """Options of a query that finds many: what belongs to them is read once for all."""
    return tuple(selectinload(belongs) for belongs in _BELONGS)
