"""Does this unit fail more than the others of its model?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import thing
from dashboards.asset_look import looked_at
from dashboards.context import Context
from dashboards.figures.own_curve import OwnFailure, own_curve
from dashboards.page import Chart, Drawn, Table
from dashboards.trends_look import number
from warehouse.asset_file_against import LEAST_OTHERS, Against, Bounded, against
from warehouse.failure_models import months_of
from warehouse.metrics.wording import count
from warehouse.reasons import why

_COUNTED = Text(
    en="Between the ages of {begins} and {ends} months it had {failures} relevant failures; the {others} others of its model, {model}, had {expected} on average at the same ages. ",
    zh="役龄 {begins} 至 {ends} 个月期间，该设备关联故障 {failures} 次；同型号 {model} 的其他 {others} 台在同一役龄段平均 {expected} 次。",
)
_SURE = Text(en="{value} (95 %: {low} – {high})", zh="{value}（95%：{low} – {high}）")
_MORE = Text(en="That is {ratio} times as many: more than chance brings.", zh="为其 {ratio} 倍：多于偶然所能解释。")
_FEWER = Text(en="That is {ratio} times as many: fewer than chance brings.", zh="为其 {ratio} 倍：少于偶然所能解释。")
_CHANCE = Text(
    en="That is {ratio} times as many: no more and no fewer than chance brings.",
    zh="为其 {ratio} 倍：与偶然波动无异。",
)
_NONE = Text(en="The others had none, so there is nothing to divide by.", zh="其他设备均无故障，无从计算比值。")
_NO_CHART = Text(en="No comparison: {why}.", zh="无法比较：{why}。")
_WHY_NOT = {
    "no_data": Text(
        en="only units by themselves that have a model and a date of installation have an age to compare",
        zh="只有具备型号与装机日期的整机才有可比的役龄",
    ),
    "too_few": Text(
        en=f"too few to say; fewer than {LEAST_OTHERS} other units of its model have an age",
        zh=f"数量过少，无法判断；同型号中有役龄的其他设备不足 {LEAST_OTHERS} 台",
    ),
    "not_mature": Text(
        en=f"too few to say; fewer than {LEAST_OTHERS} other units of its model were watched at the same ages",
        zh=f"数量过少，无法判断；同一役龄段有观测的同型号其他设备不足 {LEAST_OTHERS} 台",
    ),
}
_AXIS = Text(en="age in months", zh="役龄（月）")
_NAMES = Text(en="this unit", zh="本设备"), Text(en="mean of the others", zh="其他设备平均")
_HOVER = Text(en="failure {n} at {age} months", zh="第 {n} 次故障，役龄 {age} 个月")


def bounded(value: Bounded) -> Text:
    """A number with its bounds where they are known."""
    middle, low, high = value
    if low is None or high is None:
        return Text(en=number(middle), zh=number(middle))
    return _SURE.format(value=number(middle), low=number(low), high=number(high))


def sentence(found: Against) -> Text:
    """Its own failures against those of the others, with intervals."""
    if found.expected is None:
        return _NO_CHART.format(why=_WHY_NOT.get(str(found.reason)) or why(found.reason))
    first = _COUNTED.format(
        begins=number(months_of(found.begins)),
        ends=number(months_of(found.ends)),
        failures=count(found.failures),
        others=count(found.others),
        model=found.model,
        expected=bounded(found.expected),
    )
    if found.ratio is None:
        verdict = _NONE
    else:
        _, low, high = found.ratio
        chosen = _MORE if low is not None and low > 1 else _FEWER if high is not None and high < 1 else _CHANCE
        verdict = chosen.format(ratio=bounded(found.ratio))
    return Text(en=first.en + verdict.en, zh=first.zh + verdict.zh)


def draw(c: Context) -> Drawn:
    """The unit's failures one by one over the mean cumulative function of the others."""
    file = looked_at(c)
    if file is None:
        return Drawn(None, c.say(_NO_CHART.format(why=_WHY_NOT["no_data"])))
    found = against(c.reading, file.asset["asset_id"])
    words = c.say(sentence(found))
    if not found.curve:
        return Drawn(None, words)
    own = [
        OwnFailure(
            months_of(age),
            c.say(_HOVER.format(n=i, age=number(months_of(age)))),
            thing("/record", ticket=ticket) if ticket else None,
        )
        for i, (age, ticket) in enumerate(found.own, 1)
    ]
    curve = [(months_of(age), value, low, high) for age, value, low, high in found.curve]
    figure = own_curve(own, months_of(found.begins), curve, (c.say(_NAMES[0]), c.say(_NAMES[1])), c.say(_AXIS))

    def table() -> Table:
        rows: list[list[object]] = [["others", *row] for row in found.curve]
        rows += [["own", age, i, None, None] for i, (age, _) in enumerate(found.own, 1)]
        return Table(("of", "age_days", "failures", "low", "high"), rows)

    return Drawn(figure, words, table)


CHART = Chart(
    Text(en="Does it fail more than others of its model?", zh="它的故障是否多于同型号？"),
    Text(
        en=f"Relevant failures on all records. Others: mean cumulative function (Nelson) of all other units of the model over the ages at which the records watch this unit and at least {LEAST_OTHERS} others, with pointwise 95 % bounds from the variance between units (Lawless–Nadeau). The ratio has exact Poisson bounds for the unit's own count, the mean taken as known. Filters do not apply.",
        zh=f"基于全部记录的关联故障。其他设备：在本设备及至少 {LEAST_OTHERS} 台其他设备均有观测的役龄段内，同型号其余全部设备的平均累积函数（Nelson），逐点 95% 界限取自设备间方差（Lawless–Nadeau）。比值按本设备自身次数取 Poisson 精确界限，均值视为已知。不受筛选影响。",
    ),
    draw,
    320,
)
