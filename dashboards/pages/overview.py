"""Overview, for two minutes: what stands out, six numbers, what changed and where, open risks, all measures against target."""

from __future__ import annotations

from functools import partial

from bilingual.text import Text
from dashboards.address import link
from dashboards.charts import flow
from dashboards.components.badge import badge
from dashboards.components.contribution_bars import contribution_card, contribution_table
from dashboards.components.exports import exports
from dashboards.components.facts import table
from dashboards.components.kpis import kpi_cards
from dashboards.components.measure_board import board, board_table
from dashboards.components.picker import picker
from dashboards.components.rail import label_of
from dashboards.components.risk_list import risk_list, risk_table
from dashboards.components.states import part
from dashboards.context import Context
from dashboards.overview_words import PATH, against, look, offered
from dashboards.page import Component, Page, Table
from dashboards.plain import dcc, html
from warehouse import records
from warehouse.contributions import BY
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_by
from warehouse.metrics.findings import Finding, at_place, findings
from warehouse.metrics.measure import Value
from warehouse.metrics.wording import change, count, spoken
from warehouse.records import Selection

TITLE = Text(en="Overview", zh="总览")
_FINDINGS = Text(en="What stands out", zh="值得注意")
_NOTHING = Text(
    en="Nothing stands out in this selection: no change or place differs by more than chance and a tenth.",
    zh="当前筛选下没有值得注意之处：各项变化与各处差异均未超出偶然波动和一成。",
)
_N = Text(en="n = {n}", zh="n = {n}")
_SHOW = Text(en="Show", zh="查看")
_GOOD = Text(en="good", zh="向好")
_BAD = Text(en="look here", zh="关注")
_BY = Text(en="By {place}", zh="按{place}")
_MORE = Text(en="The {shown} with the most tickets of {all}.", zh="共 {all} 个，此处为工单最多的 {shown} 个。")
_CHANGED = Text(en="What changed, and where it comes from", zh="什么变了，变化来自哪里")
_LOOK = Text(en="Measure", zh="指标")
_MOVED = Text(
    en="{measure}: {before} → {now}{change}, n = {n_before} and {n}, against the {against}. {why}",
    zh="{measure}：{before} → {now}{change}，n = {n_before} 与 {n}，对比{against}。{why}",
)
_CHANGE = Text(en=" ({change})", zh="（{change}）")
_LARGEST = Text(
    en="Of all measures that changed by a tenth (shares: two points) it left its usual movement furthest behind ({t} standard errors).",
    zh="在变化达一成（比率：两个百分点）的指标中，其变化相对自身日常波动最大（{t} 倍标准误）。",
)
_QUIET = Text(
    en="No measure changed both by much and by more than it usually moves.",
    zh="没有指标的变化既明显又超出其日常波动。",
)
_CHOSEN = Text(en="Chosen by you.", zh="由您选择。")
_NO_COMPARISON = Text(
    en="Nothing to compare with: choose a period that has one before it on record.",
    zh="无可对比的周期：请选择此前有记录的时段。",
)
_COUNTED = ("opened", "closed", "backlog", "closure_rate", "response_within_target")
_TIMED = ("time_to_close_median",)
_COLUMNS = ("opened", "closed", "backlog", "closure_rate", "response_within_target", "mttr_ticket")
_MOST_ROWS = 20


def _layout(c: Context) -> Component:
    first = [
        part("overview", "findings", height=96),
        html.Div(
            [
                part("overview", "counted", height=128, class_name="spread"),
                part("overview", "timed", height=128, class_name="spread"),
            ],
            className="kpis",
        ),
        part("overview", "change", height=90),
        html.Div([part("overview", f"by_{by}", height=260) for by in BY], className="halves"),
    ]
    second = [part("overview", "risks", height=260), part("overview", "board", height=640)]
    # On a landscape sheet of paper the two stand side by side.
    return html.Div(
        [
            html.H1(c.say(TITLE)),
            html.Div([html.Div(first), html.Div(second)], className="sheet"),
            part("overview", "flow", height=420),
            part("overview", "places", height=220),
        ],
        className="overview",
    )


def _change(c: Context) -> Component:
    """The measure that is taken apart, how it moved, and why it is this one."""
    title = html.H2(c.say(_CHANGED))
    if c.before is None:
        return html.Section([title, html.P(c.say(_NO_COMPARISON), className="quiet")], className="card")
    looked = look(c, c.before)
    measure = measures()[looked.measure]
    now, before = (evaluate(c.reading, (measure.name,), f)[measure.name] for f in (c.filters, c.before))
    moved = change(measure, now, before)
    why = _CHOSEN if looked.is_chosen else _QUIET
    if looked.strength is not None:
        why = _LARGEST.format(t=f"{looked.strength:.1f}")
    words = _MOVED.format(
        measure=measure.label,
        before=spoken(measure, before.value),
        now=spoken(measure, now.value),
        change=_CHANGE.format(change=moved[1]) if moved else Text(en="", zh=""),
        n_before=count(before.n),
        n=count(now.n),
        against=against(c, c.before),
        why=why,
    )
    options = [(name, c.say(measures()[name].label)) for name in offered()]
    chosen = picker(c, PATH, "look", c.say(_LOOK), options, measure.name)
    return html.Section(
        [html.Header([title, chosen]), html.P(c.say(words), className="words")], className="card changed"
    )


def _sentence(c: Context, finding: Finding) -> Component:
    if finding.subject == "backlog":
        href = link("/records", finding.filters, Selection(at_end=True))
    else:
        href = link("/closure", finding.filters)
    return html.Li(
        [
            badge("good" if finding.is_good else "warning", c.say(_GOOD if finding.is_good else _BAD)),
            html.Span([c.say(finding.text), " ", html.Span(c.say(_N.format(n=count(finding.n))), className="quiet")]),
            dcc.Link(c.say(_SHOW), href=href, className="tool"),
        ]
    )


def _findings(c: Context) -> Component:
    found = findings(c.reading, c.filters, c.before)
    body = html.Ol([_sentence(c, f) for f in found]) if found else html.P(c.say(_NOTHING), className="quiet")
    return html.Section([html.H2(c.say(_FINDINGS)), body], className="card findings")


def _by_place(c: Context) -> tuple[str, list[str], dict[str, dict[str, Value]]]:
    """By region, or by product line where nobody says the region: the places, most tickets first, and their values."""
    known = records.places(c.reading)
    by = "region" if any(value for value, _ in known.get("region", [])) else "product_line"
    values = evaluate_by(c.reading, _COLUMNS, c.filters, by)
    return by, sorted(values["opened"], key=lambda place: -(values["opened"][place].value or 0)), values


def _places(c: Context) -> Component:
    """The measures per region or product line."""
    by, ranked, values = _by_place(c)
    shown = ranked[:_MOST_ROWS]
    rows = [
        [
            dcc.Link(c.place(by, place), href=link("/closure", at_place(c.filters, by, place))),
            *(c.say(spoken(measures()[name], values[name][place].value)) for name in _COLUMNS),
        ]
        for place in shown
    ]
    head = [c.say(label_of(by)), *(c.say(measures()[name].label) for name in _COLUMNS)]
    more = c.say(_MORE.format(shown=len(shown), all=len(ranked))) if len(shown) < len(ranked) else None
    numbers = frozenset(range(1, len(head)))
    title = html.H2(c.say(_BY.format(place=label_of(by))))
    return html.Section(
        [
            html.Header([title, html.Div(exports(c, "overview", "places"), className="tools")]),
            html.P(more, className="words") if more else None,
            table(head, rows, numbers),
        ],
        className="card",
    )


def _places_table(c: Context) -> Table:
    """The same of every place, as plain numbers: of each measure its value and n."""
    by, ranked, values = _by_place(c)
    columns = [column for name in _COLUMNS for column in (name, f"{name}_n")]
    rows = [
        [
            place,
            c.place(by, place),
            *(v for name in _COLUMNS for v in (values[name][place].value, values[name][place].n)),
        ]
        for place in ranked
    ]
    return Table((by, "name", *columns), rows)


PAGE = Page(
    name="overview",
    path="/",
    title=TITLE,
    layout=_layout,
    group=Text(en="Overview", zh="总览"),
    order=10,
    parts={
        "findings": _findings,
        "counted": partial(kpi_cards, names=_COUNTED),
        "timed": partial(kpi_cards, names=_TIMED),
        "change": _change,
        **{f"by_{by}": partial(contribution_card, by=by) for by in BY},
        "risks": risk_list,
        "board": board,
        "places": _places,
    },
    charts={"flow": flow.CHART},
    tables={
        "board": board_table,
        "places": _places_table,
        "risks": risk_table,
        **{f"by_{by}": partial(contribution_table, by=by) for by in BY},
    },
)
