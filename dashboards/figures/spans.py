"""Stretches of a time axis as bands behind what is drawn: days without data, holidays."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# The colours of no series.
MISSING = "rgba(138,148,160,0.3)"
HOLIDAY = "rgba(204,121,167,0.16)"
# A band with a share of the axis below the first has no room for words, below the second only for upright ones.
_NARROW, _UPRIGHT = 0.012, 0.14


@dataclass(frozen=True)
class Span:
    """Days of the axis, both included, and what is said of them on hover."""

    first: dt.date
    last: dt.date
    hover: str


def spanned(
    figure: dict[str, Any], spans: Sequence[Span], label: str, colour: str, days: Sequence[dt.date]
) -> dict[str, Any]:
    """The figure with a band for each span, `label` on those with room for it.

    days: the first days of the buckets of an axis of categories, from the left; where the axis is one of dates any two do.
    """
    if not spans or not days:
        return figure
    is_dates = figure["layout"]["xaxis"].get("type") == "date"
    whole = (max(days) - min(days)).days + _width(days)
    shapes, notes = [], []
    for span in spans:
        following = span.last + dt.timedelta(days=1)
        ends = (span.first, following) if is_dates else (_at(days, span.first), _at(days, following))
        shapes.append(
            {"type": "rect", "xref": "x", "x0": _plain(ends[0]), "x1": _plain(ends[1]), "yref": "paper", "y0": 0, "y1": 1,
             "line": {"width": 0}, "fillcolor": colour, "layer": "below"}
        )  # fmt: skip
        part = (following - span.first).days / whole
        if part < _NARROW:
            continue
        middle = (span.first + (following - span.first) / 2) if is_dates else (ends[0] + ends[1]) / 2  # type: ignore[operator]
        notes.append(
            {"x": _plain(middle), "xref": "x", "y": 1, "yref": "paper", "yanchor": "top", "showarrow": False,
             "hovertext": span.hover, "font": {"size": 11}, **_words(label, part)}
        )  # fmt: skip
    layout = figure["layout"]
    layout["shapes"] = [*layout.get("shapes", []), *shapes]
    layout["annotations"] = [*layout.get("annotations", []), *notes]
    return figure


def _words(label: str, part: float) -> dict[str, Any]:
    """The label along its band; where that is too narrow upright, of Chinese sign below sign."""
    if part >= _UPRIGHT:
        return {"text": label}
    return {"text": label, "textangle": -90} if label.isascii() else {"text": "<br>".join(label)}


def _plain(at: object) -> object:
    return at.isoformat() if isinstance(at, dt.date) else at


def _width(days: Sequence[dt.date]) -> int:
    """Days of the last bucket: those of the one before it, a month's where it is alone."""
    return (days[-1] - days[-2]).days if len(days) > 1 else 30


def _at(days: Sequence[dt.date], day: dt.date) -> float:
    """Where a day begins on an axis of categories, which has each bucket from half before a whole number to half behind it."""
    i = max(bisect_right(days, day) - 1, 0)
    width = (days[i + 1] - days[i]).days if i + 1 < len(days) else _width(days)
    return i - 0.5 + min(max((day - days[i]).days / width, 0.0), 1.0)
