"""How long does each model run between failures?"""

from __future__ import annotations

from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.trends import GROUPS, Dot, dots
from dashboards.page import Chart, Drawn, Table
from dashboards.trends_look import behind, number
from warehouse.failure_models import Model, Models, models
from warehouse.metrics.wording import UNKNOWN, count
from warehouse.text import Text

_WORDS = Text(
    en="n = {n} relevant failures in the period. Longest between failures: {best} ({high} unit-months); shortest: {worst} ({low}). Where the intervals of two models overlap, chance may explain the difference.{more}",
    zh="期内关联故障 n = {n}。间隔最长：{best}（{high} 台·月）；最短：{worst}（{low}）。两型号区间重叠时，差异可能只是偶然。{more}",
)
_NONE = Text(en="No model with time in service failed in this selection.", zh="当前筛选下没有在役型号发生故障。")
_MORE = Text(en=" {n} models with fewer failures are not drawn.", zh="另有 {n} 个故障较少的型号未画出。")
_AXIS = Text(en="unit-months per failure (MTBF)", zh="平均故障间隔（台·月/次）")
_HOVER = Text(
    en="{model}<br>{line}<br>MTBF {value} unit-months (95 %: {low} – {high})<br>{n} failures, {exposure} unit-months",
    zh="{model}<br>{line}<br>MTBF {value} 台·月（95%：{low} – {high}）<br>{n} 次故障，{exposure} 台·月",
)
_BOUND = Text(
    en="{model}<br>{line}<br>no failure in {exposure} unit-months: MTBF at least {low} (95 %, one-sided)",
    zh="{model}<br>{line}<br>{exposure} 台·月内无故障：MTBF 至少 {low}（95% 单侧）",
)


_USED = Text(
    en="<br>{value} {unit} between failures (MDBF, 95 %: {low} – {high})",
    zh="<br>平均故障间隔 {value} {unit}（MDBF，95%：{low} – {high}）",
)


def _used(c: Context, m: Model) -> str:
    """The same in the use of the units, where that is read; an empty text elsewhere."""
    if m.use is None or m.value is None:
        return ""
    per_month, unit = m.use
    value, low, high = (number(v * per_month) if v is not None else "—" for v in (m.value, m.low, m.high))
    return c.say(_USED.format(value=value, unit=c.coded("usage_unit", unit), low=low, high=high))


def _table(found: Models) -> Table:
    columns = ("model", "product_line", "failures", "unit_months", "mtbf_unit_months", "low", "high", "reason")
    rows = [
        [m.model, m.product_line, m.n, m.exposure, m.value, m.low, m.high, str(m.reason), *(m.use or (None, None))]
        for m in found.models
    ]
    return Table((*columns, "use_per_month", "use_unit"), rows)


def draw(c: Context) -> Drawn:
    """Unit-months per failure of each model with χ² bounds."""
    found = models(c.reading, c.filters)
    ranked = sorted((m for m in found.models if m.value), key=lambda m: m.value or 0.0)
    if not ranked:
        return Drawn(None, c.say(_NONE))

    def name(m: Model) -> str:
        return m.model or c.say(UNKNOWN)

    colour = {
        line: GROUPS[i % len(GROUPS)] for i, line in enumerate(dict.fromkeys(m.product_line for m in found.models))
    }
    rows = []
    for m in found.models:
        hover = (_HOVER if m.value is not None else _BOUND).format(
            model=name(m), line=m.product_line or UNKNOWN, value=number(m.value), low=number(m.low), high=number(m.high),
            n=count(m.n), exposure=count(m.exposure),
        )  # fmt: skip
        href = link("/records", c.filters, behind(c, model=m.model))
        rows.append(Dot(name(m), m.value, m.low, m.high, colour[m.product_line], href, c.say(hover) + _used(c, m)))
    words = _WORDS.format(
        n=count(found.n),
        best=name(ranked[-1]),
        high=number(ranked[-1].value),
        worst=name(ranked[0]),
        low=number(ranked[0].value),
        more=_MORE.format(n=found.left_out) if found.left_out else "",
    )
    return Drawn(dots(rows, c.say(_AXIS)), c.say(words), lambda: _table(found), link("/records", c.filters))


CHART = Chart(
    Text(en="How long does each model run between failures?", zh="各型号平均多久发生一次故障？"),
    Text(
        en="Unit-months in service over relevant failures of all components, with two-sided 95 % bounds (χ², time-truncated); without a failure a one-sided lower bound, drawn as a triangle. Colours are product lines, each sorted by its models. Whole months of the period. On hover also in the use of the units (MDBF), at the mean use of the model per month by its last meter readings. It assumes a constant rate: see the chart of failures by age.",
        zh="在役台·月除以全部部件的关联故障数，双侧 95% 界限（χ²，定时截尾）；无故障时给出单侧下限，以三角表示。颜色区分产品线，线内按大小排列。取时段内的整月。悬停时另以用量表示（MDBF），按该型号末次抄表的平均月用量换算。假设故障率恒定，可参见按役龄的故障图。",
    ),
    draw,
    520,
)
