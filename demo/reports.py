"""Reports in the demo's register: of failures that the demo organisation really had, each left at another step of its way.

Their people have passwords that nobody was told, so nobody comes in as one of them.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any

from fracas import numbers
from fracas.database import Database
from fracas.model import Person
from fracas.people import Actor, hashed
from fracas.permissions import Function, Role
from fracas.register import Planned, Register, Rejoinder
from fracas.staff import Staff
from fracas.states import PATH, State
from warehouse import report_facts
from warehouse.reading import Reading
from warehouse.settings import Settings

S = State
# Where each report is left, the last one furthest.
LEFT_AT = (
    S.SUBMITTED, S.SUBMITTED, S.VERIFIED, S.CONTAINED, S.ANALYSING, S.ANALYSING, S.CAUSE_CONFIRMED, S.ACTION_APPROVED,
    S.IMPLEMENTED, S.MONITORING, S.RETURNED, S.NO_FAULT_FOUND,
)  # fmt: skip
# The newest failure of each component whose cause was found, with what was found.
_FAILURES = """
    SELECT f.fault_id, f.component, f.mechanism, f.cause
    FROM core.fault AS f INNER JOIN core.asset AS a ON a.asset_id = f.asset_id
    WHERE f.component <> '' AND f.cause <> '' AND f.symptom <> '' AND f.severity <> '' AND a.serial_no <> ''
    QUALIFY row_number() OVER (PARTITION BY f.component ORDER BY f.occurred_at DESC, f.fault_id) = 1
    ORDER BY f.occurred_at DESC, f.fault_id LIMIT ?
"""
_DESIGN = (Function.DESIGN, Function.PROCESS, Function.RELIABILITY)
_AFTER_SALES = (Function.QUALITY, Function.AFTER_SALES)


@dataclass(frozen=True)
class _Cast:
    """Who has a part."""

    reporter: Actor
    engineer: Actor
    analyst: Actor
    owner: Actor
    board: tuple[Actor, Actor]
    signed: Rejoinder


def _cast(staff: Staff) -> _Cast:
    password = secrets.token_urlsafe(24)
    secret = hashed(password)

    def hire(login: str, name: str, role: Role, functions: tuple[Function, ...] = ()) -> Actor:
        person = Person(login=login, name=name, password=secret, roles=[role], functions=[*functions])
        return staff.enrol(None, person)

    return _Cast(
        reporter=hire("demo.wang", "王强 Wang Qiang", Role.TECHNICIAN),
        engineer=hire("demo.li", "李敏 Li Min", Role.QUALITY_ENGINEER),
        analyst=hire("demo.zhao", "赵磊 Zhao Lei", Role.QUALITY_ENGINEER),
        owner=hire("demo.chen", "陈静 Chen Jing", Role.ACTION_OWNER),
        board=(
            hire("demo.liu", "刘洋 Liu Yang", Role.REVIEW_BOARD, _DESIGN),
            hire("demo.yang", "杨帆 Yang Fan", Role.REVIEW_BOARD, _AFTER_SALES),
        ),
        signed=Rejoinder(password=password),
    )


@dataclass(frozen=True)
class _Story:
    """One report and what its failure turned out to be."""

    register: Register
    cast: _Cast
    id: str
    component: str
    mechanism: str
    cause: str

    @property
    def version(self) -> int:
        return self.register.look(self.cast.reporter, self.id).version

    def save(self, actor: Actor, **changes: Any) -> None:
        self.register.save(actor, self.id, self.version, changes)

    def move(self, actor: Actor, name: str, said: Rejoinder | None = None) -> None:
        self.register.move(actor, self.id, self.version, name, said or self.cast.signed)

    def plan(self, actor: Actor, kind: str, words: str, days: int) -> None:
        due = self.register.today() + dt.timedelta(days=days)
        self.register.plan(actor, self.id, self.version, Planned(kind, words, self.cast.owner.id, due))

    def to(self, state: State) -> None:
        """Go on the way to a state, or to the state from which it leads off."""
        steps = {
            S.SUBMITTED: self._submit, S.VERIFIED: self._verify, S.CONTAINED: self._contain, S.ANALYSING: self._analyse,
            S.CAUSE_CONFIRMED: self._explain, S.ACTION_APPROVED: self._approve, S.IMPLEMENTED: self._implement,
            S.MONITORING: self._monitor,
        }  # fmt: skip
        last = {S.RETURNED: S.SUBMITTED, S.NO_FAULT_FOUND: S.VERIFIED}.get(state, state)
        for step in PATH[1 : PATH.index(last) + 1]:
            steps[step]()
        if state == S.RETURNED:
            self.move(self.cast.engineer, "return", Rejoinder(reason="请补充故障发生时的工况 Which load was it under?"))
        elif state == S.NO_FAULT_FOUND:
            why = "试验台运行 24 小时未复现 Not reproduced in 24 hours on the test bench"
            self.move(self.cast.engineer, "no_fault_found", Rejoinder(reason=why))

    def _submit(self) -> None:
        self.move(self.cast.reporter, "submit")

    def _verify(self) -> None:
        self.save(self.cast.engineer, is_failure=True, failed_item=self.component, is_segregated=True)
        self.move(self.cast.engineer, "verify")

    def _contain(self) -> None:
        self.save(self.cast.engineer, owner_id=self.cast.engineer.id)
        self.plan(self.cast.engineer, "containment", f"更换并加强巡检 Replace and inspect weekly: {self.component}", 14)
        self.move(self.cast.engineer, "contain")

    def _analyse(self) -> None:
        self.move(self.cast.engineer, "analyse")

    def _explain(self) -> None:
        self.save(
            self.cast.analyst,
            analyst_id=self.cast.analyst.id,
            location=self.component,
            mechanism=self.mechanism or self.cause,
            is_reproduced=True,
            reproduction="在试验台复现 Reproduced on the test bench",
            cause=self.cause,
            escape_cause="出厂检验未覆盖该工况 The final inspection does not cover this condition",
        )
        self.move(self.cast.engineer, "confirm_cause")

    def _approve(self) -> None:
        self.plan(self.cast.analyst, "corrective", f"改进后更换 Replace by an improved one: {self.component}", 60)
        self.save(
            self.cast.analyst,
            new_risks="未发现新风险 None seen",
            like_items="同型号设备全部排查 All units of the model are checked",
        )
        for member in self.cast.board:
            self.move(member, "approve")

    def _implement(self) -> None:
        for action in self.register.look(self.cast.owner, self.id).actions:
            serial = self.register.look(self.cast.owner, self.id).serial_no or self.component
            evidence = "已更换，见施工单 Replaced, see the work order"
            self.register.implemented(self.cast.owner, action.id, action.version, evidence, [serial])
        self.move(self.cast.owner, "implement")

    def _monitor(self) -> None:
        self.save(self.cast.engineer, monitored_days=90)
        self.move(self.cast.engineer, "monitor")


def write(engine: Database, key: bytes, settings: Settings, reading: Reading) -> int:
    """Write the reports; returns how many. key: that of the journal."""
    register = Register(engine, key, pattern=numbers.checked(settings.report_number), zone=settings.time_zone)
    cast = _cast(Staff(engine, key))
    failures = reading.rows(_FAILURES, [len(LEFT_AT)])
    for (fault_id, component, mechanism, cause), state in zip(failures, LEFT_AT, strict=False):
        facts = report_facts.of_fault(reading, fault_id)
        report_id = register.draft(cast.reporter, f"demo-{fault_id}", facts)
        _Story(register, cast, report_id, component, mechanism or "", cause).to(state)
    return len(failures)
