"""How many came back by when: a rising curve with its band, and shares with their intervals at some of the times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.look import BAND, CURVE, MARK, layout


@dataclass(frozen=True)
class Share:
    """A share known at a time, with its bounds where it has any; `link` is where a click leads."""

    time: float
    value: float
    low: float | None
    high: float | None
    hover: str
    link: str


def ended(
    times: Sequence[float],
    curve: Sequence[float],
    band: tuple[Sequence[float], Sequence[float]],
    shares: Sequence[Share],
    axis: str,
    called: tuple[str, str, str],
) -> dict[str, Any]:
    """The figure; `called` names the curve, its band and the shares. The chosen times are ticked."""
    line = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "name": called[1]}
    step = {"shape": "hv", "width": 0}
    data: list[dict[str, Any]] = [
        line | {"x": list(times), "y": list(band[1]), "line": step, "showlegend": False},
        line | {"x": list(times), "y": list(band[0]), "line": step, "fill": "tonexty", "fillcolor": BAND},
        {
            "type": "scatter",
            "mode": "lines",
            "name": called[0],
            "x": list(times),
            "y": list(curve),
            "line": {"shape": "hv", "color": CURVE, "width": 2},
            "hovertemplate": "%{x:.0f}<br>%{y:.1%}<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": called[2],
            "x": [s.time for s in shares],
            "y": [s.value for s in shares],
            "error_y": {
                "type": "data",
                "symmetric": False,
                "array": [(s.high if s.high is not None else s.value) - s.value for s in shares],
                "arrayminus": [s.value - (s.low if s.low is not None else s.value) for s in shares],
                "color": MARK,
                "thickness": 1.5,
                "width": 5,
            },
            "marker": {"color": MARK, "size": 10, "line": {"color": CURVE, "width": 1}},
            "hovertext": [s.hover for s in shares],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "customdata": [s.link for s in shares],
        },
    ]
    ticks = sorted({0.0, *(s.time for s in shares)})
    return {
        "data": data,
        "layout": layout(
            xaxis={"title": {"text": axis}, "tickmode": "array", "tickvals": ticks, "range": [0, max(ticks) * 1.04]},
            yaxis={"tickformat": ".0%", "rangemode": "tozero", "nticks": 6},
        ),
    }
