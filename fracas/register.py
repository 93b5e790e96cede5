"""What people do to reports: each method is one transaction with one event, or nothing.

Every method takes who does it, asks for the permission, the scope and the state, and refuses in a sentence. `version` is
that of the report as the person saw it: where somebody changed it since, a ConflictError tells who and what.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bilingual.errors import UserError
from bilingual.text import Text
from fracas import gates, journal, numbers, serious
from fracas.cases import case_of
from fracas.database import reading, writing
from fracas.fields import ACTIONS_OPEN, GROUP_OF, WITH_REPORTER
from fracas.gates import RULES, Case, Missing, Rules
from fracas.journal import Told
from fracas.model import Action, Event, File, LikeUnit, Person, ReplacedPart, Report, SameFault, Signature, now
from fracas.people import Actor, RefusedError, is_right
from fracas.refusals import GateError, MeanwhileError, not_there
from fracas.sight import is_visible, whole
from fracas.states import ENDED, LABELS, MOVES, State, moves_from

Done = TypeVar("Done")
_REVIEWED = Text(en="Reviewed independently: closing holds.", zh="经独立审查，同意归零。")


@dataclass(frozen=True)
class Rejoinder:
    """What a person adds to a move: why, under which password, with which remark, and which report it repeats."""

    reason: str | None = None
    password: str | None = None
    remark: str | None = None
    duplicate_of: str | None = None


NOTHING_SAID = Rejoinder()


@dataclass(frozen=True)
class Planned:
    """An action as it is proposed."""

    kind: str
    description: str
    owner_id: str
    due_on: dt.date


@dataclass(frozen=True)
class Register:
    """The register of a house. key: that of the journal; pattern: of the numbers; zone: in which days begin."""

    engine: Engine
    key: bytes
    rules: Rules = RULES
    pattern: str = numbers.DEFAULT
    zone: str = "Asia/Shanghai"

    def today(self) -> dt.date:
        """The local day."""
        return dt.datetime.now(ZoneInfo(self.zone)).date()

    # Writing a report.

    def draft(self, actor: Actor, submission_id: str, facts: Mapping[str, Any]) -> str:
        """Begin a report; the same submission id gives the same report, however often it is sent. Returns its id."""
        actor.must("report.create")

        def write(session: Session) -> str:
            known = session.scalars(select(Report).where(Report.submission_id == submission_id)).one_or_none()
            if known is not None:
                if known.reporter_id != actor.id:
                    raise not_there()
                return known.id
            at = now()
            report = Report(
                submission_id=submission_id, reporter_id=actor.id, created_at=at, changed_at=at, state=State.DRAFT
            )
            session.add(report)
            _fill(report, facts)
            session.flush()
            told = Told("draft", f"report:{report.id}", actor.id, to_state=State.DRAFT)
            journal.append(session, self.key, told)
            return report.id

        return self.written(write)

    def save(self, actor: Actor, report_id: str, version: int, changes: Mapping[str, Any]) -> int:
        """Change columns of a report; returns its new version. UserError for a column that nobody fills in."""
        with self.changing(actor, report_id, version, "save") as (_, report):
            for column in changes:
                _may_fill(actor, report, column)
            _fill(report, changes)
        return report.version

    def replace_parts(self, actor: Actor, report_id: str, version: int, parts: Sequence[Mapping[str, Any]]) -> int:
        """Say which parts were taken out and put in; those said before give way."""
        with self.changing(actor, report_id, version, "parts") as (session, report):
            _may_fill(actor, report, "part_no")
            for old in session.scalars(select(ReplacedPart).where(ReplacedPart.report_id == report_id)):
                session.delete(old)
            session.add_all(ReplacedPart(report_id=report_id, **part) for part in parts)
        return report.version

    # Actions.

    def plan(self, actor: Actor, report_id: str, version: int, planned: Planned) -> str:
        """Propose an action; returns its id."""
        actor.must("report.contain" if planned.kind == "containment" else "report.analyse")
        if not planned.description.strip():
            raise UserError(en="An action needs a description.", zh="措施须有描述。")
        with self.changing(actor, report_id, version, "action") as (session, report):
            must_stand(report, ACTIONS_OPEN)
            action = Action(
                report_id=report.id,
                kind=planned.kind,
                description=planned.description.strip(),
                owner_id=_known(session, planned.owner_id).id,
                author_id=actor.id,
                made_at=now(),
                original_due_on=planned.due_on,
                due_on=planned.due_on,
            )
            session.add(action)
        return action.id

    def postpone(self, actor: Actor, action_id: str, version: int, due_on: dt.date, reason: str) -> None:
        """Move the current due date of an action; the original one stays."""
        must_say_why(reason)
        with self.acting(actor, action_id, version, "action.postponed", reason) as action:
            action.due_on = due_on

    def implemented(
        self,
        actor: Actor,
        action_id: str,
        version: int,
        evidence: str,
        serials: Sequence[str] = (),
        lots: Sequence[str] = (),
    ) -> None:
        """Say that an action was implemented, by what that shows, and for which serials or lots it holds."""
        if not evidence.strip():
            raise UserError(en="Say what shows that it was implemented.", zh="请说明实施证据。")
        with self.acting(actor, action_id, version, "action.implemented") as action:
            action.implemented_at = action.implemented_at or now()
            action.evidence = evidence.strip()
            action.effective_serials, action.effective_lots = _tidied(serials), _tidied(lots)

    def withdraw(self, actor: Actor, action_id: str, version: int, reason: str) -> None:
        """Take back an action that is not to be done."""
        must_say_why(reason)
        with self.acting(actor, action_id, version, "action.withdrawn", reason) as action:
            action.withdrawn_at = now()

    # Like items (举一反三).

    def list_units(self, actor: Actor, report_id: str, version: int, units: Sequence[Mapping[str, Any]]) -> int:
        """Add installed units that share the part or lot; those listed already (by asset or serial) stay as they are."""
        actor.must("report.analyse")
        with self.changing(actor, report_id, version, "units") as (session, report):
            listed = session.scalars(select(LikeUnit).where(LikeUnit.report_id == report_id))
            known = {unit.asset_id or unit.serial_no for unit in listed}
            for unit in units:
                name = unit.get("asset_id") or unit.get("serial_no")
                if name and name not in known:
                    known.add(name)
                    session.add(LikeUnit(report_id=report.id, **unit))
        return report.version

    def check_unit(self, actor: Actor, unit_id: str, *, is_affected: bool, finding: str) -> None:
        """Say what was found on one of them."""
        if not (actor.may("report.implement") or actor.may("report.analyse")):
            actor.must("report.implement")

        def write(session: Session) -> None:
            unit = session.get(LikeUnit, unit_id)
            if unit is None:
                raise not_there()
            with self.opened(session, actor, unit.report_id, None, "unit.checked") as report:
                must_stand(report, frozenset(State) - ENDED - WITH_REPORTER)
                unit.checked_at, unit.checked_by_id = now(), actor.id
                unit.is_affected, unit.finding = is_affected, finding.strip() or None

        self.written(write)

    # Files and links.

    def add_file(self, actor: Actor, report_id: str, *, sha256: str, name: str, kind: str, size: int) -> str:
        """Note a file whose bytes lie in the store already; returns its id."""
        with self.changing(actor, report_id, None, "file") as (session, report):
            if not (_is_reporters(actor, report) or actor.may("report.edit") or actor.may("report.implement")):
                actor.must("report.edit")
            file = File(
                report_id=report.id,
                sha256=sha256,
                name=name,
                kind=kind,
                size=size,
                added_by_id=actor.id,
                added_at=now(),
            )
            session.add(file)
        return file.id

    def same_fault(self, actor: Actor, report_id: str, other_id: str) -> None:
        """Say that two reports are of the same fault; twice is once."""
        with self.changing(actor, report_id, None, "same_fault") as (session, report):
            other = self.seen(session, actor, other_id)
            if other.id == report.id:
                raise UserError(en="A report is of the same fault as itself.", zh="报告不能与自身关联。")
            pair = select(SameFault).where(
                SameFault.report_id.in_((report.id, other.id)), SameFault.other_id.in_((report.id, other.id))
            )
            if session.scalars(pair).first() is None:
                session.add(SameFault(report_id=report.id, other_id=other.id))

    # Moving on.

    def missing(self, actor: Actor, report_id: str, name: str) -> tuple[Missing, ...]:
        """What keeps a report from a move (or from its review) by this person now; nothing where they may make it."""
        with reading(self.engine) as session:
            return gates.missing(name, self.case(session, actor, self.seen(session, actor, report_id)))

    def move(self, actor: Actor, report_id: str, version: int, name: str, said: Rejoinder = NOTHING_SAID) -> str:
        """Make a move, if its gate holds; returns the state the report is in. An approval moves when the last of the
        board has signed; before that it leaves the signature."""
        move = MOVES[name]
        actor.must(move.permission)
        if move.needs_reason:
            must_say_why(said.reason)
        if move.meaning is not None:
            self.recognise(actor, said.password)
        with self.changing(actor, report_id, version, name, said.reason) as (session, report):
            must_stand(report, move.sources)
            if name == "submit" and not _is_reporters(actor, report):
                raise RefusedError(en="Only its reporter submits it.", zh="只有上报人本人可以上报。")
            if name == "duplicate" and said.duplicate_of:
                other = self.seen(session, actor, said.duplicate_of)
                report.duplicate_of_id = other.id if other.id != report.id else None
            case = self.case(session, actor, report)
            missing = gates.missing(name, case)
            if missing:
                raise GateError(missing)
            if move.meaning is not None:
                self._sign(session, actor, case, name, move.meaning, said.remark)
            if name == "approve" and gates.unsigned(case):
                return report.state
            self.enter(session, report, move.target, actor)
        return report.state

    def review(self, actor: Actor, report_id: str, version: int, password: str, remark: str | None = None) -> None:
        """Sign the independent review before closing."""
        actor.must("report.review")
        self.recognise(actor, password)
        with self.changing(actor, report_id, version, gates.REVIEW) as (session, report):
            must_stand(report, frozenset({State.MONITORING}))
            case = self.case(session, actor, report)
            missing = gates.missing(gates.REVIEW, case)
            if missing:
                raise GateError(missing)
            self._sign(session, actor, case, gates.REVIEW, _REVIEWED, remark)

    # Looking.

    def look(self, actor: Actor, report_id: str) -> Report:
        """One report with all that belongs to it. NotThereError where the person may not see it."""
        with reading(self.engine) as session:
            return whole(self.seen(session, actor, report_id))

    def may_fill(self, actor: Actor, report: Report, column: str) -> bool:
        """Whether a person may change a column of a report as it stands."""
        try:
            _may_fill(actor, report, column)
        except UserError:
            return False
        return True

    def offered(self, actor: Actor, report: Report) -> tuple[str, ...]:
        """The moves that this person may make from where a report stands, whether or not their gates hold yet."""
        found = [m.name for m in moves_from(State(report.state)) if actor.may(m.permission)]
        return tuple(name for name in found if name != "submit" or _is_reporters(actor, report))

    def history(self, actor: Actor, report_id: str) -> tuple[Event, ...]:
        """The events of a report, the first first."""
        with reading(self.engine) as session:
            self.seen(session, actor, report_id)
            of_it = select(Event).where(Event.subject == f"report:{report_id}").order_by(Event.seq)
            return tuple(session.scalars(of_it))

    # What operations are made of, those of other modules too.

    def written(self, write: Callable[[Session], Done]) -> Done:
        """Run a transaction; once more where another one made the same row first (a number series, a submission)."""
        try:
            with writing(self.engine) as session:
                return write(session)
        except IntegrityError:
            with writing(self.engine) as session:
                return write(session)

    def seen(self, session: Session, actor: Actor | None, report_id: str) -> Report:
        """A report that the person may see (None: the platform, which sees all). NotThereError for any other."""
        report = session.get(Report, report_id)
        if report is None or (actor is not None and not is_visible(actor, report)):
            raise not_there()
        return report

    @contextmanager
    def opened(
        self,
        session: Session,
        actor: Actor | None,
        report_id: str,
        version: int | None,
        kind: str,
        reason: str | None = None,
    ) -> Iterator[Report]:
        """A report to be changed within a transaction; the event is written at the end."""
        report = self.seen(session, actor, report_id)
        if version is not None and report.version != version:
            raise self._meanwhile(session, report, version)
        before, was_serious = report.state, serious.is_serious(report)
        yield report
        is_written = session.new or session.deleted or session.info["changes"]
        if is_written or any(session.is_modified(row) for row in session.dirty):
            # Whatever belongs to a report is a change of it: its version moves on.
            report.changed_at = now()
        told = Told(kind, f"report:{report.id}", actor.id if actor else None, before, report.state, reason)
        journal.append(session, self.key, told)
        if serious.is_serious(report) != was_serious:
            serious.tell(session)

    @contextmanager
    def changing(
        self, actor: Actor, report_id: str, version: int | None, kind: str, reason: str | None = None
    ) -> Iterator[tuple[Session, Report]]:
        """A transaction in which a report is changed, and its event written at the end."""
        with writing(self.engine) as session, self.opened(session, actor, report_id, version, kind, reason) as report:
            yield session, report

    @contextmanager
    def acting(
        self, actor: Actor, action_id: str, version: int, kind: str, reason: str | None = None
    ) -> Iterator[Action]:
        """An action to be changed by its owner or a quality engineer."""
        with writing(self.engine) as session:
            action = session.get(Action, action_id)
            if action is None:
                raise not_there()
            with self.opened(session, actor, action.report_id, None, kind, reason) as report:
                if actor.id != action.owner_id and not actor.may("report.analyse"):
                    raise RefusedError(
                        en="This is the action of somebody else; its owner or a quality engineer changes it.",
                        zh="这是他人的措施；由其责任人或质量工程师修改。",
                    )
                if action.version != version:
                    raise self._meanwhile(session, report, report.version - 1)
                if action.withdrawn_at is not None:
                    raise UserError(en="This action was withdrawn.", zh="该措施已撤回。")
                must_stand(report, ACTIONS_OPEN)
                yield action

    def _meanwhile(self, session: Session, report: Report, version: int) -> MeanwhileError:
        """What happened to a report since it had a version: each event made it one more."""
        since = max(1, report.version - version)
        newest = select(Event).where(Event.subject == f"report:{report.id}").order_by(Event.seq.desc()).limit(since)
        events = list(session.scalars(newest))[::-1]
        people = session.scalars(select(Person).where(Person.id.in_([e.actor_id for e in events if e.actor_id])))
        names = {person.id: person.name for person in people}
        for e in events:
            session.expunge(e)
        return MeanwhileError(events, names)

    def case(self, session: Session, actor: Actor | None, report: Report) -> Case:
        """All that gates look at, for one report and one person."""
        return case_of(session, self.rules, self.today(), actor, report)

    def _sign(
        self, session: Session, actor: Actor, case: Case, act: str, meaning: Text | None, remark: str | None
    ) -> None:
        assert meaning is not None
        session.add(
            Signature(
                report_id=case.report.id,
                act=act,
                person_id=actor.id,
                name=actor.name,
                functions=sorted(actor.functions),
                meaning_en=meaning.en,
                meaning_zh=meaning.zh,
                digest=case.digest,
                signed_at=now(),
                remark=remark or None,
            )
        )

    def recognise(self, actor: Actor, password: str | None) -> None:
        """A signature is given with the password, not with the browser that happens to be logged in."""
        with reading(self.engine) as session:
            right = is_right(session.get(Person, actor.id), password or "")
        if not right:
            raise RefusedError(
                en="That is not your password, so nothing was signed; enter it again.",
                zh="密码不正确，未签署；请重新输入。",
            )

    def enter(self, session: Session, report: Report, state: State, actor: Actor | None) -> None:
        """What follows by itself from entering a state."""
        report.state = state
        at = now()
        if state == State.SUBMITTED:
            report.submitted_at = report.submitted_at or at
            report.number = report.number or numbers.next_number(session, self.pattern, self.today())
        elif state == State.CONTAINED and report.owner_id is None and actor is not None:
            report.owner_id = actor.id
        elif state == State.MONITORING:
            report.monitored_from = self.today()
        elif state in ENDED:
            report.closed_at = at
        elif state == State.REOPENED:
            report.closed_at = report.verdict = report.verdict_at = report.verdict_facts = report.monitored_from = None


def _is_reporters(actor: Actor, report: Report) -> bool:
    return report.reporter_id == actor.id and report.state in WITH_REPORTER


def _may_fill(actor: Actor, report: Report, column: str) -> None:
    group = GROUP_OF.get(column)
    if group is None:
        raise UserError(en="“{column}” is nothing that people fill in.", zh="“{column}”不可由人填写。", column=column)
    if report.state in WITH_REPORTER and group.is_reporters and report.reporter_id == actor.id:
        return
    actor.must(group.permission)
    must_stand(report, group.states)


def must_stand(report: Report, states: frozenset[State]) -> None:
    """Raise RefusedError unless a report is in one of the states."""
    if report.state not in states:
        label = LABELS[State(report.state)]
        raise RefusedError(
            en="This cannot be done while the report is “{state}”.".replace("{state}", label.en),
            zh="报告处于“{state}”时不能进行此操作。".replace("{state}", label.zh),
        )


def must_say_why(reason: str | None) -> None:
    """Raise UserError where no reason is given."""
    if not (reason or "").strip():
        raise UserError(en="Say why.", zh="请说明理由。")


def _known(session: Session, person_id: str) -> Person:
    person = session.get(Person, person_id)
    if person is None or not person.is_active:
        raise UserError(en="There is no such person, or they are no longer active.", zh="没有此人员，或其已停用。")
    return person


def _fill(report: Report, values: Mapping[str, Any]) -> None:
    for column, value in values.items():
        if column not in GROUP_OF:
            raise UserError(
                en="“{column}” is nothing that people fill in.", zh="“{column}”不可由人填写。", column=column
            )
        setattr(report, column, (value.strip() or None) if isinstance(value, str) else value)


def _tidied(names: Sequence[str]) -> list[str]:
    return sorted({name.strip() for name in names if name.strip()})
