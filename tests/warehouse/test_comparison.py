"""What a period is compared with: whole and broken months, leap years, and where the records do not reach."""

from __future__ import annotations

import datetime as dt

import pytest
from factories import warehouse

from warehouse.comparison import compared_with, year_before
from warehouse.filters import Filters
from warehouse.reading import Reading

LAST = dt.date(2025, 4, 18)


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(
        tmp_path_factory.mktemp("comparison"),
        {"as_of": "2025-04-18T12:00Z"},
        ticket="ticket_id|opened_at\nA|2023-02-10 08:00\nB|2025-04-01 08:00",
    )


def days(first: str | None, last: str | None) -> Filters:
    start, end = (dt.date.fromisoformat(day) if day else None for day in (first, last))
    return Filters(start, end, region=("north",))


@pytest.mark.parametrize(
    ("asked", "before"),
    [
        (("2025-03-01", "2025-03-31"), ("2024-03-01", "2024-03-31")),
        (("2025-03-05", "2025-04-02"), ("2024-03-05", "2024-04-02")),
        # Not over yet: as much of the year before.
        (("2025-01-01", None), ("2024-01-01", "2024-04-18")),
        # February ends with the month, on the 28th and on the 29th.
        (("2025-02-01", "2025-02-28"), ("2024-02-01", "2024-02-29")),
        (("2024-02-01", "2024-02-29"), ("2023-02-01", "2023-02-28")),
        (("2024-02-29", "2024-03-01"), ("2023-02-28", "2023-03-01")),
        # On record since February 2023.
        (("2024-01-31", "2024-03-31"), None),
        ((None, "2025-03-31"), None),
        (("2025-04-18", "2025-04-01"), None),
    ],
)
def test_the_same_days_a_year_earlier(
    reading: Reading, asked: tuple[str | None, str | None], before: tuple[str, str] | None
) -> None:
    assert year_before(reading, days(*asked), LAST) == (days(*before) if before else None)


def test_the_address_says_which_comparison(reading: Reading) -> None:
    march = days("2025-03-01", "2025-03-31")
    assert compared_with(reading, march, LAST, "before") == days("2025-02-01", "2025-02-28")
    assert compared_with(reading, march, LAST, "year") == days("2024-03-01", "2024-03-31")
    assert compared_with(reading, march, LAST, "none") is None
