"""A Pareto chart lying down: bars split in two, most first, and the cumulative share on an axis of its own above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.figures.look import BACKLOG, BAR, MARK, MUTED, layout


def pareto(
    classes: Sequence[str],
    strong: Sequence[int],
    rest: Sequence[int],
    cumulative: Sequence[float],
    hover: Sequence[str],
    links: Sequence[str | None],
    called: tuple[str, str, str],
) -> dict[str, Any]:
    """The figure. `called` names the strong part of the bars, the rest of them, and the line."""
    ids = [str(i) for i in range(len(classes))]  # two classes may be called alike once they are cut
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "name": name,
            "y": ids,
            "x": list(values),
            "marker": {"color": colour},
            "customdata": list(links),
            "hovertext": list(hover),
            "hovertemplate": "%{hovertext}<extra></extra>",
        }
        for name, values, colour in ((called[0], strong, BACKLOG), (called[1], rest, BAR))
    ]
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": called[2],
        "y": ids,
        "x": list(cumulative),
        "xaxis": "x2",
        "line": {"color": MARK, "width": 2},
        "marker": {"size": 5, "color": MARK, "line": {"color": MUTED, "width": 1}},
        "customdata": list(links),
        "hovertemplate": "%{x:.1%}<extra>%{fullData.name}</extra>",
    }
    shown = [c if len(c) <= 26 else c[:25] + "…" for c in classes]
    return {
        "data": [*bars, line],
        "layout": layout(
            barmode="stack",
            xaxis={"rangemode": "tozero", "nticks": 6},
            # Ticks of an overlaid axis follow those of the first unless told otherwise.
            xaxis2={
                "overlaying": "x",
                "side": "top",
                "range": [0, 1.02],
                "tickformat": ".0%",
                "tickmode": "auto",
                "nticks": 4,
                "tickangle": 0,
                "showgrid": False,
            },
            yaxis={
                "type": "category",
                "showgrid": False,
                "autorange": "reversed",
                "tickmode": "array",
                "tickvals": ids,
                "ticktext": shown,
            },
            legend={"orientation": "h", "x": 0, "y": -0.07, "yanchor": "top", "traceorder": "normal"},
            margin={"l": 48, "r": 16, "t": 26, "b": 48},
        ),
    }
