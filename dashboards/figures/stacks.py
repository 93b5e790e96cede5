"""Stacks: amounts by kind over time, and shares by grade; each part with a colour of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.figures.look import MUTED, layout

# Service kinds A to D, then whatever else an organisation has.
KINDS = {"paid": "#E69F00", "contract": "#0072B2", "warranty": "#56B4E9", "internal": "#8a94a0"}
_OTHERS = ("#009E73", "#CC79A7", "#D55E00", "#F0E442")
# From very good to very bad.
_GRADES = ("#0072B2", "#56B4E9", "#c3cad1", "#E69F00", "#D55E00")


# A rule that was kept, kept late, missed; what cannot be judged.
_KEPT = ("#009E73", "#E69F00", "#D55E00", "#c3cad1")

# The colour of text: no part has it.
_WHOLE = "#5c6670"

# In the order of the parts: plotly turns the legend of stacked bars round.
_LEGEND = {**layout()["legend"], "traceorder": "normal"}


def colour_of(kind: str, others: Sequence[str]) -> str:
    """The colour of a kind: its own, or the next free one."""
    if not kind:
        return MUTED
    return KINDS.get(kind) or _OTHERS[sorted(k for k in others if k not in KINDS).index(kind) % len(_OTHERS)]


def standing(
    labels: Sequence[str], kinds: Sequence[str], names: Sequence[str], values: Sequence[Sequence[float]],
    links: Sequence[Sequence[str]], digits: int, axis: str,
) -> dict[str, Any]:  # fmt: skip
    """One standing bar per bucket of time, stacked by kind."""
    data = [
        {
            "type": "bar",
            "name": name,
            "x": list(labels),
            "y": list(amounts),
            "customdata": list(targets),
            "marker": {"color": colour_of(kind, kinds)},
            "hovertemplate": f"%{{x}}<br>%{{fullData.name}}: %{{y:,.{digits}f}}<extra></extra>",
        }
        for kind, name, amounts, targets in zip(kinds, names, values, links, strict=True)
    ]
    return {
        "data": data,
        "layout": layout(
            barmode="stack",
            xaxis={"type": "category", "showgrid": False, "nticks": 10},
            yaxis={"rangemode": "tozero", "nticks": 5, "title": {"text": axis}},
            legend=_LEGEND,
        ),
    }


def with_intervals(
    figure: dict[str, Any], labels: Sequence[str], values: Sequence[float | None],
    bounds: Sequence[tuple[float, float] | None], name: str,
) -> dict[str, Any]:  # fmt: skip
    """Standing stacks with the interval of each whole at its top, where it has one."""
    known = [(at, v, *b) for at, v, b in zip(labels, values, bounds, strict=True) if v is not None and b is not None]
    if known:
        figure["data"].append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [at for at, *_ in known],
                "y": [v for _, v, _, _ in known],
                "marker": {"color": _WHOLE, "size": 5, "symbol": "line-ew-open"},
                "error_y": {
                    "type": "data",
                    "symmetric": False,
                    "array": [high - v for _, v, _, high in known],
                    "arrayminus": [v - low for _, v, low, _ in known],
                    "color": _WHOLE,
                    "thickness": 1.5,
                    "width": 5,
                },
                "hovertext": [f"{low:,.0f} – {high:,.0f}" for _, _, low, high in known],
                "hovertemplate": "%{x}<br>%{fullData.name}: %{hovertext}<extra></extra>",
            }
        )
    return figure


def graded(
    items: Sequence[str], grades: Sequence[str], shares: Sequence[Sequence[float]], counts: Sequence[Sequence[int]], link: str
) -> dict[str, Any]:  # fmt: skip
    """One lying bar per item, split by grade; `shares[g][i]` of the item i have the grade g."""
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": grade,
            "y": list(items),
            "x": list(part),
            "customdata": [link] * len(items),
            "hovertext": [f"{n:,}" for n in numbers],
            "marker": {"color": _GRADES[min(g, len(_GRADES) - 1)]},
            "hovertemplate": "%{y}<br>%{fullData.name}: %{x:.1%} (%{hovertext})<extra></extra>",
        }
        for g, (grade, part, numbers) in enumerate(zip(grades, shares, counts, strict=True))
    ]
    return {
        "data": data,
        "layout": layout(
            barmode="stack",
            xaxis={"tickformat": ".0%", "range": [0, 1], "dtick": 0.25},
            yaxis={"type": "category", "showgrid": False, "autorange": "reversed"},
            bargap=0.4,
            legend=_LEGEND,
        ),
    }


def parts(
    labels: Sequence[str], names: Sequence[str], values: Sequence[Sequence[int]], links: Sequence[str]
) -> dict[str, Any]:  # fmt: skip
    """One standing bar per label, in four parts: kept, late, missed, not to be judged."""
    data = [
        {
            "type": "bar",
            "name": name,
            "x": list(labels),
            "y": list(part),
            "customdata": list(links),
            "marker": {"color": colour},
            "hovertemplate": "%{x}<br>%{fullData.name}: %{y:,}<extra></extra>",
        }
        for name, part, colour in zip(names, values, _KEPT, strict=True)
    ]
    return {
        "data": data,
        "layout": layout(
            barmode="stack",
            xaxis={"type": "category", "showgrid": False, "nticks": 10},
            yaxis={"rangemode": "tozero", "nticks": 5},
            legend=_LEGEND,
        ),
    }
