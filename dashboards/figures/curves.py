"""Several survival curves on one time axis, each in a colour of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.look import layout

# Okabe and Ito; without its black and yellow, of which one screen or the other shows nothing.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6a3d9a", "#8a94a0")
_DASHES = ("solid", "solid", "solid", "solid", "dash", "dash", "dot", "dot")


@dataclass(frozen=True)
class Curve:
    """What a curve is called, its steps, where a click leads."""

    name: str
    times: Sequence[float]
    values: Sequence[float]
    link: str


def curves(rows: Sequence[Curve], axis: str) -> dict[str, Any]:
    """The figure; `axis` names the time axis. At most as many curves as there are colours."""
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": row.name,
            "x": [0.0, *row.times],
            "y": [1.0, *row.values],
            "line": {"shape": "hv", "color": colour, "width": 2, "dash": dash},
            "customdata": [row.link] * (len(row.times) + 1),
            "hovertemplate": "%{fullData.name}<br>%{x:.2~f}: %{y:.1%}<extra></extra>",
        }
        for row, colour, dash in zip(rows, _COLOURS, _DASHES, strict=False)
    ]
    return {
        "data": data,
        "layout": layout(
            xaxis={"title": {"text": axis}, "rangemode": "tozero"},
            yaxis={"tickformat": ".0%", "range": [0, 1.02], "nticks": 6},
        ),
    }
