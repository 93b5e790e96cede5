"""The register flows into the warehouse by itself: what was reported is there after a refresh, drafts and leftovers are not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installation import Installation, no_suites, tickets_csv
from register_cast import FACTS

from fracas import platform
from fracas.database import connect
from fracas.model import Person
from fracas.outflow import outflow
from fracas.permissions import Role
from fracas.register import Register
from fracas.staff import Staff
from fracas.states import State
from pipelines.refresh import sources_of
from warehouse.mapping import REGISTER, mapping_file
from warehouse.quality_trace import Place, trace
from warehouse.reading import Reader

if TYPE_CHECKING:
    from tests.pipelines.conftest import Registered


@pytest.fixture(autouse=True)
def unchecked() -> Iterator[None]:
    with no_suites():
        yield


def reports(made: Installation) -> dict[str, str]:
    return dict(made.rows("SELECT report_id, state FROM core.fracas_report ORDER BY 1"))


def refreshed(registered: Registered) -> Installation:
    assert registered.installation.refresh().extraction.rejected == ()
    return registered.installation


def test_without_a_register_or_with_drafts_only_there_is_no_such_source(registered: Registered) -> None:
    registered.installation.tickets("desk", "data/*.csv")
    registered.installation.put("a.csv", tickets_csv(range(1, 4)))
    registered.report()
    made = refreshed(registered)
    assert [s.name for s in sources_of(made.home)] == ["desk"]
    assert made.rows("SELECT source FROM meta.source") == [("desk",)]
    assert made.value("SELECT count(*) FROM core.fracas_report") == 0


def test_a_house_that_has_nothing_but_its_register_sees_its_reports(registered: Registered) -> None:
    registered.report().to(State.SUBMITTED)
    registered.report("s2")
    made = refreshed(registered)
    assert reports(made) == {registered.report("s1").report.number: "submitted"}, "the draft stays where it is"
    row = made.rows("SELECT asset_id, product_line, component, severity, _source, _file FROM core.fracas_report")
    assert row == [("A-17", "Brakes", "valve", "critical", REGISTER, "register")]
    assert made.value("SELECT count(*) FROM meta.quarantine") == 0


@pytest.mark.parametrize("registered", ["sqlite", "postgresql"], indirect=True)
def test_all_that_belongs_to_a_closed_report_arrives(registered: Registered) -> None:
    walked = registered.report().to(State.CLOSED)
    number = walked.report.number
    made = refreshed(registered)
    moves = made.rows("SELECT from_state, to_state, actor FROM core.fracas_event ORDER BY sequence")
    assert moves[0] == (None, "draft", "Reporter")
    assert moves[-1] == ("monitoring", "closed", "Board1")
    assert [to for _, to, _ in moves] == [
        "draft", "submitted", "verified", "contained", "analysing", "cause_confirmed", "action_approved", "implemented",
        "monitoring", "closed",
    ]  # fmt: skip
    actions = made.rows("SELECT action_id, report_id, kind, owner, effectivity FROM core.action ORDER BY 1")
    assert actions == [
        (f"{number}-1", number, "containment", "Owner", "BR-2041"),
        (f"{number}-2", number, "corrective", "Owner", "BR-2041"),
    ]
    signed = made.rows("SELECT gate, reviewer, verdict FROM core.review ORDER BY decided_at")
    assert signed == [
        ("cause_confirmed", "Engineer", "approved"), ("action_approved", "Board1", "approved"),
        ("action_approved", "Board2", "approved"), ("closed", "Reviewer", "approved"), ("closed", "Board1", "approved"),
    ]  # fmt: skip
    effect = made.rows("SELECT action_id, verdict, window_end - window_start FROM core.effectiveness")
    assert effect == [(f"{number}-2", "effective", 90)]
    assert made.value("SELECT closed_at IS NOT NULL FROM core.fracas_report")


@pytest.mark.parametrize("registered", ["sqlite", "postgresql"], indirect=True)
def test_a_pull_reads_what_changed_and_a_second_one_nothing(registered: Registered) -> None:
    first, second = registered.report().to(State.SUBMITTED), registered.report("s2").to(State.SUBMITTED)
    made = refreshed(registered)
    again = made.refresh()
    assert (again.is_new, again.extraction.batches) == (False, 0)

    second.to(State.VERIFIED)
    found = made.refresh()
    assert (found.is_new, found.extraction.batches) == (True, 1)
    assert reports(made) == {first.report.number: "submitted", second.report.number: "verified"}
    landed = sorted(f.name for f in (made.path / "landing" / REGISTER / "changes").iterdir())
    assert len(landed) == 2
    assert made.value("SELECT count(DISTINCT report_id) FROM core.fracas_event") == 2


def test_a_run_that_lost_its_batch_lands_the_same_again(registered: Registered) -> None:
    registered.report().to(State.CONTAINED)
    made = refreshed(registered)
    before = made.rows("SELECT * EXCLUDE (_extracted_at) FROM core.fracas_event ORDER BY sequence")
    shutil.rmtree(made.path / "landing" / REGISTER / "changes")
    made.refresh()
    assert made.rows("SELECT * EXCLUDE (_extracted_at) FROM core.fracas_event ORDER BY sequence") == before


def test_what_was_taken_back_leaves_the_warehouse(registered: Registered) -> None:
    walked = registered.report().to(State.SUBMITTED)
    cast = registered.cast
    old = [{"part_no": "P-1", "old_serial": "V-1", "new_serial": "V-2"}, {"part_no": "P-9"}, {"position": "left"}]
    registered.register.replace_parts(cast.engineer, walked.id, walked.version, old)
    walked.to(State.ANALYSING)
    made = refreshed(registered)
    parts = "SELECT part_no, old_serial, new_serial FROM core.part_use ORDER BY 1"
    assert made.rows(parts) == [("P-1", "V-1", "V-2"), ("P-9", None, None)], "a part without a number is none"
    repairs = "SELECT repair_id, asset_id FROM core.repair"
    assert made.rows(repairs) == [(walked.report.number, "A-17")]
    assert made.value("SELECT count(*) FROM core.action") == 1

    new = [{"part_no": "P-1", "old_serial": "V-1", "new_serial": "V-3"}]
    registered.register.replace_parts(cast.engineer, walked.id, walked.version, new)
    (action,) = walked.report.actions
    registered.register.withdraw(cast.owner, action.id, action.version, "not needed")
    made.refresh()
    assert made.rows(parts) == [("P-1", "V-1", "V-3")]
    assert made.value("SELECT count(*) FROM core.action") == 0
    assert made.value("SELECT bool_and(core + quarantined + superseded = staged) FROM meta.account")
    assert made.value("SELECT count(*) FROM meta.quarantine") == 0

    # Of a ticket its service voucher says which parts were used.
    walked.save(cast.engineer, ticket_id="T1")
    made.refresh()
    assert made.rows(parts) == []
    assert made.rows(repairs) == []


def test_reopening_takes_the_verdict_back(registered: Registered) -> None:
    walked = registered.report().to(State.MONITORING)
    platform.judge(registered.register, walked.id, "effective", {"failures_before": 30, "exposure_before": 900.0})
    made = refreshed(registered)
    verdict = "SELECT verdict, failures_before, exposure_before FROM core.effectiveness"
    assert made.rows(verdict) == [("effective", 30, 900.0)]
    platform.came_back(registered.register, walked.id, "it leaks again")
    made.refresh()
    assert made.rows(verdict) == []
    assert reports(made) == {walked.report.number: "reopened"}


def test_a_renamed_person_is_renamed_everywhere(registered: Registered) -> None:
    registered.report().to(State.CONTAINED)
    made = refreshed(registered)
    staff = Staff(registered.register.engine, registered.register.key)
    for person in staff.everybody(None):
        if person.login in ("engineer", "owner"):
            staff.change(None, person.id, person.version, {"name": f"New {person.name}"})
    made.refresh()
    assert made.value("SELECT owner FROM core.fracas_report") == "New Engineer"
    assert made.value("SELECT owner FROM core.action") == "New Owner"


def test_another_register_is_told_of_and_read_when_asked(registered: Registered, tmp_path: Path) -> None:
    registered.report().to(State.SUBMITTED)
    made = refreshed(registered)
    other = f"register_database: sqlite:///{tmp_path / 'other.sqlite'}\n"
    (made.path / "faultloop.yaml").write_text(other, encoding="utf-8")
    engine = connect(f"sqlite:///{tmp_path / 'other.sqlite'}")
    staff = Staff(engine, registered.register.key)
    reporter = staff.enrol(None, Person(login="r", name="Rita", roles=[Role.REPORTER, Role.QUALITY_ENGINEER]))
    register = Register(engine, registered.register.key)
    theirs = register.draft(reporter, "x", {**FACTS, "serial_no": "OTHER"})
    register.move(reporter, theirs, 1, "submit")
    found = made.refresh().extraction
    assert found.batches == 0
    (rejected,) = found.rejected
    assert f"landing/{REGISTER}" in rejected.en
    assert len(reports(made)) == 1, "what was read before is still shown"

    shutil.rmtree(made.path / "landing" / REGISTER)
    assert made.refresh().extraction.rejected == ()
    assert made.rows("SELECT owner, state FROM core.fracas_report") == [(None, "submitted")]
    engine.dispose()


def test_a_register_that_does_not_answer_is_told_of_and_what_was_read_stays(registered: Registered) -> None:
    registered.report().to(State.SUBMITTED)
    made = refreshed(registered)
    (made.path / "faultloop.yaml").write_text("register_database: postgresql:///no?host=/nowhere\n", encoding="utf-8")
    found = made.refresh().extraction
    assert [r.source for r in found.rejected] == [REGISTER]
    assert len(reports(made)) == 1


def test_a_mapping_of_the_house_takes_the_place_of_ours(registered: Registered) -> None:
    registered.report().to(State.SUBMITTED)
    ours = mapping_file(registered.installation.home.sources, REGISTER).read_text(encoding="utf-8")
    registered.installation.mapping(REGISTER, ours.replace("severity: severity", "severity: \"'degraded'\""))
    made = refreshed(registered)
    assert made.rows("SELECT severity FROM core.fracas_report") == [("degraded",)]


def test_a_row_leads_back_to_what_the_register_said_and_on_to_what_it_became(registered: Registered) -> None:
    registered.report().to(State.SUBMITTED)
    made = refreshed(registered)
    reading = Reader(made.home).current()
    assert reading is not None
    (row,) = reading.records("SELECT _source, _stream, _batch, _file, _row FROM core.fracas_report")
    found = trace(made.home, reading, Place(*row.values()))
    assert [(b.entity, b.fields["state"]) for b in found.became] == [("fracas_report", "submitted")]
    assert found.written_in["fracas_report", "severity"] == "severity"


@pytest.mark.parametrize("registered", ["sqlite", "postgresql"], indirect=True)
def test_reading_holds_nobody_up_and_sees_one_state(registered: Registered) -> None:
    walked = registered.report().to(State.SUBMITTED)
    with outflow(registered.register.engine) as state:
        walked.to(State.VERIFIED)
        rows = [row for some in state.rows(0) for row in some]
    assert {row["state"] for row in rows if row["entity"] == "fracas_report"} == {"submitted"}
    assert max(row["id"] for row in rows if row["entity"] == "fracas_event") == state.seq
    assert {row["seq"] for row in rows} == {state.seq}
