"""Bars: counts per class, and shares per place with how many each rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.figures.look import BAR, MUTED, layout


def counts(classes: Sequence[str], values: Sequence[int], links: Sequence[str], colour: str = BAR) -> dict[str, Any]:
    """One standing bar per class with its number above it."""
    bar = {
        "type": "bar",
        "x": list(classes),
        "y": list(values),
        "text": [f"{v:,}" for v in values],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": list(links),
        "marker": {"color": colour},
        "hovertemplate": "%{x}: %{y:,}<extra></extra>",
    }
    top = max(values, default=0)
    axes = layout(
        xaxis={"type": "category", "showgrid": False},
        yaxis={"rangemode": "tozero", "nticks": 5, "range": [0, top * 1.15 or 1]},
    )
    return {"data": [bar], "layout": axes}


def shares(
    places: Sequence[str], kept: Sequence[float], missed: Sequence[float], names: tuple[str, str],
    texts: Sequence[str], links: tuple[Sequence[str], Sequence[str]],
) -> dict[str, Any]:  # fmt: skip
    """One lying bar per place, split into what was kept and what was missed (shares, adding up to 1)."""
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": list(places),
            "x": list(values),
            "text": list(texts) if colour == BAR else None,
            "textposition": "inside",
            "insidetextanchor": "start",
            "insidetextfont": {"color": "#fff"},
            "customdata": list(targets),
            "marker": {"color": colour},
            "hovertemplate": "%{y}<br>%{fullData.name}: %{x:.1%}<extra></extra>",
        }
        for name, values, colour, targets in ((names[0], kept, BAR, links[0]), (names[1], missed, MUTED, links[1]))
    ]
    axes = layout(
        barmode="stack",
        xaxis={"tickformat": ".0%", "range": [0, 1], "dtick": 0.25},
        yaxis={"type": "category", "showgrid": False, "autorange": "reversed"},
        bargap=0.45,
    )
    return {"data": data, "layout": axes}
