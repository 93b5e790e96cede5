"""The loop closes by itself: verdicts over the stated window with exposure, and a failure that comes back reopens its report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from installation import Installation, no_suites
from register_cast import Later, Walk
from sqlalchemy import select

from faultloop.cli import cli
from fracas import notices
from fracas.database import reading
from fracas.journal import verify
from fracas.keys import ENVIRONMENT
from fracas.model import Event, Report
from fracas.people import Actor
from fracas.register import Register
from fracas.states import State
from pipelines.effectiveness import FollowedUp, follow_up, register_of
from warehouse.settings import Home

if TYPE_CHECKING:
    from tests.pipelines.conftest import Registered

UNITS = 50
MAPPING = """\
title: {en: Field, zh: 现场}
kind: files
streams:
  assets: {path: data/assets.csv}
  tickets: {path: data/tickets.csv}
  repairs: {path: data/repairs.csv}
entities:
  asset: {from: assets, fields: {asset_id: asset, serial_no: serial, product_line: line, installed_at: installed}}
  ticket: {from: tickets, fields: {ticket_id: ticket, asset_id: asset, opened_at: at}}
  fault:
    from: tickets
    fields: {fault_id: "'F-' || ticket", ticket_id: ticket, asset_id: asset, occurred_at: at, component: part, failure_mode: mode}
  repair: {from: repairs, fields: {repair_id: repair, asset_id: asset, finished_at: at}}
  part_use: {from: repairs, fields: {repair_id: repair, part_no: part, new_serial: serial}}
"""


@dataclass(frozen=True)
class Failure:
    """One failure of a unit, so many days from when its report was worked on."""

    days: float
    asset: str = "A-17"
    component: str = "valve"
    mode: str = ""


# Records of the future are none: what is worked on in these tests was worked on so many days ago.
AGO = 150


@pytest.fixture(autouse=True)
def unchecked() -> Iterator[None]:
    with no_suites():
        yield


def moment() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(days=AGO)


@pytest.fixture
def long_ago(registered: Registered) -> Iterator[Registered]:
    """The register as it was then; its clock goes on from there."""
    with patch("fracas.register.now", moment), patch("fracas.journal.now", moment), patch("fracas.notices.now", moment):
        yield replace(registered, register=later(registered, 0))


def told(
    registered: Registered, *failures: Failure, until_days: int = AGO - 1, pieces: tuple[tuple[str, str], ...] = ()
) -> Home:
    """Publish records of 50 units that reach so many days on: the failures, and the pieces (asset, serial) put in."""
    made, now = registered.installation, moment()

    def at(days: float) -> str:
        return (now + dt.timedelta(days=days)).isoformat(sep=" ")

    settings = made.path / "faultloop.yaml"
    kept = [line for line in settings.read_text().splitlines() if "as_of" not in line] if settings.exists() else []
    settings.write_text("\n".join([*kept, f"as_of: {at(until_days)[:10]}T00:00Z", ""]))
    made.mapping("field", MAPPING)
    units = [f"A-{n},BR-{2024 + n},Brakes,2020-01-01" for n in range(1, UNITS + 1)]
    made.put("assets.csv", "\n".join(["asset,serial,line,installed", *units, ""]))
    # The records begin before everything that is compared.
    tickets = ["T0,A-50,2020-01-01,lamp,"]
    tickets += [f"T{n},{f.asset},{at(f.days)},{f.component},{f.mode}" for n, f in enumerate(failures, 1)]
    made.put("tickets.csv", "\n".join(["ticket,asset,at,part,mode", *tickets, ""]))
    repairs = [f"R{n},{asset},2021-01-01,P-1,{serial}" for n, (asset, serial) in enumerate(pieces)]
    made.put("repairs.csv", "\n".join(["repair,asset,at,part,serial", *repairs, ""]))
    assert made.refresh().is_new
    return Home(made.path)


def later(registered: Registered, days: int) -> Register:
    return Later(**{**registered.register.__dict__, "days": days - AGO})


def run(registered: Registered, home: Home, days: int = 0) -> FollowedUp:
    return follow_up(home, later(registered, days))


def report_of(registered: Registered, walked: Walk) -> Report:
    return registered.register.look(registered.cast.reporter, walked.id)


def unseen(registered: Registered, actor: Actor) -> list[tuple[str, str]]:
    return [(t.notice.kind, t.notice.en) for t in notices.unseen(registered.register.engine, actor)]


def events(registered: Registered) -> int:
    with reading(registered.register.engine) as session:
        assert verify(session, registered.register.key).broken == ()
        return len(session.scalars(select(Event.seq)).all())


# Two hundred before, spread over the year, the month before the report left out; five in the window of ninety days.
WORKED = (
    *(Failure(-(32 + n * 330 / 200), f"A-{n % UNITS + 1}") for n in range(200)),
    *(Failure(10 + n * 10, f"A-{n + 30}") for n in range(5)),
)


@pytest.mark.parametrize("registered", ["sqlite", "postgresql"], indirect=True)
def test_an_action_that_worked_over_its_whole_window_is_proposed_for_closing(long_ago: Registered) -> None:
    walked = long_ago.report().to(State.MONITORING)
    number = walked.report.number
    home = told(long_ago, *WORKED)
    done = run(long_ago, home, days=91)
    (judged,) = done.judged
    assert (judged.number, judged.verdict, judged.is_news, judged.is_proposed) == (number, "effective", True, True)
    report = report_of(long_ago, walked)
    facts = report.verdict_facts
    assert facts is not None
    assert report.verdict == "effective"
    assert (facts["failures_before"], facts["failures_after"], facts["is_over"]) == (200, 5, True)
    # A year before without the month that set it off, and the ninety days, of fifty units each.
    assert (facts["exposure_before"], facts["exposure_after"]) == (UNITS * 335.0, UNITS * 90.0)
    assert facts["ratio"] == pytest.approx((5 / 90) / (200 / 335), abs=1e-4)
    assert facts["low"] < facts["ratio"] < facts["high"] < 1
    cast = long_ago.cast
    for actor in (cast.engineer, *cast.board):
        ((kind, words),) = unseen(long_ago, actor)
        assert kind == notices.PROPOSED
        assert words.startswith(f"{number} can be closed")
    assert unseen(long_ago, cast.reporter) == []

    before = events(long_ago)
    again = run(long_ago, home, days=91)
    assert [(j.is_news, j.is_proposed) for j in again.judged] == [(False, True)]
    assert events(long_ago) == before
    assert len(unseen(long_ago, cast.engineer)) == 1


def test_within_its_window_an_action_is_judged_and_not_proposed(long_ago: Registered) -> None:
    walked = long_ago.report().to(State.MONITORING)
    home = told(long_ago, *WORKED, until_days=35)
    for days in (41, 91):  # the records end before the window does, whatever the day
        (judged,) = run(long_ago, home, days=days).judged
        assert (judged.verdict, judged.is_proposed) == ("effective", False)
    facts = report_of(long_ago, walked).verdict_facts
    assert facts is not None
    assert (facts["failures_after"], facts["is_over"]) == (3, False)
    assert unseen(long_ago, long_ago.cast.engineer) == []


def test_an_action_that_changed_nothing_is_not_effective_and_few_failures_are_too_early(long_ago: Registered) -> None:
    useless = long_ago.report("s1", component="pump").to(State.MONITORING)
    rare = long_ago.report("s2", component="relay").to(State.MONITORING)
    unsaid = long_ago.report("s3", component="").to(State.MONITORING)
    always = [Failure(n * 1.65 - 360, f"A-{n % 20 + 21}", "pump") for n in range(270)]
    home = told(long_ago, *always, Failure(-100, "A-3", "relay"))
    found = {judged.number: judged.verdict for judged in run(long_ago, home, days=91).judged}
    assert found == {
        useless.report.number: "not_effective",
        rare.report.number: "too_early",
        unsaid.report.number: "too_early",
    }


def test_nothing_is_judged_without_a_snapshot_and_other_states_are_left_alone(long_ago: Registered) -> None:
    long_ago.report().to(State.MONITORING)
    assert run(long_ago, long_ago.installation.home) == FollowedUp()
    long_ago.report("s2").to(State.IMPLEMENTED)
    assert len(run(long_ago, told(long_ago, *WORKED), days=91).judged) == 1


@pytest.mark.parametrize("registered", ["sqlite", "postgresql"], indirect=True)
def test_a_failure_that_comes_back_reopens_a_closed_report_once(long_ago: Registered) -> None:
    walked = long_ago.report().to(State.CLOSED)
    number, owner = walked.report.number, long_ago.cast.engineer
    day = (moment() + dt.timedelta(days=20, hours=8)).date()
    home = told(long_ago, Failure(-30), Failure(20), Failure(25))
    done = run(long_ago, home)
    ((reopened, why),) = done.reopened
    assert reopened == number
    assert (why.en, done.judged) == (f"{number} is open again: the failure came back on BR-2041 on {day} (T2).", ())
    report = report_of(long_ago, walked)
    assert (report.state, report.closed_at, report.verdict) == (State.REOPENED, None, None)
    last = long_ago.register.history(owner, walked.id)[-1]
    assert (last.kind, last.actor_id, last.from_state) == ("reopen", None, "closed")
    assert last.reason == f"{why.en} {why.zh}"
    assert [kind for kind, _ in unseen(long_ago, owner)] == [notices.CAME_BACK]

    before = events(long_ago)
    assert run(long_ago, home) == FollowedUp()
    assert events(long_ago) == before
    assert len(unseen(long_ago, owner)) == 1


def test_what_failed_before_the_last_implementation_does_not_reopen(long_ago: Registered) -> None:
    walked = long_ago.report().to(State.MONITORING)
    home = told(long_ago, Failure(-1), Failure(0))
    # The second one lies in the minute of the implementation, after it.
    done = run(long_ago, home)
    assert [number for number, _ in done.reopened] == [walked.report.number]
    # Once more around: what reopened it lies before the new implementation.
    again = walked.report
    assert again.state == State.REOPENED
    walked.plan(long_ago.cast.engineer, "containment")
    for move, actor in (("contain", "engineer"), ("analyse", "engineer"), ("confirm_cause", "engineer")):
        walked.move(getattr(long_ago.cast, actor), move)
    for member in long_ago.cast.board:
        walked.move(member, "approve")
    walked._implement()
    walked._monitor()
    assert walked.report.state == State.MONITORING
    assert run(long_ago, home).reopened == ()


# What fails five days on (unit, component, mode), and whether that is the failure of the report.
CASES = {
    ("A-17", "valve", ""): True,
    ("A-18", "valve", ""): True,  # a like unit
    ("A-19", "valve", ""): True,  # the serial of the action
    ("A-20", "valve", ""): True,  # a piece of the lot was put in
    ("A-21", "valve", ""): True,  # a piece of the serial was put in
    ("A-22", "valve", ""): False,  # a like unit that is not affected
    ("A-23", "valve", ""): False,
    ("A-17", "lamp", ""): False,
    ("A-17", "valve", "stuck"): False,
    ("A-17", "valve", "leak"): True,
    ("A-17", "", "leak"): True,
}


# What is matched is matched in the warehouse: the register's database makes no difference.
@pytest.mark.parametrize("registered", ["sqlite"], indirect=True)
def test_it_came_back_only_on_an_affected_unit_and_in_the_same_way(long_ago: Registered) -> None:
    """One report for each case in one register, each of a component and of a mode of its own, and all failures in one home."""
    cast, register = long_ago.cast, long_ago.register

    def own(word: str, n: int) -> str:
        return f"{word} {n}" if word in ("valve", "leak") else word

    numbers = {}
    for n, case in enumerate(CASES):
        walked = long_ago.report(f"s{n}", component=own("valve", n), failure_mode=own("leak", n))
        walked.to(State.ACTION_APPROVED)
        register.list_units(cast.analyst, walked.id, walked.version, [{"asset_id": "A-22"}])
        sound = next(unit for unit in walked.report.like_units if unit.asset_id == "A-22")
        register.check_unit(cast.owner, sound.id, is_affected=False, finding="other rings")
        for action in walked.report.actions:
            register.implemented(cast.owner, action.id, action.version, "photos", ["BR-2043", "V-9"], ["L77"])
        walked.move(cast.owner, "implement")
        walked.to(State.MONITORING)
        numbers[walked.report.number] = case
    failures = [Failure(5, asset, own(part, n), own(mode, n)) for n, (asset, part, mode) in enumerate(CASES)]
    home = told(long_ago, *failures, pieces=(("A-20", "BV-L77-003"), ("A-21", "V-9"), ("A-23", "BV-L770-003")))
    reopened = {numbers[number] for number, _ in run(long_ago, home).reopened}
    assert reopened == {case for case, comes_back in CASES.items() if comes_back}


def test_a_report_of_the_same_failure_without_a_ticket_reopens_too(long_ago: Registered) -> None:
    walked = long_ago.report().to(State.CLOSED)
    again = long_ago.report("s2", occurred_at=moment()).to(State.SUBMITTED)
    home = told(long_ago)
    assert run(long_ago, home).reopened == (), "nobody has confirmed yet that it is a failure"
    again.to(State.VERIFIED)
    long_ago.installation.refresh()
    ((number, why),) = run(long_ago, home).reopened
    assert number == walked.report.number
    assert again.report.number in why.zh


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "the secret of the tests, which is no secret at all")


def said(path: Path, language: str) -> str:
    result = CliRunner(env={"LANG": language}).invoke(cli, ["--home", str(path), "effectiveness"])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.usefixtures("secret")
def test_the_command_says_what_it_did(long_ago: Registered) -> None:
    worked = long_ago.report("s1").to(State.MONITORING).report.number
    back = long_ago.report("s2", component="lamp").to(State.CLOSED).report.number
    path = told(long_ago, *WORKED, Failure(0, component="lamp")).path
    first = said(path, "en_US.UTF-8")
    assert f"{back} is open again: the failure came back on BR-2041" in first
    assert f"{worked}: Effective – can be closed" in first
    assert "可以关闭" in said(path, "zh_CN.UTF-8")
    assert back not in said(path, "en_US.UTF-8")


@pytest.mark.usefixtures("secret")
def test_where_there_is_no_register_none_is_made(installation: Installation) -> None:
    assert "no report is in monitoring" in said(installation.path, "en_US.UTF-8")
    with register_of(installation.home) as register:
        assert register is None
    assert not (installation.path / "register.sqlite").exists()
