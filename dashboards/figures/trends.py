"""Figures of failure trends: control chart, ratios and times with intervals, rates by month, curves by age, growth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Any

from dashboards.figures.look import BACKLOG, CURVE, MARK, MUTED, layout

# Okabe and Ito's colours for groups, those of other meanings last.
GROUPS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8a94a0")
Numbers = Sequence[float | None]


def tinted(colour: str) -> str:
    """The colour of a group, for its band."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.14)"


@dataclass(frozen=True)
class Shift:
    """A change of level: positions of the first month with the new rate and of the span not excluded; rates."""

    at: int
    low: int
    high: int
    before: float
    after: float


def control(
    months: Sequence[str],
    rate: Numbers,
    limits: tuple[Numbers, Numbers],
    centre: float,
    signals: Sequence[int],
    links: Sequence[str],
    hover: Sequence[str],
    names: Sequence[str],
    shift: Shift | None = None,
) -> dict[str, Any]:
    """names: of the rate, the limits, the centre, the signals and the levels before and after a change."""
    x = list(months)
    quiet = {"type": "scatter", "mode": "lines", "x": x, "hoverinfo": "skip"}
    grey = {"color": MUTED, "width": 1, "shape": "hvh"}
    data: list[dict[str, Any]] = [
        {**quiet, "y": list(limits[1]), "line": grey, "name": names[1]},
        {**quiet, "y": list(limits[0]), "line": grey, "name": names[1], "showlegend": False},
        {**quiet, "y": [centre] * len(x), "line": {**grey, "dash": "dot"}, "name": names[2]},
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": names[0],
            "x": x,
            "y": list(rate),
            "line": {"color": CURVE, "width": 1.5},
            "marker": {"size": 6},
            "customdata": list(links),
            "hovertext": list(hover),
            "hovertemplate": "%{hovertext}<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": names[3],
            "x": [x[i] for i in signals],
            "y": [rate[i] for i in signals],
            "marker": {"color": BACKLOG, "size": 10, "symbol": "diamond"},
            "customdata": [links[i] for i in signals],
            "hovertext": [hover[i] for i in signals],
            "hovertemplate": "%{hovertext}<extra></extra>",
        },
    ]
    shapes: list[dict[str, Any]] = []
    if shift:
        level = {"color": MARK, "width": 2.5}
        data.append(
            {**quiet, "y": [shift.before if i < shift.at else shift.after for i in range(len(x))],
             "line": {**level, "shape": "hvh"}, "name": names[4]}
        )  # fmt: skip
        shapes.append(
            {"type": "rect", "xref": "x", "x0": shift.low - 0.5, "x1": shift.high + 0.5, "yref": "paper", "y0": 0, "y1": 1,
             "line": {"width": 0}, "fillcolor": "rgba(230,159,0,0.22)", "layer": "below"}
        )  # fmt: skip
    return {
        "data": data,
        "layout": layout(
            xaxis={"type": "category", "showgrid": False, "nticks": 9},
            yaxis={"rangemode": "tozero", "nticks": 6},
            shapes=shapes,
        ),
    }


@dataclass(frozen=True)
class Dot:
    """One line of a chart of dots: its value and bounds (None where there is none), a colour, where a click leads."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    colour: str
    href: str
    hover: str


def dots(rows: Sequence[Dot], axis: str, *, log: bool = False, against: float | None = None) -> dict[str, Any]:
    """A dot with its interval per line; where only a lower bound is known, a triangle there that points on."""
    data: list[dict[str, Any]] = []
    # Where nothing bounds a number above, its interval leaves a logarithmic axis on the right.
    beyond = max((v for row in rows for v in (row.value, row.high) if v), default=0.0) * 100 if log else None
    for colour in dict.fromkeys(row.colour for row in rows):
        alike = [row for row in rows if row.colour == colour]
        known = [row for row in alike if row.value is not None]
        bounded = [row for row in alike if row.value is None and row.low is not None]
        for chosen, at, symbol in (
            (known, [row.value for row in known], "circle"),
            (bounded, [row.low for row in bounded], "triangle-right-open"),
        ):
            if not chosen:
                continue
            trace: dict[str, Any] = {
                "type": "scatter",
                "mode": "markers",
                "y": [row.name for row in chosen],
                "x": at,
                "marker": {"color": colour, "size": 9, "symbol": symbol},
                "customdata": [row.href for row in chosen],
                "hovertext": [row.hover for row in chosen],
                "hovertemplate": "%{hovertext}<extra></extra>",
                "showlegend": False,
            }
            if symbol == "circle":
                trace["error_x"] = {
                    "type": "data",
                    "symmetric": False,
                    "array": [_gap(row.value, beyond if row.low and row.high is None else row.high) for row in chosen],
                    "arrayminus": [_gap(row.low, row.value) for row in chosen],
                    "color": colour,
                    "thickness": 1.5,
                    "width": 4,
                }
            data.append(trace)
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": against, "x1": against}
    scale = {"type": "log", "tickmode": "array", **_ticks(rows)} if log else {"rangemode": "tozero", "nticks": 7}
    return {
        "data": data,
        "layout": layout(
            xaxis={"title": {"text": axis, "standoff": 8, "font": {"size": 12}}, **scale},
            yaxis={
                "type": "category",
                "categoryorder": "array",
                "categoryarray": [row.name for row in rows],
                "autorange": "reversed",
                "tickfont": {"size": 11},
            },
            shapes=[{**line, "line": {"color": MUTED, "width": 1, "dash": "dot"}}] if against is not None else [],
            margin={"l": 48, "r": 16, "t": 8, "b": 44},
        ),
    }


def _gap(a: float | None, b: float | None) -> float:
    return b - a if a is not None and b is not None else 0.0


def _ticks(rows: Sequence[Dot]) -> dict[str, Any]:
    """Ticks of a logarithmic axis at 1, 2 and 5, and a range around all bounds."""
    ends = [v for row in rows for v in (row.low, row.value, row.high) if v] or [1.0]
    low, high = min(ends), max(ends)
    powers = range(floor(log10(low)) - 1, floor(log10(high)) + 2)
    values = [m * 10.0**p for p in powers for m in (1, 2, 5)]
    shown = [v for v in values if low / 1.3 <= v <= high * 1.3]
    return {
        "tickvals": shown,
        "ticktext": [f"{v:g}" for v in shown],
        "range": [log10(low / 1.15), log10(high * 1.15)],
    }


@dataclass(frozen=True)
class Course:
    """One group's numbers by month."""

    name: str
    values: Numbers
    links: Sequence[str]
    hover: Sequence[str]


def courses(months: Sequence[str], groups: Sequence[Course]) -> dict[str, Any]:
    """One line per group over the same months, from zero."""
    data = [
        {
            "type": "scatter",
            "mode": "lines+markers" if len(months) < 40 else "lines",
            "name": group.name,
            "x": list(months),
            "y": list(group.values),
            "line": {"color": colour, "width": 2},
            "marker": {"size": 5, "symbol": symbol},
            "customdata": list(group.links),
            "hovertext": list(group.hover),
            "hovertemplate": "%{hovertext}<extra></extra>",
        }
        for group, colour, symbol in zip(groups, GROUPS, _SYMBOLS, strict=False)
    ]
    return {
        "data": data,
        "layout": layout(
            xaxis={"type": "category", "showgrid": False, "nticks": 9},
            yaxis={"rangemode": "tozero", "nticks": 6},
        ),
    }


_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")


@dataclass(frozen=True)
class Banded:
    """One group's curve with its band."""

    name: str
    x: Sequence[float]
    value: Numbers
    low: Numbers
    high: Numbers
    href: str


def bands(groups: Sequence[Banded], axis: str) -> dict[str, Any]:
    """Curves with their bands; a click on a curve leads to its group's records."""
    data: list[dict[str, Any]] = []
    for group, colour in zip(groups, GROUPS, strict=False):
        known = [
            i for i, (a, b) in enumerate(zip(group.low, group.high, strict=True)) if a is not None and b is not None
        ]
        edge = {
            "type": "scatter", "mode": "lines", "x": [group.x[i] for i in known], "line": {"width": 0},
            "hoverinfo": "skip", "showlegend": False,
        }  # fmt: skip
        data.append({**edge, "y": [group.high[i] for i in known]})
        data.append({**edge, "y": [group.low[i] for i in known], "fill": "tonexty", "fillcolor": tinted(colour)})
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": group.name,
                "x": list(group.x),
                "y": list(group.value),
                "line": {"color": colour, "width": 2},
                "customdata": [group.href] * len(group.x),
                "hovertemplate": "%{fullData.name}<br>%{x:.1f}: %{y:.2f}<extra></extra>",
            }
        )
    return {
        "data": data,
        "layout": layout(
            xaxis={"title": {"text": axis, "standoff": 8, "font": {"size": 12}}, "rangemode": "tozero", "nticks": 8},
            yaxis={"rangemode": "tozero", "nticks": 6},
            margin={"l": 48, "r": 12, "t": 8, "b": 44},
        ),
    }


def growth(
    until: Sequence[float],
    so_far: Sequence[int],
    curve: Sequence[tuple[float, float]],
    links: Sequence[str],
    hover: Sequence[str],
    ahead: tuple[float, float, float, float] | None,
    names: Sequence[str],
    axis: str,
) -> dict[str, Any]:
    """Failures so far over unit-months so far with the power law, and the forecast (at, value, low, high) with its interval."""
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": names[1],
            "x": [x for x, _ in curve],
            "y": [y for _, y in curve],
            "line": {"color": MARK, "width": 2},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "name": names[0],
            "x": list(until),
            "y": list(so_far),
            "marker": {"color": CURVE, "size": 6},
            "customdata": list(links),
            "hovertext": list(hover),
            "hovertemplate": "%{hovertext}<extra></extra>",
        },
    ]
    if ahead:
        at, value, low, high = ahead
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": names[2],
                "x": [at],
                "y": [value],
                "error_y": {
                    "type": "data", "symmetric": False, "array": [high - value], "arrayminus": [value - low],
                    "color": BACKLOG, "thickness": 1.5, "width": 5,
                },
                "marker": {"color": BACKLOG, "size": 9, "symbol": "diamond"},
                "hovertemplate": "%{fullData.name}: %{y:,.0f}<extra></extra>",
            }
        )  # fmt: skip
    return {
        "data": data,
        "layout": layout(
            xaxis={"title": {"text": axis, "standoff": 8, "font": {"size": 12}}, "rangemode": "tozero", "nticks": 7},
            yaxis={"rangemode": "tozero", "nticks": 6},
            margin={"l": 48, "r": 12, "t": 8, "b": 44},
        ),
    }
