"""Finding things by what people type or scan, however they write it; and what hostile or hurried hands type."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import warehouse

from warehouse.reading import Reading
from warehouse.search import LONGEST, Hit, assets, search, tidy

ROWS = {
    "asset": """
    asset_id | serial_no   | model | position | parent_asset_id | customer_id | site
    A1       | BR-21000330 | BR-2  |          |                 | C1          | Depot North
    A1-1     | V-24-7      | V     | B.1      | A1              | C1          | Depot North
    A2       | BR-21000331 | BR-2  |          |                 | C2          | Depot 南
    A3       | x br 21     | BR-2  |          |                 |             |
    A10      |             | HV    |          |                 | C1          | 100%_site
    """,
    "customer": "customer_id|name|region\nC1|Metro One|north\nC2|地铁二号线|south",
    "technician": "technician_id|name|team\nT1|李强|一组\nT2|Ann Metro|two",
    "part": "part_no|name|category\nV|Valve 阀|brakes",
    "ticket": """
    ticket_id | opened_at        | symptom | asset_id
    WO-24-001 | 2024-01-01 09:00 | leaks   | A1
    WO-24-002 | 2024-01-02 09:00 |         | A2
    """,
    "repair": "repair_id|ticket_id|asset_id|finished_at\nR1|WO-24-001|A1|2024-01-01 12:00",
    "part_use": "repair_id|part_no|position|old_serial|new_serial\nR1|V|B.1|V-23-1|V-24-7",
    "fracas_report": "report_id|ticket_id|failure_mode\nFR-2024-7|WO-24-001|leak",
}


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(tmp_path_factory.mktemp("search"), {"holidays": "", "as_of": "2024-02-01T00:00Z"}, **ROWS)


def found(reading: Reading, text: str) -> dict[str, list[Hit]]:
    return {f.kind: list(f.hits) for f in search(reading, tidy(text), 5)}


def keys(reading: Reading, kind: str, text: str) -> list[str]:
    return [hit.key for hit in found(reading, text).get(kind, [])]


@pytest.mark.parametrize(
    "text",
    ["BR-21000330", "br-21000330", " BR-21000330 ", "BR 2100 0330", "br21000330", "ＢＲ－２１０００３３０", "21000330", "1000330"],
)  # fmt: skip
def test_a_serial_number_is_found_however_it_is_written(reading: Reading, text: str) -> None:
    assert keys(reading, "asset", text) == ["A1"]


def test_the_whole_number_comes_before_beginnings_and_these_before_what_is_inside(reading: Reading) -> None:
    assert keys(reading, "asset", "A1") == ["A1", "A1-1", "A10"]
    assert keys(reading, "asset", "br21") == ["A1", "A2", "A3"]
    exact = found(reading, "a1")["asset"][0]
    assert exact.is_exact
    assert exact.more == ("A1", "BR-2", "Depot North", "Metro One")
    # Inside a number only from three signs on.
    assert keys(reading, "asset", "00") == []


def test_a_piece_that_was_taken_out_leads_to_the_unit_it_was_in(reading: Reading) -> None:
    (piece,) = found(reading, "v-23")["piece"]
    assert (piece.key, piece.name, piece.more) == ("A1", "V-23-1", ("V", "BR-21000330"))


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("ticket", "wo-24", ["WO-24-001", "WO-24-002"]),
        ("ticket", "24-002", ["WO-24-002"]),
        ("customer", "metro", ["C1"]),
        ("customer", "地铁", ["C2"]),
        ("customer", "c2", ["C2"]),
        ("technician", "李", ["T1"]),
        ("technician", "metro", ["T2"]),
        ("part", "valve", ["V"]),
        ("fracas_report", "fr-2024", ["FR-2024-7"]),
    ],
)
def test_things_of_every_kind_are_found(reading: Reading, kind: str, text: str, expected: list[str]) -> None:
    assert keys(reading, kind, text) == expected


def test_the_kind_whose_number_was_typed_comes_first(reading: Reading) -> None:
    kinds = [f.kind for f in search(reading, "V", 5)]
    assert kinds[0] == "part"
    assert {"asset", "piece", "part"} <= set(kinds)


def test_more_than_were_asked_for_are_told(reading: Reading) -> None:
    first, *_ = search(reading, "br-21", 1)
    assert (first.kind, len(first.hits), first.has_more) == ("asset", 1, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("north", ["A1", "A1-1"]),
        ("B.1", ["A1-1"]),
        ("metro hv", ["A10"]),
        ("depot br-2", ["A1", "A2"]),
        ("地铁", ["A2"]),
        ("100%_s", ["A10"]),
        ("%", ["A10"]),
    ],
)
def test_assets_are_found_by_position_site_model_and_customer(reading: Reading, text: str, expected: list[str]) -> None:
    assert [hit.key for hit in assets(reading, tidy(text), 9).hits] == expected


@pytest.mark.parametrize(
    "text", ["", "   ", "'; DROP TABLE core.asset; --", "\x00\x1f", "\\", "\t", "😀", "￿", "0" * 500, "*?[("]
)
def test_whatever_is_typed_does_no_harm(reading: Reading, text: str) -> None:
    assert len(tidy(text)) <= LONGEST
    assert search(reading, tidy(text), 5) == ()
    assert assets(reading, tidy(text), 5).hits == ()
    assert keys(reading, "asset", "A1")


def test_a_warehouse_without_assets_finds_nothing(tmp_path: Path) -> None:
    empty = warehouse(tmp_path, {"holidays": ""}, ticket="ticket_id|opened_at\nT|2024-01-01 08:00")
    assert search(empty, "A1", 5) == ()
    assert assets(empty, "north", 5).hits == ()
