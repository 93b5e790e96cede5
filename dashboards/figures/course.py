"""How a number went: a line with its band over months, above the counts that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.figures.look import BAND, CURVE, MUTED, layout


def course(
    months: Sequence[str],
    values: tuple[Sequence[float | None], Sequence[float | None], Sequence[float | None]],
    counts: Sequence[int],
    links: Sequence[str],
    names: Sequence[str],
    *,
    is_ratio: bool,
) -> dict[str, Any]:
    """values: the line and its bounds. names: of the line, of the band, of the counts. A ratio is held against 1."""
    middle, low, high = values
    number = "%{y:.2f}" if is_ratio else "%{y:.1%}"
    hidden = {
        "type": "scatter",
        "mode": "lines",
        "x": list(months),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "yaxis": "y2",
    }
    data: list[dict[str, Any]] = [
        {**hidden, "y": list(high), "showlegend": False, "name": names[1]},
        {**hidden, "y": list(low), "fill": "tonexty", "fillcolor": BAND, "name": names[1]},
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": names[0],
            "x": list(months),
            "y": list(middle),
            "yaxis": "y2",
            "line": {"color": CURVE, "width": 2},
            "marker": {"size": 5},
            "customdata": list(links),
            "hovertemplate": f"%{{x}}<br>%{{fullData.name}}: {number}<extra></extra>",
        },
        {
            "type": "bar",
            "name": names[2],
            "x": list(months),
            "y": list(counts),
            "customdata": list(links),
            "marker": {"color": MUTED},
            "hovertemplate": "%{x}<br>%{fullData.name}: %{y:,}<extra></extra>",
        },
    ]
    top = max([v for v in middle if v is not None], default=1.0)
    most = max([v for v in high if v is not None], default=top)
    limit = min(most, max(top * 2.2, 2.0 if is_ratio else 0.0)) * 1.05
    upper: dict[str, Any] = {"domain": [0.36, 1], "range": [0, limit or 1], "nticks": 5, "anchor": "x"}
    reference = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y2", "y0": 1, "y1": 1}
    return {
        "data": data,
        "layout": layout(
            xaxis={"type": "category", "showgrid": False, "nticks": 8, "anchor": "y"},
            yaxis={"domain": [0, 0.26], "rangemode": "tozero", "nticks": 3},
            yaxis2=upper if is_ratio else {**upper, "tickformat": ".0%"},
            shapes=[{**reference, "line": {"color": MUTED, "width": 1, "dash": "dot"}}] if is_ratio else [],
        ),
    }
