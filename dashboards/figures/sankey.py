"""Flows between states as bands: where boxes and bands lie is computed by a function that draws nothing.

Forward bands leave a box on its right and enter one further right on its left. What goes back takes the same way in the
other direction, in a colour of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.look import BACKLOG, CURVE, MUTED, layout

# Of the height of the fullest column: between boxes, and for a line of a label above them.
_GAP = 0.1
_LINE = 0.055
# Bands of at least this height have their number written on them.
_LEGIBLE = 0.1
_HALF = 0.05
_POINTS = 24


@dataclass(frozen=True)
class Flow:
    """So many go from one box to another."""

    source: str
    target: str
    n: float


@dataclass(frozen=True)
class Box:
    """A box at its column, from top to bottom (0 is the top of the picture, 1 its bottom)."""

    column: int
    top: float
    bottom: float


@dataclass(frozen=True)
class Band:
    """A flow between two boxes: its top at the left and at the right end, and its height."""

    flow: Flow
    left: int
    right: int
    left_top: float
    right_top: float
    height: float
    is_back: bool


@dataclass(frozen=True)
class Arranged:
    """Boxes by name, bands, and the flows that cannot be drawn: within one column."""

    boxes: dict[str, Box]
    bands: tuple[Band, ...]
    apart: tuple[Flow, ...]


def arranged(columns: Mapping[str, int], flows: Sequence[Flow], gap: float = _GAP) -> Arranged:
    """Lay flows out. `columns` says in which column each box stands, in their order from top to bottom.

    A box is as high as what leaves or what enters it, whichever is more. Where more passes over a column than its boxes
    hold, its boxes stand below what passes.
    """
    drawn = [f for f in flows if columns[f.source] != columns[f.target]]
    apart = tuple(f for f in flows if columns[f.source] == columns[f.target])
    names = [name for name in columns if any(name in (f.source, f.target) for f in drawn)]
    sides = {
        (name, side): sum(f.n for f in drawn if _box_at(f, columns, side) == name) for name in names for side in (0, 1)
    }
    height = {name: max(sides[name, 0], sides[name, 1]) for name in names}
    fullest = 1.0
    starts: dict[int, float] = {}
    for column in sorted({columns[name] for name in names}):
        mine = sum(height[name] for name in names if columns[name] == column)
        over = max((f.n for f in drawn if columns[f.source] < column < columns[f.target]), default=0.0)
        starts[column] = over if over > mine else 0.0
        fullest = max(fullest, starts[column] + mine)
    scale = 1 / fullest
    boxes: dict[str, Box] = {}
    below = {column: start * scale + (gap if start else 0.0) for column, start in starts.items()}
    for name in names:
        top = below[columns[name]]
        boxes[name] = Box(columns[name], top, top + height[name] * scale)
        below[columns[name]] = boxes[name].bottom + gap
    return Arranged(boxes, _bands(columns, drawn, boxes, scale), apart)


def _box_at(flow: Flow, columns: Mapping[str, int], side: int) -> str:
    """The box on the left (its right side, 1) or on the right (its left side, 0) of a flow's way."""
    ends = sorted((flow.source, flow.target), key=lambda name: columns[name])
    return ends[0] if side else ends[1]


def _bands(
    columns: Mapping[str, int], drawn: Sequence[Flow], boxes: Mapping[str, Box], scale: float
) -> tuple[Band, ...]:
    tops: dict[tuple[Flow, int], float] = {}
    for name, box in boxes.items():
        for side in (0, 1):
            # In the order of the other ends nothing crosses; what goes back lies below what goes there.
            mine = [f for f in drawn if _box_at(f, columns, side) == name]
            mine.sort(key=lambda f: (boxes[_box_at(f, columns, 1 - side)].top, columns[f.source] > columns[f.target]))
            top = box.top
            for flow in mine:
                tops[flow, side] = top
                top += flow.n * scale
    bands = []
    for f in drawn:
        left, right = sorted((columns[f.source], columns[f.target]))
        is_back = columns[f.source] > columns[f.target]
        bands.append(Band(f, left, right, tops[f, 1], tops[f, 0], f.n * scale, is_back))
    return tuple(bands)


@dataclass(frozen=True)
class Words:
    """What stands above a box, line by line, and what is said of it on hover."""

    lines: tuple[str, ...]
    hover: str


def sankey(
    found: Arranged, words: Mapping[str, Words], hovers: Mapping[Flow, tuple[str, str]], called: tuple[str, str]
) -> dict[str, Any]:
    """The figure. `hovers` say of each flow what it is and where a click leads; `called` names forward and back."""
    # What goes back lies on top: it is thin.
    bands = sorted(found.bands, key=lambda band: band.is_back)
    data = [_band(band, *hovers[band.flow]) for band in bands]
    for is_back, name in zip((False, True), called, strict=True):
        first = next((trace for trace, band in zip(data, bands, strict=True) if band.is_back == is_back), {})
        first |= {"showlegend": True, "name": name}
    data.append(_boxes(found.boxes))
    last = max((box.column for box in found.boxes.values()), default=1)
    data += [_middles(bands, hovers), *_labels(found, words, last)]
    lines = max((len(words[name].lines) for name, box in found.boxes.items() if not box.top), default=1)
    bottom = max((box.bottom for box in found.boxes.values()), default=1.0)
    hidden = {"visible": False, "automargin": False}
    return {
        "data": data,
        "layout": layout(
            margin={"l": 4, "r": 4, "t": 8, "b": 4},
            xaxis={**hidden, "range": [-0.45, last + 0.45]},
            yaxis={**hidden, "range": [bottom + 0.02, -0.02 - lines * _LINE]},
        ),
    }


def _band(band: Band, hover: str, link: str) -> dict[str, Any]:
    """Two cubic curves with level ends, the band between them."""
    x0, x1 = band.left + _HALF, band.right - _HALF
    steps = [i / (_POINTS - 1) for i in range(_POINTS)]
    x = [x0 + t * (x1 - x0) for t in steps]
    top = [band.left_top + (3 * t * t - 2 * t * t * t) * (band.right_top - band.left_top) for t in steps]
    colour = BACKLOG if band.is_back else CURVE
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [round(v, 4) for v in (*x, *reversed(x))],
        "y": [round(v, 5) for v in (*top, *(v + band.height for v in reversed(top)))],
        "fill": "toself",
        "fillcolor": "rgba(213,94,0,0.45)" if band.is_back else "rgba(0,114,178,0.25)",
        "line": {"color": colour, "width": 0.5},
        "hoveron": "fills",
        "text": hover,
        "hoverinfo": "text",
        # A plain text, not one per point: it is the area that is clicked.
        "customdata": link,
        "showlegend": False,
    }


def _middles(bands: Sequence[Band], hovers: Mapping[Flow, tuple[str, str]]) -> dict[str, Any]:
    """A point in the middle of each band, by which the keyboard reaches it; with how many, where that can be read."""
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [(band.left + band.right) / 2 for band in bands],
        "y": [(band.left_top + band.right_top + band.height) / 2 for band in bands],
        "text": [f"{band.flow.n:,.0f}" if band.height >= _LEGIBLE else "" for band in bands],
        "textfont": {"size": 11},
        "marker": {"opacity": 0, "size": 8},
        "hovertext": [hovers[band.flow][0] for band in bands],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [hovers[band.flow][1] for band in bands],
        "showlegend": False,
    }


def _labels(found: Arranged, words: Mapping[str, Words], last: int) -> list[dict[str, Any]]:
    """Names above the topmost boxes and those of the last column, beside all others; below where bands are on that side."""
    boxes = found.boxes
    ends = {name: boxes[name].column for name in boxes}
    left = {min(band.flow.source, band.flow.target, key=ends.__getitem__) for band in found.bands}
    above = [name for name, box in boxes.items() if not box.top or box.column == last]
    below = [name for name in boxes if name not in above and name in left]
    beside = [name for name in boxes if name not in above and name not in left]
    places = {name: (float(boxes[name].column), boxes[name].top - 0.008) for name in above}
    places |= {name: (boxes[name].column + _HALF + 0.02, boxes[name].bottom) for name in below}
    places |= {name: (boxes[name].column + _HALF + 0.03, (boxes[name].top + boxes[name].bottom) / 2) for name in beside}
    return [
        {
            "type": "scatter",
            "mode": "text",
            "x": [places[name][0] for name in names],
            "y": [places[name][1] for name in names],
            "text": ["<br>".join(words[name].lines) for name in names],
            "textposition": position,
            "textfont": {"size": 11},
            "cliponaxis": False,
            "hovertext": [words[name].hover for name in names],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "showlegend": False,
        }
        for names, position in ((above, "top center"), (below, "bottom right"), (beside, "middle right"))
    ]


def _boxes(boxes: Mapping[str, Box]) -> dict[str, Any]:
    """All boxes as one outline with gaps."""
    x: list[float | None] = []
    y: list[float | None] = []
    for box in boxes.values():
        left, right = box.column - _HALF, box.column + _HALF
        x += [left, right, right, left, left, None]
        y += [box.top, box.top, box.bottom, box.bottom, box.top, None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "fill": "toself",
        "fillcolor": MUTED,
        "line": {"color": MUTED, "width": 1},
        "hoverinfo": "skip",
        "showlegend": False,
    }
