"""Opened and closed per bucket of time, and the backlog above them on the same time axis but a scale of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from dashboards.figures.look import BACKLOG, CLOSED, OPENED, layout


@dataclass(frozen=True)
class Names:
    """What the three series are called."""

    opened: str
    closed: str
    backlog: str


def flow(
    days: Sequence[dt.date],
    opened: Sequence[float],
    closed: Sequence[float],
    backlog: Sequence[float],
    grain: Literal["day", "week", "month"],
    names: Names,
    links: tuple[Sequence[str], Sequence[str]],
) -> dict[str, Any]:
    """The figure. `links` are the addresses behind each opened and each closed bar."""
    labels = [day.strftime("%Y-%m") if grain == "month" else day.isoformat() for day in days]
    hover = "%{x}<br>%{fullData.name}: %{y:,}<extra></extra>"
    bars = [
        {
            "type": "bar",
            "name": name,
            "x": labels,
            "y": list(values),
            "marker": {"color": colour},
            "customdata": list(targets),
            "hovertemplate": hover,
        }
        for name, values, colour, targets in (
            (names.opened, opened, OPENED, links[0]),
            (names.closed, closed, CLOSED, links[1]),
        )
    ]
    line = {
        "type": "scatter",
        "mode": "lines+markers" if len(labels) < 40 else "lines",
        "name": names.backlog,
        "x": labels,
        "y": list(backlog),
        "yaxis": "y2",
        "line": {"color": BACKLOG, "width": 2},
        "marker": {"size": 5},
        "hovertemplate": hover,
    }
    return {
        "data": [*bars, line],
        "layout": layout(
            barmode="group",
            xaxis={"type": "category", "showgrid": False, "nticks": 14, "anchor": "y"},
            yaxis={"domain": [0, 0.56], "rangemode": "tozero", "nticks": 4},
            yaxis2={"domain": [0.66, 1], "rangemode": "tozero", "nticks": 3, "anchor": "x"},
        ),
    }
