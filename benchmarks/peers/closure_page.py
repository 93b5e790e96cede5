"""The first look at fault closure as a Vizro page: numbers, flow, ageing, promises by zone, newest tickets.

Started as `gunicorn 'closure_page:create_app("SNAPSHOT.duckdb", "WAY", "FOLDER FOR THE CACHE")'`, in one of two ways that
Vizro's documentation describes:

filters     every table whole in memory (static data), narrowed by Vizro's filters in pandas: what one writes first.
parameters  parametrised data loading, which it recommends for much data: DuckDB selects and adds up, and what it loaded is
            kept in a FileSystemCache, the one of its caches for several workers that needs no further server.

Cards, charts and table are the same functions in both. The table stops at 100 tickets, which is what ours sends at first:
Vizro's grid gets all of its rows at once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import vizro.models as vm
import vizro.plotly.express as px
from flask_caching import Cache
from vizro import Vizro
from vizro.figures import kpi_card
from vizro.figures.library import kpi_card as plain_kpi_card
from vizro.managers import data_manager
from vizro.models.types import capture
from vizro.tables import dash_ag_grid

PLACES = {"product_line": "Product line", "region": "Region", "priority": "Priority"}
AGES = ["0–7 d", "8–30 d", "31–60 d", "61–90 d", "over 90 d"]
NEWEST = 100
EVER = ("1900-01-01", "2100-01-01")
SQL = Path(__file__).parent / "sql"
# Each component and the data it shows.
SHOWS = {
    "opened": "flow", "closed": "flow", "backlog": "flow", "median": "median", "response": "zones",
    "flow": "flow", "ageing": "ageing", "zones": "zones", "newest": "newest",
}  # fmt: skip


@capture("figure")
def backlog_card(data_frame: pd.DataFrame) -> Any:
    """Tickets open at the end of the period."""
    return plain_kpi_card(_at_end(data_frame), "backlog", value_format="{value:,.0f}", title="Backlog")


@capture("figure")
def response_card(data_frame: pd.DataFrame) -> Any:
    """The share of calls that fell due in the period and were answered in time."""
    whole = pd.DataFrame({"share": [data_frame["met"].sum() / max(1, data_frame["due"].sum())]})
    return plain_kpi_card(whole, "share", value_format="{value:.1%}", title="Response within target")


@capture("graph")
def flow_chart(data_frame: pd.DataFrame) -> Any:
    """Opened and closed per month with the backlog at its end."""
    by_month = data_frame.assign(month=data_frame["day"].dt.to_period("M").dt.to_timestamp())
    sums = by_month.groupby("month")[["opened", "closed"]].sum()
    ends = by_month[by_month["day"] == by_month.groupby("month")["day"].transform("max")]
    shown = sums.join(ends.groupby("month")["backlog"].sum()).reset_index()
    figure = px.bar(shown, x="month", y=["opened", "closed"], barmode="group")
    lines = px.line(shown, x="month", y="backlog").update_traces(name="backlog", showlegend=True)
    return figure.add_traces(lines.data)


@capture("graph")
def ageing_chart(data_frame: pd.DataFrame) -> Any:
    """Open tickets by age."""
    shown = data_frame.groupby("age", as_index=False, observed=True)["n"].sum()
    return px.bar(shown, x="age", y="n", category_orders={"age": AGES})


@capture("graph")
def zones_chart(data_frame: pd.DataFrame) -> Any:
    """The share answered in time by zone."""
    shown = data_frame.groupby("zone", as_index=False, observed=True)[["due", "met"]].sum()
    return px.bar(shown.assign(share=shown["met"] / shown["due"]), x="share", y="zone", orientation="h")


@capture("ag_grid")
def newest_grid(data_frame: pd.DataFrame) -> Any:
    """The newest tickets."""
    shown = data_frame.nlargest(NEWEST, "opened_at")
    return dash_ag_grid(data_frame=shown.astype({"opened_at": str, "closed_at": str}))()


def _at_end(data_frame: pd.DataFrame) -> pd.DataFrame:
    return data_frame[data_frame["day"] == data_frame["day"].max()]


def _components() -> list[Any]:
    return [
        vm.Figure(id="opened", figure=kpi_card("flow", "opened", value_format="{value:,.0f}", title="Opened")),
        vm.Figure(id="closed", figure=kpi_card("flow", "closed", value_format="{value:,.0f}", title="Closed")),
        vm.Figure(id="backlog", figure=backlog_card("flow")),
        vm.Figure(
            id="median",
            figure=kpi_card(
                "median",
                "hours_to_close",
                agg_func="median",
                value_format="{value:.1f} h",
                title="Time to close, median",
            ),
        ),
        vm.Figure(id="response", figure=response_card("zones")),
        vm.Graph(id="flow", figure=flow_chart("flow"), title="Do we close as fast as tickets come in?"),
        vm.Graph(id="ageing", figure=ageing_chart("ageing"), title="How old is what is still open?"),
        vm.Graph(id="zones", figure=zones_chart("zones"), title="Where is the response within its target?"),
        vm.Table(id="newest", figure=newest_grid("newest"), title="The tickets behind it"),
    ]


# Five cards in a row, the flow, two charts side by side, the table.
LAYOUT = [
    [0, 0, 1, 1, 2, 2, 3, 3, 4, 4],
    *[[5] * 10] * 3,
    *[[6] * 5 + [7] * 5] * 3,
    *[[8] * 10] * 4,
]


def _sql(way: str, name: str) -> str:
    return (SQL / way / f"{name}.sql").read_text(encoding="utf-8")


def _whole(connection: duckdb.DuckDBPyConnection) -> None:
    """Every table in memory."""
    for name in ("flow", "ageing", "zones", "tickets"):
        frame = connection.execute(_sql("filters", name)).df()
        few = [c for c in (*PLACES, "zone", "age", "status", "service_kind") if c in frame]
        frame = frame.astype(dict.fromkeys(few, "category"))
        for source in ("median", "newest") if name == "tickets" else (name,):
            data_manager[source] = frame


def _selectors(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Period and places; to be told the options spares Vizro from looking for them in every table."""
    first, last = connection.execute("SELECT min(opened_on), max(opened_on) FROM marts.ticket").fetchall()[0]
    options = {place: _values(connection, place) for place in PLACES}
    return {
        "day": vm.DatePicker(min=first, max=last, value=[first, last], title="Period"),
        **{p: vm.Dropdown(options=options[p], value=options[p], multi=True, title=PLACES[p]) for p in PLACES},
    }


def _parameter(name: str, selector: Any) -> Any:
    # What is open now is open whatever the period.
    targets = [f"{shown}.data_frame.{name}" for shown in SHOWS if (name, shown) != ("day", "ageing")]
    return vm.Parameter(id=f"{name}_filter", targets=targets, selector=selector, show_in_url=True)


def _values(connection: duckdb.DuckDBPyConnection, place: str) -> list[str]:
    rows = connection.execute(f"SELECT DISTINCT {place} FROM marts.ticket ORDER BY 1").fetchall()
    return [value for (value,) in rows]


def _loader(
    connection: duckdb.DuckDBPyConnection, sql: str, options: dict[str, list[str]]
) -> Callable[..., pd.DataFrame]:
    """The function that Vizro calls, and remembers the answers of, with what the controls say."""

    def load(
        day: tuple[str, str] = EVER,
        product_line: list[str] | None = None,
        region: list[str] | None = None,
        priority: list[str] | None = None,
    ) -> pd.DataFrame:
        chosen = {"product_line": product_line, "region": region, "priority": priority}
        # A place of which everything is chosen is no condition.
        given: dict[str, Any] = {p: v for p, v in chosen.items() if v and len(v) < len(options[p])}
        where = "".join(f" AND list_contains(${place}, {place})" for place in given)
        if "$start" in sql:
            given |= dict(zip(("start", "end"), day, strict=True))
        # A cursor of its own, since the threads of a worker ask at once.
        return connection.cursor().execute(sql.replace("/* places */", where), given).df()

    return load


def create_app(snapshot: str, way: str, cache: str = "") -> Vizro:
    """The WSGI application."""
    connection = duckdb.connect(snapshot, read_only=True)
    selectors = _selectors(connection)
    if way == "filters":
        _whole(connection)
        connection.close()
        controls = [vm.Filter(id=f"{c}_filter", column=c, selector=s, show_in_url=True) for c, s in selectors.items()]
    else:
        data_manager.cache = Cache(
            config={"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": cache, "CACHE_THRESHOLD": 100_000}
        )
        options = {place: selectors[place].options for place in PLACES}
        for source in set(SHOWS.values()):
            data_manager[source] = _loader(connection, _sql("parameters", source), options)
        controls = [_parameter(name, selector) for name, selector in selectors.items()]
    layout = vm.Grid(grid=LAYOUT, row_min_height="160px")
    page = vm.Page(title="Fault closure", components=_components(), controls=controls, layout=layout)
    return Vizro(compress=True).build(vm.Dashboard(pages=[page], title="FaultLoop"))
