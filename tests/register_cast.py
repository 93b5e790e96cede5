"""Six people and the way of a report among them, step by step, as tests walk it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from fracas import platform
from fracas.model import Report
from fracas.people import Actor
from fracas.permissions import Function, Role
from fracas.register import Planned, Register, Rejoinder
from fracas.states import PATH, State

KEY = b"a key of the tests"
PASSWORD = "correct horse battery"
Hire = Callable[..., Actor]
SIGNED = Rejoinder(password=PASSWORD)
FACTS: dict[str, Any] = {
    "serial_no": "BR-2041",
    "asset_id": "A-17",
    "product_line": "Brakes",
    "region": "East",
    "component": "valve",
    "lot": "L-77",
    "occurred_at": dt.datetime(2026, 3, 1, 8, 30),
    "symptom": "制动缸漏风 air leaks at the brake cylinder",
    "severity": "critical",
}
CAUSE: dict[str, Any] = {
    "location": "seal ring of the valve",
    "mechanism": "the ring hardens and cracks",
    "is_reproduced": True,
    "cause": "rubber of the wrong mixture",
    "root_cause": "supplier changed the mixture unannounced",
    "escape_cause": "incoming inspection does not look at hardness",
    "five_whys": ["it leaked", "the ring cracked", "the rubber was hard"],
}


@dataclass(frozen=True)
class Cast:
    """Everybody who has a part: each another one."""

    reporter: Actor
    engineer: Actor
    analyst: Actor
    owner: Actor
    board: tuple[Actor, Actor]
    reviewer: Actor
    manager: Actor
    administrator: Actor

    def everybody(self) -> tuple[Actor, ...]:
        return (
            self.reporter, self.engineer, self.analyst, self.owner, *self.board, self.reviewer, self.manager, self.administrator,
        )  # fmt: skip


def cast(hire: Callable[..., Actor]) -> Cast:
    """Hire them; the two of the board speak for all of its functions between them."""
    return Cast(
        reporter=hire("reporter", Role.TECHNICIAN, Role.REPORTER),
        engineer=hire("engineer", Role.QUALITY_ENGINEER),
        analyst=hire("analyst", Role.QUALITY_ENGINEER),
        owner=hire("owner", Role.ACTION_OWNER),
        board=(
            hire("board1", Role.REVIEW_BOARD, functions=(Function.DESIGN, Function.PROCESS, Function.RELIABILITY)),
            hire("board2", Role.REVIEW_BOARD, functions=(Function.QUALITY, Function.AFTER_SALES)),
        ),
        reviewer=hire("reviewer", Role.QUALITY_ENGINEER),
        manager=hire("manager", Role.MANAGER),
        administrator=hire("administrator", Role.ADMINISTRATOR),
    )


@dataclass(frozen=True)
class Walk:
    """A report on its way."""

    register: Register
    cast: Cast
    id: str

    @property
    def report(self) -> Report:
        return self.register.look(self.cast.reporter, self.id)

    @property
    def version(self) -> int:
        return self.report.version

    def save(self, actor: Actor, **changes: Any) -> None:
        self.register.save(actor, self.id, self.version, changes)

    def plan(self, actor: Actor, kind: str) -> str:
        planned = Planned(kind, f"{kind}: replace the rings of lot L-77", self.cast.owner.id, dt.date(2026, 5, 1))
        return self.register.plan(actor, self.id, self.version, planned)

    def move(self, actor: Actor, name: str, said: Rejoinder = SIGNED) -> str:
        return self.register.move(actor, self.id, self.version, name, said)

    def to(self, state: State) -> Walk:
        """Go on the way to a state, everybody doing their part."""
        steps: dict[State, Callable[[], Any]] = {
            State.SUBMITTED: lambda: self.move(self.cast.reporter, "submit"),
            State.VERIFIED: self._verify,
            State.CONTAINED: self._contain,
            State.ANALYSING: self._analyse,
            State.CAUSE_CONFIRMED: self._explain,
            State.ACTION_APPROVED: self._approve,
            State.IMPLEMENTED: self._implement,
            State.MONITORING: self._monitor,
            State.CLOSED: self._close,
        }
        at = PATH.index(State(self.report.state))
        for step in PATH[at + 1 : PATH.index(state) + 1]:
            steps[step]()
            assert self.report.state == step
        return self

    def _verify(self) -> None:
        self.save(self.cast.engineer, is_failure=True, failed_item="valve BV-3, serial V-991", is_segregated=True)
        self.move(self.cast.engineer, "verify")

    def _contain(self) -> None:
        self.save(self.cast.engineer, owner_id=self.cast.engineer.id)
        self.plan(self.cast.engineer, "containment")
        self.move(self.cast.engineer, "contain")

    def _analyse(self) -> None:
        self.move(self.cast.engineer, "analyse")

    def _explain(self) -> None:
        self.save(self.cast.analyst, analyst_id=self.cast.analyst.id, **CAUSE)
        self.move(self.cast.engineer, "confirm_cause")

    def _approve(self) -> None:
        self.plan(self.cast.analyst, "corrective")
        self.save(self.cast.analyst, new_risks="none seen", like_items="all units with rings of lot L-77")
        self.register.list_units(
            self.cast.analyst, self.id, self.version, [{"asset_id": "A-18", "serial_no": "BR-2042", "lot": "L-77"}]
        )
        for member in self.cast.board:
            self.move(member, "approve")

    def _implement(self) -> None:
        for action in self.report.actions:
            self.register.implemented(
                self.cast.owner, action.id, action.version, "photos of the new rings", ["BR-2041"], []
            )
        self.move(self.cast.owner, "implement")

    def _monitor(self) -> None:
        self.save(self.cast.engineer, monitored_days=90)
        self.move(self.cast.engineer, "monitor")

    def _close(self) -> None:
        self.ready_to_close()
        later = self.later(91)
        later.register.review(self.cast.reviewer, self.id, self.version, PASSWORD)
        later.move(self.cast.board[0], "close")

    def ready_to_close(self) -> None:
        """Everything that closing asks for but the days and the signatures."""
        self.save(self.cast.analyst, is_management_cause=False)
        for unit in self.report.like_units:
            self.register.check_unit(self.cast.owner, unit.id, is_affected=False, finding="ring is soft")
        platform.judge(self.register, self.id, "effective", {"ratio": 0.2})

    def later(self, days: int) -> Walk:
        """The same some days on."""
        return replace(self, register=Later(**{**self.register.__dict__, "days": days}))


@dataclass(frozen=True)
class Later(Register):
    """A register some days ahead."""

    days: int = 0

    def today(self) -> dt.date:
        return super().today() + dt.timedelta(days=self.days)


def walk(register: Register, cast: Cast, submission: str = "s1") -> Walk:
    """A report that was just begun."""
    return Walk(register, cast, register.draft(cast.reporter, submission, FACTS))
