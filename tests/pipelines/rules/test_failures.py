"""Rules of failures: an early warning, a signal of a control chart, an action that did not work."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from factories import warehouse
from ruling import about, found

from dashboards.address import Known, parse
from fracas.watch.alerts import Problem
from warehouse.failure_control import control
from warehouse.filters import Filters
from warehouse.reading import Reading
from warehouse.settings import Settings

# The first of January 2024: December is over.
SETTINGS = {"holidays": "", "as_of": "2024-01-01T12:00Z"}
MONTHS = [dt.date(year, month, 1) for year in (2021, 2022, 2023) for month in range(1, 13)]
# The pump fails more in the north in the last three months, the seal never; the lock is of both lines.
FAILURES = {
    ("pump", "north"): [4, 5, 3] * 11 + [14, 13, 15],
    ("pump", "south"): [4, 3, 5] * 12,
    ("lock", "south"): [3, 2, 4] * 12,
    ("lock", "north"): [2, 2, 2] * 12,
}
ACTION = """
action_id | kind       | owner | component | due_on     | implemented_at   | description
X1        | corrective | Sun   | lock      | 2022-12-01 | 2022-12-31 08:00 | new rings
X2        | corrective | Sun   | pump      |            |                  | not done yet
"""


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    asset = [
        {
            "asset_id": f"{region}{i}",
            "model": model,
            "product_line": line,
            "region": region,
            "installed_at": "2020-01-01 00:00",
        }
        for region, model, line in (("north", "M1", "Trains"), ("south", "M2", "Lifts"))
        for i in range(10)
    ]
    ticket, fault = [], []
    for (part, region), numbers in FAILURES.items():
        for month, n in zip(MONTHS, numbers, strict=True):
            for k in range(n):
                of = {"ticket_id": f"{part}-{region}-{month:%Y%m}-{k}", "asset_id": f"{region}{k % 10}"}
                day = f"{month:%Y-%m}-{1 + (k * 7) % 28:02d}"
                line = "Trains" if part == "pump" or region == "north" else "Lifts"
                ticket.append({**of, "opened_at": f"{day} 08:00", "region": region, "product_line": line})
                fault.append({**of, "fault_id": of["ticket_id"], "component": part, "occurred_at": f"{day} 07:00"})
    folder = tmp_path_factory.mktemp("failures")
    return warehouse(folder, SETTINGS, asset=asset, ticket=ticket, fault=fault, action=ACTION)


def asked(reading: Reading, problem: Problem) -> tuple[str, dict[str, str | None], Filters]:
    """The page, what it looks at and its filters, as the application reads the address of a problem."""
    path, search = str(problem.address).split("?")
    regions = frozenset({"north", "south"})
    query = parse(search, Known(reading.as_of_on, {"region": regions}))
    assert query.ignored == ()
    looks = {name: query.argument(name) for name in ("look", "window")}
    return path, {**looks, "component": query.selection.component, "model": query.selection.model}, query.filters


def test_the_cells_that_fail_more_lately_are_told_where_they_are(reading: Reading) -> None:
    by_region, by_model = found(reading, "early_warning")
    assert about([by_region, by_model]) == ["region/pump/north", "model/pump/M1"]
    assert by_region.text.en.startswith("pump, north: 28 failures from 2023-11 to 2024-01, ")
    assert by_region.text.zh.startswith("pump，north：2023-11 至 2024-01 故障 28 次，")
    assert (by_region.region, by_region.product_line, by_model.region) == ("north", "Trains", None)
    assert by_region.size is not None
    assert by_region.size > 2
    path, looks, filters = asked(reading, by_region)
    assert (path, looks["look"], looks["component"], filters.region) == ("/trends", "signals", "pump", ("north",))
    assert asked(reading, by_model)[1] == {"look": "signals", "window": "model", "component": "pump", "model": "M1"}


def test_a_cell_with_few_failures_is_not_told(reading: Reading) -> None:
    assert len(found(reading, "early_warning", least_n=13 + 15)) == 2
    assert found(reading, "early_warning", least_n=13 + 15 + 1) == []
    assert about(found(reading, "early_warning", by=["model"])) == ["model/pump/M1"]


def test_a_chart_out_of_line_in_the_last_completed_month_is_told(reading: Reading) -> None:
    several = found(reading, "control_chart", by=["house", "region", "model"], rules=[1])
    assert sorted(about(several)) == ["house/pump/", "model/pump/M1", "region/pump/north"]
    told = dict(zip(about(several), several, strict=True))
    chart = control(reading, Filters(end=dt.date(2023, 12, 31), region=("north",)), "pump", None)
    north = told["region/pump/north"]
    assert chart.rules[-1][0] == 1
    assert chart.rate[-1] is not None
    assert north.text.en.startswith(f"pump (north): 15 failures in 2023-12, {chart.rate[-1]:.3g} per unit-month where ")
    assert north.text.en.endswith(": beyond the limit.")
    assert north.size == chart.rate[-1] / chart.centre
    assert [one.size for one in several] == sorted((one.size or 0.0 for one in several), reverse=True)
    path, looks, filters = asked(reading, north)
    assert (path, looks["component"]) == ("/trends", "pump")
    assert filters == Filters(end=dt.date(2023, 12, 31), region=("north",))


def test_before_its_month_is_over_a_chart_says_nothing(reading: Reading) -> None:
    # As if the records ended on the last of December: then November is the last completed month.
    earlier = replace(reading, answers={}, columns={})
    earlier.__dict__["as_of_on"] = dt.date(2023, 10, 31)
    assert found(earlier, "control_chart") == []
    earlier.__dict__["as_of_on"] = dt.date(2023, 11, 1)
    assert about(found(earlier, "control_chart", by=["region"], rules=[1])) == ["region/pump/north"]


def test_an_action_that_did_not_work_is_told(reading: Reading) -> None:
    (one,) = found(reading, "actions_ineffective", Settings(time_zone="UTC", effect_trigger_days=0))
    assert about([one]) == ["X1"]
    # The lock failed (3 + 2 + 4) * 4 + 2 * 12 times a year before and after.
    assert "60 failures after it, 60 before; the rate is 1.00 times as high" in one.text.en
    assert one.owner == "Sun"
    assert asked(reading, one)[1]["look"] == "X1"
