"""What was used and what lies on the shelves, from tiny tables."""

from __future__ import annotations

import datetime as dt

import pytest
from factories import warehouse

from warehouse.filters import Filters
from warehouse.metrics.evaluate import evaluate
from warehouse.parts import Use, shelves, use, use_by_month, use_by_part, uses_of
from warehouse.reading import Reading

TICKETS = """
ticket_id | opened_at        | product_line | region
T1        | 2024-01-10 08:00 | Brakes       | north
T2        | 2024-02-10 08:00 | Doors        | south
"""
REPAIRS = """
repair_id | ticket_id | started_at       | finished_at
R1        | T1        | 2024-01-31 20:00 | 2024-02-01 09:00
R2        | T2        | 2024-02-12 08:00 |
R3        | T2        |                  |
"""
USES = """
repair_id | part_no | position | quantity | from_stock
R1        | P1      | 1        | 2        | yes
R1        | P1      | 2        |          | no
R2        | P1      | 1        | 3        |
R2        | P2      | 1        | 1        | yes
R3        | P2      | 1        | 9        | yes
"""
PARTS = "part_no|name\nP1|Valve\nP2|Seal\nP3|Never"
MOVES = """
part_no | site | at               | kind    | quantity
P1      | A    | 2024-01-01 08:00 | receipt | 10
P1      | A    | 2024-01-02 08:00 | issue   | 4
P1      | A    | 2024-01-03 08:00 | count   | 5
P1      | A    | 2024-01-03 08:00 | receipt | 7
P1      | A    | 2024-01-04 08:00 | issue   | 1
P1      | A    | 2024-01-05 08:00 | return  | 2
P1      | B    | 2024-01-01 08:00 | receipt | 3
P1      | B    | 2024-01-02 08:00 | issue   | 1
P2      |      | 2024-01-01 08:00 | issue   | 2
P2      | B    | 2024-01-01 08:00 | receipt | 6
"""


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    folder = tmp_path_factory.mktemp("parts")
    return warehouse(folder, ticket=TICKETS, repair=REPAIRS, part=PARTS, part_use=USES, stock_move=MOVES)


def test_a_use_is_dated_by_the_end_of_its_repair_or_its_beginning_and_one_piece_where_nobody_wrote_how_many(
    reading: Reading,
) -> None:
    """R1 ended on 1 February; R2 only began; R3 has no day and counts nowhere. 2 + 1 + 3 + 1 pieces on 4 lines."""
    assert use(reading, Filters()) == Use(quantity=7.0, lines=4, known=3, from_stock=2)
    assert use(reading, Filters(end=dt.date(2024, 1, 31))) == Use(0.0, 0, 0, 0)
    assert list(use_by_month(reading, Filters()).values()) == [Use(7.0, 4, 3, 2)]
    assert use_by_part(reading, Filters()) == {"P1": Use(6.0, 3, 2, 1), "P2": Use(1.0, 1, 1, 1)}


def test_the_fill_rate_is_of_the_lines_where_somebody_wrote_it(reading: Reading) -> None:
    found = use(reading, Filters())
    assert found.fill_rate == pytest.approx(2 / 3)
    assert evaluate(reading, ("fill_rate",), Filters())["fill_rate"].value == found.fill_rate
    assert found.bounds is not None
    assert found.bounds[0] < 2 / 3 < found.bounds[1]
    assert Use(1.0, 1, 0, 0).fill_rate is Use(1.0, 1, 0, 0).bounds is None


def test_places_narrow_what_was_used(reading: Reading) -> None:
    assert use(reading, Filters(region=("south",))) == Use(4.0, 2, 1, 1)
    assert use(reading, Filters(product_line=("Brakes",))) == Use(3.0, 2, 2, 1)


def test_the_uses_of_a_part_are_listed_with_their_tickets_newest_first(reading: Reading) -> None:
    lines, total = uses_of(reading, "P1", Filters())
    assert total == 3
    assert [(line.used_on, line.ticket_id) for line in lines[:1]] == [(dt.date(2024, 2, 12), "T2")]
    assert [len(uses_of(reading, "P1", Filters(), 1)[0]), uses_of(reading, "nowhere", Filters())] == [1, ((), 0)]


def test_what_is_on_hand_is_the_last_count_and_what_moved_since(reading: Reading) -> None:
    """Store A: counted 5 (the receipt at that instant is in it), then −1 + 2 = 6. Store B was never counted: 3 − 1 = 2."""
    assert [(s.site, s.on_hand, s.counted_on) for s in shelves(reading, "P1")] == [
        ("A", 6.0, dt.date(2024, 1, 3)),
        ("B", 2.0, None),
    ]


def test_a_store_below_zero_lacks_movements_and_has_no_stock_to_tell(reading: Reading) -> None:
    assert [(s.site, s.on_hand) for s in shelves(reading, "P2")] == [("B", 6.0), ("", None)]
