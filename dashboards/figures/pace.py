"""The pace of a target: each week alone as bars, all weeks so far as a line, what is due dashed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.figures.look import CURVE, MARK, MUTED, layout


def pace(
    weeks: Sequence[str],
    values: tuple[Sequence[float | None], Sequence[float | None], Sequence[float]],
    links: Sequence[str],
    called: tuple[str, str, str],
    *,
    is_share: bool,
) -> dict[str, Any]:
    """values: each week alone, all weeks so far, what is due by the end of each; called: their names."""
    number = "%{y:.1%}" if is_share else "%{y:,.1f}"
    hover = f"%{{x}}<br>%{{fullData.name}}: {number}<extra></extra>"
    alone, so_far, due = values
    shared = {"x": list(weeks), "hovertemplate": hover}
    data: list[dict[str, Any]] = [
        {
            **shared,
            "type": "bar",
            "name": called[0],
            "y": list(alone),
            "customdata": list(links),
            "marker": {"color": MUTED},
        },
        {
            **shared,
            "type": "scatter",
            "mode": "lines",
            "name": called[1],
            "y": list(so_far),
            "customdata": list(links),
            "line": {"color": CURVE, "width": 2.5},
        },
        {
            **shared,
            "type": "scatter",
            "mode": "lines",
            "name": called[2],
            "y": list(due),
            "line": {"color": MARK, "width": 2, "dash": "dash"},
        },
    ]
    upright: dict[str, Any] = {"rangemode": "tozero", "nticks": 6}
    return {
        "data": data,
        "layout": layout(
            xaxis={"type": "category", "showgrid": False, "nticks": 12},
            yaxis={**upright, "tickformat": ".0%"} if is_share else upright,
        ),
    }
