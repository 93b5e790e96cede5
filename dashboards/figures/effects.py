"""The rate of one kind of failure month by month, before and after something was done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.look import BACKLOG, CURVE, MARK, layout


@dataclass(frozen=True)
class Span:
    """Part of the axis, in months from its first (a half-way month is 0.5), and the rate over it where one is drawn."""

    first: float
    last: float
    level: float | None = None


def effect_course(
    months: Sequence[str],
    rate: Sequence[float | None],
    links: Sequence[str],
    hover: Sequence[str],
    done: float,
    levels: Sequence[Span],
    left_out: Span | None,
    names: Sequence[str],
) -> dict[str, Any]:
    """done: when it was done; levels: before and after. names: of the rate, the levels, the day it was done, what is left out.

    A category axis has its months at whole numbers, from half before to half behind.
    """
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": names[0],
            "x": list(months),
            "y": list(rate),
            "line": {"color": CURVE, "width": 1.5},
            "marker": {"size": 6},
            "customdata": list(links),
            "hovertext": list(hover),
            "hovertemplate": "%{hovertext}<extra></extra>",
        },
        # The legend's lines for what is drawn as shapes.
        *(
            {"type": "scatter", "mode": mode, "x": [months[0]], "y": [None], "name": name, "hoverinfo": "skip", **look}
            for name, mode, look in (
                (names[1], "lines", {"line": {"color": MARK, "width": 3}}),
                (names[2], "lines", {"line": {"color": BACKLOG, "width": 2}}),
                (names[3], "markers", {"marker": {"color": _LEFT_OUT, "symbol": "square", "size": 12}}),
            )
            if left_out or name != names[3]
        ),
    ]
    shapes: list[dict[str, Any]] = [
        {"type": "line", "x0": span.first - 0.5, "x1": span.last - 0.5, "y0": span.level, "y1": span.level,
         "line": {"color": MARK, "width": 3}}
        for span in levels
        if span.level is not None
    ]  # fmt: skip
    upright = {"yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    shapes.append(
        {"type": "line", **upright, "x0": done - 0.5, "x1": done - 0.5, "line": {"color": BACKLOG, "width": 2}}
    )
    if left_out:
        shapes.append(
            {"type": "rect", **upright, "x0": left_out.first - 0.5, "x1": left_out.last - 0.5, "line": {"width": 0},
             "fillcolor": _LEFT_OUT}
        )  # fmt: skip
    return {
        "data": data,
        "layout": layout(
            xaxis={"type": "category", "showgrid": False, "nticks": 9},
            yaxis={"rangemode": "tozero", "nticks": 6},
            shapes=shapes,
        ),
    }


_LEFT_OUT = "rgba(138,148,160,0.35)"
