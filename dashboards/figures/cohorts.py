"""Closure rates over months: bars of each cohort, hatched where it is too young, and what goes out over what comes in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.look import BAR, CLOSED, MUTED, layout

_SHADES = ("#9ecae9", "#4b9fd5", "#005b94")


@dataclass(frozen=True)
class Share:
    """One bar: its share (None: nothing is old enough), whether all of the cohort is, what is said, where it leads."""

    value: float | None
    is_mature: bool
    hover: str
    link: str


def cohorts(
    months: Sequence[str], names: Sequence[str], shares: Sequence[Sequence[Share]], young: str
) -> dict[str, Any]:
    """One bar per month and window; `young` is what hatched means."""
    data: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": name,
            "x": list(months),
            "y": [s.value for s in row],
            "marker": {
                "color": colour,
                "pattern": {"shape": ["" if s.is_mature else "/" for s in row], "fgcolor": "#fff", "fillmode": "overlay", "solidity": 0.5, "size": 6},
            },
            "hovertext": [s.hover for s in row],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "customdata": [s.link for s in row],
        }
        for name, colour, row in zip(names, _SHADES, shares, strict=True)
    ]  # fmt: skip
    hatched = {
        "color": MUTED,
        "pattern": {"shape": "/", "fgcolor": "#fff", "fillmode": "overlay", "solidity": 0.5, "size": 6},
    }
    data.append({"type": "bar", "name": young, "x": [months[0]], "y": [None], "marker": hatched, "hoverinfo": "skip"})
    return {
        "data": data,
        "layout": layout(
            barmode="group",
            bargap=0.2,
            xaxis={"type": "category", "showgrid": False, "nticks": 12},
            yaxis={"tickformat": ".0%", "range": [0, 1.02], "nticks": 6},
        ),
    }


def ratio(
    months: Sequence[str], values: Sequence[float | None], hovers: Sequence[str], links: Sequence[str], name: str
) -> dict[str, Any]:
    """One bar per month against the line of one: what went out over what came in."""
    bar = {
        "type": "bar",
        "name": name,
        "x": list(months),
        "y": list(values),
        "marker": {"color": [CLOSED if (v or 0) >= 1 else BAR for v in values]},
        "hovertext": list(hovers),
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": list(links),
    }
    one = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": 1,
        "y1": 1,
        "line": {"color": MUTED, "width": 1.5, "dash": "dot"},
    }
    return {
        "data": [bar],
        "layout": layout(
            shapes=[one],
            xaxis={"type": "category", "showgrid": False, "nticks": 12},
            yaxis={"tickformat": ".0%", "rangemode": "tozero", "nticks": 6},
        ),
    }
