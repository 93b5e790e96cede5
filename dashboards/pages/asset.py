"""The file of one asset: everything that ever happened to it. Without an asset, the ways to one."""

from __future__ import annotations

from collections.abc import Callable

from bilingual.text import Text
from dashboards.asset_look import PATH, looked_at
from dashboards.charts import asset_against, asset_life
from dashboards.components.asset_cards import (
    configuration_card,
    configuration_table,
    facts_card,
    life_card,
    life_table,
)
from dashboards.components.asset_index import TABLES, ranking_card, search_card
from dashboards.components.chart import chart_card
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.page import Component, Page
from dashboards.plain import html

TITLE = Text(en="Asset file", zh="设备档案")
_CHARTS = {"life": asset_life.CHART, "against": asset_against.CHART}


def _layout(c: Context) -> Component:
    return [
        html.H1(c.say(TITLE)),
        part("asset", "search", height=60),
        part("asset", "facts", height=160),
        part("asset", "life_of_one", height=480),
        html.Div(
            [part("asset", "against_others", height=400), part("asset", "configuration", height=400)],
            className="halves",
        ),
        part("asset", "list", height=160),
        html.Div([part("asset", "failing", height=0), part("asset", "waiting", height=0)], className="halves"),
    ]


def _of_one(name: str) -> Callable[[Context], Component]:
    """The card of a chart where the page looks at an asset, else nothing."""
    return lambda c: chart_card(c, "asset", name, _CHARTS[name]) if looked_at(c) else None


PAGE = Page(
    name="asset",
    path=PATH,
    title=TITLE,
    layout=_layout,
    group=Text(en="Look up", zh="查询"),
    order=29,
    parts={
        "search": search_card,
        "facts": facts_card,
        "life_of_one": _of_one("life"),
        "against_others": _of_one("against"),
        "configuration": configuration_card,
        "list": life_card,
        "failing": ranking_card("failing"),
        "waiting": ranking_card("waiting"),
    },
    charts=_CHARTS,
    tables={"list": life_table, "configuration": configuration_table, **TABLES},
)
