"""Every suite, run by the real checking process on three tiny snapshots: a sound one, one where all is wrong, an empty one."""

from __future__ import annotations

import datetime as dt
import json
import pickle
import re
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest
from factories import EXTRACTED_AT, installation, once

from bilingual.errors import UserError
from expectations import row_rules, suites
from expectations.check import Check, Context
from expectations.configured import words
from expectations.run import Checker, Outcome
from warehouse import results
from warehouse.database import literal, open_for_building, quote
from warehouse.entities import entities
from warehouse.publish import publish
from warehouse.quality import Verdict, checks, verdict
from warehouse.reading import Reader, Reading
from warehouse.settings import Home

pytestmark = pytest.mark.slow

EVERY = [(suite.name, check) for suite in suites().values() for check in suite.checks]

# Half of the rows of the first four break a rule for rows, each another.
SOUND = {
    "ticket": """
    ticket_id | opened_at        | arrived_at       | resolved_at      | closed_at        | status | priority | asset_id | customer_id | technician_id
    T1        | 2024-03-04 09:00 | 2024-03-04 10:00 | 2024-03-04 11:00 | 2024-03-04 11:00 | closed | high     | M1       | C1          | E1
    T2        | 2024-03-04 09:00 | 2024-03-04 09:00 |                  |                  | new    | 紧急     | M1       | C1          |
    T3        | 2024-03-04 09:00 |                  |                  | 2024-03-04 09:00 | 已关闭 |          | M1       |             | E1
    T4        | 2024-03-05 09:00 |                  |                  |                  |        |          | M1       |             |
    Q1        | 2024-03-04 09:00 |                  |                  | 2024-03-04 08:59 |        |          | M1       |             |
    Q2        | 2024-03-04 09:00 |                  | 2024-03-04 08:59 |                  |        |          | M1       |             |
    Q3        | 2024-03-04 09:00 | 2024-03-04 08:59 |                  |                  |        |          | M1       |             |
    Q4        | 2030-01-02 00:01 |                  |                  |                  |        |          | M1       |             |
    """,
    "asset": """
    asset_id | parent_asset_id | customer_id | product_line | installed_at     | warranty_end | zone  | status     | serial_no | model
    M1       |                 | C1          | lifts        | 2023-01-01 09:00 | 2023-01-01   | urban | in_service | S1        | A
    M2       | M1              | C1          | lifts        | 2023-01-01 09:00 |              |       |            | S1        | B
    Q1       | Q1              |             | lifts        |                  |              |       |            |           |
    """,
    "fault": """
    fault_id | ticket_id | asset_id | occurred_at      | detected_at      | restored_at      | failure_mode | component | severity
    F1       | T1        | M1       | 2024-03-04 08:00 | 2024-03-04 08:00 | 2024-03-04 08:00 | leak         | hose      | critical
    F2       | T2        | M1       | 2030-01-02 00:00 |                  |                  | leak         | hose      |
    Q1       | T1        | M1       | 2024-03-04 08:00 |                  | 2024-03-04 07:59 | leak         | hose      |
    Q2       | T1        | M1       | 2030-01-02 00:01 |                  |                  | leak         | hose      |
    """,
    "repair": """
    repair_id | ticket_id | asset_id | technician_id | started_at       | finished_at      | active_hours | service_kind | cost_labour
    R1        | T1        | M1       | E1            | 2024-03-04 10:00 | 2024-03-04 10:00 | 0            | warranty     | 10.5
    R2        | T1        |          |               |                  |                  | 720          |              | 0
    R3        | T3        |          |               | 2024-03-04 09:00 |                  |              |              |
    Q1        | T1        |          |               | 2024-03-04 10:00 | 2024-03-04 09:59 |              |              |
    Q2        | T1        |          |               |                  |                  | -0.1         |              |
    """,
    "action": """
    action_id | report_id | kind       | owner | due_on     | implemented_at
    A1        | P1        | corrective | Li    | 2024-04-01 |
    A2        | P1        | preventive | Li    |            | 2024-03-01 09:00
    """,
    "complaint": """
    complaint_id | ticket_id | category | severity | opened_at        | answered_at      | closed_at
    K1           | T1        | parts    | critical | 2024-03-04 09:00 | 2024-03-04 09:00 | 2024-03-04 09:00
    """,
    "consultation": """
    consultation_id | customer_id | at               | answer | answered_at
    N1              | C1          | 2024-03-04 09:00 | yes    | 2024-03-04 09:00
    """,
    "contract": """
    contract_id | customer_id | asset_id | kind     | starts_at  | ends_at    | price
    O1          | C1          | M1       | warranty | 2024-01-01 | 2024-01-01 | 0
    """,
    "customer": "customer_id | name\nC1 | Customer",
    "effectiveness": """
    action_id | window_start | window_end | failures_before | exposure_before | failures_after | exposure_after | verdict
    A1        | 2024-03-01   | 2024-03-01 | 0               | 0               | 1              | 0.5            | effective
    """,
    "fracas_event": """
    report_id | sequence | from_state | to_state  | at
    P1        | 1        |            | draft     | 2024-03-04 09:00
    P1        | 2        | draft      | submitted | 2024-03-04 09:00
    """,
    "fracas_report": """
    report_id | ticket_id | fault_id | asset_id | state  | severity | root_cause | occurred_at      | submitted_at     | closed_at
    P1        | T1        | F1       | M1       | closed | critical | seal       | 2024-03-04 08:00 | 2024-03-04 08:00 | 2024-03-04 08:00
    """,
    "installation": "asset_id | commissioned_at | technician_id\nM1 | 2023-01-01 09:00 | E1",
    "maintenance": "asset_id | planned_on | done_at | meter | technician_id\nM1 | 2024-03-04 | 2024-03-04 09:00 | 0 | E1",
    "part": "part_no | unit_cost | lead_time_days | criticality\nX1 | 0 | 0 |",
    "part_use": """
    repair_id | part_no | position | quantity | old_serial | new_serial | unit_cost | disposition
    R1        | X1      | 1        | 0.5      | A          | B          | 0         | scrapped
    R1        | X1      |          |          |            |            |           |
    """,
    "price_approval": """
    ticket_id | amount | approver_role   | decided_at       | waived
    T1        | 0      | service_manager | 2024-03-04 09:00 | yes
    T2        | 1      |                 | 2024-03-04 09:00 | no
    """,
    "returned_unit": """
    repair_id | part_no | serial | received_at      | inspected_at | repaired_at      | released_at | sent_at          | verdict
    R1        | X1      | A      | 2024-03-04 09:00 |              | 2024-03-04 09:00 |             | 2024-03-04 09:00 | repaired
    """,
    "review": "review_id | report_id | gate | reviewer | decided_at | verdict\nV1 | P1 | verified | Li | 2024-03-04 09:00 | approved",
    # The first store never counted; what the second had before its count nobody knows.
    "stock_move": """
    part_no | site  | at               | kind    | quantity
    X1      | north | 2024-03-01 09:00 | issue   | 2
    X1      | north | 2024-03-01 09:00 | receipt | 2
    X1      | south | 2024-03-01 09:00 | issue   | 2
    X1      | south | 2024-03-02 09:00 | count   | 1
    X1      | south | 2024-03-02 10:00 | issue   | 1
    """,
    "supplier": "supplier_id | name\nU1 | Supplier",
    "survey": """
    ticket_id | technician_id | at               | item     | grade     | reached
    T1        | E1            | 2024-03-04 09:00 | attitude | satisfied | yes
    T1        | E1            | 2024-03-04 09:00 | skill    |           | no
    """,
    "target": "measure | period | value\nbacklog | 2024 | 3",
    "technician": "technician_id | name | hired_at | active\nE1 | Wang | 2030-01-02 | yes\nE2 | Zhao | | no",
    "ticket_event": """
    ticket_id | from_status | to_status | at
    T1        | new         | closed    | 2024-03-04 11:00
    T1        |             | new       | 2024-03-04 09:00
    T1        | new         | resolved  | 2024-03-04 11:00
    """,
    "usage": """
    asset_id | read_at          | value | unit
    M1       | 2024-03-04 09:00 | 0     | hours
    M1       | 2024-03-04 10:00 | 0     | hours
    M1       | 2024-03-04 11:00 | 5     | km
    """,
    "visit": """
    visit_id | ticket_id | technician_id | departed_at      | arrived_at | started_at       | finished_at      | outcome
    J1       | T1        | E1            | 2024-03-04 09:00 |            | 2024-03-04 09:00 | 2024-03-04 09:00 | fixed
    """,
}
LATEST = dt.datetime(2024, 3, 5, 9)
TOLD = {"source": "s", "stream": "repair", "entity": "repair"}


def bad(entity: str, **values: Any) -> str:
    """One more row, marked as bad, read like the others."""
    row = {"source_key": "bad", "_source": "s", "_extracted_at": "2030-01-01", **values}
    return (
        f"INSERT INTO core.{entity} ({', '.join(map(quote, row))}) VALUES ({', '.join(_sql(v) for v in row.values())})"
    )


def _sql(value: Any) -> str:
    return "NULL" if value is None else str(value) if isinstance(value, bool | int | float) else literal(value)


def several(entity: str, n: int, **values: Any) -> str:
    """As many bad rows that are all the same."""
    into, values_, row = bad(entity, **values).partition("VALUES")
    return into + values_ + ",".join([row] * n)


# The row that each check is about, where its kind does not say so already (see `breaking`).
BAD = {
    "account.rows_add_up": "UPDATE meta.account SET core = core + 1 WHERE entity = 'ticket'",
    "account.rows_are_staged": "UPDATE meta.mapped SET landed = landed + 1 WHERE entity = 'ticket'",
    "account.rows_are_there": "UPDATE meta.account SET core = core + 1 WHERE entity = 'ticket'",
    "account.quarantine_share": "SELECT 1",
    "action.has_owner": bad("action", due_on="2024-01-01"),
    "action.has_due_date": bad("action", owner="Li"),
    "asset.own_parent": bad("asset", asset_id="bad", parent_asset_id="bad"),
    "asset.serial_no_once": several("asset", 2, serial_no="S9", model="A"),
    "asset.warranty_after_installation": bad("asset", installed_at="2024-01-02 00:00", warranty_end="2024-01-01"),
    "calendar.closes_after_opening": bad("calendar", opens="09:00", closes="09:00"),
    "complaint.opened_at_before_ticket": bad("complaint", ticket_id="T1", opened_at="2024-03-04 08:58"),
    "consultation.answered_has_answer": bad("consultation", answered_at="2024-03-04 09:00"),
    "contract.customer_id_of_asset": bad("contract", asset_id="M1", customer_id="C9"),
    "contract.ends_after_start": bad("contract", starts_at="2024-01-02", ends_at="2024-01-01"),
    "effectiveness.exposure_of_failures": bad("effectiveness", failures_before=1, exposure_before=0),
    "effectiveness.window_in_order": bad("effectiveness", window_start="2024-01-02", window_end="2024-01-01"),
    "fault.asset_id_of_ticket": bad("fault", ticket_id="T1", asset_id="M2"),
    "fault.fault_in_future": bad("fault", occurred_at="2030-01-02 00:01"),
    "fault.mostly_filled_asset_id": several("fault", 9),
    "fault.occurred_after_closing": bad("fault", ticket_id="T1", occurred_at="2024-03-04 11:01"),
    "fault.restored_before_occurred": bad("fault", occurred_at="2024-01-02", restored_at="2024-01-01"),
    "fracas_event.in_order": bad("fracas_event", report_id="P1", sequence=3, at="2024-03-04 08:59"),
    "fracas_report.asset_id_of_fault": bad("fracas_report", fault_id="F1", asset_id="M2"),
    "fracas_report.closed_has_closing_time": bad("fracas_report", state="closed", root_cause="seal"),
    "fracas_report.closed_has_root_cause": bad("fracas_report", state="closed", closed_at="2024-03-04"),
    "fracas_report.ticket_id_of_fault": bad("fracas_report", fault_id="F1", ticket_id="T2"),
    "part_use.another_serial": bad("part_use", old_serial="A", new_serial="A"),
    "part_use.some_quantity": bad("part_use", quantity=0),
    "price_approval.waiver_has_approver": bad("price_approval", waived=True),
    "repair.asset_id_of_ticket": bad("repair", ticket_id="T1", asset_id="M2"),
    "repair.finished_before_started": bad("repair", started_at="2024-01-02", finished_at="2024-01-01"),
    "repair.negative_hours": bad("repair", admin_delay_hours=-1),
    "repair.range_active_hours": bad("repair", active_hours=720.1),
    "repair.started_after_closing": bad("repair", ticket_id="T1", started_at="2024-03-04 11:02"),
    "repair.started_at_before_ticket": bad("repair", ticket_id="T1", started_at="2024-03-04 08:58"),
    "review.decided_has_reviewer": bad("review", decided_at="2024-03-04"),
    "source.every_delivery_landed": "INSERT INTO meta.rejected VALUES ('s', 'repair', 'x.csv', 'no', 'no')",
    "source.fresh": "INSERT INTO meta.source VALUES ('meters', 'm', 'm', NULL, 24);"
    + bad("usage", _source="meters", read_at="2024-03-04 08:00"),
    "source.rows_as_told": "SELECT 1",
    "source.sums_as_told": "SELECT 1",
    "stock_move.stock_not_negative": bad(
        "stock_move", part_no="X1", site="south", at="2024-03-02 11:00", kind="issue", quantity=1
    ),
    "survey.at_before_ticket": bad("survey", ticket_id="T1", at="2024-03-04 08:58"),
    "survey.graded_was_reached": bad("survey", grade="fair", reached=False),
    "survey.on_rating_scale": bad("survey", grade="P9"),
    # Mapped by its source, and never filled.
    "supplier.mostly_filled_name": bad("supplier", _source="u"),
    "technician.hired_in_future": bad("technician", hired_at="2030-01-03"),
    "ticket.arrived_before_opened": bad("ticket", opened_at="2024-01-02", arrived_at="2024-01-01"),
    "ticket.closed_after_resolved": bad("ticket", resolved_at="2024-01-02", closed_at="2024-01-01"),
    "ticket.closed_before_opened": bad("ticket", opened_at="2024-01-02", closed_at="2024-01-01"),
    "ticket.closed_has_closing_time": bad("ticket", status="cancelled"),
    "ticket.closed_without_work": several("ticket", 3, ticket_id="bad", closed_at="2024-03-05 08:00", status="closed"),
    "ticket.customer_id_of_asset": bad("ticket", asset_id="M1", customer_id="C9"),
    "ticket.dispatched_before_opened": bad("ticket", opened_at="2024-01-02", dispatched_at="2024-01-01"),
    "ticket.fresh_ticket": "SELECT 1",
    "ticket.mostly_filled_closed_at": several("ticket", 9, status="closed"),
    "ticket.mostly_filled_technician_id": several("ticket", 9, closed_at="2024-03-05 08:00"),
    "ticket.open_has_no_closing_time": bad("ticket", status="waiting_parts", closed_at="2024-03-05 08:00"),
    "ticket.opened_in_future": bad("ticket", opened_at="2030-01-02 00:01"),
    "ticket.product_line_of_asset": bad("ticket", asset_id="M1", product_line="doors"),
    "ticket.resolved_after_arrival": bad("ticket", arrived_at="2024-01-02", resolved_at="2024-01-01"),
    "ticket.resolved_before_opened": bad("ticket", opened_at="2024-01-02", resolved_at="2024-01-01"),
    "ticket.responded_before_opened": bad("ticket", opened_at="2024-01-02", responded_at="2024-01-01"),
    "ticket.technician_active": bad("ticket", technician_id="E2"),
    "ticket.told_twice": bad("ticket", _source="t", ticket_id="bad", asset_id="M1", opened_at="2024-03-05 09:00:59"),
    "ticket_event.at_before_ticket": bad("ticket_event", ticket_id="T1", at="2024-03-04 08:58"),
    "ticket_event.last_is_status": bad("ticket_event", ticket_id="T2", at="2024-03-04 10:00", to_status="closed"),
    "usage.runs_forward": bad("usage", asset_id="M1", unit="km", read_at="2024-03-04 12:00", value=4.9),
    "visit.arrived_at_before_ticket": bad("visit", ticket_id="T1", arrived_at="2024-03-04 08:58"),
}
VALUES = {"text": "twice", "code": "twice", "instant": "2024-01-01", "day": "2024-01-01", "number": 1, "integer": 1}


def breaking(suite: str, check: Check) -> str:
    """SQL that puts in what a check is to find."""
    if f"{suite}.{check.name}" in BAD:
        return BAD[f"{suite}.{check.name}"]
    kind, _, name = check.name.partition("_")
    fields = entities()[suite].fields
    match kind:
        case "unique":
            twice = {key: VALUES[fields[key].type] for key in entities()[suite].key}
            return bad(suite, **twice) + ";" + bad(suite, _source="t", **twice)
        case "filled":
            return bad(suite)
        case "known" | "code":
            return bad(suite, **{name: "P9"})
        case "negative":
            return bad(suite, **{name: -0.5 if fields[name].type == "number" else -1})
        case "ahead":
            return bad(suite, **{name: "2030-01-02 00:01"})
        case "order":
            instants = [f.name for f in fields.values() if f.type == "instant" and f.name not in ("due_at", name)]
            return bad(suite, **{instants[0]: "2024-01-02", name: "2024-01-01"})
        case "mostly":
            return several(suite, 9)
        case "drift":
            shares = ((0, "fair"), (7, "other"))
            dating = dated(suite, check)
            return ";".join(
                several(suite, 60, _source="drifting", **{dating: weeks_ago(w), name: v}) for w, v in shares
            )
    assert check.name in ("volume", "volume_drift"), check.name
    if check.name == "volume":
        return "SELECT 1"
    return ";".join(several(suite, 5, _source="fallen", **{dated(suite, check): weeks_ago(w)}) for w in range(4, 20))


def dated(suite: str, check: Check) -> str:
    """The field by which a check of drift dates rows."""
    found = suites()[suite].asked(check, CONTEXTS["sound"])
    assert found
    return re.search(r"b\.(\w+) <= a\.as_of", found["found_by"])[1]  # type: ignore[index]


def weeks_ago(weeks: int) -> str:
    """An instant so many weeks before the end of the records of the tests, and an hour."""
    return str(LATEST - dt.timedelta(weeks=weeks, hours=1))


def context(**parts: Any) -> Context:
    return Context(**{"now": LATEST, "previous_rows": {}, **parts})


CONTEXTS = {
    # Exactly at each limit: 24 h old, a fifth fewer rows, half of the rows in quarantine.
    "sound": context(
        now=LATEST + dt.timedelta(hours=24),
        previous_rows=dict.fromkeys(entities(), 1) | {"ticket": 5, "asset": 2, "fault": 2, "repair": 3},
        limits={"account.quarantine_share": 0.5},
        told=[{**TOLD, "total": "rows", "value": 5}, {**TOLD, "total": "cost_labour", "value": 10.505}],
    ),
    "wrong": context(
        now=dt.datetime(2040, 1, 1),
        previous_rows=dict.fromkeys(entities(), 10**6),
        limits={"account.quarantine_share": 0.0},
        mapped={"supplier.name": ["u"]},
        told=[{**TOLD, "total": "rows", "value": 6}, {**TOLD, "total": "cost_labour", "value": 11}],
    ),
    "empty": context(),
}


# What the checking process does with one file, of several: Great Expectations loads once.
SEVERAL = """
import json, pickle, sys
from dataclasses import asdict
from pathlib import Path
from expectations.run import validate
for name, known in pickle.load(sys.stdin.buffer).items():
    (file,) = (Path(name) / "snapshots").glob("*.duckdb")
    Path(name + ".json").write_text(json.dumps([asdict(o) for o in validate(file, known)]), encoding="utf-8")
"""


def make(folder: Path) -> None:
    """Build a sound snapshot and an empty one, spoil a copy, and check the three."""
    installation(folder / "sound", SOUND, fresh_within_hours=24).publish()
    installation(folder / "empty", {"customer": "customer_id\nC1"}).publish()
    (folder / "wrong" / "snapshots").mkdir(parents=True)
    (file,) = (folder / "sound" / "snapshots").glob("*.duckdb")
    copy = Path(shutil.copy(file, folder / "wrong" / "snapshots"))
    with open_for_building(copy, folder, memory_limit="1GB") as con:
        con.execute(";".join(["BEGIN", *(breaking(suite, check) for suite, check in EVERY), "COMMIT"]))
    contexts = pickle.dumps({str(folder / name): known for name, known in CONTEXTS.items()})
    subprocess.run([sys.executable, "-c", SEVERAL], input=contexts, check=True)


@pytest.fixture(scope="session")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "suites", make)


Outcomes = dict[tuple[str, str], Outcome]


def outcomes(folder: Path, name: str) -> Outcomes:
    found = [Outcome(**o) for o in json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))]
    assert len(found) == len(EVERY)
    return {(o.suite, o.name): o for o in found}


def test_what_is_sound_passes(snapshots: Path) -> None:
    found = outcomes(snapshots, "sound").values()
    assert [o for o in found if (o.passed, o.applicable, o.error) != (True, True, None) or o.failed] == []


def test_what_is_wrong_fails_and_nothing_else_does(snapshots: Path) -> None:
    found = outcomes(snapshots, "wrong")
    assert [o for o in found.values() if (o.passed, o.applicable, o.error) != (False, True, None)] == []
    for suite, check in EVERY:
        outcome = found[suite, check.name]
        assert outcome.severity == check.severity
        shown = {s["source_key"] for s in outcome.samples if "source_key" in s}
        assert shown <= {"bad"}, (suite, check.name)


def test_of_what_nobody_delivers_nothing_is_asked(snapshots: Path) -> None:
    found = outcomes(snapshots, "empty")
    assert [o for o in found.values() if not o.passed or o.error] == []
    there = ("account", "source", "customer", "calendar", "code_list")
    compared = ("volume", "rows_as_told", "sums_as_told")
    assert {k for k, o in found.items() if o.applicable} == {
        (suite, c.name) for suite, c in EVERY if suite in there and c.name not in compared
    }


@pytest.mark.parametrize(
    ("suite", "name", "rows"),
    [
        ("contract", "ends_after_start", 1),
        ("ticket", "told_twice", 1),
        ("asset", "serial_no_once", 2),
        ("asset", "unique_asset_id", 2),
        ("fault", "fault_in_future", 1),
        ("repair", "range_active_hours", 1),
        ("part_use", "unique_repair_id_part_no_position", 2),
        ("account", "quarantine_share", 4),
        ("source", "rows_as_told", 1),
    ],
)
def test_a_failed_check_counts_its_rows(snapshots: Path, suite: str, name: str, rows: int) -> None:
    assert outcomes(snapshots, "wrong")[suite, name].failed == rows


def test_a_failed_check_shows_samples(snapshots: Path) -> None:
    found = outcomes(snapshots, "wrong")
    assert {row["asset_id"] for row in found["ticket", "known_asset_id"].samples} == {"P9"}
    assert found["supplier", "unique_supplier_id"].samples == [{"supplier_id": "twice"}] * 2
    assert found["source", "rows_as_told"].samples == [
        {"source": "s", "stream": "repair", "entity": "repair", "total": "rows", "told": 6.0, "held": 5.0}
    ]


@pytest.fixture
def told(snapshots: Path, tmp_path: Path) -> Any:
    """What a snapshot tells after its outcomes were written into it."""

    def write(name: str) -> Reading:
        home = Home(tmp_path)
        home.snapshots.mkdir(exist_ok=True)
        (file,) = (snapshots / name / "snapshots").glob("*.duckdb")
        copy = home.snapshots / "building-1.duckdb"
        shutil.copy(file, copy)
        results.write(
            copy, [asdict(o) for o in outcomes(snapshots, name).values()], words(CONTEXTS[name]), {"fingerprint": "f"}
        )
        publish(home, copy, "f")
        reading = Reader(home).current()
        assert reading is not None
        return reading

    return write


def test_a_snapshot_tells_the_results_and_the_rows_sent_away(told: Any) -> None:
    reading = told("sound")
    found = {(c["suite"], c["name"]): c for c in checks(reading)}
    assert len(found) == len(EVERY)
    for suite, check in EVERY:
        assert found[suite, check.name]["status"] == ("quarantined" if check.quarantine else "passed")
        assert found[suite, check.name]["failed"] in ((1,) if check.quarantine else (0, None))
    assert found["ticket", "closed_before_opened"]["checked_rows"] == 8
    assert verdict(reading) == Verdict("warning", failed=0, quarantined=4 + 1 + 2 + 2, rejected=0)
    assert results.row_counts(reading.snapshot.file)["ticket"] == 4
    assert reading.rows("SELECT value FROM meta.about WHERE key = 'fingerprint'") == [("f",)]


def test_a_snapshot_in_which_all_is_wrong_says_so_first(told: Any) -> None:
    reading = told("wrong")
    failed = [c for c in checks(reading) if c["status"] == "failed"]
    assert checks(reading)[: len(failed)] == failed
    assert [c["severity"] for c in failed] == sorted(c["severity"] for c in failed)
    assert verdict(reading).state == "warning"
    assert verdict(reading).failed == len(failed) == len(EVERY)


def test_a_snapshot_without_a_fault_is_good(told: Any) -> None:
    reading = told("empty")
    assert verdict(reading) == Verdict("good", 0, 0, 0)
    assert {c["status"] for c in checks(reading)} == {"passed", "not_applicable"}


def test_rules_for_rows_send_away_what_their_check_would_find(snapshots: Path) -> None:
    (file,) = (snapshots / "sound" / "snapshots").glob("*.duckdb")
    with open_for_building(file, snapshots, memory_limit="1GB") as con:
        found = con.execute("SELECT entity, rule, source_key FROM meta.quarantine").fetchall()
    rules = {(entity, rule.name) for entity, several in row_rules().items() for rule in several}
    assert {(entity, rule) for entity, rule, _ in found} == rules
    assert all(key.startswith("Q") for *_, key in found)


def test_a_checking_process_that_dies_is_told_and_nothing_counts_as_checked() -> None:
    with Checker() as checker:
        checker._process.kill()
        checker._process.wait(10)
        with pytest.raises(UserError, match=r"did not run to their end .*; nothing was published"):
            checker.check(Path("nowhere.duckdb"), context())


def test_a_checking_process_ends_with_the_process_that_started_it_even_while_it_loads() -> None:
    program = (
        "from expectations.run import Checker; import time; print(Checker()._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        checker = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    gone, _ = psutil.wait_procs([checker], timeout=1.5)
    assert gone or checker.status() == psutil.STATUS_ZOMBIE


def test_rows_landed_after_their_own_extraction_are_a_day_s_slack(snapshots: Path) -> None:
    """A call of the day on which it was read may lie in the evening of another zone: the rule allows one day."""
    assert dt.datetime(2030, 1, 2) - EXTRACTED_AT == dt.timedelta(days=1)
    (file,) = (snapshots / "sound" / "snapshots").glob("*.duckdb")
    with open_for_building(file, snapshots, memory_limit="1GB") as con:
        assert con.execute("SELECT count(*) FROM core.fault WHERE fault_id = 'F2'").fetchone() == (1,)
