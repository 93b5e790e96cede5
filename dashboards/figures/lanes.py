"""A time line in lanes: a mark per thing that happened, a bar for what lasted; it can be zoomed along the time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.look import BACKLOG, CLOSED, CURVE, MARK, MUTED, OPENED, layout

_PINK = "#CC79A7"
_LEAST = 6
# Symbol and colour of each lane; lanes stand apart, so neither has to tell them apart alone.
_LOOKS = {
    "installation": ("star", CLOSED),
    "contract": ("line-ns-open", CLOSED),
    "fault": ("x", BACKLOG),
    "ticket": ("circle", OPENED),
    "visit": ("triangle-up", CURVE),
    "repair": ("square", CURVE),
    "part_use": ("diamond", MARK),
    "returned_unit": ("triangle-left", MARK),
    "maintenance": ("circle", CLOSED),
    "usage": ("line-ns-open", MUTED),
    "complaint": ("cross", _PINK),
    "survey": ("hexagon", _PINK),
    "fracas_report": ("pentagon", BACKLOG),
    "action": ("star-triangle-up", BACKLOG),
}


@dataclass(frozen=True)
class Mark:
    """One thing in a lane: when (local), until when where it lasted, whether hollow, what is said, where a click leads."""

    lane: str
    at: dt.datetime
    until: dt.datetime | None
    is_hollow: bool
    hover: str
    link: str


def lanes(
    marks: Sequence[Mark], names: Mapping[str, str], today: dt.datetime, zooms: tuple[str, str, str]
) -> dict[str, Any]:
    """The figure; `names` are of all lanes in order, `zooms` name three months, a year and all."""
    shown = [lane for lane in names if any(mark.lane == lane for mark in marks)]
    traces = [
        trace
        for lane in shown
        for trace in (_bars(lane, [m for m in marks if m.lane == lane and m.until]), _marks(lane, marks))
        if trace
    ]
    first, last = min(m.at for m in marks), max(today, *(m.at for m in marks))
    room = max((last - first) / 50, dt.timedelta(days=5))
    now = {
        "type": "line",
        "xref": "x",
        "x0": today.isoformat(),
        "x1": today.isoformat(),
        "yref": "paper",
        "y0": 0,
        "y1": 1,
    }
    return {
        "data": traces,
        "layout": layout(
            xaxis={
                "type": "date",
                "range": [(first - room).isoformat(), (last + room).isoformat()],
                "fixedrange": False,
                "nticks": 7,
                "tickformatstops": [
                    {"dtickrange": [None, "M1"], "value": "%Y-%m-%d"},
                    {"dtickrange": ["M1", None], "value": "%Y-%m"},
                ],
                "hoverformat": "%Y-%m-%d",
                "rangeselector": {
                    "buttons": [
                        {"count": 3, "step": "month", "stepmode": "backward", "label": zooms[0]},
                        {"count": 1, "step": "year", "stepmode": "backward", "label": zooms[1]},
                        {"step": "all", "label": zooms[2]},
                    ],
                    "x": 0,
                    "y": 1.02,
                    "yanchor": "bottom",
                    "bgcolor": "rgba(128,128,128,0.14)",
                    "activecolor": "rgba(0,114,178,0.30)",
                },
            },
            yaxis={
                "type": "category",
                "categoryorder": "array",
                "categoryarray": shown,
                # Few lanes stay together at the top.
                "range": [max(len(shown), _LEAST) - 0.4, -0.6],
                "tickmode": "array",
                "tickvals": shown,
                "ticktext": [names[lane] for lane in shown],
            },
            shapes=[{**now, "line": {"color": MUTED, "width": 1, "dash": "dot"}}],
            margin={"l": 48, "r": 12, "t": 34, "b": 32},
            dragmode="zoom",
            showlegend=False,
        ),
    }


def _bars(lane: str, lasting: Sequence[Mark]) -> dict[str, Any] | None:
    """What lasted, as one trace with gaps."""
    if not lasting:
        return None
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for m in lasting for x in (m.at.isoformat(), (m.until or m.at).isoformat(), None)],
        "y": [y for m in lasting for y in (lane, lane, None)],
        "customdata": [x for m in lasting for x in (m.link, m.link, None)],
        "hovertext": [x for m in lasting for x in (m.hover, m.hover, None)],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "line": {"color": _LOOKS[lane][1], "width": 5},
        "opacity": 0.45,
    }


def _marks(lane: str, marks: Sequence[Mark]) -> dict[str, Any]:
    mine = [m for m in marks if m.lane == lane]
    symbol, colour = _LOOKS[lane]
    solid = symbol.removesuffix("-open")
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [m.at.isoformat() for m in mine],
        "y": [lane] * len(mine),
        "marker": {
            "symbol": [f"{solid}-open" if m.is_hollow or solid != symbol else solid for m in mine],
            "color": colour,
            "size": 10,
            "line": {"width": 1.5, "color": colour},
        },
        "customdata": [m.link for m in mine],
        "hovertext": [m.hover for m in mine],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
