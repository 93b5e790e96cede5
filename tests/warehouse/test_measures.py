"""Every measure of the closure family on seven calls, as arithmetic: in all, by month and by region."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from factories import table, warehouse

from warehouse.filters import Filters
from warehouse.metrics import closure, measures
from warehouse.metrics.evaluate import ageing, evaluate, evaluate_by, evaluate_over_time, survival
from warehouse.metrics.measure import Quotient, Value
from warehouse.reading import Reading

# UTC; worked from 8:30 to 17:30, Monday to Friday; urban calls are due after 6 working hours, suburban ones after 7.
# 2024-03-04 and 2024-04-01 are Mondays.
CALLS = """
ticket_id | region | customer_id | zone     | opened_at        | arrived_at       | resolved_at      | closed_at        | reopen_count | sla_met
A1        | north  | C1          | urban    | 2024-03-04 09:00 | 2024-03-04 11:00 | 2024-03-04 12:00 | 2024-03-05 09:00 | 0            | yes
A2        | north  | C1          | urban    | 2024-03-04 10:00 | 2024-03-05 10:00 | 2024-03-06 10:00 | 2024-04-01 10:00 | 1            | no
A3        | south  | C2          | suburban | 2024-03-28 09:00 | 2024-03-28 16:00 |                  |                  |              |
A4        | south  | C2          | urban    | 2024-03-29 09:00 |                  |                  |                  |              |
A5        | south  | C3          |          | 2024-04-01 09:00 | 2024-04-01 10:00 | 2024-04-01 11:00 | 2024-04-01 12:00 | 2            | yes
A6        | north  | C1          | urban    | 2024-04-02 16:00 |                  | 2024-04-02 17:00 | 2024-04-03 16:00 |              |
A7        | north  | C3          | urban    | 2024-04-03 15:00 |                  |                  |                  |              |
"""  # fmt: skip
SETTINGS = {"holidays": "", "as_of": "2024-04-03T17:00Z"}
MARCH = Filters(dt.date(2024, 3, 1), dt.date(2024, 3, 31))
APRIL = Filters(dt.date(2024, 4, 1), dt.date(2024, 4, 30))
ALL = Filters()
NO_VALUE = None

# Measure → its value in all, in March and in April.
EXPECTED: dict[str, tuple[float | None, float | None, float | None]] = {
    "opened": (7, 4, 3),
    "closed": (4, 1, 3),
    "backlog": (7 - 4, 4 - 1, 7 - 4),
    # Of the four calls of March two are closed by now.
    "closure_rate": (4 / 7, 2 / 4, 2 / 3),
    "closure_flow": (4 / 7, 1 / 4, 3 / 3),
    # A2: 7.5 h on Monday and 1.5 h on Tuesday.
    "response_time": ((2 + (7.5 + 1.5) + 7 + 1) / 4, (2 + 9 + 7) / 3, 1 / 1),
    # A1 and A3 (due at 16:00, answered at 16:00) in time, A2 late, A4 open and overdue; A5 has no zone and so no target,
    # A6 was resolved by telephone, A7 falls due on 4 April.
    "response_within_target": (2 / 4, 2 / 4, NO_VALUE),
    "mttr_ticket": ((3 + (7.5 + 9 + 1.5) + 2 + 1) / 4, (3 + 18) / 2, (2 + 1) / 2),
    "time_to_resolve": ((3 + 48 + 2 + 1) / 4, (3 + 48) / 2, (2 + 1) / 2),
    "time_to_resolve_median": ((2 + 3) / 2, (3 + 48) / 2, (2 + 1) / 2),
    "time_to_close_mean": ((24 + 28 * 24 + 3 + 24) / 4, 24 / 1, (28 * 24 + 3 + 24) / 3),
    # The open ones are censored after 2 h (A7), 128 h (A4) and 152 h (A3). In all S(3 h) = 5/6, S(24 h) = 5/6 · 3/5,
    # S(672 h) = 0; of March's S(24 h) = 3/4, S(672 h) = 0; of April's S(3 h) = 1/2, S(24 h) = 0.
    "time_to_close_median": (24, 672, 3),
    "time_to_close_p90": (672, 672, 24),
    "reopened": ((1 + 1) / 3, 1 / 2, 1 / 1),
    "sla_as_reported": (2 / 3, 1 / 2, 1 / 1),
}
FAMILY = [m.name for m in closure.MEASURES]
# What is closed on a day without an opening is in no quotient of that day.
ADDITIVE = [m.name for m in closure.MEASURES if isinstance(m.how, Quotient) and m.name != "closure_flow"]
ADDITIVE += ["opened", "closed"]


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(tmp_path_factory.mktemp("calls"), SETTINGS, ticket=CALLS)


def one(reading: Reading, name: str, filters: Filters) -> Value:
    return evaluate(reading, (name,), filters)[name]


def approximately(value: float | None) -> Any:
    return None if value is None else pytest.approx(value)


def test_every_measure_is_expected_here() -> None:
    assert set(EXPECTED) == set(FAMILY)


@pytest.mark.parametrize("name", FAMILY)
def test_in_all_and_in_each_month(reading: Reading, name: str) -> None:
    found = [one(reading, name, filters).value for filters in (ALL, MARCH, APRIL)]
    assert found == [approximately(value) for value in EXPECTED[name]]


@pytest.mark.parametrize("name", FAMILY)
def test_by_month_gives_what_each_month_gives(reading: Reading, name: str) -> None:
    months, found = evaluate_over_time(reading, (name,), ALL, "month")
    assert months == [dt.date(2024, 3, 1), dt.date(2024, 4, 1)]
    assert [v.value for v in found[name]] == [approximately(value) for value in EXPECTED[name][1:]]


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize("by", ["region", "customer", "zone"])
def test_by_place_gives_what_each_place_gives(reading: Reading, name: str, by: str) -> None:
    found = evaluate_by(reading, (name,), ALL, by)[name]
    if by == "zone":  # there is no filter by zone; the calls of each are counted by hand
        assert set(found) == {"", "urban", "suburban"}
        return
    for place, value in found.items():
        alone = one(reading, name, Filters(**{by: (place,)}))
        assert (value.value, value.n, value.reason) == (approximately(alone.value), alone.n, alone.reason)


def test_by_zone_the_response_is_that_of_the_zone(reading: Reading) -> None:
    found = evaluate_by(reading, ("response_time", "response_within_target"), ALL, "zone")
    assert {k: v.value for k, v in found["response_time"].items()} == {"": 1, "suburban": 7, "urban": (2 + 9) / 2}
    assert {k: v.value for k, v in found["response_within_target"].items()} == {
        "": None,
        "suburban": 1,
        "urban": approximately(1 / 3),
    }


@pytest.mark.parametrize("grain", ["day", "week", "month"])
@pytest.mark.parametrize("name", ADDITIVE)
def test_numerators_and_denominators_add_up_over_time(reading: Reading, name: str, grain: Any) -> None:
    whole = one(reading, name, ALL)
    _, parts = evaluate_over_time(reading, (name,), ALL, grain)
    assert sum(v.numerator or 0 for v in parts[name]) == pytest.approx(whole.numerator)
    assert sum(v.n for v in parts[name]) == whole.n


@pytest.mark.parametrize("filters", [ALL, MARCH, APRIL, Filters(start=dt.date(2024, 3, 31))], ids=str)
@pytest.mark.parametrize("by", ["region", "customer", "zone"])
@pytest.mark.parametrize("name", [*ADDITIVE, "backlog"])
def test_numerators_and_denominators_add_up_over_places(reading: Reading, name: str, by: str, filters: Filters) -> None:
    whole, parts = one(reading, name, filters), evaluate_by(reading, (name,), filters, by)[name]
    assert sum(v.numerator or 0 for v in parts.values()) == pytest.approx(whole.numerator or 0)
    assert sum(v.n for v in parts.values()) == whole.n


def test_the_backlog_is_what_was_open_at_the_end_of_each_bucket(reading: Reading) -> None:
    weeks, found = evaluate_over_time(reading, ("backlog",), Filters(start=dt.date(2024, 3, 4)), "week")
    assert weeks == [dt.date(2024, 3, 4) + dt.timedelta(weeks=n) for n in range(5)]
    assert [v.value for v in found["backlog"]] == [1, 1, 1, 3, 3]
    _, found = evaluate_over_time(reading, ("backlog",), Filters(dt.date(2024, 3, 4), dt.date(2024, 3, 6)), "day")
    assert [v.value for v in found["backlog"]] == [2, 1, 1]


def test_the_backlog_counts_what_came_before_the_period(reading: Reading) -> None:
    assert one(reading, "backlog", Filters(dt.date(2024, 3, 10), dt.date(2024, 3, 20))).value == 1


def test_buckets_without_a_ticket_are_there(reading: Reading) -> None:
    days, found = evaluate_over_time(
        reading, ("opened", "closure_rate"), Filters(dt.date(2024, 3, 8), dt.date(2024, 3, 11)), "day"
    )
    assert len(days) == 4
    assert [v.value for v in found["opened"]] == [0, 0, 0, 0]
    assert [v.value for v in found["closure_rate"]] == [None] * 4


@pytest.mark.parametrize("name", [m.name for m in measures().values() if m.denominator is not None])
def test_a_zero_denominator_gives_no_value_and_says_why_in_both_languages(reading: Reading, name: str) -> None:
    value = one(reading, name, Filters(region=("nowhere",)))
    assert (value.value, value.n) == (None, 0)
    assert value.reason is not None
    denominator = measures()[name].denominator
    assert denominator is not None
    assert denominator.en in value.reason.en
    assert denominator.zh in value.reason.zh


@pytest.mark.parametrize("name", ["opened", "closed", "backlog"])
def test_a_count_of_nothing_is_zero(reading: Reading, name: str) -> None:
    assert one(reading, name, Filters(region=("nowhere",))).value == 0


def test_n_is_what_the_value_rests_on(reading: Reading) -> None:
    share = one(reading, "response_within_target", ALL)
    assert (share.numerator, share.denominator, share.n) == (2, 4, 4)
    assert one(reading, "time_to_close_median", ALL).n == 7
    assert one(reading, "time_to_resolve_median", ALL).n == 4


def test_a_median_that_is_not_reached_says_so(reading: Reading) -> None:
    value = one(reading, "time_to_close_median", Filters(customer=("C2",)))
    assert (value.value, value.n) == (None, 2)
    assert value.reason is not None
    assert "too many are still open" in value.reason.en


def test_the_curve_counts_open_calls_as_not_yet_closed(reading: Reading) -> None:
    curve = survival(reading, ALL)
    assert curve.times.tolist() == [3, 24, 28 * 24]
    assert curve.survival.tolist() == pytest.approx([5 / 6, 5 / 6 * 3 / 5, 0])
    assert (curve.n, curve.events, curve.censored) == (7, 4, 3)


def test_response_is_met_missed_or_unknown(reading: Reading) -> None:
    found = dict(reading.rows("SELECT ticket_id, response_met FROM marts.ticket"))
    assert found == {"A1": True, "A2": False, "A3": True, "A4": False, "A5": None, "A6": None, "A7": None}


def test_a_share_counts_in_the_period_in_which_the_response_fell_due(tmp_path: Path) -> None:
    reading = warehouse(
        tmp_path,
        {"holidays": "", "as_of": "2024-04-30T00:00Z"},
        ticket="ticket_id|zone|opened_at|arrived_at\nlate|urban|2024-03-29 16:30|2024-04-03 10:00\nopen|urban|2024-03-29 16:30|",
    )
    assert one(reading, "response_within_target", MARCH).value is None
    assert (one(reading, "response_within_target", APRIL).value, one(reading, "response_within_target", APRIL).n) == (
        0,
        2,
    )


@pytest.mark.parametrize(
    ("as_of", "met"),
    [("2024-03-04T14:29Z", None), ("2024-03-04T14:30Z", False), ("2024-03-05T00:00Z", False)],
)
def test_an_unanswered_call_is_missed_from_its_due_instant_on(tmp_path: Path, as_of: str, met: bool | None) -> None:
    call = "ticket_id|zone|opened_at\nT1|urban|2024-03-04 08:30"
    found = warehouse(tmp_path, {"holidays": "", "as_of": as_of}, ticket=call)
    assert found.rows("SELECT response_met FROM marts.ticket") == [(met,)]


def test_ages_fall_into_classes_by_whole_days(tmp_path: Path) -> None:
    as_of = dt.datetime(2024, 12, 31, 12)
    minute = dt.timedelta(minutes=1)
    edges = [dt.timedelta(days=d) for d in (8, 31, 61, 91)]
    ages = [dt.timedelta(0), *(e - minute for e in edges), *edges, dt.timedelta(days=500)]
    rows = [{"ticket_id": str(age), "opened_at": str(as_of - age), "region": "north"} for age in ages]
    rows.append({"ticket_id": "closed", "opened_at": "2024-01-01", "closed_at": "2024-01-02", "region": "north"})
    for row in rows:
        row.setdefault("closed_at", "")
    reading = warehouse(tmp_path, {"as_of": "2024-12-31T12:00Z"}, ticket=rows)
    # 0, 8 d less a minute | 8 d, 31 d less a minute | 31 d, 61 d less a minute | 61 d, 91 d less a minute | 91 d, 500 d
    assert ageing(reading, ALL) == [2, 2, 2, 2, 2]
    assert ageing(reading, Filters(region=("south",))) == [0, 0, 0, 0, 0]
    assert sum(ageing(reading, ALL)) == one(reading, "backlog", ALL).value


def test_where_a_call_belongs_is_its_own_word_then_its_asset_s_then_its_customer_s(tmp_path: Path) -> None:
    reading = warehouse(
        tmp_path,
        ticket="""
        ticket_id | opened_at  | region | asset_id | customer_id | zone
        own       | 2024-03-04 | east   | M1       | C2          | urban
        asset     | 2024-03-04 |        | M1       |             |
        customer  | 2024-03-04 |        | M2       | C2          |
        through   | 2024-03-04 |        | M2       |             |
        nobody    | 2024-03-04 |        | M9       | C9          |
        """,
        asset="""
        asset_id | region | customer_id | zone     | product_line | site
        M1       | north  | C1          | suburban | lifts        | hall
        M2       |        | C2          |          |              |
        """,
        customer="customer_id|region\nC1|west\nC2|south",
    )
    found = reading.rows(
        "SELECT ticket_id, region, customer_id, zone, product_line, site FROM core.ticket_place ORDER BY 1"
    )
    assert found == [
        ("asset", "north", "C1", "suburban", "lifts", "hall"),
        ("customer", "south", "C2", "", "", ""),
        ("nobody", "", "C9", "", "", ""),
        ("own", "east", "C2", "urban", "lifts", "hall"),
        ("through", "south", "C2", "", "", ""),
    ]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "UTC", "America/Phoenix"])
def test_a_day_is_the_day_on_the_house_s_own_clock(tmp_path: Path, zone: str) -> None:
    calls = "ticket_id|opened_at|closed_at\nT1|2024-03-10 20:00|2024-07-11 03:30"
    days = {
        "Asia/Shanghai": (dt.date(2024, 3, 11), dt.date(2024, 7, 11)),
        "America/New_York": (dt.date(2024, 3, 10), dt.date(2024, 7, 10)),
        "America/Phoenix": (dt.date(2024, 3, 10), dt.date(2024, 7, 10)),
        "UTC": (dt.date(2024, 3, 10), dt.date(2024, 7, 11)),
    }
    reading = warehouse(tmp_path, {"time_zone": zone}, ticket=calls)
    assert reading.rows("SELECT opened_on, closed_on FROM marts.ticket") == [days[zone]]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Pacific/Auckland"])
@pytest.mark.parametrize("grain", ["day", "month"])
def test_the_last_day_is_that_of_the_house_s_clock_too(tmp_path: Path, zone: str, grain: Any) -> None:
    """The last record is of a day, and a month, that has begun in Shanghai and not yet by UTC."""
    rows = table("ticket_id|opened_at|closed_at\nT1|2024-03-04 08:00|2024-03-05 01:00\nT2|2024-03-31 20:00|")
    reading = warehouse(tmp_path, {"time_zone": zone}, ticket=rows)
    _, found = evaluate_over_time(reading, ("opened",), ALL, grain)
    assert sum(v.value or 0 for v in found["opened"]) == 2


def test_an_empty_warehouse_answers_everything(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, customer="customer_id\nC1")
    values = evaluate(reading, tuple(measures()), ALL)
    assert {name: v.value for name, v in values.items() if v.value is not None} == dict.fromkeys(
        ("opened", "closed", "backlog"), 0
    )
    assert evaluate_over_time(reading, ("opened",), ALL, "month") == ([], {"opened": []})
    assert evaluate_by(reading, ("opened",), ALL, "region") == {"opened": {}}
    assert ageing(reading, ALL) == [0] * 5


def test_an_unknown_place_or_grain_is_an_error(reading: Reading) -> None:
    with pytest.raises(ValueError, match="is no place"):
        evaluate_by(reading, ("opened",), ALL, "region; DROP TABLE core.ticket")
    with pytest.raises(ValueError, match="is no grain"):
        evaluate_over_time(reading, ("opened",), ALL, "year")  # type: ignore[arg-type]
