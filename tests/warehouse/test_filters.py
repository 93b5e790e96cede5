"""Filters: bound conditions, whole months, and three relations that must say the same whatever is asked."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from typing import Any

import pytest
from factories import warehouse
from hypothesis import example, given, settings
from hypothesis import strategies as st

from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_over_time, first_day, period_before
from warehouse.metrics.measure import Count, Level, Quotient
from warehouse.reading import Reading

SUMS = tuple(m.name for m in measures().values() if isinstance(m.how, Quotient | Count | Level))
REGIONS, CUSTOMERS, PRIORITIES = ("north", "south", ""), tuple(f"C{n}" for n in range(6)), ("high", "low", "")
BEGIN, AS_OF = dt.datetime(2024, 1, 10), dt.datetime(2024, 4, 18, 12)


def random_calls(seed: int, n: int) -> list[dict[str, str]]:
    """Calls over three months, of which some were answered, resolved and closed."""
    chance = random.Random(seed)
    rows = []
    for i in range(n):
        opened = BEGIN + dt.timedelta(minutes=chance.randrange(int((AS_OF - BEGIN) / dt.timedelta(minutes=1))))
        after = [opened + dt.timedelta(minutes=chance.randrange(60 * 24 * 40)) for _ in range(3)]
        steps = [str(at) if at <= AS_OF and chance.random() < 0.8 else "" for at in sorted(after)]
        rows.append(
            {
                "ticket_id": f"T{i}",
                "opened_at": str(opened),
                **dict(zip(("arrived_at", "resolved_at", "closed_at"), steps, strict=True)),
                "region": chance.choice(REGIONS),
                "customer_id": chance.choice(CUSTOMERS),
                "priority": chance.choice(PRIORITIES),
                "zone": chance.choice(("urban", "suburban", "")),
                "reopen_count": chance.choice(("0", "1", "")),
                "sla_met": chance.choice(("yes", "no", "")),
            }
        )
    return rows


CALLS = random_calls(7, 150)


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(tmp_path_factory.mktemp("calls"), {"as_of": f"{AS_OF.isoformat()}Z"}, ticket=CALLS)


days = st.dates(BEGIN.date() - dt.timedelta(days=3), AS_OF.date() + dt.timedelta(days=3))
# Edges of months, and the days around the last of the records.
days |= st.sampled_from([dt.date(2024, 2, 1), dt.date(2024, 2, 29), dt.date(2024, 3, 1), dt.date(2024, 3, 31)])
days |= st.sampled_from([AS_OF.date() + dt.timedelta(days=n) for n in (-1, 0, 1)])


@st.composite
def filters(draw: st.DrawFn) -> Filters:
    start, end = draw(st.none() | days), draw(st.none() | days)
    if start and end and start > end:
        start, end = end, start
    several: Any = lambda values: st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)  # noqa: E731
    return Filters(start, end, region=draw(several(REGIONS)), priority=draw(several(PRIORITIES)))


def chosen(f: Filters, at: str) -> list[dict[str, str]]:
    """The calls of the selection that are dated by a column, found the plain way."""
    found = []
    for row in CALLS:
        day = dt.date.fromisoformat(row[at][:10]) if row[at] else None
        in_period = day and (f.start is None or day >= f.start) and (f.end is None or day <= f.end)
        in_place = (not f.region or row["region"] in f.region) and (not f.priority or row["priority"] in f.priority)
        if in_period and in_place:
            found.append(row)
    return found


@settings(max_examples=60, deadline=None)
@given(filters())
@example(Filters(end=AS_OF.date() - dt.timedelta(days=1)))
@example(Filters(start=dt.date(2024, 2, 1), end=AS_OF.date()))
def test_the_three_relations_say_the_same(reading: Reading, f: Filters) -> None:
    """A customer filter reads ticket_flow; whole months read ticket_month; anything else reads ticket_day."""
    coarse, fine = (evaluate(reading, SUMS, g) for g in (f, replace(f, customer=CUSTOMERS)))
    for name in SUMS:
        assert coarse[name].n == fine[name].n, name
        assert coarse[name].numerator == pytest.approx(fine[name].numerator), name
        assert coarse[name].value == pytest.approx(fine[name].value), name


@settings(max_examples=60, deadline=None)
@given(filters())
@example(Filters(end=AS_OF.date() - dt.timedelta(days=1)))
def test_counts_are_those_of_counting(reading: Reading, f: Filters) -> None:
    found = evaluate(reading, ("opened", "closed", "backlog", "closure_rate"), f)
    opened, closed = chosen(f, "opened_at"), chosen(f, "closed_at")
    so_far = replace(f, start=None)
    assert found["opened"].value == len(opened)
    assert found["closed"].value == len(closed)
    assert found["backlog"].value == len(chosen(so_far, "opened_at")) - len(chosen(so_far, "closed_at"))
    assert found["closure_rate"].value == (
        pytest.approx(sum(bool(row["closed_at"]) for row in opened) / len(opened)) if opened else None
    )


@settings(max_examples=15, deadline=None)
@given(filters(), st.sampled_from(["day", "week", "month"]))
def test_buckets_add_up_to_the_whole(reading: Reading, f: Filters, grain: Any) -> None:
    whole = evaluate(reading, ("opened", "closed", "backlog"), f)
    buckets, found = evaluate_over_time(reading, ("opened", "closed", "backlog"), f, grain)
    assert buckets == sorted(set(buckets))
    for name in ("opened", "closed"):
        assert sum(v.value or 0 for v in found[name]) == whole[name].value
    if buckets:
        assert found["backlog"][-1].value == whole["backlog"].value


@pytest.mark.parametrize("relation", ["ticket_flow", "ticket_day", "ticket_month"])
def test_each_relation_holds_every_column_in_full(reading: Reading, relation: str) -> None:
    quotients = [m.how for m in measures().values() if isinstance(m.how, Quotient) and m.how.of == "ticket"]
    columns = sorted({column for how in quotients for column in (how.numerator, how.denominator)})
    sums = ", ".join(f"sum({c})" for c in columns)
    (found,), (flow,) = (reading.rows(f"SELECT {sums} FROM marts.{r}") for r in (relation, "ticket_flow"))
    assert found == pytest.approx(flow)


def test_nothing_chosen_is_no_condition() -> None:
    assert Filters().where("day") == ("", [])


def test_what_is_chosen_is_bound_and_never_written_into_the_sql() -> None:
    nasty = "x'; DROP TABLE core.ticket; --"
    where, parameters = Filters(dt.date(2024, 1, 1), dt.date(2024, 2, 1), region=(nasty, "b"), customer=("C1",)).where(
        "day"
    )
    assert where == " WHERE region IN (?, ?) AND customer_id IN (?) AND day >= ? AND day <= ?"
    assert parameters == [nasty, "b", "C1", dt.date(2024, 1, 1), dt.date(2024, 2, 1)]


def test_nobody_said_is_a_value_of_its_own(reading: Reading) -> None:
    unsaid = evaluate(reading, ("opened",), Filters(region=("",)))["opened"].value
    assert unsaid == sum(row["region"] == "" for row in CALLS) > 0


@pytest.mark.parametrize(
    ("start", "end", "whole"),
    [
        (None, None, True),
        ("2024-02-01", "2024-02-29", True),
        ("2024-02-01", None, True),
        ("2024-02-01", "2024-04-18", True),
        ("2024-02-01", "2024-12-24", True),
        ("2024-02-01", "2024-02-28", False),
        ("2024-02-02", "2024-02-29", False),
        ("2024-02-01", "2024-04-17", False),
        (None, "2024-03-30", False),
    ],
)
def test_whole_months_end_with_a_month_or_with_the_records(start: str | None, end: str | None, whole: bool) -> None:
    first, last = (dt.date.fromisoformat(d) if d else None for d in (start, end))
    assert Filters(first, last).covers_whole_months(dt.date(2024, 4, 18)) is whole


def test_the_records_begin_and_end_on_days_of_the_house(reading: Reading) -> None:
    assert reading.as_of_on == dt.date(2024, 4, 18)
    assert first_day(reading) == min(dt.date.fromisoformat(row["opened_at"][:10]) for row in CALLS)


@pytest.mark.parametrize(
    ("start", "end", "before"),
    [
        ("2024-03-01", "2024-03-31", ("2024-02-01", "2024-02-29")),
        ("2024-03-01", "2024-04-18", ("2024-01-01", "2024-02-18")),
        ("2024-04-01", None, ("2024-03-01", "2024-03-18")),
        ("2024-03-04", "2024-03-10", ("2024-02-26", "2024-03-03")),
        ("2024-02-01", "2024-03-31", None),
        (None, "2024-03-31", None),
        ("2024-04-18", "2024-04-01", None),
    ],
)
def test_the_period_before_is_as_long_or_as_many_months(
    reading: Reading, start: str | None, end: str | None, before: tuple[str, str] | None
) -> None:
    first, last = (dt.date.fromisoformat(d) if d else None for d in (start, end))
    found = period_before(reading, Filters(first, last, region=("north",)), AS_OF.date())
    assert (found and (str(found.start), str(found.end))) == before
    assert found is None or found.region == ("north",)
