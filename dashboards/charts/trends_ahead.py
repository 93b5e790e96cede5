"""How many failures does the age of the fleet bring next?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.ahead import seen_and_ahead
from dashboards.figures.marks import marked
from dashboards.fleet_marks import CHANGES, marks
from dashboards.gap_marks import with_gaps
from dashboards.page import Chart, Drawn, Table
from dashboards.trends_look import NO_FAILURE, behind, ever, look, month, month_of, named, number, why_no_age
from warehouse.failure_ahead import ahead
from warehouse.gaps import of_failures
from warehouse.metrics.wording import count, share

_WORDS = Text(
    en="{name}: from the ages of n = {n} pieces that run, {total} failures are expected from {first} to {last} (95 %: {low} – {high}).{warranty}{part}",
    zh="{name}：按 n = {n} 件在用件的役龄，{first} 至 {last} 预计故障 {total} 次（95%：{low} – {high}）。{warranty}{part}",
)
_WARRANTY = Text(en=" Under warranty then: {n}.", zh="其中届时在保修期内 {n} 次。")
_PART = Text(en=" Computed from {share} of the units.", zh="由 {share} 的设备推算。")
_NONE = Text(
    en="{name}: no forecast from ages, as no distribution of its life is told: {why}.",
    zh="{name}：未给出寿命分布，无法按役龄预测：{why}。",
)
_NAMES = (
    Text(en="relevant failures", zh="关联故障"),
    Text(en="expected, 95 %", zh="预计，95%"),
    Text(en="of these under warranty", zh="其中在保修期内"),
)


def draw(c: Context) -> Drawn:
    """The failures of the months so far, and those that the ages of what runs bring."""
    found = look(c)
    if found is None:
        return Drawn(None, c.say(NO_FAILURE))
    made, name = ahead(c.reading, ever(c.filters), found.item, found.model), named(c, found)
    if made.reason:
        return Drawn(None, c.say(_NONE.format(name=name, why=why_no_age(c, made.reason))))
    total, low, high = made.total
    months = [month(m) for m in made.months]
    selection = behind(c, found.item, found.model)
    figure = seen_and_ahead(
        (months, made.seen, [link("/records", month_of(c.filters, m), selection) for m in made.months]),
        ([month(m) for m in made.ahead], made.expected, made.low, made.high),
        made.warranty,
        [c.say(n) for n in _NAMES],
    )
    words = _WORDS.format(
        name=name,
        n=count(made.running),
        total=count(total),
        low=count(low),
        high=count(high),
        first=month(made.ahead[0]),
        last=month(made.ahead[-1]),
        warranty=_WARRANTY.format(n=number(sum(made.warranty))) if made.warranty is not None else "",
        part=_PART.format(share=share(made.part)) if made.part < 1 else "",
    )

    def table() -> Table:
        nothing: tuple[None, ...] = (None,) * 4
        rows = [[m, n, *nothing] for m, n in zip(made.months, made.seen, strict=True)]
        covered = made.warranty or (None,) * len(made.ahead)
        expected = zip(made.ahead, made.expected, made.low, made.high, covered, strict=True)
        columns = ("month", "failures", "expected", "low", "high", "expected_under_warranty")
        return Table(columns, [*rows, *([m, None, *rest] for m, *rest in expected)])

    figure = marked(figure, marks(c, ever(c.filters), months, found.item), c.say(CHANGES))
    drawn = Drawn(figure, c.say(words), table, link("/records", ever(c.filters), selection))
    return with_gaps(c, drawn, of_failures(c.reading), made.months)


CHART = Chart(
    Text(en="How many failures does the age of the fleet bring next?", zh="按现有役龄，未来几个月预计多少故障？"),
    Text(
        en="Each piece that runs fails in the months ahead by the Weibull distribution of its component, given its age and how much its unit is used; what fails is replaced by a new one (renewal). The 95 % interval is of chance alone: the distribution is taken as known, and no units are added or leave. Warranty: as far as that of the unit lasts to the middle of the month. Where the rate changed by an action or a season, ages do not know it: see the control chart.",
        zh="每件在用件按其部件的威布尔寿命分布、当前役龄与使用强度在未来各月发生故障，故障后换新（更新过程）。95% 区间仅含偶然波动：视寿命分布为已知，不计新增与退出的设备。保修：以设备保修期延续至当月中旬为准。措施或季节引起的故障率变化不在役龄中体现，参见控制图。",
    ),
    draw,
    480,
)
