"""What was, as bars, and what is expected, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.figures.look import BACKLOG, BAR, MARK, layout


def seen_and_ahead(
    seen: tuple[Sequence[str], Sequence[int], Sequence[str]],
    ahead: tuple[Sequence[str], Sequence[float], Sequence[int], Sequence[int]],
    covered: Sequence[float] | None,
    names: Sequence[str],
) -> dict[str, Any]:
    """seen: months, numbers, where a click leads. ahead: months, values and bounds. covered: part of the values, if known."""
    months, value, low, high = ahead
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": names[0],
            "x": list(seen[0]),
            "y": list(seen[1]),
            "customdata": list(seen[2]),
            "marker": {"color": BAR},
            "hovertemplate": "%{x}<br>%{fullData.name}: %{y:,}<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": names[1],
            "x": list(months),
            "y": list(value),
            "error_y": {
                "type": "data",
                "symmetric": False,
                "array": [h - v for h, v in zip(high, value, strict=True)],
                "arrayminus": [v - lo for lo, v in zip(low, value, strict=True)],
                "color": BACKLOG,
                "thickness": 1.5,
                "width": 5,
            },
            "marker": {"color": BACKLOG, "size": 9, "symbol": "diamond"},
            "hovertext": [f"{lo:,} – {h:,}" for lo, h in zip(low, high, strict=True)],
            "hovertemplate": "%{x}<br>%{fullData.name}: %{y:,.1f} (%{hovertext})<extra></extra>",
        },
    ]
    if covered is not None:
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": names[2],
                "x": list(months),
                "y": list(covered),
                "marker": {"color": MARK, "size": 9, "symbol": "square"},
                "hovertemplate": "%{x}<br>%{fullData.name}: %{y:,.1f}<extra></extra>",
            }
        )
    every = [*seen[0], *months]
    return {
        "data": data,
        "layout": layout(
            xaxis={
                "type": "category",
                "categoryorder": "array",
                "categoryarray": every,
                "showgrid": False,
                "nticks": 9,
            },
            yaxis={"rangemode": "tozero", "nticks": 6},
        ),
    }
