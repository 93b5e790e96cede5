"""One unit's failures, a step each, over the mean of the others with its band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.look import BACKLOG
from dashboards.figures.trends import Banded, bands


@dataclass(frozen=True)
class OwnFailure:
    """A failure at an age, what is said of it, and where a click leads."""

    age: float
    hover: str
    link: str | None


def own_curve(
    own: Sequence[OwnFailure],
    begins: float,
    others: Sequence[tuple[float, float | None, float | None, float | None]],
    names: tuple[str, str],
    axis: str,
) -> dict[str, Any]:
    """`others` are (age, value, low, high); both are counted from the age `begins`."""
    x, value, low, high = (list(column) for column in zip(*others, strict=True))
    figure = bands([Banded(names[1], [float(v or 0) for v in x], value, low, high, "")], axis)
    ages = [begins, *(failure.age for failure in own)]
    end = max([ages[-1], float(x[-1] or 0)])
    step = {"type": "scatter", "line": {"color": BACKLOG, "width": 2, "shape": "hv"}}
    figure["data"] += [
        {
            **step,
            "mode": "lines",
            "x": [*ages, end],
            "y": [*range(len(ages)), len(own)],
            "name": names[0],
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": ages[1:],
            "y": list(range(1, len(ages))),
            "marker": {"color": BACKLOG, "size": 8, "symbol": "x"},
            "customdata": [failure.link for failure in own],
            "hovertext": [failure.hover for failure in own],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "showlegend": False,
        },
    ]
    figure["layout"]["xaxis"] |= {"range": [begins, end + (end - begins) / 50], "rangemode": "normal"}
    return figure
