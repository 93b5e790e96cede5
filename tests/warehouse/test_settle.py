"""Many deliveries, one truth: the newest sound row of each key is shown, whatever arrived when and how often."""

from __future__ import annotations

import datetime as dt
import random
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from factories import EXTRACTED_AT, Installation, Row, installation, opened, table
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from warehouse.reading import Reading

FIELDS = {"ticket_id": "no", "opened_at": "opened", "symptom": "symptom"}
CLOSED = {**FIELDS, "closed_at": "closed"}


def register(path: Path, **mapping: Any) -> Installation:
    """An installation whose source `s` feeds tickets from the stream `calls`."""
    made = Installation(path, {"time_zone": "UTC"})
    made.maps("s", {"ticket": {"from": "calls", "fields": FIELDS, **mapping}})
    return made


def later(hours: float) -> dt.datetime:
    return EXTRACTED_AT + dt.timedelta(hours=hours)


def symptoms(reading: Reading) -> dict[str, str]:
    return dict(reading.rows("SELECT ticket_id, symptom FROM core.ticket ORDER BY ticket_id"))


def complaints(reading: Reading) -> list[tuple[str, int, str]]:
    return reading.rows("SELECT file, row_no, rule FROM meta.quarantine ORDER BY file, row_no, rule")


def account(reading: Reading, entity: str = "ticket") -> dict[str, int]:
    (found,) = reading.records("SELECT * EXCLUDE (entity) FROM meta.account WHERE entity = $1", [entity])
    return found


def test_a_row_that_came_twice_is_shown_once(tmp_path: Path) -> None:
    made = register(tmp_path)
    rows = "no|opened|symptom\nT1|2024-03-04|leak\nT1|2024-03-04|leak"
    made.lands("s", "calls", rows)
    reading = made.read()
    assert symptoms(reading) == {"T1": "leak"}
    assert account(reading) == {"landed": 2, "staged": 2, "core": 1, "quarantined": 0, "superseded": 1}


def test_without_a_version_the_file_s_name_tells_which_row_is_newer_not_the_order_of_arrival(tmp_path: Path) -> None:
    made = register(tmp_path)
    made.lands("s", "calls", "no|opened|symptom\nT1|2024-03-04|new", file="calls_2024-04.csv", extracted_at=later(0))
    made.lands("s", "calls", "no|opened|symptom\nT1|2024-03-04|old", file="calls_2024-03.csv", extracted_at=later(9))
    assert symptoms(made.read()) == {"T1": "new"}


def test_of_two_deliveries_under_one_name_the_later_counts(tmp_path: Path) -> None:
    made = register(tmp_path)
    made.lands("s", "calls", "no|opened|symptom\nT1|2024-03-04|old", extracted_at=later(0))
    made.lands("s", "calls", "no|opened|symptom\nT1|2024-03-04|new", extracted_at=later(1))
    assert symptoms(made.read()) == {"T1": "new"}


def test_in_one_file_the_later_row_counts(tmp_path: Path) -> None:
    made = register(tmp_path)
    made.lands("s", "calls", "no|opened|symptom\nT1|2024-03-04|old\nT1|2024-03-04|new")
    assert symptoms(made.read()) == {"T1": "new"}


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("9", "10"),
        ("9.0", "1e1"),
        ("-1", "0"),
        ("2024-03-04 08:00", "2024-03-04 18:00"),
        ("2024/9/1", "2024/10/1"),
        ("2024年9月1日", "2024-10-01"),
        ("2024/3/4 上午 11:00", "2024/3/4 下午 1:00"),
        ("2024-03-04T09:00:00+08:00", "2024-03-04T02:00:00Z"),
        ("rev a", "rev b"),
        (None, "1"),
    ],
)
def test_a_version_tells_the_newer_row_wherever_it_stands(tmp_path: Path, older: str | None, newer: str) -> None:
    made = register(tmp_path, version="version")
    rows = [
        {"no": "T1", "opened": "2024-03-04", "symptom": "new", "version": newer},
        {"no": "T1", "opened": "2024-03-04", "symptom": "old", "version": older},
    ]
    made.lands("s", "calls", rows)
    assert symptoms(made.read()) == {"T1": "new"}


def test_a_version_is_read_in_the_shape_that_the_source_declares_for_dates(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    made.maps(
        "s", {"ticket": {"from": "calls", "version": "v", "fields": FIELDS | {"closed_at": "v"}}}, dates=["%d/%m/%Y"]
    )
    made.lands("s", "calls", "no|opened|symptom|v\nT1|2024-03-04|new|02/01/2025\nT1|2024-03-04|old|31/12/2024")
    assert symptoms(made.read()) == {"T1": "new"}


def test_an_older_version_in_a_newer_delivery_changes_nothing(tmp_path: Path) -> None:
    made = register(tmp_path, version="version")
    made.lands("s", "calls", "no|opened|symptom|version\nT1|2024-03-04|new|3", file="a.csv", extracted_at=later(0))
    made.lands("s", "calls", "no|opened|symptom|version\nT1|2024-03-04|old|2", file="b.csv", extracted_at=later(9))
    assert symptoms(made.read()) == {"T1": "new"}


def test_the_same_number_in_two_sources_is_kept_twice_for_the_checks_to_tell(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    for source in ("north", "south"):
        made.maps(source, {"ticket": {"from": "calls", "fields": FIELDS}})
        made.lands(source, "calls", f"no|opened|symptom\nT1|2024-03-04|{source}")
    found = made.read().rows("SELECT ticket_id, symptom, _source FROM core.ticket ORDER BY _source")
    assert found == [("T1", "north", "north"), ("T1", "south", "south")]


def test_parts_of_a_key_do_not_run_into_each_other(tmp_path: Path) -> None:
    made = installation(
        tmp_path,
        {
            "part_use": "repair_id|part_no|position\nR1|A|BC\nR1|AB|C\nR1|A|",
            "usage": [
                {"asset_id": "A|h", "read_at": "2024-03-04", "value": "1", "unit": "km"},
                {"asset_id": "A", "read_at": "2024-03-04", "value": "2", "unit": "h|km"},
            ],
        },
    )
    reading = made.read()
    assert account(reading, "part_use")["core"] == 3
    assert account(reading, "usage")["core"] == 2


@pytest.mark.parametrize("sign", ["|", "||", "\\|", "\\"])
def test_the_sign_between_the_parts_of_a_key_may_occur_in_a_part(tmp_path: Path, sign: str) -> None:
    rows = [
        {"repair_id": f"R{sign}1", "part_no": "P", "position": "X"},
        {"repair_id": "R", "part_no": f"1{sign}P", "position": "X"},
        {"repair_id": "R", "part_no": "1", "position": f"P{sign}X"},
    ]
    assert account(installation(tmp_path, {"part_use": rows}).read(), "part_use")["core"] == 3


def test_a_newer_unsound_row_does_not_displace_an_older_sound_one_and_is_quarantined(tmp_path: Path) -> None:
    made = register(tmp_path)
    made.lands("s", "calls", "no|opened|symptom\nT1|2024-03-04|sound", file="a.csv")
    made.lands("s", "calls", "no|opened|symptom\nT1|no date|unsound", file="b.csv")
    reading = made.read()
    assert symptoms(reading) == {"T1": "sound"}
    # The mandatory time is missing, because what stands there is no date.
    assert complaints(reading) == [("b.csv", 2, "not_instant")]
    assert account(reading) == {"landed": 2, "staged": 2, "core": 1, "quarantined": 1, "superseded": 0}


def test_a_corrected_row_clears_the_complaint(tmp_path: Path) -> None:
    made = register(tmp_path)
    made.lands("s", "calls", "no|opened|symptom\nT1|no date|unsound", file="a.csv")
    assert account(made.read())["quarantined"] == 1
    made.lands("s", "calls", "no|opened|symptom\nT1|2024-03-04|corrected", file="b.csv")
    reading = made.read()
    assert symptoms(reading) == {"T1": "corrected"}
    assert complaints(reading) == []
    assert account(reading) == {"landed": 2, "staged": 2, "core": 1, "quarantined": 0, "superseded": 1}


def test_a_file_delivered_again_under_its_name_takes_its_complaints_along(tmp_path: Path) -> None:
    made = register(tmp_path)
    first = "no|opened|symptom\nT1|no date|a\n|2024-03-04|nameless\nT2|2024-03-04|fine"
    made.lands("s", "calls", first, extracted_at=later(0))
    assert complaints(made.read()) == [("rows.csv", 2, "not_instant"), ("rows.csv", 3, "missing")]
    made.lands("s", "calls", "no|opened|symptom\nT2|2024-03-04|fine", extracted_at=later(1))
    reading = made.read()
    assert complaints(reading) == []
    assert account(reading) == {"landed": 4, "staged": 4, "core": 1, "quarantined": 0, "superseded": 3}


def test_another_sheet_of_a_workbook_delivered_again_counts_as_the_same_file(tmp_path: Path) -> None:
    made = register(tmp_path)
    made.lands("s", "calls", "no|opened|symptom\nT1|no date|a", file="book.xlsx#May", extracted_at=later(0))
    made.lands("s", "calls", "no|opened|symptom\nT2|2024-06-04|b", file="book.xlsx#June", extracted_at=later(1))
    assert complaints(made.read()) == []


def test_rows_of_a_database_are_not_taken_back_by_later_ones(tmp_path: Path) -> None:
    """A database delivers what changed since, not the whole again: silence about a bad row says nothing."""
    made = Installation(tmp_path)
    made.maps("s", {"ticket": {"from": "calls", "fields": FIELDS}}, kind="sql")
    made.lands("s", "calls", "no|opened|symptom\nT1|no date|a", file="calls", extracted_at=later(0))
    made.lands("s", "calls", "no|opened|symptom\nT2|2024-03-04|b", file="calls", extracted_at=later(1))
    assert complaints(made.read()) == [("calls", 2, "not_instant")]


def test_a_row_without_its_number_is_quarantined_and_never_merged_with_another(tmp_path: Path) -> None:
    made = register(tmp_path)
    made.lands("s", "calls", "no|opened|symptom\n|2024-03-04|a\n|2024-03-05|b\nT1|2024-03-05|c")
    reading = made.read()
    assert complaints(reading) == [("rows.csv", 2, "missing"), ("rows.csv", 3, "missing")]
    assert symptoms(reading) == {"T1": "c"}


def test_a_malformed_row_is_quarantined_with_what_its_reader_said(tmp_path: Path) -> None:
    made = register(tmp_path)
    made.lands("s", "calls", "no|opened|symptom\nT1|2024-03-04|a\nT2|2024-03-04|b", defects={1: "T2;cut off"})
    reading = made.read()
    assert symptoms(reading) == {"T1": "a"}
    assert reading.rows("SELECT row_no, rule, value FROM meta.quarantine") == [(3, "malformed_row", "T2;cut off")]


def test_a_row_with_several_problems_names_each_and_counts_once(tmp_path: Path) -> None:
    made = register(tmp_path, fields=CLOSED)
    made.lands("s", "calls", "no|opened|closed|symptom\n|soon|later|a\nT2|2024-03-04|2024-03-05|b")
    reading = made.read()
    told = reading.rows("SELECT rule, field, value FROM meta.quarantine ORDER BY rule, field")
    assert told == [
        ("missing", "ticket_id", ""),
        ("not_instant", "closed_at", "later"),
        ("not_instant", "opened_at", "soon"),
    ]
    assert account(reading)["quarantined"] == 1


def test_a_row_that_breaks_a_rule_shows_the_value_as_it_was_written(tmp_path: Path) -> None:
    made = register(tmp_path, fields=CLOSED)
    made.lands("s", "calls", "no|opened|closed|symptom\nT1|2024年3月4日|2024年3月3日|a")
    reading = made.read()
    told = reading.rows("SELECT rule, field, value, source_key, source, stream FROM meta.quarantine")
    assert told == [("closed_before_opened", "closed_at", "2024年3月3日", "T1", "s", "calls")]
    assert reading.rows("SELECT en, zh FROM meta.rule WHERE rule = 'closed_before_opened'")[0][0].startswith(
        "The ticket"
    )


def test_what_the_mapping_s_filter_leaves_out_is_landed_but_not_staged(tmp_path: Path) -> None:
    made = register(tmp_path, where="symptom <> 'test'")
    made.lands("s", "calls", "no|opened|symptom\nT1|2024-03-04|leak\nT2|2024-03-04|test")
    assert account(made.read()) == {"landed": 2, "staged": 1, "core": 1, "quarantined": 0, "superseded": 0}


CARD = "ticket|at|attitude|skill\nT1|2024-03-04|satisfied|fair\nT2|no date|satisfied|fair"
PER_ITEM = [
    {"from": "cards", "fields": {"ticket_id": "ticket", "at": "at", "item": f"'{item}'", "grade": item}}
    for item in ("attitude", "skill")
]


def test_a_row_that_feeds_an_entity_twice_adds_up_when_it_is_unsound_too(tmp_path: Path) -> None:
    made = Installation(tmp_path)
    made.maps("s", {"survey": PER_ITEM})
    made.lands("s", "cards", CARD)
    made.publish()
    found = account(opened(made.home), "survey")
    assert found["staged"] == 4
    assert found["core"] + found["quarantined"] + found["superseded"] == found["staged"]


# Deliveries of one register as it grew: (file, rows). T2 was changed twice, T3 was wrong and then corrected, T4 was right
# and is wrong in the newest row, T5 has no readable version.
GROWTH: list[tuple[str, list[Row]]] = [
    ("a.csv", table("no|opened|symptom|version\nT1|2024-03-01|a|1\nT2|2024-03-01|a|8\nT3|no date|a|1")),
    ("b.csv", table("no|opened|symptom|version\nT2|2024-03-01|b|9\nT4|2024-03-02|b|1\nT5|2024-03-02|b|")),
    ("c.csv", table("no|opened|symptom|version\nT2|2024-03-01|c|10\nT3|2024-03-02|c|2\nT4|no date|c|2")),
    ("d.csv", table("no|opened|symptom|version\nT1|2024-03-01|d|1\n|2024-03-02|d|2\nT5|2024-03-02|d|")),
]
CONTENT = (
    "SELECT * EXCLUDE (_source, _batch, _file, _row, _extracted_at) FROM core.ticket WHERE _source = $1 ORDER BY ALL"
)
QUARANTINE = "SELECT source_key, rule, field, value FROM meta.quarantine WHERE source = $1 ORDER BY ALL"


def orders_agree(path: Path, mapping: dict[str, Any], orders: list[list[int]], copies: list[list[int]]) -> None:
    """Each order of arrival is a source of its own, so that one build compares them all.

    `copies` are deliveries that arrive once more after all, byte for byte under another name.
    """
    made = Installation(path)
    for i, (order, copied) in enumerate(zip(orders, copies, strict=True)):
        made.maps(f"s{i}", {"ticket": {"from": "calls", "fields": FIELDS, **mapping}})
        for when, d in enumerate(order):
            made.lands(f"s{i}", "calls", GROWTH[d][1], file=GROWTH[d][0], extracted_at=later(when))
        for when, d in enumerate(copied):
            made.lands(f"s{i}", "calls", GROWTH[d][1], file=f"0 copy of {GROWTH[d][0]}", extracted_at=later(100 + when))
    made.publish()
    reading = opened(made.home)
    content = [reading.rows(CONTENT, [f"s{i}"]) for i in range(len(orders))]
    assert all(rows == content[0] for rows in content)
    assert len(content[0]) == 5
    reasons = [set(reading.rows(QUARANTINE, [f"s{i}"])) for i in range(len(orders))]
    assert all(rows == reasons[0] for rows in reasons)


@pytest.mark.parametrize("mapping", [{}, {"version": "version"}], ids=["by file name", "by version"])
def test_the_order_in_which_deliveries_arrive_changes_nothing(tmp_path: Path, mapping: dict[str, Any]) -> None:
    orders = [list(order) for order in permutations(range(4))][::3]
    orders += [[*order, *order] for order in orders[::6]]
    orders_agree(tmp_path, mapping, orders, [[]] * len(orders))


@settings(max_examples=2, deadline=None, database=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_with_a_version_copies_that_arrive_again_in_any_order_change_nothing(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    chance = random.Random(seed)
    orders = [chance.sample(range(4), 4) for _ in range(10)]
    copies = [[], *([chance.randrange(4) for _ in range(chance.randrange(5))] for _ in range(9))]
    orders_agree(tmp_path_factory.mktemp("orders"), {"version": "version"}, orders, copies)


def test_built_twice_a_snapshot_says_the_same(tmp_path: Path) -> None:
    made = register(tmp_path, version="version")
    for when, (file, rows) in enumerate(GROWTH):
        made.lands("s", "calls", rows, file=file, extracted_at=later(when))
    one, other = made.read(), made.read()
    assert one.id != other.id
    for sql in (CONTENT, QUARANTINE):
        assert one.rows(sql, ["s"]) == other.rows(sql, ["s"])


def test_a_row_that_says_that_something_is_gone_takes_it_away_until_a_newer_one_brings_it_back(tmp_path: Path) -> None:
    made = register(tmp_path, version="version", gone="state = 'void'", fields=FIELDS)
    made.lands(
        "s", "calls", "no|opened|symptom|version|state\nT1|2024-03-04|leak|1|\nT2|2024-03-04|noise|1|\nT3|?|dark|1|"
    )
    assert symptoms(made.read()) == {"T1": "leak", "T2": "noise"}
    # What it no longer says need not be said, and what was wrong with it is no matter any more.
    made.lands(
        "s", "calls", "no|opened|symptom|version|state\nT1|||2|void\nT3|||2|void\nT9|||2|void", extracted_at=later(1)
    )
    reading = made.read()
    assert symptoms(reading) == {"T2": "noise"}
    assert complaints(reading) == []
    assert account(reading) == {"landed": 6, "staged": 6, "core": 1, "quarantined": 0, "superseded": 5}
    made.lands("s", "calls", "no|opened|symptom|version|state\nT1|2024-03-04|leaks again|3|", extracted_at=later(2))
    assert symptoms(made.read()) == {"T1": "leaks again", "T2": "noise"}
