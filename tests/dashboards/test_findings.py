"""Findings: the arithmetic behind the sentences, and that nothing is said without evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from math import isclose, sqrt
from pathlib import Path

import pytest
from factories import warehouse

from dashboards.context import Context
from warehouse.contributions import difference_of_shares
from warehouse.filters import Filters
from warehouse.metrics import findings as module
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, period_before
from warehouse.metrics.findings import findings, where_from
from warehouse.metrics.measure import Value
from warehouse.metrics.wording import change, elapsed, share, spoken

LAST = dt.date(2026, 10, 31)


def test_the_difference_of_two_shares_is_told_in_standard_errors() -> None:
    # 80 of 100 against 60 of 100: pooled 0.7, spread √(0.7 · 0.3 · 2/100).
    assert isclose(difference_of_shares(0.8, 100, 0.6, 100), 0.2 / sqrt(0.7 * 0.3 * 2 / 100))
    assert difference_of_shares(1.0, 10, 1.0, 10) == 0.0


def test_every_finding_has_its_number_n_and_place(context: Callable[..., Context]) -> None:
    c = context()
    found = findings(c.reading, c.filters, c.before)
    assert len(found) <= 3
    for finding in found:
        assert finding.n > 0
        assert any(character.isdigit() for character in finding.text.en)
        assert any(character.isdigit() for character in finding.text.zh)


def test_backlog_finding_is_the_arithmetic_of_its_ends(context: Callable[..., Context]) -> None:
    c = context()
    assert c.filters.start is not None
    until = Filters(None, c.filters.start - dt.timedelta(days=1))
    before, now = (evaluate(c.reading, ("backlog",), f)["backlog"].value or 0 for f in (until, c.filters))
    told = list(module._backlog(c.reading, c.filters, c.before))
    is_large = abs(now - before) / before >= 0.1 and abs(now - before) / sqrt(before) >= 2
    assert bool(told) == is_large
    for finding in told:
        assert f"{before:,.0f} → {now:,.0f}" in finding.text.en


def test_nothing_stands_out_where_nothing_is(context: Callable[..., Context]) -> None:
    c = context("?customer=nobody")
    assert findings(c.reading, c.filters, c.before) == ()


@pytest.mark.parametrize(
    ("period", "before"),
    [
        # Twelve months that end with the records: the twelve before.
        (("2025-11-01", "2026-10-31"), ("2024-11-01", "2025-10-31")),
        (("2026-04-01", "2026-04-30"), ("2026-03-01", "2026-03-31")),
        # Ten days: the ten before.
        (("2026-04-11", "2026-04-20"), ("2026-04-01", "2026-04-10")),
    ],
)
def test_the_period_before_is_as_long(
    context: Callable[..., Context], period: tuple[str, str], before: tuple[str, str]
) -> None:
    start, end = map(dt.date.fromisoformat, period)
    found = period_before(context().reading, Filters(start, end), LAST)
    assert found is not None
    assert (found.start, found.end) == tuple(map(dt.date.fromisoformat, before))


def test_a_month_that_is_not_over_is_compared_with_as_much_of_the_one_before(context: Callable[..., Context]) -> None:
    running = Filters(dt.date(2026, 9, 1), dt.date(2026, 10, 17))
    found = period_before(context().reading, running, dt.date(2026, 10, 17))
    assert found is not None
    assert (found.start, found.end) == (dt.date(2026, 7, 1), dt.date(2026, 8, 17))


def test_before_the_records_there_is_nothing_to_compare_with(context: Callable[..., Context]) -> None:
    assert period_before(context().reading, Filters(dt.date(2023, 12, 1), dt.date(2024, 11, 30)), LAST) is None
    assert period_before(context().reading, Filters(), LAST) is None


def test_shares_change_in_points_and_counts_in_percent() -> None:
    rate, opened = measures()["closure_rate"], measures()["opened"]
    assert change(rate, Value("closure_rate", 0.95, 1), Value("closure_rate", 0.90, 1))[1].en == "+5.0 pp"  # type: ignore[index]
    assert change(opened, Value("opened", 110, 110), Value("opened", 100, 100))[1].en == "+10.0 %"  # type: ignore[index]
    assert change(opened, Value("opened", 1, 1), Value("opened", 0, 0)) is None
    assert change(rate, Value("closure_rate", None, 0), Value("closure_rate", 0.9, 1)) is None


@pytest.mark.parametrize(
    ("hours", "words"),
    [(0.5, "30 min"), (7.5, "7 h 30 min"), (47.0, "47 h"), (76.0, "3 d 4 h"), (24 * 150 + 5, "150 d")],
)
def test_durations_are_told_in_days_and_hours(hours: float, words: str) -> None:
    assert elapsed(hours).en == words


def test_no_value_is_a_dash() -> None:
    assert spoken(measures()["closure_rate"], None).en == "—"
    assert share(0.834).zh == "83.4%"


def calls(month: int, region: str, component: str, n: int) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Tickets of one month, all in one region and of one component, closed on the next day."""
    tickets, faults = [], []
    for i in range(n):
        number = f"{month}-{region}-{component}-{i}"
        at = dt.datetime(2024, month, 1 + i % 27, 9)
        closed = str(at + dt.timedelta(days=1))
        tickets.append({"ticket_id": number, "region": region, "opened_at": str(at), "closed_at": closed})
        faults.append({"fault_id": number, "ticket_id": number, "component": component, "occurred_at": str(at)})
    return tickets, faults


def test_a_change_is_traced_to_a_place_and_what_failed_there(tmp_path: Path) -> None:
    # Of 100 more calls in May 70 are valves in the east, 10 locks in the east, 20 in the west.
    groups = [calls(4, "east", "valve", 50), calls(4, "east", "lock", 50), calls(4, "west", "pad", 100)]
    groups += [calls(5, "east", "valve", 120), calls(5, "east", "lock", 60), calls(5, "west", "pad", 120)]
    tickets = [ticket for group, _ in groups for ticket in group]
    faults = [fault for _, group in groups for fault in group]
    settings = {"holidays": "", "as_of": "2024-05-31T12:00Z"}
    reading = warehouse(tmp_path, settings, ticket=tickets, fault=faults)
    april = Filters(dt.date(2024, 4, 1), dt.date(2024, 4, 30))
    may = Filters(dt.date(2024, 5, 1), dt.date(2024, 5, 31))
    told = where_from(reading, "opened", april, may)
    assert told.en == "; 80.0 % of it in east, most of that valve (70.0 % of all)"
    assert "east，主要是valve" in told.zh
    (found,) = module._opened(reading, may, april)
    assert "50.0 % more tickets were opened than in 2024-04-01 to 2024-04-30 (200 → 300); 80.0 %" in found.text.en
    # Within one region only what failed is left to tell.
    west = (Filters(**{**f.__dict__, "region": ("west",)}) for f in (april, may))
    assert where_from(reading, "opened", *west).en == ""
    # Nothing is traced where nothing changed.
    assert where_from(reading, "opened", may, may).en == ""


def test_a_share_is_behind_its_target_only_beyond_chance(tmp_path: Path) -> None:
    # 90 of 100 are closed.
    tickets, _ = calls(4, "east", "", 100)
    open_ones = [{**ticket, "closed_at": ""} if i < 10 else ticket for i, ticket in enumerate(tickets)]
    settings = {"holidays": "", "as_of": "2024-05-31T12:00Z"}
    april = Filters(dt.date(2024, 4, 1), dt.date(2024, 4, 30))
    for number, (aim, is_told) in enumerate([("0.97", True), ("0.93", False), ("0.85", False)]):
        target = f"measure | scope | period | value\nclosure_rate | all | 2024 | {aim}"
        reading = warehouse(tmp_path / str(number), settings, ticket=open_ones, target=target)
        told = [f.text.en for f in module._behind_goal(reading, april, None)]
        # 0.97: √(0.97 · 0.03 / 100) = 0.017, four standard errors; 0.93: 0.0255, little more than one.
        assert told == (["Closure rate (cohort) is 90.0 %, behind the target of 97.0 % for 2024."] if is_told else [])
