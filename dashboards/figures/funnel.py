"""A funnel: ratios over the size they rest on, between the limits of what chance allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.look import BAR, CLOSED, MUTED, layout

# Blue and vermilion are told apart by all kinds of colour vision; the shape says it too.
HIGH = "#D55E00"


@dataclass(frozen=True)
class Marks:
    """Marks of one kind: where they stand, what is said on hover, what is written beside them, where they lead."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    hover: Sequence[str]
    links: Sequence[str]
    labels: Sequence[str] = ()


@dataclass(frozen=True)
class Limit:
    """A pair of limit lines."""

    name: str
    low: Sequence[float]
    high: Sequence[float]


def funnel(
    inside: Marks, above: Marks, below: Marks, looked: Marks, at: Sequence[float], limits: tuple[Limit, Limit],
    axes: tuple[str, str],
) -> dict[str, Any]:  # fmt: skip
    """The figure: the centre is 1; `limits` are the inner and the outer pair at the sizes `at`."""
    lines: list[dict[str, Any]] = []
    for limit, dash in zip(limits, ("dot", "solid"), strict=True):
        for values, is_named in ((limit.high, True), (limit.low, False)):
            lines.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": limit.name,
                    "showlegend": is_named,
                    "x": list(at),
                    "y": list(values),
                    "line": {"color": MUTED, "width": 1.2, "dash": dash},
                    "hoverinfo": "skip",
                }
            )
    marks = [
        {
            "type": "scatter",
            "mode": "markers+text" if group.labels else "markers",
            "name": group.name,
            "x": list(group.x),
            "y": list(group.y),
            "text": list(group.labels) or None,
            "textposition": "top center",
            "cliponaxis": False,
            "hovertext": list(group.hover),
            "hovertemplate": "%{hovertext}<extra></extra>",
            "customdata": list(group.links),
            "showlegend": bool(group.x),
            "marker": {"symbol": symbol, "size": size, "color": colour, "line": {"width": 1, "color": "#fff"}, **more},
        }
        for group, symbol, colour, size, more in (
            (inside, "circle", BAR, 9, {"opacity": 0.75}),
            (above, "triangle-up", HIGH, 13, {}),
            (below, "triangle-down", CLOSED, 13, {}),
            (looked, "circle-open", "#E69F00", 19, {"line": {"width": 3, "color": "#E69F00"}}),
        )
    ]
    heights = [v for group in (inside, above, below) for v in group.y]
    # The limits of very few expected events leave the picture; the marks must not.
    top = max([1.5, *(h * 1.15 for h in heights), min(max(limits[0].high, default=1.5), 3.0)])
    return {
        "data": [*lines, *marks],
        "layout": layout(
            xaxis={"title": {"text": axes[0]}, "rangemode": "tozero", "nticks": 8},
            yaxis={"title": {"text": axes[1]}, "range": [0, top], "nticks": 6},
            margin={"l": 56, "r": 16, "t": 8, "b": 44},
            shapes=[
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": 1,
                    "y1": 1,
                    "line": {"color": MUTED, "width": 1},
                }
            ],
        ),
    }
