"""Rules of parts and targets: what is to be ordered or dies out, a lot that fails, a target that is behind."""

from __future__ import annotations

import datetime as dt

import pytest
from factories import warehouse
from ruling import about, found

from warehouse.failure_months import DAYS_PER_MONTH
from warehouse.part_forecast import month_after
from warehouse.parts import plan
from warehouse.reading import Reading
from warehouse.risks import Rules
from warehouse.settings import Settings

FIRST, MONTHS = dt.date(2021, 1, 1), 36
SETTINGS = {"as_of": "2023-12-31T12:00Z", "holidays": ""}
# Lines a month; SHORT and ENOUGH are used alike.
DEMAND = {"SHORT": [4] * MONTHS, "ENOUGH": [4] * MONTHS, "GONE": [6] * 20 + [0] * (MONTHS - 20)}
PARTS = """
part_no | name  | unit_cost | lead_time_days | criticality
SHORT   | Valve | 100       | 30             | critical
ENOUGH  | Pad   | 100       | 30             |
GONE    | Fax   | 500       | 30             |
"""
STOCK = {"SHORT": 1, "ENOUGH": 9, "GONE": 30}


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    uses = [
        (part_no, month_after(FIRST, m) + dt.timedelta(days=day))
        for part_no, lines in DEMAND.items()
        for m, n in enumerate(lines)
        for day in range(n)
    ]
    repairs = [{"repair_id": f"R{i}", "finished_at": f"{day} 08:00"} for i, (_, day) in enumerate(uses)]
    part_uses = [
        {"repair_id": f"R{i}", "part_no": part_no, "position": "1", "quantity": "1"}
        for i, (part_no, _) in enumerate(uses)
    ]
    moves = [
        {"part_no": no, "site": "A", "at": "2021-01-01 08:00", "kind": "receipt", "quantity": str(n)}
        for no, n in STOCK.items()
    ]
    folder = tmp_path_factory.mktemp("stock")
    return warehouse(folder, SETTINGS, part=PARTS, repair=repairs, part_use=part_uses, stock_move=moves)


def test_a_part_at_its_reorder_point_is_told_and_one_above_it_is_not(reading: Reading) -> None:
    rules = Rules.of(Settings())
    planned = {p.part_no: p for p in plan(reading, 0.95, rules.costs, rules.dead_months).parts}
    short, enough = planned["SHORT"], planned["ENOUGH"]
    assert short.reorder == enough.reorder
    assert short.on_hand is not None
    assert enough.on_hand is not None
    assert short.reorder is not None
    assert short.on_hand <= short.reorder < enough.on_hand
    (one,) = found(reading, "stock", flags=["order"])
    assert about([one]) == ["SHORT"]
    assert one.text.en == (
        f"SHORT Valve is at its reorder point: 1 on hand, reorder point {short.reorder:.0f}; "
        f"order {short.order:.0f} (lead time 30 days)."
    )
    assert (one.size, one.address, one.region) == (short.order, "/parts?look=SHORT&service=95", None)


def test_one_that_runs_out_is_told_as_that_and_only_critical_ones_where_wanted(reading: Reading) -> None:
    (one,) = found(reading, "stock")
    expected = 4 * 30 / DAYS_PER_MONTH
    assert one.text.en.startswith(
        f"SHORT Valve runs out: 1 on hand, {expected:.1f} expected in the lead time of 30 days, "
    )
    assert about(found(reading, "stock", critical_only=True)) == ["SHORT"]
    assert found(reading, "stock", flags=["obsolescent"], critical_only=True) == []


def test_one_that_dies_out_is_told_with_its_use(reading: Reading) -> None:
    (one,) = found(reading, "stock", flags=["obsolescent"])
    assert one.text.en == f"GONE Fax is dying out: lines of use in the last 12 months 0, before {20 * 6}; on hand 30."


def test_a_target_that_is_behind_is_told_once_its_period_runs_long_enough(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    tickets = [
        {"ticket_id": f"T{i}", "opened_at": "2024-02-01 08:00", "closed_at": "2024-02-02 08:00" if i < 30 else None, "region": region}
        for i, region in enumerate(["north"] * 40)
    ]  # fmt: skip
    targets = """
    measure      | scope        | period  | value
    closure_rate | region=north | 2024    | 0.76
    closure_rate | all          | 2024    | 0.75
    closure_rate | all          | 2023    | 0.99
    """
    folder = tmp_path_factory.mktemp("targets")
    reading = warehouse(folder, {"holidays": "", "as_of": "2024-02-20T12:00Z"}, ticket=tickets, target=targets)
    (one,) = found(reading, "target")
    assert about([one]) == ["closure_rate/2024/region=north"], "30 of 40 are 75 %: just what is wanted of all"
    assert (one.region, one.facts["samples"][0]["value"]) == ("north", 0.75)
    assert "75.0 % so far where 76.0 % is due after 51 of 366 days" in one.text.en
    assert len(found(reading, "target", after_days=51, least_n=40)) == 1
    assert found(reading, "target", after_days=52) == []
    assert found(reading, "target", least_n=41) == []
