"""Where a change comes from: ranked bars to both sides, one line per place, each a way to the place."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.components.definition import definition
from dashboards.components.exports import exports
from dashboards.components.rail import label_of
from dashboards.context import Context
from dashboards.overview_words import PATH, look
from dashboards.page import Component, Table
from dashboards.plain import dcc, html
from warehouse import records
from warehouse.contributions import Cell, Contributions, Part, Parts, comes_apart, contributions
from warehouse.entities import entities
from warehouse.metrics import measures
from warehouse.metrics.findings import at_place
from warehouse.metrics.measure import Measure
from warehouse.metrics.wording import UNKNOWN, count, share, spoken
from warehouse.records import Selection

_SHOWN = 6
LABELS = {
    "product_line": label_of("product_line"),
    "region": label_of("region"),
    "component": entities()["fault"].fields["component"].label,
    "customer": label_of("customer"),
}
QUESTIONS = {
    "product_line": Text(en="Which product lines made the difference?", zh="变化来自哪些产品线？"),
    "region": Text(en="Which regions made the difference?", zh="变化来自哪些区域？"),
    "component": Text(en="Which components made the difference?", zh="变化来自哪些部件？"),
    "customer": Text(en="Which customers made the difference?", zh="变化来自哪些客户？"),
}
_DEFINITION = Text(
    en="What each contributed to the change; all of them add up to it. Counts and backlogs: the difference of each. Rates and means: what the place's own change makes (rate effect, at the mean of its shares of the whole before and now) and what its share's change makes (mix effect, its mean distance from the whole times the change of its share); Kitagawa 1955. Pale: its own change is within chance (5 % over all places together, Poisson or binomial); of means that cannot be told.",
    zh="各项对变化的贡献，合计等于总变化。计数与积压：各项之差。比率与均值：自身变化的贡献（比率效应，按前后占比的平均值加权）与占比变化的贡献（结构效应，其与总体的平均差距乘以占比变化），Kitagawa 1955。浅色：自身变化未超出偶然（全部各项合计 5%，泊松或二项分布）；均值无法判断。",
)
_OF_COMPONENTS = Text(
    en="A ticket counts for the component of its failure, of several for the one recorded last.",
    zh="工单按其故障部件计；有多次故障的按最后记录的部件计。",
)
_WORDS = Text(
    en="{place}: {part} of {whole}{share}.",
    zh="{place}：{part}，总变化 {whole}{share}。",
)
_PALE = Text(en=" Pale: within chance.", zh="浅色：未超出偶然。")
_SHARE = Text(en=" ({share})", zh="（{share}）")
_ALONE = Text(en="All of it is of one: {place}.", zh="全部属于：{place}。")
_NOT_BY = Text(en="{measure} is not counted by component.", zh="{measure}未按部件统计。")
_NO_COMPARISON = Text(
    en="Nothing to compare with: choose a period that has one before it on record.",
    zh="无可对比的周期：请选择此前有记录的时段。",
)
_NO_VALUE = Text(en="No value in one of the two periods.", zh="两个周期之一无值。")
_OTHERS = Text(en="{n} others", zh="其余 {n} 项")
_HOVER = Text(
    en="{place}: {difference} = rate {rate}, mix {mix}. {before} (n = {n_before}) → {now} (n = {n})",
    zh="{place}：{difference} = 比率 {rate}，结构 {mix}。{before}（n = {n_before}）→ {now}（n = {n}）",
)
_HOVER_COUNT = Text(en="{place}: {difference}, {before} → {now}", zh="{place}：{difference}，{before} → {now}")


def signed(measure: Measure, difference: float) -> Text:
    """A difference with its sign and unit; shares in percentage points."""
    match measure.unit:
        case "share":
            return Text(en=f"{difference * 100:+.2f} pp", zh=f"{difference * 100:+.2f} 个百分点")
        case "hours":
            return Text(en=f"{difference:+,.2f} h", zh=f"{difference:+,.2f} 小时")
        case "count":
            return Text(en=f"{difference:+,.0f}", zh=f"{difference:+,.0f}")
    return Text(en=f"{difference:+,.2f}", zh=f"{difference:+,.2f}")


def _found(c: Context, by: str) -> tuple[Measure, Contributions | None, Text]:
    """The measure, what contributed to its change, and why nothing did."""
    if c.before is None:
        return measures()["opened"], None, _NO_COMPARISON
    measure = measures()[look(c, c.before).measure]
    if not comes_apart(measure, by):
        return measure, None, _NOT_BY.format(measure=measure.label)
    return measure, contributions(c.reading, measure.name, c.before, c.filters, by), _NO_VALUE


def _names(c: Context, by: str, places: list[str]) -> dict[str, str]:
    if by == "customer":
        named = records.customer_names(c.reading, tuple(p for p in places if p))
        return {p: named.get(p, p) or c.say(UNKNOWN) for p in places}
    if by == "component":
        return {p: p or c.say(UNKNOWN) for p in places}
    return {p: c.place(by, p) for p in places}


def _where(c: Context, by: str, place: str) -> str:
    """The page at this place; of a component its tickets, since no filter narrows to it."""
    if by == "component":
        return link("/records", c.filters, Selection(component=place)) if place else link("/records", c.filters)
    return link(PATH, at_place(c.filters, by, place), Selection(), **c.query.choices)


def contribution_card(c: Context, by: str) -> Component:
    """What each place contributed to the change that the page looks at."""
    measure, found, why = _found(c, by)
    question = c.say(QUESTIONS[by])
    lines = [c.say(_DEFINITION), *([c.say(_OF_COMPONENTS)] if by == "component" else [])]
    tools = html.Div(
        [exports(c, "overview", f"by_{by}") if found else None, definition(lines, question, c.language)],
        className="tools",
    )
    head = html.Header([html.H2(question), tools])
    if found is None or not found.parts:
        return html.Section([head, html.P(c.say(why), className="words")], className="card parted")
    names = _names(c, by, [part.place for part in found.parts[:_SHOWN]])
    body = html.Ol([_line(c, measure, by, part, names[part.place], found) for part in found.parts[:_SHOWN]])
    rest = found.parts[_SHOWN:]
    others = _others(c, measure, rest) if rest else None
    return html.Section(
        [head, html.P(_words(c, measure, found, names), className="words"), body, others], className="card parted"
    )


def _words(c: Context, measure: Measure, found: Contributions, names: dict[str, str]) -> str:
    first = found.parts[0]
    if len(found.parts) == 1:
        return c.say(_ALONE.format(place=names[first.place]))
    part = first.difference / found.difference if found.difference else 0.0
    # Where places went both ways one may well have made more than all of the change.
    words = _WORDS.format(
        place=names[first.place],
        part=signed(measure, first.difference),
        whole=signed(measure, found.difference),
        share=_SHARE.format(share=share(part)) if 0 < part <= 1 else Text(en="", zh=""),
    )
    has_pale = any(p.is_clear is False for p in found.parts[:_SHOWN])
    return c.say(words) + (c.say(_PALE) if has_pale else "")


def _tone(measure: Measure, difference: float) -> str:
    if measure.better is None or not difference:
        return "even"
    return "better" if (difference > 0) == (measure.better == "higher") else "worse"


def _bar(measure: Measure, difference: float, found: Contributions, *, is_pale: bool) -> Component:
    most = max(abs(part.difference) for part in found.parts[:_SHOWN]) or 1.0
    width = abs(difference) / most * 50
    side = {"left": "50%"} if difference >= 0 else {"right": "50%"}
    kind = f"bar {_tone(measure, difference)}{' pale' if is_pale else ''}"
    return html.Span(html.Span(className=kind, style={"width": f"{width:.2f}%", **side}), className="track")


def _rested(c: Context, measure: Measure, cell: Cell) -> str:
    return c.say(spoken(measure, cell.value))


def _line(c: Context, measure: Measure, by: str, part: Part, name: str, found: Contributions) -> Component:
    words = {
        "place": name,
        "difference": signed(measure, part.difference),
        "before": spoken(measure, part.before.value),
        "now": spoken(measure, part.now.value),
    }
    if part.now.denominator is None:
        hover = _HOVER_COUNT.format(**words)
        n = f"{_rested(c, measure, part.before)} → {_rested(c, measure, part.now)}"
    else:
        hover = _HOVER.format(
            **words,
            rate=signed(measure, part.rate),
            mix=signed(measure, part.mix),
            n_before=count(part.before.n),
            n=count(part.now.n),
        )
        n = f"{_rested(c, measure, part.now)} · n = {count(part.now.n)}"
    inside = [
        html.Span(name, className="name"),
        _bar(measure, part.difference, found, is_pale=part.is_clear is False),
        html.Span(c.say(signed(measure, part.difference)), className="made"),
        html.Span(n, className="small"),
    ]
    return html.Li(dcc.Link(inside, href=_where(c, by, part.place), title=c.say(hover)))


def _others(c: Context, measure: Measure, rest: Parts) -> Component:
    """Those that have no line: their sum, so that what is shown adds up. A bar of many would dwarf those of one."""
    inside = [
        html.Span(c.say(_OTHERS.format(n=count(len(rest)))), className="name"),
        html.Span(),
        html.Span(c.say(signed(measure, rest.difference)), className="made"),
        html.Span(f"n = {count(rest.n)}", className="small"),
    ]
    return html.Div(inside, className="others")


def contribution_table(c: Context, by: str) -> Table:
    """Every place with its numbers, for export."""
    measure, found, _ = _found(c, by)
    columns = (
        by,
        "name",
        "measure",
        "before",
        "now",
        "n_before",
        "n",
        "rate_effect",
        "mix_effect",
        "contribution",
        "clear",
    )
    if found is None:
        return Table(columns)
    names = _names(c, by, [part.place for part in found.parts])
    rows = [
        [p.place, names[p.place], measure.name, p.before.value, p.now.value, p.before.n, p.now.n, p.rate, p.mix,
         p.difference, p.is_clear]
        for p in found.parts
    ]  # fmt: skip
    return Table(columns, rows)
