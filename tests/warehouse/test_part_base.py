"""What the units in the field need of a part: against fleets of which the answer is known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from analysis.result import Reason
from warehouse.part_base import Base, installed_base
from warehouse.reading import Reading

FIRST, UNTIL = dt.date(2021, 1, 1), dt.date(2024, 12, 31)
UNITS = 60


def fleet(folder: Path, *, ends: dt.date = UNTIL, pieces: int = 1, retired: int = 0) -> Reading:
    """60 units without a meter; a part is replaced every 330, 360 or 390 days of each, two pieces at a time if asked."""
    status = ["scrapped"] * retired + [""] * (UNITS - retired)
    assets = [
        {"asset_id": f"A{u}", "model": "M", "product_line": "L", "installed_at": f"{_installed(u)} 00:00", "status": s}
        for u, s in enumerate(status)
    ]
    uses = []
    for u in range(UNITS):
        day = _installed(u)
        for nth in range(9):
            day += dt.timedelta(days=330 + 30 * ((u + nth) % 3))
            if day > ends:
                break
            uses.append((u, day))
    repairs = [
        {"repair_id": f"R{i}", "asset_id": f"A{u}", "finished_at": f"{day} 08:00"} for i, (u, day) in enumerate(uses)
    ]
    parts = [{"repair_id": f"R{i}", "part_no": "P", "position": "1", "quantity": str(pieces)} for i in range(len(uses))]
    tickets = "ticket_id|opened_at\nT|2021-01-01 00:00"
    settings = {"as_of": f"{UNTIL}T12:00Z"}
    return warehouse(
        folder, settings, asset=assets, repair=repairs, part_use=parts, part="part_no\nP\nQ", ticket=tickets
    )


def _installed(unit: int) -> dt.date:
    return FIRST + dt.timedelta(days=6 * unit)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return installed_base(fleet(tmp_path_factory.mktemp("base")), "P")


def test_a_fleet_that_renews_each_year_needs_a_year_of_it(base: Base) -> None:
    """60 units, a life of 360 days: 61 in 365."""
    assert base.course is not None
    assert (base.units, base.use) == (UNITS, "days")
    assert base.course.total[0] == pytest.approx(UNITS * 365.25 / 360, rel=0.08)
    assert base.course.total[1] < base.course.total[0] < base.course.total[2]
    assert sum(base.course.expected) == pytest.approx(base.course.total[0])
    assert base.median == pytest.approx(360, rel=0.04)
    assert (base.since, len(base.course.expected)) == (dt.date(2025, 1, 1), 12)


def test_a_year_ago_it_would_have_said_what_came(base: Base) -> None:
    assert base.year is not None
    assert base.year.course.total[0] == pytest.approx(base.year.came, rel=0.12)
    assert base.cause == "agree"


def test_pieces_are_counted_not_replacements(tmp_path: Path, base: Base) -> None:
    double = installed_base(fleet(tmp_path, pieces=2), "P")
    assert double.course is not None
    assert base.course is not None
    assert double.course.total[0] == pytest.approx(2 * base.course.total[0])


def test_what_stopped_failing_is_told_apart_from_what_wears(tmp_path: Path) -> None:
    """Nothing was replaced in the last fourteen months though all units run: the demand is to be believed."""
    found = installed_base(fleet(tmp_path, ends=dt.date(2023, 10, 31)), "P")
    assert found.cause in ("dying", "fewer")
    assert found.course is not None
    assert found.of_demand is not None
    assert found.of_demand < found.course.total[1]
    assert found.year is not None
    assert found.year.better == "demand"


def test_units_out_of_service_need_nothing(tmp_path: Path, base: Base) -> None:
    found = installed_base(fleet(tmp_path, retired=20), "P")
    assert (found.units, found.retired) == (UNITS - 20, 20)


def test_what_cannot_be_said_has_its_reason(tmp_path: Path) -> None:
    reading = fleet(tmp_path)
    assert installed_base(reading, "Q").reason == Reason.NO_DEMAND
    assert installed_base(reading, "nothing").reason == Reason.NO_DEMAND
    empty = warehouse(tmp_path / "empty", part="part_no\nP")
    assert installed_base(empty, "P").reason == Reason.NO_DEMAND
    lonely = warehouse(
        tmp_path / "lonely",
        {"as_of": "2024-06-30T00:00Z"},
        repair="repair_id|finished_at\nR|2024-01-10 08:00",
        part="part_no\nP",
        part_use="repair_id|part_no|position\nR|P|1",
    )
    assert installed_base(lonely, "P").reason == Reason.NO_DATA
