"""How many are still open after a time: a Kaplan–Meier curve with its band, median and P90 marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.look import BAND, CURVE, MARK, layout

MOST_POINTS = 400


@dataclass(frozen=True)
class Marked:
    """A point of the curve that is named: by `time` the share `still_open` is left."""

    name: str
    time: float
    still_open: float


def survival(
    times: Sequence[float],
    still_open: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    marks: Sequence[Marked],
    axis: str,
    named: tuple[str, str],
) -> dict[str, Any]:
    """The figure from a curve in steps. `axis` names the time axis, `named` the curve and its band."""
    x = [0.0, *times]
    step: dict[str, Any] = {"shape": "hv"}
    band: list[dict[str, Any]] = [
        {"x": x, "y": [1.0, *high], "line": {**step, "width": 0}, "showlegend": False, "name": named[1]},
        {
            "x": x,
            "y": [1.0, *low],
            "line": {**step, "width": 0},
            "fill": "tonexty",
            "fillcolor": BAND,
            "name": named[1],
        },
    ]
    traces: list[dict[str, Any]] = [{"type": "scatter", "mode": "lines", "hoverinfo": "skip", **b} for b in band]
    traces.append(
        {
            "type": "scatter",
            "mode": "lines",
            "name": named[0],
            "x": x,
            "y": [1.0, *still_open],
            "line": {**step, "color": CURVE, "width": 2},
            "hovertemplate": "%{x:.2~f}<br>%{y:.1%}<extra></extra>",
        }
    )
    traces.append(
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": [m.time for m in marks],
            "y": [m.still_open for m in marks],
            "text": [m.name for m in marks],
            "textposition": "top right",
            "cliponaxis": False,
            "marker": {"color": MARK, "size": 9, "line": {"color": CURVE, "width": 1}},
            "hovertemplate": "%{text}<extra></extra>",
            "showlegend": False,
        }
    )
    return {
        "data": traces,
        "layout": layout(
            xaxis={"title": {"text": axis}, "rangemode": "tozero", "range": [0, max(x)]},
            yaxis={"tickformat": ".0%", "range": [0, 1.02], "nticks": 6},
        ),
    }
