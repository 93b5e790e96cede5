"""The records behind a number, and the way from a record to the row of its source."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from factories import Installation, installation, opened

from warehouse import records
from warehouse.filters import Filters
from warehouse.metrics.evaluate import ageing, evaluate
from warehouse.reading import Reading
from warehouse.records import COLUMNS_SHOWN, DATED, Selection

ROWS: dict[str, Any] = {
    "ticket": """
    ticket_id | opened_at        | arrived_at       | resolved_at      | closed_at        | region | zone     | customer_id | asset_id | reopen_count
    T1        | 2024-01-10 09:00 | 2024-01-10 10:00 | 2024-01-10 11:00 | 2024-01-11 09:00 | north  | urban    | C1          | M1       | 0
    T2        | 2024-02-01 09:00 | 2024-02-05 10:00 | 2024-02-05 11:00 | 2024-03-02 09:00 | south  | urban    | C2          | M1       | 1
    T3        | 2024-02-20 09:00 | 2024-02-20 09:30 |                  |                  | north  | suburban | C1          |          |
    T4        | 2024-03-01 09:00 |                  |                  |                  | north  | urban    | C3          |          |
    T5        | 2024-03-10 09:00 |                  |                  |                  |        |          |             |          |
    """,
    "asset": "asset_id|model|product_line\nM1|X|lifts",
    "customer": "customer_id|name\nC1|First 100%_Co\nC2|Second\nC9|Nobody's",
    "ticket_event": "ticket_id|to_status|at\nT1|dispatched|2024-01-10 09:30\nT1|closed|2024-01-11 09:00\nT2|closed|2024-03-02 09:00",
    "repair": "repair_id|ticket_id|active_hours\nR1|T1|1.5\nR2|T2|2",
    "part_use": "repair_id|part_no|quantity\nR1|P1|2\nR2|P2|1",
    "fault": "fault_id|ticket_id|failure_mode\nF1|T1|leak",
}
MARCH = Filters(dt.date(2024, 3, 1), dt.date(2024, 3, 31))
ALL = Filters()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    found = installation(
        tmp_path_factory.mktemp("records"),
        ROWS,
        settings={"time_zone": "UTC", "holidays": "", "as_of": "2024-03-20T00:00Z"},
    )
    found.publish()
    return found


@pytest.fixture(scope="module")
def reading(made: Installation) -> Reading:
    return opened(made.home)


def numbers(reading: Reading, filters: Filters, selection: Selection, **how: Any) -> list[str]:
    found = records.page(reading, filters, selection, **how)
    assert len(found) == min(records.count(reading, filters, selection), how.get("rows", 100))
    return [row["ticket_id"] for row in found]


@pytest.mark.parametrize(
    ("selection", "filters", "expected"),
    [
        (Selection(), ALL, "T5 T4 T3 T2 T1"),
        (Selection(), MARCH, "T5 T4"),
        (Selection(), Filters(region=("north",)), "T4 T3 T1"),
        (Selection(), Filters(region=("",)), "T5"),
        (Selection(dated="closed_on"), MARCH, "T2"),
        (Selection(dated="arrived_on"), ALL, "T3 T2 T1"),
        (Selection(dated="resolved_on"), Filters(end=dt.date(2024, 1, 31)), "T1"),
        (Selection(is_open=True), ALL, "T5 T4 T3"),
        (Selection(is_open=False), ALL, "T2 T1"),
        (Selection(zone="urban"), ALL, "T4 T2 T1"),
        (Selection(response_met=False), ALL, "T4 T2"),
        (Selection(response_met=True), ALL, "T3 T1"),
        (Selection(is_reopened=True), ALL, "T2"),
        # Open when the period ended, whenever opened.
        (Selection(at_end=True), Filters(dt.date(2024, 2, 1), dt.date(2024, 2, 29)), "T3 T2"),
        (Selection(at_end=True), MARCH, "T5 T4 T3"),
        (Selection(at_end=True), ALL, "T5 T4 T3"),
    ],
    ids=str,
)
def test_a_selection_holds_what_its_mark_stands_for(
    reading: Reading, selection: Selection, filters: Filters, expected: str
) -> None:
    assert numbers(reading, filters, selection) == expected.split()


@pytest.mark.parametrize("age", range(5))
def test_an_age_class_drills_to_as_many_as_it_shows(reading: Reading, age: int) -> None:
    assert records.count(reading, ALL, Selection(age=age)) == ageing(reading, ALL)[age]


@pytest.mark.parametrize(
    "filters", [ALL, MARCH, Filters(end=dt.date(2024, 2, 29)), Filters(region=("north",))], ids=str
)
def test_a_figure_drills_to_as_many_as_it_counts(reading: Reading, filters: Filters) -> None:
    figures = evaluate(reading, ("opened", "closed", "backlog", "response_within_target", "reopened"), filters)
    assert records.count(reading, filters, Selection()) == figures["opened"].value
    assert records.count(reading, filters, Selection(dated="closed_on")) == figures["closed"].value
    assert records.count(reading, filters, Selection(at_end=True)) == figures["backlog"].value
    met, missed = (records.count(reading, filters, Selection("response_due_on", response_met=m)) for m in (True, False))
    assert met + missed == figures["response_within_target"].n
    assert records.count(reading, filters, Selection(is_reopened=True)) == (figures["reopened"].numerator or 0)


def test_a_page_is_a_part_of_the_whole_in_order(reading: Reading) -> None:
    assert numbers(reading, ALL, Selection(), rows=2) == ["T5", "T4"]
    assert [r["ticket_id"] for r in records.page(reading, ALL, Selection(), start=3, rows=2)] == ["T2", "T1"]
    assert numbers(reading, ALL, Selection(), order_by="opened_at", descending=False)[0] == "T1"
    # What is empty comes last either way.
    assert numbers(reading, ALL, Selection(), order_by="closed_at", descending=False) == ["T1", "T2", "T3", "T4", "T5"]
    assert numbers(reading, ALL, Selection(), order_by="closed_at")[:2] == ["T2", "T1"]
    assert records.page(reading, ALL, Selection(), start=-5, rows=-5) == []
    assert set(records.page(reading, ALL, Selection())[0]) == set(COLUMNS_SHOWN)


def test_an_export_streams_the_same_rows(reading: Reading) -> None:
    batches = list(records.stream(reading, ALL, Selection(), limit=4, batch=3))
    assert [len(batch) for batch in batches] == [3, 1]
    assert [row[0] for batch in batches for row in batch] == ["T5", "T4", "T3", "T2"]


def test_a_column_that_is_not_shown_cannot_be_sorted_by(reading: Reading) -> None:
    with pytest.raises(ValueError, match="is not a column of the table"):
        records.page(reading, ALL, Selection(), order_by="description; DROP TABLE core.ticket")
    with pytest.raises(ValueError, match="does not date a ticket"):
        records.count(reading, ALL, Selection(dated="1 = 1 OR opened_on"))  # type: ignore[arg-type]
    assert "opened_on" in DATED


def test_a_ticket_brings_what_hangs_on_it(reading: Reading) -> None:
    found = records.ticket(reading, "T1")
    assert {entity: len(rows) for entity, rows in found.items()} == {
        "ticket": 1, "asset": 1, "ticket_event": 2, "repair": 1, "part_use": 1, "fault": 1,
    }  # fmt: skip
    assert found["part_use"][0]["part_no"] == "P1"
    assert found["ticket"][0]["_file"] == "ticket.csv"
    assert set(records.ticket(reading, "T3")) == {"ticket"}
    assert records.ticket(reading, "nobody's") == {}


def test_from_a_record_to_the_row_of_its_source(made: Installation, reading: Reading) -> None:
    found = records.source_row_of(made.home, reading, "part_use", "R2|P2|", "s")
    assert found is not None
    assert {k: v for k, v in found.items() if not k.startswith("_")} == {
        "repair_id": "R2",
        "part_no": "P2",
        "quantity": "1",
    }
    assert (found["_file"], found["_row"]) == ("part_use.csv", 3)
    assert records.source_row_of(made.home, reading, "part_use", "R2|P2|", "other") is None
    assert records.source_row_of(made.home, reading, "ticket; DROP", "T1", "s") is None


def test_every_record_leads_back_to_its_source_row(made: Installation, reading: Reading) -> None:
    for number in ("T1", "T2", "T3", "T4", "T5"):
        for entity, rows in records.ticket(reading, number).items():
            for row in rows:
                found = records.source_row_of(made.home, reading, entity, row["source_key"], row["_source"])
                assert found is not None
                assert found["_row"] == row["_row"]


def test_the_values_of_each_filter_come_most_tickets_first(reading: Reading) -> None:
    found = records.places(reading)
    assert found["region"] == [("north", 3), ("", 1), ("south", 1)]
    assert found["product_line"] == [("", 3), ("lifts", 2)]
    assert "customer" not in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("C1", "First 100%_Co", 2), ("", "", 1), ("C2", "Second", 1), ("C3", "C3", 1)]),
        ("first", [("C1", "First 100%_Co", 2)]),
        ("c3", [("C3", "C3", 1)]),
        ("100%", [("C1", "First 100%_Co", 2)]),
        ("%", [("C1", "First 100%_Co", 2)]),
        ("_", [("C1", "First 100%_Co", 2)]),
        ("\\", []),
        ("Nobody", []),
    ],
)
def test_customers_are_found_by_number_or_name(
    reading: Reading, text: str, expected: list[tuple[str, str, int]]
) -> None:
    assert records.customers(reading, text) == expected


def test_customers_are_named_and_a_number_without_a_name_stands_for_itself(reading: Reading) -> None:
    assert records.customer_names(reading, ("C1", "C3")) == {"C1": "First 100%_Co", "C3": "C3"}
    assert records.customer_names(reading, ()) == {}


def test_codes_are_told_in_both_languages(reading: Reading) -> None:
    assert records.code_labels(reading)["zone"]["urban"] == ("Urban", "市区")
