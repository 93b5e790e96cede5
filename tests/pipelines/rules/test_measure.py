"""A measure beyond its limit: the arithmetic of a small month, at, below and above."""

from __future__ import annotations

import datetime as dt

import pytest
from factories import warehouse
from pydantic import ValidationError
from ruling import about, found, rule_of

from dashboards.address import Known, parse
from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate
from warehouse.reading import Reading

SETTINGS = {"holidays": "", "as_of": "2024-04-02T12:00Z"}
# Tickets opened and closed by month and region; all of the east are of one component.
OPENED = {
    ("2023-03", "east"): 40, ("2024-02", "east"): 40, ("2024-03", "east"): 60,
    ("2023-03", "west"): 40, ("2024-02", "west"): 40, ("2024-03", "west"): 44,
}  # fmt: skip
CLOSED = {("2024-03", "east"): 30, ("2024-03", "west"): 33}
LINES = {"east": "Brakes", "west": "Doors"}


def tickets() -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]] = []
    for (month, region), n in OPENED.items():
        closed = CLOSED.get((month, region), n)
        rows += [
            {
                "ticket_id": f"{month}{region}{i}",
                "opened_at": f"{month}-{1 + i % 28:02d} 08:00",
                "closed_at": f"{month}-{1 + i % 28:02d} 10:00" if i < closed else None,
                "region": region,
                "product_line": LINES[region],
                "customer_id": f"C{i % 2}",
                "zone": "urban",
            }
            for i in range(n)
        ]
    return rows


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    customers = "customer_id | name\nC0 | First Metro\nC1 | Second Metro"
    faults = [
        {"fault_id": f"F{t['ticket_id']}", "ticket_id": t["ticket_id"], "component": "valve" if t["region"] == "east" else "lock"}
        for t in tickets()
    ]  # fmt: skip
    return warehouse(tmp_path_factory.mktemp("measure"), SETTINGS, ticket=tickets(), customer=customers, fault=faults)


def test_a_limit_is_passed_from_just_beyond_it(reading: Reading) -> None:
    opened = {"measure": "opened", "period": "month"}
    assert found(reading, "measure", **opened, above=60 + 44) == []
    (one,) = found(reading, "measure", **opened, above=60 + 44 - 1)
    assert one.text.en == "Opened: 104 in 2024-03, above the limit of 103 (n = 104)."
    assert one.size == 104
    assert (one.region, one.product_line) == (None, None)
    assert found(reading, "measure", **opened, below=60 + 44) == []
    assert len(found(reading, "measure", **opened, below=60 + 44 + 1)) == 1


def test_by_region_each_is_told_where_it_is_the_furthest_first(reading: Reading) -> None:
    several = found(reading, "measure", measure="closure_rate", by="region", below=0.8)
    assert about(several) == ["east", "west"], "30 of 60 and 33 of 44 were closed"
    assert [p.region for p in several] == ["east", "west"]
    assert several[0].size == 1 - 30 / 60
    assert "50.0 % in 2024-03, below the limit of 80.0 % (n = 60; 95 %:" in several[0].text.en
    assert several[0].text.en.startswith(f"{measures()['closure_rate'].label.en}, east: ")
    assert "2024-03 为 50.0%，低于下限 80.0%（n = 60；95%：" in several[0].text.zh
    assert several == found(reading, "measure", measure="closure_rate", by="region", below=0.8)


def test_the_address_shows_what_the_sentence_says(reading: Reading) -> None:
    (one,) = found(reading, "measure", measure="closure_rate", by="region", below=0.6)
    path, search = str(one.address).split("?")
    asked = parse(search, Known(reading.as_of_on, {"region": frozenset({"east", "west"})}))
    assert (path, asked.ignored, asked.argument("look")) == ("/", (), "closure_rate")
    assert asked.filters == Filters(dt.date(2024, 3, 1), dt.date(2024, 3, 31), region=("east",))
    assert evaluate(reading, ("closure_rate",), asked.filters)["closure_rate"].value == 30 / 60


def test_few_things_raise_no_alarm_and_clear_asks_for_more_than_chance(reading: Reading) -> None:
    rule = {"measure": "closure_rate", "by": "region", "below": 0.8}
    assert about(found(reading, "measure", **rule, least_n=45)) == ["east"]
    assert about(found(reading, "measure", **rule, least_n=61)) == []
    # 33 of 44 are 75 %: that may be 80 % and chance; 50 % of 60 is not.
    assert about(found(reading, "measure", **rule, clear=True)) == ["east"]


def test_a_rise_is_told_against_the_month_before_and_against_the_last_year(reading: Reading) -> None:
    rule = {"measure": "opened", "by": "region", "rises_by": 0.25}
    (one,) = found(reading, "measure", **rule)
    assert (one.region, one.size) == ("east", pytest.approx(60 / 40 - 1))
    assert "60 in 2024-03 against 40 in 2024-02, +50.0 %; the limit is 25.0 % (n = 40 and 60)" in one.text.en
    (one,) = found(reading, "measure", **rule, against="year")
    assert "against 40 in 2023-03" in one.text.en
    assert "compare=year" in str(one.address)
    assert found(reading, "measure", measure="opened", by="region", rises_by=0.5) == []
    assert found(reading, "measure", measure="opened", by="region", falls_by=0.01) == []
    assert found(reading, "measure", measure="opened", by="region", rises_by=0.25, least_n=60 + 1) == []


def test_a_share_falls_by_points(reading: Reading) -> None:
    rule = {"measure": "closure_rate", "by": "region", "falls_by": 0.25, "clear": True}
    (one,) = found(reading, "measure", **rule)
    assert (one.region, one.size) == ("east", pytest.approx(1 - 30 / 60))
    assert "-50.0 pp; the limit is 25 pp" in one.text.en


@pytest.mark.parametrize(
    ("by", "places"),
    [
        ("product_line", ["Brakes", "Doors"]),
        ("component", ["valve", "lock"]),
        ("customer", ["C0", "C1"]),
        ("zone", ["urban"]),
    ],
)
def test_it_is_judged_at_every_grain(reading: Reading, by: str, places: list[str]) -> None:
    several = found(reading, "measure", measure="opened", by=by, above=1)
    assert about(several) == places
    assert [p.product_line for p in several] == (places if by == "product_line" else [None] * len(places))


def test_a_customer_is_called_by_name_and_a_rule_may_look_at_some_places_only(reading: Reading) -> None:
    (first, _) = found(reading, "measure", measure="opened", by="customer", above=1, where={"region": ["east"]})
    assert first.text.en.startswith("Opened, First Metro: 30 in 2024-03")
    assert first.region == "east"


@pytest.mark.parametrize(
    ("period", "n", "called"),
    [
        ("day", 0, "2024-04-01"),
        # The 25th to the 28th: of the east those numbered 24 to 27 and 52 to 55, of the west 24 to 27.
        ("week", 8 + 4, "2024-03-25 – 2024-03-31"),
        ("month", 60 + 44, "2024-03"),
        ("quarter", 40 + 60 + 40 + 44, "2024-Q1"),
    ],
)
def test_the_period_is_the_last_that_is_over(reading: Reading, period: str, n: int, called: str) -> None:
    (one,) = found(reading, "measure", measure="opened", period=period, below=n + 1)
    assert (one.facts["samples"][0]["n"], one.size) == (n, 1)
    assert f" {n} in {called}, below the limit of {n + 1} " in one.text.en


def test_a_period_that_began_before_the_records_is_not_judged(reading: Reading) -> None:
    # The records begin on 1 March 2023: that month can be compared with, the year cannot be judged.
    assert found(reading, "measure", measure="opened", period="year", below=1_000) == []
    assert len(found(reading, "measure", measure="opened", period="month", rises_by=0.1, against="year")) == 1
    assert found(reading, "measure", measure="opened", period="quarter", rises_by=0.1, against="year") == []


def test_a_count_that_falls_is_judged_by_the_larger_of_the_two(reading: Reading) -> None:
    # Of the west, in the week from 18 March, came those numbered 17 to 23, in the next those numbered 24 to 27.
    rule = {"measure": "opened", "by": "region", "period": "week", "falls_by": 0.4, "where": {"region": ["west"]}}
    (one,) = found(reading, "measure", **rule, least_n=7)
    assert one.text.en.startswith("Opened, west: 4 in 2024-03-25 – 2024-03-31 against 7 in 2024-03-18 – 2024-03-24, ")
    assert found(reading, "measure", **rule, least_n=8) == []


def test_what_nobody_delivers_is_no_problem(reading: Reading) -> None:
    assert found(reading, "measure", measure="fill_rate", below=0.9) == []
    assert found(reading, "measure", measure="satisfaction", by="region", below=2.0) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"measure": "happiness", "above": 1}, "there is no measure “happiness” (known: "),
        ({"measure": "opened"}, "say one limit"),
        ({"measure": "opened", "above": 1, "below": 3}, "say one limit"),
        ({"measure": "opened", "above": 1, "clear": True}, "interval of opened is not known"),
        ({"measure": "satisfaction", "below": 1, "by": "component"}, "is not known by component"),
        ({"measure": "opened", "above": 1, "by": "planet"}, "'house', 'component'"),
    ],
)
def test_what_cannot_be_judged_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("(", r"\(")):
        rule_of("measure", **fields)
