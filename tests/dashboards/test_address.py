"""The address is the only state: what it says is understood, what it cannot mean is left out."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.address import Known, Query, default_period, link, parse, thing, to_search
from dashboards.periods import presets
from warehouse.comparison import COMPARISONS
from warehouse.filters import Filters
from warehouse.metrics.closure import AGES
from warehouse.records import DATED, Selection

LAST = dt.date(2026, 10, 31)
VALUES = ("East", "华东 East", "", "a&b=c", "100%", "+x")
KNOWN = Known(
    LAST, {name: frozenset(VALUES) for name in ("product_line", "region", "priority", "service_kind", "zone")}
)

days = st.dates(dt.date(1900, 1, 1), dt.date(2200, 12, 31))
places = st.lists(st.sampled_from(VALUES), unique=True, max_size=4).map(tuple)
yes_no = st.none() | st.booleans()


@st.composite
def queries(draw: st.DrawFn) -> Query:
    start, end = draw(st.none() | days), draw(days)
    if start and start > end:
        start, end = end, start
    names = ("product_line", "region", "customer", "priority", "service_kind")
    filters = Filters(start, end, **{name: draw(places) for name in names})
    selection = Selection(
        dated=draw(st.sampled_from(DATED)),
        is_open=draw(yes_no),
        age=draw(st.none() | st.integers(0, len(AGES) - 1)),
        zone=draw(st.none() | st.sampled_from(VALUES)),
        response_met=draw(yes_no),
        is_reopened=draw(yes_no),
        at_end=draw(st.booleans()),
    )
    return Query(filters, selection, compare=draw(st.sampled_from(COMPARISONS)))


@given(queries())
def test_a_copied_link_reproduces_the_selection(query: Query) -> None:
    assert parse(to_search(query), KNOWN) == query


@given(st.text(max_size=200))
def test_no_text_breaks_the_address(text: str) -> None:
    query = parse(text, KNOWN)
    assert parse(to_search(query), KNOWN).filters == query.filters


@given(
    st.dictionaries(
        st.sampled_from(["from", "to", "region", "age", "open", "dated", "zone", "row"]), st.text(max_size=20)
    )
)
def test_no_value_breaks_the_address(values: dict[str, str]) -> None:
    query = parse(thing("", **values), KNOWN)
    assert set(query.filters.region) <= set(VALUES)


def test_without_a_period_the_last_twelve_months_count() -> None:
    assert parse("", KNOWN).filters == Filters(dt.date(2025, 11, 1), LAST)
    assert default_period(dt.date(2026, 12, 1)) == (dt.date(2026, 1, 1), dt.date(2026, 12, 1))


def test_all_has_no_beginning_and_no_end() -> None:
    assert parse("?from=all", KNOWN).filters == Filters(None, None)


@pytest.mark.parametrize(
    ("search", "name"),
    [
        ("?from=yesterday", "from"),
        ("?from=0001-01-01", "from"),
        ("?to=2026-02-30", "to"),
        ("?from=2026-05-01&to=2026-04-01", "from"),
        ("?region=Atlantis", "region"),
        ("?age=9", "age"),
        ("?age=-1", "age"),
        ("?dated=tomorrow", "dated"),
        ("?zone=moon", "zone"),
        ("?open=perhaps", "open"),
        ("?compare=tomorrow", "compare"),
        ("?region=" + "x" * 300, "region"),
        ("?region=%00", "region"),
    ],
)
def test_what_an_address_cannot_mean_is_left_out_and_named(search: str, name: str) -> None:
    query = parse(search, KNOWN)
    assert name in query.ignored
    assert query.filters == Filters(*default_period(LAST))
    assert query.selection == Selection()


def test_too_many_parameters_are_refused_as_a_whole() -> None:
    assert parse("&".join(f"region={i}" for i in range(1_000)), KNOWN).ignored == ("?",)


def test_a_customer_may_be_anything() -> None:
    assert parse("?customer=C1&customer=C2", KNOWN).filters.customer == ("C1", "C2")


def test_presets_count_back_from_the_last_day_on_record() -> None:
    periods = {p.name: (p.start, p.end) for p in presets(LAST)}
    assert periods["30d"] == (dt.date(2026, 10, 2), LAST)  # 30 days with both ends
    assert periods["year"] == (dt.date(2026, 1, 1), LAST)
    assert periods["all"] == (None, None)


def test_what_failed_and_who_repaired_it_is_part_of_the_address_and_what_a_page_looks_at_is_kept() -> None:
    known = Known(dt.date(2024, 4, 18))
    chosen = Selection(component="阀 valve & co", failure_mode="", cause="磨损", asset_id="A 1", technician_id="T1")
    query = parse(link("", Filters(), chosen, look="BR-1001", window="30"), known)
    assert query.selection == chosen
    assert query.choices == {"look": "BR-1001", "window": "30"}
    assert query.ignored == ()
