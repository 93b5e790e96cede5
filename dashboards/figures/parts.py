"""Figures of one spare part: its demand by month with the forecast, and what each stock of it costs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.figures.look import BACKLOG, BAND, CURVE, MARK, MUTED, OPENED, layout


@dataclass(frozen=True)
class DemandNames:
    """What the legend calls the traces of `demand`."""

    used: str
    expected: str
    band: str


def demand(
    months: Sequence[dt.date],
    used: Sequence[float],
    ahead: Sequence[dt.date],
    expected: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    names: DemandNames,
    links: Sequence[str],
) -> dict[str, Any]:
    """Bars of what was used, each with its address, and the forecast with its interval after them."""
    past, future = ([m.strftime("%Y-%m") for m in days] for days in (months, ahead))
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": names.used,
            "x": past,
            "y": list(used),
            "marker": {"color": OPENED},
            "customdata": list(links),
            "hovertemplate": "%{x}: %{y:,}<extra></extra>",
        }
    ]
    if future:
        flat = {"type": "scatter", "mode": "lines", "x": future, "hoverinfo": "skip", "line": {"width": 0}}
        traces += [
            {**flat, "y": list(high), "name": names.band, "showlegend": False},
            {**flat, "y": list(low), "name": names.band, "fill": "tonexty", "fillcolor": BAND},
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": names.expected,
                "x": future,
                "y": list(expected),
                "text": [f"{a:,.0f} – {b:,.0f}" for a, b in zip(low, high, strict=True)],
                "line": {"color": CURVE, "width": 2},
                "marker": {"size": 5},
                "hovertemplate": "%{x}: %{y:,.1f} (%{text})<extra></extra>",
            },
        ]
    axes = layout(
        xaxis={"type": "category", "showgrid": False, "nticks": 14, "categoryarray": [*past, *future]},
        yaxis={"rangemode": "tozero", "nticks": 5},
    )
    return {"data": traces, "layout": axes}


@dataclass(frozen=True)
class CostNames:
    """What the legend calls the traces of `stock_cost`, and what its axes are."""

    total: str
    holding: str
    waiting: str
    pieces: str
    money: str


@dataclass(frozen=True)
class StockMark:
    """A stock that is named on the curve."""

    name: str
    level: float
    cost: float


def stock_cost(
    levels: Sequence[float],
    total: Sequence[float],
    holding: Sequence[float],
    waiting: Sequence[float],
    marks: Sequence[StockMark],
    names: CostNames,
) -> dict[str, Any]:
    """The cost of holding and of waiting and their sum over the stock, cut where waiting alone leaves the picture."""
    lines = [
        (names.holding, holding, MUTED, "dot"),
        (names.waiting, waiting, BACKLOG, "dot"),
        (names.total, total, CURVE, "solid"),
    ]
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": list(levels),
            "y": list(values),
            "line": {"color": colour, "width": 2, "dash": dash},
            "hovertemplate": "%{x:,}: %{y:,.0f}<extra>%{fullData.name}</extra>",
        }
        for name, values, colour, dash in lines
    ]
    traces.append(
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": [m.level for m in marks],
            "y": [m.cost for m in marks],
            "text": [m.name for m in marks],
            "textposition": ["bottom right" if i == 0 else "middle right" for i in range(len(marks))],
            "cliponaxis": False,
            "marker": {"color": MARK, "size": 9, "line": {"color": CURVE, "width": 1}},
            "hovertemplate": "%{text}: %{x:,}, %{y:,.0f}<extra></extra>",
            "showlegend": False,
        }
    )
    top = max([3 * m.cost for m in marks[:1]] + [1.25 * m.cost for m in marks] + [1.0])
    return {
        "data": traces,
        "layout": layout(
            xaxis={"title": {"text": names.pieces}, "rangemode": "tozero", "showgrid": False},
            yaxis={"title": {"text": names.money}, "range": [0, top], "nticks": 5},
        ),
    }


@dataclass(frozen=True)
class BaseNames:
    """What the legend calls the traces of `installed_base`."""

    used: str
    by_age: str
    band: str
    by_demand: str
    a_year_ago: str


def installed_base(
    months: Sequence[dt.date],
    used: Sequence[float],
    ahead: Sequence[dt.date],
    by_age: tuple[Sequence[float], Sequence[float], Sequence[float]],
    by_demand: Sequence[float],
    a_year_ago: Sequence[float],
    names: BaseNames,
    links: Sequence[str],
) -> dict[str, Any]:
    """Bars of what was used, and after them two forecasts: by the units' ages (with its interval) and by the demand so far.

    a_year_ago: what the ages would have said of the last months then, none or one per month of them.
    """
    figure = demand(months, used, ahead, *by_age, DemandNames(names.used, names.by_age, names.band), links)
    past, future = ([m.strftime("%Y-%m") for m in days] for days in (months, ahead))
    line = {"type": "scatter", "mode": "lines", "hovertemplate": "%{x}: %{y:,.1f}<extra>%{fullData.name}</extra>"}
    if a_year_ago:
        shown = {"name": names.a_year_ago, "x": past[-len(a_year_ago) :], "y": list(a_year_ago)}
        figure["data"].append({**line, **shown, "line": {"color": CURVE, "width": 2, "dash": "dot"}})
    if by_demand:
        shown = {"name": names.by_demand, "x": future, "y": list(by_demand)}
        figure["data"].append({**line, **shown, "line": {"color": BACKLOG, "width": 2, "dash": "dash"}})
    return figure
