"""A cumulative flow diagram: what took each step so far as stacked bands; above it what is in process, on a scale of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from dashboards.figures.look import layout

# From who waits to be sent to, to what is closed. Ordered as the work is, told apart by all kinds of colour vision.
_COLOURS = ("#D55E00", "#E69F00", "#56B4E9", "#0072B2", "#009E73")


def bands(
    days: Sequence[dt.date], counts: Sequence[Sequence[int]], states: Sequence[str], links: Sequence[str], axes: tuple[str, str]
) -> dict[str, Any]:  # fmt: skip
    """The figure. counts[i]: how many took the step i so far, i = 0 the first; states[i]: those that took no later one.

    A state without a name is none of its own and stands in no legend.
    """
    x = [day.isoformat() for day in days]
    layered = list(zip(_COLOURS, counts, [*counts[1:], [0] * len(x)], states, strict=True))
    data: list[dict[str, Any]] = []
    below = [0] * len(x)
    # The last step lies lowest: each line is what took its step, the band under it what is in that state.
    for i, (colour, total, following, name) in reversed(list(enumerate(layered))):
        here = [a - b for a, b in zip(total, following, strict=True)]
        band = {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": x,
            "text": [f"{n:,}" for n in here],
            "hovertemplate": "%{x}<br>%{fullData.name}: %{text}<extra></extra>",
            "line": {"color": colour, "width": 1},
            "fillcolor": colour,
            "customdata": list(links),
            "showlegend": bool(name),
        }
        first = i == len(layered) - 1
        data.append({**band, "y": list(total), "fill": "tozeroy" if first else "tonexty"})
        if first:
            continue
        below = [a + b for a, b in zip(below, here, strict=True)]
        is_lowest = i == len(layered) - 2
        data.append(
            {
                **band,
                "y": list(below),
                "yaxis": "y2",
                "fill": "tozeroy" if is_lowest else "tonexty",
                "showlegend": False,
            }
        )
    # Fills reach to the trace before on the same axes.
    data.sort(key=lambda trace: trace.get("yaxis", ""))
    return {
        "data": data,
        "layout": layout(
            xaxis={"type": "date", "showgrid": False, "nticks": 8, "tickformat": "%Y-%m-%d", "anchor": "y"},
            yaxis={"domain": [0, 0.54], "rangemode": "tozero", "nticks": 5, "title": {"text": axes[0]}},
            yaxis2={"domain": [0.64, 1], "rangemode": "tozero", "nticks": 4, "anchor": "x", "title": {"text": axes[1]}},
        ),
    }
