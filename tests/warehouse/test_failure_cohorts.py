"""Nevada chart, what ages bring, changes of the fleet: counted by hand on tiny tables."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from analysis.result import Reason
from warehouse.failure_ahead import MONTHS_AHEAD, ahead
from warehouse.failure_cohorts import nevada
from warehouse.filters import Filters
from warehouse.fleet_changes import fleet_changes
from warehouse.reading import Reading

SETTINGS = {"holidays": "", "as_of": "2024-04-30T12:00Z"}
# A was there before the records, B and C came in February, D is of another line.
UNITS = """
asset_id | model | product_line | installed_at | warranty_end
A | M | doors | 2023-11-20 | 2024-01-01
B | M | doors | 2024-02-01 | 2030-01-01
C | N | doors | 2024-02-11 | 2030-01-01
D | X | lifts | 2024-01-01 |
"""


def failed(*days: tuple[str, str, str]) -> dict[str, str]:
    """Tickets and faults: (day, asset, component) each, after a first one that begins the records on 1 January."""
    known = [("2024-01-01", "D", "motor"), *days]
    tickets = [f"T{i} | {asset} | {day} 08:00" for i, (day, asset, _) in enumerate(known)]
    faults = [f"F{i} | T{i} | {asset} | {component}" for i, (_, asset, component) in enumerate(known)]
    return {
        "ticket": "ticket_id | asset_id | opened_at\n" + "\n".join(tickets),
        "fault": "fault_id | ticket_id | asset_id | component\n" + "\n".join(faults),
    }


def read(path: Path, *days: tuple[str, str, str], **more: str) -> Reading:
    return warehouse(path, SETTINGS, asset=UNITS, **failed(*days), **more)


def test_pieces_are_counted_by_when_they_came_and_when_they_failed(tmp_path: Path) -> None:
    found = nevada(read(tmp_path, ("2024-03-10", "B", "lock"), ("2024-04-15", "A", "lock")), Filters(), "lock", None)
    assert (found.row_months, found.column_months) == (1, 1)
    assert [first.month for first, _ in found.columns] == [1, 2, 3, 4]
    rows = {cohort.first: cohort for cohort in found.cohorts}
    before, february, march, april = (rows[d] for d in (None, *(dt.date(2024, m, 1) for m in (2, 3, 4))))
    # Two came in February; B's was replaced in March and A's in April.
    assert [c.n for c in (before, february, march, april)] == [1, 2, 1, 1]
    assert [c.failures if c else None for c in february.cells] == [None, 0, 1, None if february.cells[3] is None else 0]
    assert [c.failures if c else None for c in before.cells] == [0, 0, 0, 1]
    days = [[c.exposure * 30.4375 if c else 0 for c in cohort.cells] for cohort in (before, february, march, april)]
    assert days[0] == pytest.approx([31, 29, 31, 15])
    # B from the 1st to its failure on 10 March, C from the 11th on.
    assert days[1] == pytest.approx([0, 29 + 19, 10 + 31, 30])
    assert days[2] == pytest.approx([0, 0, 22, 30])
    assert days[3] == pytest.approx([0, 0, 0, 16])
    assert found.total.failures == 2
    # What age explains adds up to what was.
    assert found.total.expected == pytest.approx(2)
    assert sum(cell.failures for cell in found.totals) == 2


def test_expected_is_the_rate_of_all_pieces_of_that_age(tmp_path: Path) -> None:
    found = nevada(read(tmp_path, ("2024-03-10", "B", "lock")), Filters(), "lock", None)
    february = next(c for c in found.cohorts if c.first == dt.date(2024, 2, 1))
    march = february.cells[2]
    assert march is not None
    # One failure at the age of one month; 41 days of February's pieces and 30 of March's have been of that age.
    assert march.expected == pytest.approx(41 / (41 + 30))


def test_a_model_and_a_line_narrow_down_what_is_counted(tmp_path: Path) -> None:
    reading = read(tmp_path, ("2024-03-10", "B", "lock"), ("2024-03-12", "C", "lock"))
    assert nevada(reading, Filters(), "lock", "N").total.failures == 1
    assert nevada(reading, Filters(product_line=("lifts",)), "lock", None).reason == Reason.NO_DATA
    assert nevada(reading, Filters(end=dt.date(2024, 3, 11)), "lock", None).total.failures == 1
    assert nevada(reading, Filters(), "nothing", None).reason == Reason.NO_DATA


def test_long_records_are_shown_by_quarters(tmp_path: Path) -> None:
    found = nevada(read(tmp_path, ("2024-03-10", "B", "lock")), Filters(), "lock", None, 3)
    assert found.row_months == 3
    assert [c.first for c in found.cohorts] == [None, dt.date(2024, 1, 1), dt.date(2024, 4, 1)][: len(found.cohorts)]


def test_without_enough_failures_there_is_no_forecast(tmp_path: Path) -> None:
    assert ahead(read(tmp_path, ("2024-03-10", "B", "lock")), Filters(), "lock", None).reason == Reason.TOO_FEW
    assert ahead(warehouse(tmp_path / "none", SETTINGS, asset=UNITS), Filters(), "lock", None).reason == Reason.NO_DATA


def test_the_ages_of_what_runs_bring_failures(tmp_path: Path) -> None:
    # Sixty units a day apart; every second one fails 60 to 88 days after its installation.
    start = dt.date(2024, 1, 1)
    units = [f"U{i:02d} | M | doors | {start + dt.timedelta(days=i % 30)} | 2024-05-31" for i in range(60)]
    days = [(str(start + dt.timedelta(days=i % 30 + 60 + i % 29)), f"U{i:02d}", "lock") for i in range(0, 60, 2)]
    asset = "asset_id | model | product_line | installed_at | warranty_end\n" + "\n".join(
        [*units, "D | X | lifts | 2024-01-01 |"]
    )
    found = ahead(warehouse(tmp_path, SETTINGS, asset=asset, **failed(*days)), Filters(), "lock", None)
    assert not found.reason
    assert (found.running, len(found.ahead)) == (60, MONTHS_AHEAD)
    assert (found.ahead[0], found.seen) == (dt.date(2024, 5, 1), tuple(int(n) for n in found.seen))
    assert sum(found.seen) == 30
    assert found.total[1] <= found.total[0] <= found.total[2]
    assert found.total[0] == pytest.approx(sum(found.expected))
    assert found.warranty is not None
    # All are covered in May and none later.
    assert found.warranty[0] == pytest.approx(found.expected[0])
    assert found.warranty[1:] == (0.0,) * (MONTHS_AHEAD - 1)


def test_changes_of_the_fleet_are_actions_new_models_and_large_deliveries(tmp_path: Path) -> None:
    many = [f"E{i} | Y | lifts | 2024-04-{i % 28 + 1:02d} |" for i in range(40)]
    asset = UNITS.strip() + "\n" + "\n".join(many)
    action = """
    action_id | kind | component | product_line | implemented_at
    X1 | corrective | lock | doors | 2024-03-05
    X2 | containment | lock | doors | 2024-02-05
    X3 | corrective | motor | lifts | 2024-04-05
    X4 | corrective | motor | lifts | 2024-06-05
    """
    reading = warehouse(tmp_path, SETTINGS, asset=asset, action=action, **failed(("2024-03-10", "B", "lock")))
    every = fleet_changes(reading, Filters(), "UTC")
    assert [(c.kind, c.name, c.on.isoformat()) for c in every] == [
        ("action", "lock", "2024-03-05"), ("model", "Y", "2024-04-01"), ("delivery", "lifts", "2024-04-01"),
        ("action", "motor", "2024-04-05"),
    ]  # fmt: skip
    assert next(c.n for c in every if c.kind == "delivery") == 40
    of_lock = fleet_changes(reading, Filters(), "UTC", "lock")
    assert [(c.kind, c.action.action_id if c.action else None) for c in of_lock] == [("action", "X2"), ("action", "X1")]
    doors = fleet_changes(reading, Filters(product_line=("doors",)), "UTC")
    assert [c.name for c in doors] == ["lock"]
    assert fleet_changes(warehouse(tmp_path / "none", SETTINGS, asset=UNITS), Filters(), "UTC") == ()
