"""Chains on a time line: one line each, a mark per job, hollow where nothing was found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.look import BACKLOG, CURVE, layout


@dataclass(frozen=True)
class Step:
    """One job of a chain: when, whether nothing was found, what is said on hover, where a click leads."""

    at: dt.datetime
    nothing_found: bool
    hover: str
    link: str


def chains(names: Sequence[str], steps: Sequence[Sequence[Step]], called: tuple[str, str]) -> dict[str, Any]:
    """The figure; `called` names the two kinds of mark."""
    ids = [str(i) for i in range(len(names))]
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "y": [i] * len(row),
            "x": [s.at.isoformat() for s in row],
            "line": {"color": CURVE, "width": 2},
            "hoverinfo": "skip",
            "showlegend": False,
        }
        for i, row in zip(ids, steps, strict=True)
    ]
    marks = []
    for name, wanted, symbol, colour in (
        (called[0], False, "circle", CURVE),
        (called[1], True, "circle-open", BACKLOG),
    ):
        mine = [(i, s) for i, row in zip(ids, steps, strict=True) for s in row if s.nothing_found is wanted]
        if not mine:
            continue
        marks.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "y": [i for i, _ in mine],
                "x": [s.at.isoformat() for _, s in mine],
                "marker": {"symbol": symbol, "color": colour, "size": 12, "line": {"width": 2.5, "color": colour}},
                "customdata": [s.link for _, s in mine],
                "hovertext": [s.hover for _, s in mine],
                "hovertemplate": "%{hovertext}<extra></extra>",
            }
        )
    return {
        "data": [*lines, *marks],
        "layout": layout(
            xaxis={"type": "date", "nticks": 5, "tickformat": "%Y-%m-%d", "hoverformat": "%Y-%m-%d"},
            yaxis={
                "type": "category",
                "categoryorder": "array",
                "categoryarray": ids,
                "autorange": "reversed",
                "tickmode": "array",
                "tickvals": ids,
                "ticktext": list(names),
            },
        ),
    }
