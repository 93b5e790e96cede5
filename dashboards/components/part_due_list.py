"""The list of what falls due with whom to call by when, and the intervals it rests on."""

from __future__ import annotations

import datetime as dt

from bilingual.text import Text
from dashboards.address import link
from dashboards.components.badge import badge
from dashboards.components.definition import definition
from dashboards.components.exports import exports
from dashboards.components.facts import table
from dashboards.components.picker import picker
from dashboards.context import Context
from dashboards.page import Chart, Component, Drawn, Table
from dashboards.part_due_words import (
    ALL,
    MAINTENANCE,
    PARTS,
    PATH,
    WINDOW_NAMES,
    here,
    listed,
    look_of,
    notice_of,
    window_of,
)
from dashboards.part_words import PATH as PARTS_PATH
from dashboards.part_words import chance, used_in
from dashboards.plain import dcc, html
from warehouse.consumables import WINDOWS, Contact, Interval, check, contacts, due, first_contacts, intervals
from warehouse.entities import entities
from warehouse.filters import Filters
from warehouse.metrics.wording import count
from warehouse.reasons import why
from warehouse.suspects import part_names

# Rows that the screen shows; a file has all.
# Each row is some thirty components, and Dash takes longer with every one; the export has all.
_MOST = 20
_ASSET = entities()["asset"].fields
_WORDS = Text(
    en="{n} lines{order}{cut}. A customer is contacted {days} days before something falls due.",
    zh="共 {n} 项{order}{cut}。到期前 {days} 天联系客户。",
)
_BY_DAY = Text(en=", by day", zh="，按日期排列")
_LATE_FIRST = Text(
    en=", {late} of them overdue: these first, the likeliest to be replaced soon at the top",
    zh="，其中 {late} 项已逾期：逾期项在前，近期更换可能性大者居首",
)
_CUT = Text(en="; the first {n} (all in the export)", zh="，显示前 {n} 项（导出含全部）")
_PLACES = Text(
    en=" Of the filters only product line, region and customer apply: the list is of today.",
    zh="筛选仅产品线、区域与客户有效：清单以数据截止日为准。",
)
_NOTHING = Text(en="Nothing falls due in this choice.", zh="此范围内没有到期项。")
_SHOWN, _OF_WHAT = Text(en="Show", zh="范围"), Text(en="Of", zh="内容")
_AT_ONCE = Text(en="at once", zh="立即")
_OVERDUE = Text(en="overdue", zh="逾期")
_NEVER = Text(en="unit installed {day}", zh="{day} 装机至今")
_USED = Text(en="{used} of {life} {use}", zh="{used} / {life} {use}")
_N = Text(en="n = {n}", zh="n = {n}")
_HEAD = (
    Text(en="Contact by", zh="联系期限"),
    Text(en="Due", zh="到期"),
    Text(en="Customer", zh="客户"),
    Text(en="Unit", zh="设备"),
    Text(en="Part", zh="备件"),
    Text(en="Likely replaced (80 %)", zh="预计更换时间（80%）"),
    Text(en="Within 30 days", zh="30 天内更换概率"),
    Text(en="Last replaced", zh="上次更换"),
    Text(en="Used since", zh="已用 / 间隔"),
)


def _two(main: Component, below: Component) -> Component:
    return html.Div([html.Div(main), html.Div(below, className="small")])


def _row(c: Context, line: Contact) -> list[Component]:
    late = line.due < c.last_day
    asset = dcc.Link(line.serial_no or line.asset_id, href=link("/asset", c.filters, None, look=line.asset_id))
    sign = badge("warning", c.say(_OVERDUE)) if late else ""
    start: list[Component] = [_iso(line.contact_by) or c.say(_AT_ONCE), _two(line.due.isoformat(), sign)]
    who: list[Component] = [
        _two(line.customer or line.customer_id or "—", line.site),
        _two(asset, line.model),
    ]
    if line.part_no is None or line.since is None:
        return [*start, *who, c.say(MAINTENANCE), "", "", "", ""]
    part = dcc.Link(line.part_no, href=link(PARTS_PATH, c.filters, None, look=line.part_no))
    since = c.say(_NEVER.format(day=line.since.isoformat())) if line.is_first else line.since.isoformat()
    use = _USED.format(used=count(line.used or 0.0), life=count(line.life or 0.0), use=used_in(c, line.use))
    return [
        *start,
        *who,
        _two(part, line.part),
        _two(_iso(line.low), _iso(line.high)),
        c.say(chance(line.chance)),
        since,
        _two(c.say(use), c.say(_N.format(n=count(line.replaced)))),
    ]


def _iso(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def _draw(c: Context) -> Drawn:
    """The words and, for a file, every line of the list."""
    found = listed(c)
    if not len(found):
        return Drawn(None, c.say(_NOTHING))
    late = int((found.day < found.today).sum())
    cut = _CUT.format(n=_MOST) if len(found) > _MOST else Text(en="", zh="")
    order = _LATE_FIRST.format(late=count(late)) if late else _BY_DAY
    words = c.say(_WORDS.format(n=count(len(found)), order=order, cut=cut, days=notice_of(c)))

    def every() -> Table:
        rows = [
            [
                x.contact_by or c.last_day, x.due, x.low, x.high, x.chance, x.customer_id, x.customer, x.site, x.region,
                x.asset_id, x.serial_no, x.model, x.part_no or c.say(MAINTENANCE), x.part, x.since,
                x.since is not None and not x.is_first, x.used, x.life, used_in(c, x.use) if x.use else "", x.replaced,
            ]
            for x in contacts(c.reading, found, notice_of(c))
        ]  # fmt: skip
        return Table(_COLUMNS, rows)

    return Drawn(None, words + (c.say(_PLACES) if _has_more(c.filters) else ""), every)


_COLUMNS = (
    "contact_by", "due", "low_80", "high_80", "chance_30_days", "customer_id", "customer", "site", "region", "asset_id",
    "serial_no", "model", "part_no", "part", "since", "since_is_replacement", "used", "life", "unit", "replacements",
)  # fmt: skip


def _has_more(filters: Filters) -> bool:
    return bool(filters.priority or filters.service_kind)


CONTACTS = Chart(
    Text(en="Whom to contact by when?", zh="该在何时联系哪位客户？"),
    Text(
        en="A part falls due when the meter of its unit reaches the median life learned for the part and model, at the pace of its newest readings (median slope of up to six of the last 12 months); a meter that was set back counts on. Half of all last longer; likely replaced: the days between which it will be with 80 % certainty, given that it still runs today, and within 30 days the chance of that. Used since: of how much use that is usual, and from how many replacements (n) this was learned. Listed are the parts that the catalogue calls consumables, else those whose lives scatter by at most half their mean (Weibull shape 2 or more, proven above 1). What came with a unit runs since its installation. Maintenance: planned, not done, and no later one done.",
        zh="当设备读数按最近使用速度（近 12 个月至多六次读数的斜率中位数）达到该备件与型号的寿命中位数时到期；读数归零后继续累计。半数备件本会用得更久；预计更换时间：在今日仍在用的条件下，以 80% 的把握将在其间更换；30 天内更换概率按同一条件计算。已用 / 间隔：自更换以来的使用量与通常间隔，n 为所依据的更换次数。列入者为目录中注明的消耗件；目录未注明时，为寿命离散不超过均值一半的备件（威布尔形状参数不小于 2 且显著大于 1）。随机安装的备件自装机起计。保养：已计划、未完成且其后也未做。",
    ),
    _draw,
)


def contact_list(c: Context) -> Component:
    """The list, with what it can be narrowed to and its file."""
    everything, drawn, question = due(c.reading, Filters()), _draw(c), c.say(CONTACTS.question)
    tools = html.Div(
        [
            exports(c, "consumables", "contacts") if len(listed(c)) else None,
            definition([c.say(CONTACTS.definition)], question, c.language),
        ],
        className="tools",
    )
    names = part_names(c.reading, everything.watched) if everything.watched else {}
    looks = [
        ("", c.say(ALL)),
        ("parts", c.say(PARTS)),
        ("maintenance", c.say(MAINTENANCE)),
        *((no, f"{no} {names[no]}") for no in everything.watched),
    ]
    pickers = html.Div(
        [
            picker(c, PATH, "window", c.say(_SHOWN), [(w, c.say(WINDOW_NAMES[w])) for w in WINDOWS], window_of(c)),
            picker(c, PATH, "look", c.say(_OF_WHAT), looks, look_of(c)),
        ],
        className="pickers",
    )
    lines = first_contacts(c.reading, c.filters, look_of(c), window_of(c), notice_of(c), _MOST)
    body = table([c.say(h) for h in _HEAD], [_row(c, line) for line in lines], frozenset({6, 8})) if lines else None
    head = html.Header([html.H2(question), tools])
    return html.Section([head, html.P(drawn.words, className="words"), pickers, body], className="card people")


_LEARNED_WORDS = Text(
    en="{watched} of {all} parts whose use is read from meters are replaced regularly enough to be on the list; learned from {n} replacements{part}.",
    zh="按读数计量的 {all} 种备件中，{watched} 种更换足够规律而列入清单；依据 {n} 次更换{part}。",
)
_SHARE = Text(en=" on one unit in {n}", zh="（按每 {n} 台抽取一台）")
_NONE_LEARNED = Text(
    en="Nothing to learn from yet: it takes replaced parts with their unit (repairs, parts replaced), the unit's installation, and readings of its meter on most units of a product line.",
    zh="尚无可供学习的记录：需要带设备的换件记录、设备装机时间，以及产品线内大多数设备的抄表读数。",
)
_ALL_MODELS = Text(en="all models", zh="全部型号")
_ON, _NOT = Text(en="on the list", zh="列入清单"), Text(en="not regular enough", zh="规律性不足")
_LEARNED_HEAD = (
    Text(en="Part", zh="备件"),
    Text(en="Model", zh="型号"),
    Text(en="Half replaced by (95 %)", zh="半数更换于（95%）"),
    Text(en="At usual pace", zh="按通常速度"),
    Text(en="Shape (95 %)", zh="形状参数（95%）"),
    Text(en="Replaced", zh="更换次数"),
    Text(en="Running", zh="在用数"),
    Text(en="State", zh="状态"),
)
_DAYS = Text(en="{n} days", zh="{n} 天")


def _learned_row(c: Context, x: Interval) -> list[Component]:
    name: Component = x.model.model if x.model else c.say(_ALL_MODELS)
    if x.model is None:
        part: Component = _two(dcc.Link(x.part_no, href=here(c, look=x.part_no)) if x.is_watched else x.part_no, x.name)
        state = badge("good", c.say(_ON)) if x.is_watched else html.Span(c.say(_NOT), className="quiet")
    else:
        part, state = "", ""
    if x.median is None or x.shape is None:
        few = html.Span(c.say(why(x.reason)), className="quiet")
        return [part, name, few, "", "", count(x.replaced), count(x.running), "" if x.model else few]
    use = used_in(c, x.use)
    return [
        part,
        name,
        _two(f"{count(x.median[0])} {use}", f"{count(x.median[1])} – {count(x.median[2])}"),
        c.say(_DAYS.format(n=count(x.days))) if x.days else "—",
        _two(f"{x.shape[0]:.2f}", f"{x.shape[1]:.2f} – {x.shape[2]:.2f}"),
        count(x.replaced),
        count(x.running),
        state,
    ]


def _learned(c: Context) -> tuple[Interval, ...]:
    """All parts; by model only those on the list."""
    return tuple(x for x in intervals(c.reading) if x.model is None or x.is_watched)


def _draw_learned(c: Context) -> Drawn:
    found = _learned(c)
    if not found:
        return Drawn(None, c.say(_NONE_LEARNED))
    pooled = [x for x in found if x.model is None]
    part = check(c.reading).share
    words = _LEARNED_WORDS.format(
        watched=sum(x.is_watched for x in pooled),
        all=len(pooled),
        n=count(sum(x.replaced for x in pooled)),
        part=_SHARE.format(n=f"{1 / part:.0f}") if part < 1 else Text(en="", zh=""),
    )

    def every() -> Table:
        nothing = (None, None, None)
        rows = [
            [
                x.part_no, x.name, x.model.model if x.model else None, x.use, *(x.median or nothing), x.days,
                *(x.shape or nothing), x.replaced, x.running, x.is_watched,
            ]
            for x in found
        ]  # fmt: skip
        columns = (
            "part_no", "name", "model", "unit", "median", "median_low", "median_high", "days", "shape", "shape_low",
            "shape_high", "replaced", "running", "on_the_list",
        )  # fmt: skip
        return Table(columns, rows)

    return Drawn(None, c.say(words), every)


INTERVALS = Chart(
    Text(en="After how much use is each part replaced?", zh="各种备件用多久更换？"),
    Text(
        en="A Weibull distribution of the lives by the meter, on all models together and on each model with at least 10 replacements; the model's own is used where there is one. Half replaced by: its median, the interval of the list. Shape: above 1 a part wears, 2 or more is regular. At usual pace: the median at the middle unit's use a day. Units out of service are left out. Filters do not apply.",
        zh="按读数对寿命拟合威布尔分布：全部型号合计，以及更换不少于 10 次的各型号；有型号分布时优先采用。半数更换于：其中位数，即清单所用间隔。形状参数：大于 1 为磨损，2 及以上为规律。按通常速度：按居中设备的日使用量折算。停用设备不计入。筛选不适用。",
    ),
    _draw_learned,
)


def interval_table(c: Context) -> Component:
    """What was learned, part by part."""
    drawn, question, found = _draw_learned(c), c.say(INTERVALS.question), _learned(c)
    tools = html.Div(
        [
            exports(c, "consumables", "intervals") if found else None,
            definition([c.say(INTERVALS.definition)], question, c.language),
        ],
        className="tools",
    )
    # Those that the list rests on; the export has all.
    rows = [_learned_row(c, x) for x in ([x for x in found if x.is_watched] or found)[:_MOST]]
    body = table([c.say(h) for h in _LEARNED_HEAD], rows, frozenset(range(2, 7))) if rows else None
    head = html.Header([html.H2(question), tools])
    return html.Section([head, html.P(drawn.words, className="words"), body], className="card people")
