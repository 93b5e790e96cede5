"""How long do units run between failures, by their model, software version or installation cohort?"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from bilingual.text import Text
from dashboards.address import link
from dashboards.components.nevada import GRAINS, span_called
from dashboards.context import Context
from dashboards.figures.look import CURVE, MUTED
from dashboards.figures.trends import GROUPS, Dot, dots
from dashboards.page import Chart, Drawn, Table
from dashboards.trends_look import behind, compared, number
from warehouse.entities import entities
from warehouse.failure_between import LEAST_COMPARED, MOST_GROUPS, By, Group, Groups, between_failures
from warehouse.failure_models import lines
from warehouse.metrics.wording import UNKNOWN, count
from warehouse.records import Selection

_ASSET = entities()["asset"].fields
BY_NAMES: dict[By, Text] = {
    "model": Text(en="model", zh="型号"),
    "software_version": Text(en="software version", zh="软件版本"),
    "installed_at": Text(en="installation cohort", zh="装机批次"),
}
_WORDS = Text(
    en="n = {n} relevant failures in the period, by {by}. {compared}{age}{unknown}{more}{elsewhere}",
    zh="期内关联故障 n = {n}，按{by}统计。{compared}{age}{unknown}{more}{elsewhere}",
)
_COMPARED = Text(
    en="Longest between failures: {best} ({high} unit-months); shortest: {worst} ({low}). Where two intervals overlap, chance may explain the difference.",
    zh="间隔最长：{best}（{high} 台·月）；最短：{worst}（{low}）。两者区间重叠时，差异可能只是偶然。",
)
# What came later is younger: without this a new version would be praised for its age.
_AGE = Text(en=" Later ones are on younger units, which have worn less.", zh="较新的多在较新的设备上，磨损较少。")
_TOO_FEW = Text(
    en="Too few to say which runs longest: fewer than two have {least} failures or more.",
    zh="数量过少，无法比较：故障数达到 {least} 次的不足两组。",
)
_UNKNOWN = Text(
    en=" Of {n} units nobody said it: they stand as “{unknown}”.", zh="有 {n} 台设备未注明，归入“{unknown}”。"
)
_MORE = Text(en=" {n} with fewer failures are not drawn.", zh="另有 {n} 组故障较少，未画出。")
_ELSEWHERE = Text(
    en=" {n} more failures are of units that are not on record.", zh="另有 {n} 次故障的设备不在设备档案中。"
)
_NONE = Text(en="No unit was in service in this selection.", zh="当前筛选下没有在役设备。")
_NO_FAILURE = Text(en="No unit in service failed in this selection.", zh="当前筛选下没有在役设备发生故障。")
_UNTOLD = Text(
    en="No source delivers “{field}” of units. This fills as soon as a file in sources/ maps the field {name} of the entity asset.",
    zh="没有数据源提供设备的“{field}”。在 sources/ 的文件中映射实体 asset 的字段 {name} 后，此处即有内容。",
)
_AXIS = Text(en="unit-months per failure (MTBF)", zh="平均故障间隔（台·月/次）")
_HOVER = Text(
    en="{name}<br>MTBF {value} unit-months (95 %: {low} – {high})<br>{n} failures, {units} units, {exposure} unit-months",
    zh="{name}<br>MTBF {value} 台·月（95%：{low} – {high}）<br>{n} 次故障，{units} 台，{exposure} 台·月",
)
_BOUND = Text(
    en="{name}<br>no failure of {units} units in {exposure} unit-months: MTBF at least {low} (95 %, one-sided)",
    zh="{name}<br>{units} 台 {exposure} 台·月内无故障：MTBF 至少 {low}（95% 单侧）",
)
_USED = Text(
    en="<br>{value} {unit} between failures (MDBF, 95 %: {low} – {high})",
    zh="<br>平均故障间隔 {value} {unit}（MDBF，95%：{low} – {high}）",
)
_COHORTS = Text(en="{by} ({grain})", zh="{by}（{grain}）")


def _used(c: Context, g: Group) -> str:
    """The same in the use of the units, where that is read; an empty text elsewhere."""
    if g.use is None or g.mtbf is None:
        return ""
    per_month, unit = g.use
    value, low, high = (number(v * per_month) if v is not None else "—" for v in (g.mtbf, g.low, g.high))
    return c.say(_USED.format(value=value, unit=c.coded("usage_unit", unit), low=low, high=high))


def _table(found: Groups, by: By) -> Table:
    columns = (by, "product_line", "units", "failures", "unit_months", "mtbf_unit_months", "low", "high", "reason")
    rows = [
        [g.since if by == "installed_at" else g.value, None if by == "installed_at" else g.product_line,
         g.units, g.n, g.exposure, g.mtbf, g.low, g.high, str(g.reason), *(g.use or (None, None))]
        for g in found.groups
    ]  # fmt: skip
    return Table((*columns, "use_per_month", "use_unit"), rows)


def _names(c: Context, found: Groups) -> list[str]:
    """What each group is called; where two are called alike, with the product line."""
    names = [span_called(g.since, found.months) if g.since else g.value or c.say(UNKNOWN) for g in found.groups]
    seen = Counter(names)
    return [
        f"{name} · {g.product_line or c.say(UNKNOWN)}" if seen[name] > 1 else name
        for name, g in zip(names, found.groups, strict=True)
    ]


def _dot(c: Context, g: Group, name: str, colour: str, line: str | None) -> Dot:
    words = (_HOVER if g.mtbf is not None else _BOUND).format(
        name=f"{name}<br>{line}" if line else name, value=number(g.mtbf), low=number(g.low), high=number(g.high),
        n=count(g.n), units=count(g.units), exposure=count(g.exposure),
    )  # fmt: skip
    return Dot(name, g.mtbf, g.low, g.high, colour, _records(c, g, line), c.say(words) + _used(c, g))


def _records(c: Context, g: Group, line: str | None) -> str:
    """The tickets of a model, or of a version in its product line ('' where nobody says it); of a cohort all of the selection."""
    by = compared(c)
    if by == "model":
        return link("/records", c.filters, behind(c, model=g.value))
    if by == "software_version" and g.is_unknown:
        return link("/records", c.filters, Selection(software_version=""))
    if line is None:
        return link("/records", c.filters)
    of_line = replace(c.filters, product_line=(g.product_line,))
    return link("/records", of_line, Selection(software_version=g.value))


def draw(c: Context) -> Drawn:
    """Unit-months per failure of each group with χ² bounds."""
    by = compared(c)
    found = between_failures(c.reading, c.filters, by)
    if not found.is_told:
        return Drawn(None, c.say(_UNTOLD.format(field=_ASSET[by].label, name=by)))
    if not any(g.n for g in found.groups):
        return Drawn(None, c.say(_NONE if not found.groups else _NO_FAILURE))
    names = dict(zip(found.groups, _names(c, found), strict=True))
    # A product line has the colour that it has in the chart of their rates.
    drawn = [line.product_line for line in lines(c.reading, c.filters).lines]
    known = list(dict.fromkeys([*drawn, *(g.product_line for g in found.groups if not g.is_unknown)]))
    rows = []
    for g, name in names.items():
        if by == "installed_at" or g.is_unknown:
            rows.append(_dot(c, g, name, MUTED if g.is_unknown else CURVE, None))
        else:
            colour = GROUPS[known.index(g.product_line) % len(GROUPS)]
            rows.append(_dot(c, g, name, colour, g.product_line or c.say(UNKNOWN)))
    return Drawn(
        dots(rows, c.say(_AXIS)), _words(c, found, by, names), lambda: _table(found, by), link("/records", c.filters)
    )


def _words(c: Context, found: Groups, by: By, names: dict[Group, str]) -> str:
    enough = found.compared
    if len(enough) > 1:
        worst, best = enough[0], enough[-1]
        said = _COMPARED.format(best=names[best], high=number(best.mtbf), worst=names[worst], low=number(worst.mtbf))
    else:
        said = _TOO_FEW.format(least=LEAST_COMPARED)
    called = BY_NAMES[by]
    return c.say(
        _WORDS.format(
            n=count(found.n),
            by=_COHORTS.format(by=called, grain=GRAINS[found.months]) if by == "installed_at" else called,
            compared=said,
            age="" if by == "model" else _AGE,
            unknown=_UNKNOWN.format(n=count(found.unknown), unknown=UNKNOWN) if found.unknown else "",
            more=_MORE.format(n=found.left_out) if found.left_out else "",
            elsewhere=_ELSEWHERE.format(n=count(found.elsewhere)) if found.elsewhere else "",
        )
    )


CHART = Chart(
    Text(
        en="How long do units run between failures, by model, software version or installation cohort?",
        zh="设备平均多久发生一次故障（按型号、软件版本或装机批次）？",
    ),
    Text(
        en=f"Unit-months in service over relevant failures of all components, with two-sided 95 % bounds (χ², time-truncated); without a failure a one-sided lower bound, drawn as a triangle. Whole months of the period; the {MOST_GROUPS} groups with most failures. Colours are product lines (grey: unknown); cohorts are of all product lines that the filters leave. A version is that which the unit has on record now: failures before an update count for it too; the same name in two product lines is two versions. Longest and shortest are named among groups with {LEAST_COMPARED} failures or more. On hover also in the use of the units (MDBF), at the mean use of the group per month by its last meter readings. Records: of the model, or of the version in its product line (of the unknown one, those whose version nobody says); of a cohort all in the selection. It assumes a constant rate: see the chart of failures by age.",
        zh=f"在役台·月除以全部部件的关联故障数，双侧 95% 界限（χ²，定时截尾）；无故障时给出单侧下限，以三角表示。取时段内的整月，仅显示故障最多的 {MOST_GROUPS} 组。颜色区分产品线（灰色：未知）；装机批次含筛选范围内的全部产品线。软件版本为设备档案当前所载：升级前的故障也计入现版本；两条产品线的同名版本视为两个版本。最长与最短仅在故障数不少于 {LEAST_COMPARED} 次的组中点名。悬停时另以用量表示（MDBF），按该组末次抄表的平均月用量换算。记录：型号为该型号工单；版本为该产品线中该版本的工单（未知者为未注明版本的工单）；装机批次为当前筛选的全部工单。假设故障率恒定，可参见按役龄的故障图。",
    ),
    draw,
    520,
)
