"""A survival curve is thinned for drawing: its points are those of the exact curve, its ends are kept."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from warehouse.filters import Filters
from warehouse.metrics.evaluate import survival, survival_drawing
from warehouse.reading import Reading

OPENED = dt.datetime(2024, 3, 4)


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    """A hundred tickets closed after 1 … 100 hours, and one that stays open for 1,000."""
    rows = [
        {
            "ticket_id": f"T{h}",
            "opened_at": str(OPENED),
            "closed_at": str(OPENED + dt.timedelta(hours=h)),
            "status": "closed",
        }
        for h in range(1, 101)
    ]
    rows.append({"ticket_id": "open", "opened_at": str(OPENED), "closed_at": "", "status": "new"})
    rows.append(
        {"ticket_id": "late", "opened_at": str(OPENED + dt.timedelta(hours=1000)), "closed_at": "", "status": "new"}
    )
    return warehouse(tmp_path_factory.mktemp("drawing"), ticket=rows)


def test_a_drawing_has_at_most_so_many_points_and_keeps_both_ends(reading: Reading) -> None:
    drawing = survival_drawing(reading, Filters(end=OPENED.date()), 10)
    assert drawing is not None
    assert len(drawing.times) == 10
    assert (drawing.times[0], drawing.times[-1]) == (1.0, 100.0)
    assert (drawing.n, drawing.censored) == (101, 1)
    assert drawing.left == pytest.approx(1 / 101)


def test_its_points_are_those_of_the_curve(reading: Reading) -> None:
    drawing, curve = survival_drawing(reading, Filters(), 10), survival(reading, Filters())
    assert drawing is not None
    for time, left, low, high in zip(drawing.times, drawing.survival, drawing.low, drawing.high, strict=True):
        at = list(curve.times).index(time)
        assert (left, low, high) == pytest.approx((curve.survival[at], curve.low[at], curve.high[at]))
    assert (drawing.median, drawing.p90) == (curve.quantile(0.5).value, curve.quantile(0.9).value)


def test_a_few_points_are_all_drawn_and_nothing_closed_is_nothing_to_draw(reading: Reading, tmp_path: Path) -> None:
    drawing = survival_drawing(reading, Filters(end=OPENED.date()), 400)
    assert drawing is not None
    assert len(drawing.times) == 100
    empty = warehouse(tmp_path, ticket=[{"ticket_id": "T", "opened_at": str(OPENED), "closed_at": "", "status": "new"}])
    assert survival_drawing(empty, Filters(), 400) is None
