"""What counts of what landed, and the way back from a row of the warehouse to the row of its source."""

from __future__ import annotations

from pathlib import Path

import pytest
from factories import Installation, land

from warehouse.landed import batches, signature, source_row
from warehouse.mapping import Source

CUSTOMERS = {"customer": {"from": "rows", "fields": {"customer_id": "no", "name": "name"}}}


def test_a_signature_follows_the_options_not_their_order() -> None:
    assert signature({"a": 1, "b": 2}) == signature({"b": 2, "a": 1})
    assert signature({"a": 1}) != signature({"a": 2})
    assert len(signature({})) == 8


def test_a_stream_that_never_landed_has_no_batches(tmp_path: Path) -> None:
    assert batches(tmp_path, "s", "rows", {}) == []


def test_a_file_read_again_with_other_options_counts_once(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    old = made.maps("s", CUSTOMERS)
    first = land(made.home, old, "rows", [{"no": "C1", "name": "read as Latin"}])
    only_old = land(made.home, old, "rows", [{"no": "C2", "name": "gone since"}], file="gone.csv")
    new: Source = made.maps("s", CUSTOMERS, streams={"rows": {"path": "data/rows.csv", "encoding": "gb18030"}})
    assert batches(made.home.landing, "s", "rows", new.streams["rows"]) == sorted([first, only_old])
    again = land(made.home, new, "rows", [{"no": "C1", "name": "read as Latin"}])
    assert again.name[:16] == first.name[:16]
    assert batches(made.home.landing, "s", "rows", new.streams["rows"]) == sorted([again, only_old])


def test_deliveries_may_have_different_columns(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    made.maps("s", CUSTOMERS)
    made.lands("s", "rows", "no|name\nC1|Ann", file="a.csv")
    made.lands("s", "rows", "extra|no\nx|C2", file="b.csv")
    assert made.read().rows("SELECT customer_id, name FROM core.customer ORDER BY 1") == [("C1", "Ann"), ("C2", None)]


def test_the_source_row_is_found_exactly_as_it_came(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    made.maps("s", CUSTOMERS)
    file = made.lands("s", "rows", [{"no": " C1 ", "name": "安"}, {"no": "C2", "name": None}], file="data/客户.csv")
    found = source_row(made.home.landing, "s", "rows", file.stem, "data/客户.csv", 2)
    assert found is not None
    assert {k: v for k, v in found.items() if not k.startswith("_")} == {"no": " C1 ", "name": "安"}
    assert source_row(made.home.landing, "s", "rows", file.stem, "data/客户.csv", 9) is None
    assert source_row(made.home.landing, "s", "rows", file.stem, "other.csv", 2) is None


@pytest.mark.parametrize("bad", ["..", ".", "", "a/b", "../s", "a\\b"])
def test_a_lineage_that_points_outside_the_landing_zone_finds_nothing(tmp_path: Path, bad: str) -> None:
    made = Installation(tmp_path / "home")
    made.maps("s", CUSTOMERS)
    file = made.lands("s", "rows", "no|name\nC1|Ann")
    good = ["s", "rows", file.stem]
    assert source_row(made.home.landing, *good, "rows.csv", 2)
    for i in range(3):
        parts = [bad if i == j else part for j, part in enumerate(good)]
        assert source_row(made.home.landing, *parts, "rows.csv", 2) is None
