"""The few kinds of marks that the plots of the examples are made of."""

from __future__ import annotations

from typing import Any

BLUE, RED, GREEN, GREY, AMBER = "#1864ab", "#c92a2a", "#2b8a3e", "#868e96", "#e67700"


def line(
    name: str, x: Any, y: Any, *, color: str = BLUE, dotted: bool = False, steps: bool = False, axis: str = "y"
) -> dict[str, Any]:
    """A line, or steps; without a name it is not in the legend."""
    style = {"color": color, "width": 1.5, "dash": "dot" if dotted else "solid", "shape": "hv" if steps else "linear"}
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": y,
        "line": style,
        "showlegend": bool(name),
        "yaxis": axis,
    }


def points(name: str, x: Any, y: Any, *, color: str = BLUE, size: Any = 7, text: Any = None) -> dict[str, Any]:
    """Points, with a text above each where there is one."""
    return {
        "type": "scatter",
        "mode": "markers" if text is None else "markers+text",
        "name": name,
        "x": x,
        "y": y,
        "marker": {"color": color, "size": size},
        "text": text,
        "textposition": "top center",
        "showlegend": bool(name),
    }


def axes(x: str, y: str, **of_y: Any) -> dict[str, Any]:
    """The titles of the two axes; further settings go to the upright one."""
    return {"xaxis": {"title": {"text": x}}, "yaxis": {"title": {"text": y}, **of_y}}
