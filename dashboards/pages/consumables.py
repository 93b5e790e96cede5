"""Replacements due: which parts fall due by the meter, whom to call before, and how far such predictions can be trusted."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.charts import part_due_check, part_due_life, part_due_weeks
from dashboards.components.badge import badge
from dashboards.components.part_due_cards import due_cards
from dashboards.components.part_due_list import CONTACTS, INTERVALS, contact_list, interval_table
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.page import Component, Page
from dashboards.part_due_words import PATH, here, notice_of
from dashboards.plain import dcc, html
from warehouse.consumable_findings import findings
from warehouse.service_findings import is_delivered

TITLE = Text(en="Replacements due", zh="到期更换")
_FINDINGS = Text(en="What stands out", zh="值得注意")
_NOTHING = Text(
    en="Nothing stands out: nothing is overdue and nobody is to be contacted within 7 days.",
    zh="没有值得注意之处：没有逾期项，7 天内也无需联系客户。",
)
_ONLY_MAINTENANCE = Text(
    en="Of parts nothing can be foretold: it takes parts replaced on known units (entities repair, part_use) and readings of their meters (usage). No planned maintenance on record is overdue or to be announced within 7 days.",
    zh="备件无法预测：需要有设备的换件记录（实体 repair、part_use）和读数（usage）。已登记的计划保养没有逾期项，7 天内也无需联系客户。",
)
_GOOD, _BAD = Text(en="to know", zh="了解"), Text(en="look here", zh="关注")
_SHOW = Text(en="Show", zh="查看")


def _layout(c: Context) -> Component:
    return [
        html.H1(c.say(TITLE)),
        part("consumables", "findings", height=96),
        html.Div(part("consumables", "cards", height=128, class_name="spread"), className="kpis"),
        part("consumables", "list", height=520),
        html.Div(
            [part("consumables", "weeks", height=400), part("consumables", "check", height=400)], className="halves"
        ),
        part("consumables", "learned", height=420),
        part("consumables", "life", height=400),
    ]


def _findings(c: Context) -> Component:
    found = findings(c.reading, c.filters, notice_of(c))
    rows = [
        html.Li(
            [
                badge("good" if f.is_good else "warning", c.say(_GOOD if f.is_good else _BAD)),
                html.Span(c.say(f.text)),
                None
                if f.window is None
                else dcc.Link(c.say(_SHOW), href=here(c, window=f.window, look=f.what), className="tool"),
            ]
        )
        for f in found
    ]
    nothing = _NOTHING if is_delivered(c.reading, "part_use") else _ONLY_MAINTENANCE
    body = html.Ol(rows) if rows else html.P(c.say(nothing), className="quiet")
    return html.Section([html.H2(c.say(_FINDINGS)), body], className="card findings")


PAGE = Page(
    name="consumables",
    path=PATH,
    title=TITLE,
    layout=_layout,
    group=Text(en="Analyse", zh="分析"),
    order=23,
    parts={
        "findings": _findings,
        "cards": due_cards,
        "list": contact_list,
        "learned": interval_table,
    },
    charts={
        "weeks": part_due_weeks.CHART,
        "check": part_due_check.CHART,
        "life": part_due_life.CHART,
        "contacts": CONTACTS,
        "intervals": INTERVALS,
    },
)
