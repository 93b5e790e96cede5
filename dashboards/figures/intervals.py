"""Shares with their intervals, one line each, beside what they are held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.figures.look import CURVE, MARK, layout


def intervals(
    names: Sequence[str],
    shares: tuple[Sequence[float], Sequence[float], Sequence[float]],
    against: Sequence[float | None],
    hover: Sequence[str],
    links: Sequence[str],
    called: tuple[str, str],
) -> dict[str, Any]:
    """shares: each with its bounds; against: drawn as diamonds where known; called: what the two are."""
    value, low, high = shares
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": called[0],
            "y": list(names),
            "x": list(value),
            "error_x": {
                "type": "data",
                "symmetric": False,
                "array": [h - v for h, v in zip(high, value, strict=True)],
                "arrayminus": [v - lo for lo, v in zip(low, value, strict=True)],
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
            yaxis={"type": "category", "autorange": "reversed", "showgrid": True},
            showlegend=len(data) > 1,
        ),
    }
