"""Tables of the page of repeat failures: failure modes against what has them, lots of serialised parts, and fault texts."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link, thing
from dashboards.components.badge import badge
from dashboards.components.facts import table
from dashboards.context import Context
from dashboards.page import Component, Listed, Listing, Table
from dashboards.plain import dcc, html
from dashboards.repeat_words import LABELS, behind, said, window_of
from warehouse.failure_classes import Matrix, matrix, pareto
from warehouse.failure_texts import ALIKE, Described, Wording, descriptions
from warehouse.metrics.wording import count, share
from warehouse.suspects import FDR, THRESHOLD, Suspect, Suspects, lots, part_names, tickets_of_lot

_ROWS, _COLUMNS, _LOTS_SHOWN, _TICKETS = 15, 12, 10, 5
_COMPONENTS, _WORDINGS_SHOWN = 5, 4
_ALL = 1_000
_MODES = Text(en="Which failure modes occur where?", zh="哪些故障模式出现在哪里？")
_MODES_DEFINITION = Text(
    en="Failures of the period by failure mode and component; where every mode is of one component alone, by mode and model. The darker, the more; each number leads to its tickets.",
    zh="期内故障按故障模式与部件计数；若每种模式仅属一个部件，则按模式与型号计数。颜色越深次数越多；点击数字查看工单。",
)
_LOTS_TITLE = Text(
    en="Which lots of a part fail more than their age explains?", zh="哪些批次的故障多于其使用时间所能解释的？"
)
_LOTS_DEFINITION = Text(
    en=f"Pieces with serial numbers of the form part-lot-number, of lots first installed since the records began, whatever the period and filters. Expected: what pieces of the part do at the same age (Nelson–Aalen). Found ÷ expected is shrunken (gamma-Poisson) with a 95 % interval; lots are named where it exceeds {THRESHOLD:g} with a false-discovery level of {FDR:.0%}.",
    zh=f"序列号形如“件号-批次-流水号”、且记录开始后才装机的批次，不受时段与筛选影响。预期值为同一备件同龄件的更换数（Nelson–Aalen）。实际÷预期经收缩（gamma-Poisson），附 95% 区间；以误报率 {FDR:.0%} 点名超过 {THRESHOLD:g} 倍的批次。",
)
_WORDS = Text(
    en="{shown} of {n} failures are in this table: the {rows} most frequent modes against the {columns} {against} with the most failures.",
    zh="本表含 {n} 次故障中的 {shown} 次：最常见的 {rows} 种模式与故障最多的 {columns} 个{against}。",
)
_AGAINST = {
    "component": Text(en="components", zh="部件"),
    "model": Text(en="models (each mode is of one component alone)", zh="型号（每种模式仅属一个部件）"),
}
_NOTHING = Text(en="No failure in this selection.", zh="当前筛选下没有故障。")
_TICKETS_OF = Text(en="{n} failures: {row}, {column}", zh="{n} 次故障：{row}，{column}")
_NO_LOTS = Text(
    en="No lots to judge: they are read from serial numbers of the form part-lot-number, of installed pieces and of replacements.",
    zh="没有可评估的批次：批次取自“件号-批次-流水号”形式的序列号（装机件与更换件）。",
)
_NAMED = Text(
    en="Named: {named} of {n} lots, at a false-discovery level of {fdr:.0%}: more than {threshold:g}× as many pieces replaced as their age explains. All time, whatever the filters.",
    zh="{n} 个批次中点名 {named} 个（误报率 {fdr:.0%}）：更换数超过同龄预期的 {threshold:g} 倍。基于全部记录，不受筛选影响。",
)
_HEAD = (
    Text(en="Lot", zh="批次"),
    Text(en="Part", zh="备件"),
    Text(en="Replaced", zh="更换数"),
    Text(en="Years in service", zh="在役年数"),
    Text(en="÷ expected (95 %)", zh="÷ 预期（95%）"),
    Text(en=f"Chance of > {THRESHOLD:g}×", zh=f"超过 {THRESHOLD:g} 倍的概率"),
    Text(en="Latest tickets", zh="最近工单"),
)
_IS_NAMED = Text(en="named", zh="点名")


_TEXTS = Text(en="In what words is it reported?", zh="客户如何描述这些故障？")
_TEXTS_DEFINITION = Text(
    en=f"Descriptions of the tickets behind the period's failures of a component, most frequent first. Wordings with a cosine of at least {ALIKE:g} (tf-idf of words and characters, Chinese and English) count as one.",
    zh=f"期内某部件故障所对应工单的描述，按频次排列。余弦相似度不低于 {ALIKE:g}（中英文字词 tf-idf）的描述合并计数。",
)
_TEXTS_WORDS = Text(
    en="The {n} components that came back most often in the period, and how their failures are described.",
    zh="期内重复次数最多的 {n} 个部件及其故障描述。",
)
_NO_TEXTS = Text(
    en="Nothing came back in this selection, or nobody described it.", zh="当前筛选下没有重复故障，或没有故障描述。"
)
_TEXTS_HEAD = (
    LABELS["component"],
    Text(en="Described", zh="有描述"),
    Text(en="Most frequent descriptions", zh="最常见的描述"),
)
_WORDINGS = Text(en="{n} wordings", zh="{n} 种说法")


def _cell(c: Context, found: Matrix, mode: str, column: str, n: int, most: int) -> Component:
    if not n:
        return html.Td("")
    href = link("/records", c.filters, behind(found.against, column, failure_mode=mode))
    hint = c.say(_TICKETS_OF.format(n=count(n), row=said(c, mode), column=said(c, column)))
    # The square root lets small counts be seen beside large ones.
    shade = 0.08 + 0.47 * (n / most) ** 0.5
    return html.Td(dcc.Link(count(n), href=href, title=hint), style={"background": f"rgba(213, 94, 0, {shade:.2f})"})


def _matrix(c: Context) -> Listed:
    """Failure modes against components or models: counts, shaded, each a way to its tickets."""
    found = matrix(c.reading, c.filters, _ROWS, _COLUMNS)
    if found is None:
        return Listed(c.say(_NOTHING), None)
    most = max(max(row) for row in found.counts)
    words = _WORDS.format(
        shown=count(found.shown),
        n=count(found.failures),
        rows=len(found.modes),
        columns=len(found.columns),
        against=_AGAINST[found.against],
    )
    head = [html.Th(c.say(LABELS["failure_mode"]), scope="col")]
    head += [html.Th(said(c, column), scope="col") for column in found.columns]
    body = [
        html.Tr(
            [html.Th(said(c, mode), scope="row")]
            + [_cell(c, found, mode, column, n, most) for column, n in zip(found.columns, row, strict=True)]
        )
        for mode, row in zip(found.modes, found.counts, strict=True)
    ]
    shown = html.Table([html.Thead(html.Tr(head)), html.Tbody(body)], className="facts heat")
    return Listed(c.say(words), html.Div(shown, className="scroll", tabIndex=0), link("/records", c.filters))


def _matrix_table(c: Context) -> Table:
    found = matrix(c.reading, c.filters, 10_000, 10_000)
    if found is None:
        return Table()
    rows = [[mode, *counts] for mode, counts in zip(found.modes, found.counts, strict=True)]
    return Table(("failure_mode", *found.columns), rows)


def _lot(c: Context, s: Suspect, names: dict[str, str]) -> list[Component]:
    tickets = tickets_of_lot(c.reading, s.group, s.name, _TICKETS) if s.failures else ()
    ratio, low, high = (f"{v / s.peers:.2f}" for v in (s.rate, s.low, s.high))
    name = names[s.group]
    links = [dcc.Link(t, href=thing("/record", ticket=t)) for t in tickets]
    return [
        html.Span([s.name, " ", badge("bad", c.say(_IS_NAMED)) if s.is_named else ""]),
        dcc.Link(f"{name} · {s.group}" if name != s.group else name, href=thing("/parts", look=s.group)),
        count(s.failures),
        f"{s.years:,.1f}",
        html.Span([html.B(ratio), html.Span(f" {low}–{high}", className="quiet")]),
        c.say(share(s.probability)),
        html.Span([x for item in links for x in (item, " ")], className="quiet tickets"),
    ]


def _wording(c: Context, w: Wording, described: int) -> Component:
    alike = f" · {c.say(_WORDINGS.format(n=w.wordings))}" if w.wordings > 1 else ""
    part_of = c.say(share(w.failures / described))
    return html.Li([w.text, " ", html.Span(f"{count(w.failures)} · {part_of}{alike}", className="quiet")])


def _described(c: Context, components: int, wordings: int) -> tuple[Described, ...]:
    found = pareto(c.reading, c.filters, "component", window_of(c), 1_000)
    again = sorted(((n, v) for v, n in zip(found.values, found.repeated, strict=True) if v and n), reverse=True)
    return descriptions(c.reading, c.filters, tuple(v for _, v in again[:components]), wordings)


def _texts_table(c: Context) -> Table:
    """Of all components that came back, with all their descriptions."""
    rows = [
        [d.component, d.described, w.text, w.failures, w.wordings]
        for d in _described(c, _ALL, _ALL)
        for w in d.wordings
    ]
    return Table(("component", "described", "description", "failures", "wordings"), rows)


def _texts(c: Context) -> Listed:
    """How the failures of the components that come back most are described."""
    described = _described(c, _COMPONENTS, _WORDINGS_SHOWN)
    if not described:
        return Listed(c.say(_NO_TEXTS), None)
    rows = [
        [
            dcc.Link(d.component, href=link("/records", c.filters, behind("component", d.component))),
            count(d.described),
            html.Ul([_wording(c, w, d.described) for w in d.wordings], className="plain"),
        ]
        for d in described
    ]
    body = table([c.say(h) for h in _TEXTS_HEAD], rows, frozenset({1}))
    return Listed(c.say(_TEXTS_WORDS.format(n=len(rows))), html.Div(body, className="described"))


def _lots_words(found: Suspects) -> Text:
    return _NAMED.format(named=count(found.named), n=count(found.judged), fdr=FDR, threshold=THRESHOLD)


def _lots(c: Context) -> Listed:
    """The lots that are likeliest to fail more than their age explains."""
    found = lots(c.reading, _LOTS_SHOWN)
    if found is None or not found.worst:
        return Listed(c.say(_NO_LOTS), None)
    names = part_names(c.reading, tuple(sorted({s.group for s in found.worst})))
    body = table([c.say(h) for h in _HEAD], [_lot(c, s, names) for s in found.worst], frozenset({2, 3, 4, 5}))
    return Listed(c.say(_lots_words(found)), html.Div(body, className="lots"))


def _lots_table(c: Context) -> Table:
    found = lots(c.reading, 100_000)
    columns = ("part_no", "lot", "replaced", "years", "ratio", "low", "high", "probability", "named")
    rows = [
        [
            s.group,
            s.name,
            s.failures,
            s.years,
            *(v / s.peers for v in (s.rate, s.low, s.high)),
            s.probability,
            s.is_named,
        ]
        for s in (found.worst if found else ())
    ]
    return Table(columns, rows)


MATRIX = Listing(_MODES, _MODES_DEFINITION, _matrix, _matrix_table)
LOTS = Listing(_LOTS_TITLE, _LOTS_DEFINITION, _lots, _lots_table)
TEXTS = Listing(_TEXTS, _TEXTS_DEFINITION, _texts, _texts_table)
