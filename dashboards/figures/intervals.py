"""Shares with their intervals, one line each, beside what they are held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from dashboards.figures.look import CURVE, MARK, layout


class Bounded(Protocol):
    """A share with its bounds; None where it has none."""

    @property
    def value(self) -> float | None: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


class Bounds(NamedTuple):
    """A share with its bounds, where nothing else has them."""

    value: float
    low: float
    high: float


def _apart(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def intervals(
    names: Sequence[str],
    shares: Sequence[Bounded],
    against: Sequence[float | None],
    hover: Sequence[str],
    links: Sequence[str],
    called: tuple[str, str],
) -> dict[str, Any]:
    """shares: one without a value leaves its line empty; against: drawn as diamonds where known; called: what the two are."""
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": called[0],
            "y": list(names),
            "x": [s.value for s in shares],
            "error_x": {
                "type": "data",
                "symmetric": False,
                "array": [_apart(s.high, s.value) for s in shares],
                "arrayminus": [_apart(s.value, s.low) for s in shares],
                "color": CURVE,
                "thickness": 1.5,
                "width": 4,
            },
            "cliponaxis": False,
            "marker": {"color": CURVE, "size": 9},
            "customdata": list(links),
            "hovertext": list(hover),
            "hovertemplate": "%{hovertext}<extra></extra>",
        }
    ]
    if any(a is not None for a in against):
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": called[1],
                "y": list(names),
                "x": list(against),
                "marker": {"symbol": "diamond-open", "color": MARK, "size": 11, "line": {"width": 2}},
                "customdata": list(links),
                "hovertemplate": "%{y}<br>%{fullData.name}: %{x:.1%}<extra></extra>",
            }
        )
    return {
        "data": data,
        "layout": layout(
            xaxis={"tickformat": ".0%", "rangemode": "tozero", "nticks": 5, "tickangle": 0},
            # A dot at zero would else touch the name of its line.
            yaxis={"type": "category", "autorange": "reversed", "showgrid": True, "ticklabelstandoff": 9},
            showlegend=len(data) > 1,
        ),
    }
