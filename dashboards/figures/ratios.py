"""Rates against those of peers: one line each with its interval, one is as the peers; who is named stands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.look import BACKLOG, MUTED, layout


@dataclass(frozen=True)
class Ratio:
    """One unit: what it is called, its rate ÷ its peers' with the bounds, whether it is named, where a click leads."""

    name: str
    value: float
    low: float
    high: float
    is_named: bool
    hover: str
    link: str


def ratios(rows: Sequence[Ratio], axis: str, called: tuple[str, str], threshold: float) -> dict[str, Any]:
    """The figure; `called` names those that are named and the others. A dotted line stands at the threshold."""
    ids = [str(i) for i in range(len(rows))]
    data = []
    for name, wanted, colour, symbol in ((called[0], True, BACKLOG, "diamond"), (called[1], False, MUTED, "circle")):
        mine = [(i, r) for i, r in zip(ids, rows, strict=True) if r.is_named is wanted]
        if not mine:
            continue
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "y": [i for i, _ in mine],
                "x": [r.value for _, r in mine],
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [r.high - r.value for _, r in mine],
                    "arrayminus": [r.value - r.low for _, r in mine],
                    "color": colour,
                    "thickness": 1.5,
                    "width": 4,
                },
                "marker": {"color": colour, "symbol": symbol, "size": 10},
                "hovertext": [r.hover for _, r in mine],
                "hovertemplate": "%{hovertext}<extra></extra>",
                "customdata": [r.link for _, r in mine],
            }
        )
    top = max((r.high for r in rows), default=1.0)
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1}
    return {
        "data": data,
        "layout": layout(
            shapes=[
                line | {"x0": 1, "x1": 1, "line": {"color": MUTED, "width": 1.5}},
                line | {"x0": threshold, "x1": threshold, "line": {"color": BACKLOG, "width": 1, "dash": "dot"}},
            ],
            xaxis={"title": {"text": axis}, "range": [0, max(top, threshold) * 1.05], "nticks": 6},
            yaxis={
                "type": "category",
                "categoryorder": "array",
                "categoryarray": ids,
                "autorange": "reversed",
                "tickmode": "array",
                "tickvals": ids,
                "ticktext": [r.name for r in rows],
            },
            showlegend=True,
        ),
    }
