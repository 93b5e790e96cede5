"""The Nevada chart as a coloured table: when pieces were put into service, against when they failed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from bilingual.text import Text
from dashboards.address import link
from dashboards.components.badge import badge
from dashboards.context import Context
from dashboards.page import Component, Listed, Listing, Table
from dashboards.plain import dcc, html
from dashboards.trends_look import NO_FAILURE, behind, ever, look, month, named, number, why_no_age
from warehouse.failure_cohorts import MOST_ROWS, Cell, Cohort, Nevada, nevada
from warehouse.metrics.wording import count
from warehouse.suspects import FDR, THRESHOLD

_TITLE = Text(en="When did it come into service, and when did it fail?", zh="何时投用，何时故障？（内华达图）")
_DEFINITION = Text(
    en=f"Nevada chart. Rows: pieces of the component by when they came into service, with their unit or as the replacement of one that failed (a relevant failure). Columns: when they failed. The darker, the more failures per unit-month at risk. Expected: what pieces of the same age in months do, over all cohorts (life table). ÷ expected with the exact 95 % interval (Poisson); a cohort is named where its rate, shrunken towards the others (gamma-Poisson), exceeds {THRESHOLD:g} times what age explains, at a false-discovery level of {FDR:.0%}. All months up to the period's end; its start does not apply. Units count from their installation or the first record. Priority and service kind narrow down failures only. Units by software version: see the time between failures among rates; lots by serial number are on the page of repeat failures.",
    zh=f"内华达图。行：部件按投用时间分组（随设备装机，或因关联故障更换）；列：故障时间。颜色越深，每台·月故障越多。预期：全部批次同龄（月）件的水平（寿命表）。“÷ 预期”附精确 95% 区间（泊松）；批次的比率向其他批次收缩（gamma-Poisson）后仍超过役龄所能解释的 {THRESHOLD:g} 倍者点名（误报率 {FDR:.0%}）。含时段截止前的全部月份，时段起点不适用。设备自装机或首条记录起计。优先级与服务类别只作用于故障。按软件版本的比较见“故障率与增长”中的平均故障间隔；按序列号的批次见“重复故障”页。",
)
_WORDS = Text(
    en="{name}: n = {n} pieces by {rows}, {failures} failures by {columns}. {named}",
    zh="{name}：n = {n} 件，按{rows}投用；{failures} 次故障，按{columns}统计。{named}",
)
_NAMED = Text(en="Named: {which}, which fail more than their age explains.", zh="点名：{which}，故障多于役龄所能解释。")
_NOBODY = Text(en="No cohort fails more than its age explains.", zh="没有批次的故障多于役龄所能解释。")
_NONE = Text(en="{name}: {why}.", zh="{name}：{why}。")
GRAINS = {
    1: Text(en="month", zh="月"),
    3: Text(en="quarter", zh="季度"),
    12: Text(en="year", zh="年"),
}
_BEFORE = Text(en="before {month}", zh="{month} 以前")
_HEAD = (
    Text(en="In service", zh="投用"),
    Text(en="n", zh="n"),
    Text(en="Failures", zh="故障"),
    Text(en="Expected", zh="预期"),
    Text(en="÷ expected (95 %)", zh="÷ 预期（95%）"),
)
_TOTAL = Text(en="All", zh="合计")
_IS_NAMED = Text(en="named", zh="点名")
_CELL = Text(
    en="In service {row}, failed {column}: {n}, expected {expected}, at risk {exposure} unit-months",
    zh="{row} 投用、{column} 故障：{n} 次，预期 {expected} 次，在役 {exposure} 台·月",
)


def found_nevada(c: Context, most: int = MOST_ROWS) -> Nevada | None:
    """The chart of what the page looks at; None where nothing failed at all."""
    found = look(c)
    return nevada(c.reading, ever(c.filters), found.item, found.model, most) if found else None


def span_called(first: dt.date, months: int) -> str:
    """A month, quarter or year, alike in both languages."""
    if months == 12:
        return f"{first:%Y}"
    return f"{first:%Y}-Q{(first.month + 2) // 3}" if months == 3 else month(first)


def cohort_called(c: Context, found: Nevada, cohort: Cohort) -> str:
    """When a cohort came into service, in words."""
    if cohort.first is not None:
        return span_called(cohort.first, found.row_months)
    following = (cohort.last + dt.timedelta(days=32)).replace(day=1)
    return c.say(_BEFORE.format(month=month(following)))


def ratio_called(cohort: Cohort) -> str:
    """Found ÷ expected with its interval."""
    value, low, high = cohort.ratio
    if value is None or low is None or high is None:
        return "—"
    return f"{value:.2f} ({low:.2f} – {high:.2f})"


def _cell(c: Context, row: str, column: str, cell: Cell | None, darkest: float) -> Component:
    if cell is None:
        return html.Td("")
    words = _CELL.format(
        row=row, column=column, n=cell.failures, expected=number(cell.expected, 2), exposure=number(cell.exposure)
    )
    # The square root lets low rates be seen beside high ones.
    shade = 0.62 * min(cell.failures / cell.exposure / darkest, 1.0) ** 0.5 if cell.failures else 0.0
    colour = {"background": f"rgba(213, 94, 0, {shade:.2f})"} if shade else {}
    return html.Td(count(cell.failures) if cell.failures else "·", title=c.say(words), style=colour)


def _darkest(found: Nevada) -> float:
    """The rate from which on a cell is darkest: a tenth of the cells with failures lie above it."""
    rates = sorted(
        cell.failures / cell.exposure for cohort in found.cohorts for cell in cohort.cells if cell and cell.failures
    )
    return rates[int(0.9 * (len(rates) - 1))] if rates else 1.0


def words(c: Context, found: Nevada, name: str) -> str:
    """How many came and failed, and which cohorts stand out."""
    which = ", ".join(cohort_called(c, found, cohort) for cohort in found.named)
    return c.say(
        _WORDS.format(
            name=name,
            n=count(found.n),
            failures=count(found.total.failures),
            rows=GRAINS[found.row_months],
            columns=GRAINS[found.column_months],
            named=_NAMED.format(which=which) if which else _NOBODY,
        )
    )


def draw(c: Context) -> Listed:
    """Cohorts by months of failure, with totals on both sides."""
    looked_at, found = look(c), found_nevada(c)
    if looked_at is None or found is None or found.reason:
        name = named(c, looked_at) if looked_at else ""
        said = c.say(_NONE.format(name=name, why=why_no_age(c, found.reason))) if found else c.say(NO_FAILURE)
        return Listed(said, None)
    columns = [span_called(first, found.column_months) for first, _ in found.columns]
    darkest = _darkest(found)
    head = [html.Th(c.say(h), scope="col") for h in _HEAD]
    head[2:2] = [html.Th(column, scope="col") for column in columns]
    rows = []
    for cohort in found.cohorts:
        name = cohort_called(c, found, cohort)
        sign = [" ", badge("bad", c.say(_IS_NAMED))] if cohort.is_named else []
        rows.append(
            html.Tr(
                [
                    html.Th([name, *sign], scope="row"),
                    html.Td(count(cohort.n), className="number"),
                    *(
                        _cell(c, name, column, cell, darkest)
                        for column, cell in zip(columns, cohort.cells, strict=True)
                    ),
                    html.Td(count(cohort.total.failures), className="number"),
                    html.Td(f"{cohort.total.expected:,.1f}", className="number"),
                    html.Td(ratio_called(cohort), className="number"),
                ]
            )
        )
    selection = behind(c, looked_at.item, looked_at.model)
    totals = [
        html.Td(dcc.Link(count(cell.failures), href=link("/records", replace(c.filters, start=first, end=_until(c, last)), selection)))
        for cell, (first, last) in zip(found.totals, found.columns, strict=True)
    ]  # fmt: skip
    foot = html.Tr(
        [
            html.Th(c.say(_TOTAL), scope="row"),
            html.Td(count(found.n), className="number"),
            *totals,
            html.Td(count(found.total.failures), className="number"),
            html.Td(f"{found.total.expected:,.1f}", className="number"),
            html.Td(""),
        ]
    )
    body = html.Table([html.Thead(html.Tr(head)), html.Tbody(rows), html.Tfoot(foot)], className="facts nevada")
    return Listed(words(c, found, named(c, looked_at)), html.Div(body, className="scroll tall", tabIndex=0))


def _until(c: Context, last: dt.date) -> dt.date:
    """The last day of a month, or of the period."""
    end = (last + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    return min(end, c.filters.end) if c.filters.end else end


def nevada_table(c: Context) -> Table:
    """All cells, a row each, as they are exported."""
    found = found_nevada(c)
    if found is None:
        return Table()
    rows = [
        [cohort.first, cohort.last, cohort.n, first, last, cell.failures, cell.expected, cell.exposure, cohort.is_named]
        for cohort in found.cohorts
        for (first, last), cell in zip(found.columns, cohort.cells, strict=True)
        if cell
    ]
    columns = ("in_service_from", "in_service_to", "pieces", "failed_from", "failed_to", "failures", "expected")
    return Table((*columns, "unit_months", "cohort_named"), rows)


NEVADA = Listing(_TITLE, _DEFINITION, draw, nevada_table)
