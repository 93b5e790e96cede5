"""How often a rule was missed per place: lying bars with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.look import BACKLOG, MUTED, layout


@dataclass(frozen=True)
class Miss:
    """One place: its share with bounds, what is said of it, where a click leads."""

    name: str
    share: float
    low: float
    high: float
    hover: str
    link: str


def misses(rows: Sequence[Miss]) -> dict[str, Any]:
    """The figure, first row on top."""
    ids = [str(i) for i in range(len(rows))]
    bar = {
        "type": "bar",
        "orientation": "h",
        "y": ids,
        "x": [r.share for r in rows],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [r.high - r.share for r in rows],
            "arrayminus": [r.share - r.low for r in rows],
            "color": MUTED,
            "thickness": 1.5,
            "width": 4,
        },
        "marker": {"color": BACKLOG},
        "hovertext": [r.hover for r in rows],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [r.link for r in rows],
    }
    return {
        "data": [bar],
        "layout": layout(
            xaxis={
                "tickformat": ".1%" if max((r.high for r in rows), default=0) < 0.1 else ".0%",
                "rangemode": "tozero",
                "nticks": 6,
            },
            yaxis={
                "type": "category",
                "autorange": "reversed",
                "showgrid": False,
                "tickmode": "array",
                "tickvals": ids,
                "ticktext": [r.name for r in rows],
            },
            bargap=0.4,
        ),
    }
