"""Changes of the fleet and its configuration on the time axis of a figure: a dotted line and a sign above it each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# The colour of text: no series has it.
_COLOUR = "#5c6670"
_ABOVE = 1.12


@dataclass(frozen=True)
class Mark:
    """What changed in a month of the axis, and where a click leads."""

    month: str
    hover: str
    href: str


def marked(figure: dict[str, Any], marks: Sequence[Mark], name: str) -> dict[str, Any]:
    """The figure with its marks, those of one month taken together; as it is where there are none.

    Its x axis is one of months, its first y axis starts at zero.
    """
    if not marks:
        return figure
    by_month: dict[str, list[Mark]] = {}
    for mark in marks:
        by_month.setdefault(mark.month, []).append(mark)
    numbers = [v for trace in figure["data"] for v in trace.get("y", ()) if isinstance(v, int | float)]
    top = max(numbers, default=1.0) * _ABOVE or 1.0
    line = {"type": "line", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    shapes = [
        {**line, "x0": month, "x1": month, "line": {"color": _COLOUR, "width": 1, "dash": "dot"}} for month in by_month
    ]
    signs = {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": list(by_month),
        "y": [top] * len(by_month),
        "marker": {"color": _COLOUR, "size": 10, "symbol": "triangle-down"},
        "customdata": [alike[0].href for alike in by_month.values()],
        "hovertext": ["<br>".join(mark.hover for mark in alike) for alike in by_month.values()],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    figure["data"].append(signs)
    figure["layout"]["shapes"] = [*figure["layout"].get("shapes", []), *shapes]
    return figure
