"""Every suite, run by the real checking process on three tiny snapshots: a sound one, one where all is wrong, an empty one."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest
from factories import EXTRACTED_AT, installation, once, same_names, table

from bilingual.errors import UserError
from expectations import row_rules, suites
from expectations.check import Check, Context
from expectations.run import Checker, Outcome
from warehouse import results
from warehouse.database import open_for_building
from warehouse.publish import publish
from warehouse.quality import Verdict, checks, verdict
from warehouse.reading import Reader, Reading
from warehouse.settings import Home

pytestmark = pytest.mark.slow

EVERY = [(suite.name, check) for suite in suites().values() for check in suite.checks]
NOT_BROKEN = {("ticket", "filled_ticket_id"), ("asset", "filled_asset_id")}
each_check = pytest.mark.parametrize(("suite", "check"), EVERY, ids=lambda v: v if isinstance(v, str) else v.name)

# Half of the rows of each entity break a rule for rows, each another.
SOUND = {
    "ticket": """
    ticket_id | opened_at        | arrived_at       | resolved_at      | closed_at        | status | priority | asset_id | customer_id
    T1        | 2024-03-04 09:00 | 2024-03-04 10:00 | 2024-03-04 11:00 | 2024-03-04 11:00 | closed | high     | M1       | C1
    T2        | 2024-03-04 09:00 | 2024-03-04 09:00 |                  |                  | new    | 紧急     | M1       | C1
    T3        | 2024-03-04 09:00 |                  |                  | 2024-03-04 09:00 | 已关闭 |          | M1       |
    T4        | 2024-03-05 09:00 |                  |                  |                  |        |          | M1       |
    Q1        | 2024-03-04 09:00 |                  |                  | 2024-03-04 08:59 |        |          | M1       |
    Q2        | 2024-03-04 09:00 |                  | 2024-03-04 08:59 |                  |        |          | M1       |
    Q3        | 2024-03-04 09:00 | 2024-03-04 08:59 |                  |                  |        |          | M1       |
    Q4        | 2030-01-02 00:01 |                  |                  |                  |        |          | M1       |
    """,
    "asset": """
    asset_id | parent_asset_id | customer_id | product_line | installed_at     | warranty_end | zone  | status
    M1       |                 | C1          | lifts        | 2023-01-01 09:00 | 2023-01-01   | urban | in_service
    Q1       | Q1              |             | lifts        |                  |              |       |
    """,
    "fault": """
    fault_id | ticket_id | asset_id | occurred_at      | restored_at      | failure_mode | severity
    F1       | T1        | M1       | 2024-03-04 08:00 | 2024-03-04 08:00 | leak         | critical
    F2       | T2        | M1       | 2030-01-02 00:00 |                  | leak         |
    Q1       | T1        | M1       | 2024-03-04 08:00 | 2024-03-04 07:59 | leak         |
    Q2       | T1        | M1       | 2030-01-02 00:01 |                  | leak         |
    """,
    "repair": """
    repair_id | ticket_id | asset_id | technician_id | started_at       | finished_at      | active_hours | service_kind
    R1        | T1        | M1       | E1            | 2024-03-04 10:00 | 2024-03-04 10:00 | 0            | warranty
    R2        | T1        |          |               |                  |                  | 720          |
    Q1        | T1        |          |               | 2024-03-04 10:00 | 2024-03-04 09:59 |              |
    Q2        | T1        |          |               |                  |                  | -0.1         |
    """,
    "customer": "customer_id\nC1",
    "technician": "technician_id\nE1",
}
# Every check broken at least once. B1 comes from two sources; what staging never lets through is put in by hand, but not
# tickets and assets without a number: next to one no reference counts as unknown.
WRONG = {
    "ticket": """
    ticket_id | opened_at        | arrived_at       | resolved_at      | closed_at        | status | priority | asset_id | customer_id | technician_id | zone | channel | service_kind
    B1        | 2024-03-04 09:00 | 2024-03-04 08:00 | 2024-03-04 07:00 | 2024-03-04 06:00 | P9     | P9       | M9       | C9          | E9            | P9   | P9      | P9
    B2        | 2031-01-01 09:00 |                  |                  |                  | closed |          |          |             |               |      |         |
    B3        | no date          |                  |                  |                  |        |          |          |             |               |      |         |
    """,
    "asset": """
    asset_id | parent_asset_id | customer_id | product_line | installed_at     | warranty_end | zone | status
    B1       | B1              | C9          |              | 2023-01-02 09:00 | 2023-01-01   | P9   | P9
    B2       | M9              |             |              |                  |              |      |
    """,
    "fault": """
    fault_id | ticket_id | asset_id | occurred_at      | restored_at      | failure_mode | severity | usage_unit
    B1       | T9        | M9       | 2031-01-01 09:00 | 2031-01-01 08:00 |              | P9       | P9
    B2       |           |          |                  |                  |              |          |
    """,
    "repair": """
    repair_id | ticket_id | asset_id | technician_id | started_at       | finished_at      | active_hours | service_kind
    B1        | T9        | M9       | E9            | 2024-03-04 10:00 | 2024-03-04 09:00 | 721          | P9
    B2        |           |          |               |                  |                  | -1           |
    """,
    "customer": "customer_id\nC1",
    "technician": "technician_id\nE1",
}
BY_HAND = """
INSERT INTO core.ticket (ticket_id) VALUES ('B4');
INSERT INTO core.fault (symptom) VALUES ('x'); INSERT INTO core.repair (cause) VALUES ('x');
UPDATE meta.account SET core = core + 1 WHERE entity = 'ticket';
"""
LATEST = dt.datetime(2024, 3, 5, 9)


def context(**parts: Any) -> Context:
    lenient = {"now": LATEST, "volume_drop_critical": 0.2, "quarantine_share_critical": 0.5, "previous_rows": {}}
    return Context(**{**lenient, **parts})


CONTEXTS = {
    # Exactly at each limit: 24 h old, a fifth fewer rows, half of the rows in quarantine.
    "sound": context(
        now=LATEST + dt.timedelta(hours=24), previous_rows={"ticket": 5, "asset": 1, "fault": 2, "repair": 2}
    ),
    "wrong": context(
        now=dt.datetime(2040, 1, 1),
        quarantine_share_critical=0.0,
        previous_rows=dict.fromkeys(("ticket", "asset", "fault", "repair"), 100),
    ),
    "empty": context(),
}


def make(folder: Path) -> None:
    """Build the three snapshots, and let three processes check them side by side."""
    checkers = {name: Checker() for name in CONTEXTS}
    installation(folder / "sound", SOUND, fresh_within_hours=24).publish()
    wrong = installation(folder / "wrong", WRONG, fresh_within_hours=24)
    wrong.has_rules = False
    again = {entity: table(text)[:1] for entity, text in WRONG.items() if entity not in ("customer", "technician")}
    wrong.maps("other", {e: {"from": e, "fields": same_names(e, rows[0])} for e, rows in again.items()})
    for entity, rows in again.items():
        wrong.lands("other", entity, rows)
    with open_for_building(wrong.publish().file, folder, memory_limit="1GB") as con:
        con.execute(BY_HAND)
    installation(folder / "empty", {"customer": "customer_id\nC1"}).publish()
    for name, checker in checkers.items():
        (file,) = (folder / name / "snapshots").glob("*.duckdb")
        with checker:
            found = [asdict(o) for o in checker.check(file, CONTEXTS[name])]
        (folder / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")


@pytest.fixture(scope="session")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "suites", make)


Outcomes = dict[tuple[str, str], Outcome]


def outcomes(folder: Path, name: str) -> Outcomes:
    found = [Outcome(**o) for o in json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))]
    assert len(found) == len(EVERY)
    return {(o.suite, o.name): o for o in found}


@each_check
def test_what_is_sound_passes(snapshots: Path, suite: str, check: Check) -> None:
    outcome = outcomes(snapshots, "sound")[suite, check.name]
    assert (outcome.passed, outcome.applicable, outcome.error) == (True, True, None), outcome
    assert not outcome.failed


@each_check
def test_what_is_wrong_fails(snapshots: Path, suite: str, check: Check) -> None:
    outcome = outcomes(snapshots, "wrong")[suite, check.name]
    is_broken = (suite, check.name) not in NOT_BROKEN
    assert (outcome.passed, outcome.applicable, outcome.error) == (not is_broken, True, None), outcome
    assert outcome.severity == check.severity


@each_check
def test_an_empty_warehouse_breaks_nothing_and_is_compared_with_nothing(
    snapshots: Path, suite: str, check: Check
) -> None:
    outcome = outcomes(snapshots, "empty")[suite, check.name]
    assert (outcome.passed, outcome.error) == (True, None), outcome
    assert outcome.applicable == (check.name != "volume")


@pytest.mark.parametrize(
    ("suite", "name", "rows"),
    [
        ("ticket", "unique_ticket_id", 2),
        ("ticket", "filled_opened_at", 1),
        ("fault", "filled_fault_id", 1),
        ("ticket", "code_priority", 2),
        ("ticket", "closed_before_opened", 2),
        ("ticket", "opened_in_future", 1),
        ("ticket", "closed_has_closing_time", 1),
        ("ticket", "known_asset_id", 2),
        ("repair", "range_active_hours", 3),
        ("account", "rows_add_up", 1),
        ("account", "quarantine_share", 1),
    ],
)
def test_a_failed_check_counts_its_rows(snapshots: Path, suite: str, name: str, rows: int) -> None:
    assert outcomes(snapshots, "wrong")[suite, name].failed == rows


def test_a_failed_check_shows_samples(snapshots: Path) -> None:
    found = outcomes(snapshots, "wrong")
    assert {row["ticket_id"] for row in found["ticket", "known_asset_id"].samples} == {"B1"}
    assert found["ticket", "unique_ticket_id"].samples == [{"ticket_id": "B1"}] * 2


def test_the_same_number_in_two_sources_blocks_publishing(snapshots: Path) -> None:
    outcome = outcomes(snapshots, "wrong")["ticket", "unique_ticket_id"]
    assert (outcome.severity, outcome.passed) == ("critical", False)


@pytest.fixture
def told(snapshots: Path, tmp_path: Path) -> Any:
    """What a snapshot tells after its outcomes were written into it."""

    def write(name: str) -> Reading:
        home = Home(tmp_path)
        home.snapshots.mkdir(exist_ok=True)
        (file,) = (snapshots / name / "snapshots").glob("*.duckdb")
        copy = home.snapshots / "building-1.duckdb"
        shutil.copy(file, copy)
        words = [
            {
                "suite": suite,
                "name": c.name,
                "severity": c.severity,
                "en": c.text.en,
                "zh": c.text.zh,
                "field": c.field,
                "is_quarantine": str(bool(c.quarantine)).lower(),
            }
            for suite, c in EVERY
        ]
        results.write(copy, [asdict(o) for o in outcomes(snapshots, name).values()], words, {"fingerprint": "f"})
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
    assert verdict(reading).failed == len(failed) == len(EVERY) - len(NOT_BROKEN)


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
