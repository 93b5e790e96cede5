"""A target drawn into a figure: a dashed line across, with its name at the right end."""

from __future__ import annotations

from typing import Any

from dashboards.figures.look import MARK


def with_goal(figure: dict[str, Any], value: float, name: str, axis: str = "y") -> dict[str, Any]:
    """The figure with a line at a value of one of its upright axes, which is stretched to show it."""
    layout = figure["layout"]
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": axis, "y0": value, "y1": value}
    words = {
        "xref": "paper", "x": 1, "xanchor": "right", "yref": axis, "y": value, "yanchor": "bottom",
        "text": name, "showarrow": False, "font": {"size": 11},
    }  # fmt: skip
    upright = layout["yaxis" + axis[1:]]
    low, high = upright.get("range", (0, value))
    return {
        **figure,
        "layout": {
            **layout,
            "shapes": [*layout.get("shapes", []), line | {"line": {"color": MARK, "width": 1.5, "dash": "dash"}}],
            "annotations": [*layout.get("annotations", []), words],
            "yaxis" + axis[1:]: {**upright, "range": [low, max(high, value * 1.12)]},
        },
    }
