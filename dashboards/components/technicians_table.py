"""The team as a table: everybody against colleagues with the same jobs, with intervals; too few is said, not shown."""

from __future__ import annotations

from collections.abc import Callable

from bilingual.text import Text
from dashboards.components.definition import definition
from dashboards.components.exports import exports
from dashboards.components.facts import table
from dashboards.components.person import compared, looks
from dashboards.context import Context
from dashboards.page import Component
from dashboards.plain import dcc, html
from warehouse.metrics.wording import count, elapsed, share
from warehouse.technician_findings import UNTOLD
from warehouse.technician_standing import Ratio, Standing
from warehouse.technicians import Team

_TITLE = Text(en="Everybody, against colleagues with the same jobs", zh="每个人与承担同样工作的同事相比")
_WORDS = Text(
    en="Those outside the 99.8 % limits first, then by number of jobs: this is no ranking. A ratio of 1 is what colleagues would have done with the same jobs; small print is the 95 % interval. Ranks overlap: where the interval of ranks is wide, the order means nothing. Fewer than {least} jobs to compare: too few.",
    zh="超出 99.8% 界限者在前，其后按工单数排列，并非名次。比值 1 表示与同事承担同样工作时相当；小字为 95% 区间。名次区间相互重叠，区间宽时名次没有意义。可比工单不足 {least} 件者不予评判。",
)
_MORE = Text(
    en=" Shown are {shown} of {all}; the export has everybody.", zh="此处显示 {all} 人中的 {shown} 人，导出包含全部。"
)
_FEW = Text(en="too few", zh="过少")
_HEAD = (
    Text(en="Technician", zh="技术员"),
    Text(en="Team", zh="班组"),
    Text(en="Skill", zh="技能"),
    Text(en="Jobs", zh="工单"),
    Text(en="Repeats", zh="重复"),
    Text(en="Expected", zh="期望"),
    Text(en="Repeats ÷ expected", zh="重复 ÷ 期望"),
    Text(en="Shrunken", zh="收缩后"),
    Text(en="Rank (1 most)", zh="名次（1 最多）"),
    Text(en="First-time fix", zh="一次修复"),
    Text(en="Labour", zh="工时"),
    Text(en="Response", zh="响应"),
    Text(en="Rating", zh="评分"),
)
_DEFINITION = (
    Text(
        en="Repeats and expected: closed failures that came back within the repeat window, and those that all others would have had with the same components and product lines.",
        zh="重复与期望：重复窗口内复发的已关闭故障，以及其他人承担相同部件与产品线时的次数。",
    ),
    Text(
        en="Shrunken: the ratio drawn to what all have in common, the more the fewer repeats it rests on (gamma-Poisson). Rank: 95 % interval over the posterior.",
        zh="收缩后：比值向共同水平收缩，依据的重复次数越少收缩越多（伽马-泊松）。名次：后验 95% 区间。",
    ),
    Text(
        en="First-time fix, labour: against colleagues with the same components and product lines; more first-time fixes are better. Response: against colleagues in the same region and zone.",
        zh="一次修复、工时：与承担相同部件与产品线的同事相比，一次修复以高为好；响应：与同一区域和服务区的同事相比。",
    ),
    Text(
        en="Rating: mean graded score; below it how many of those asked answered.",
        zh="评分：平均分，下方为作答数与询问数。",
    ),
)
_ASKED = Text(en="{answered} of {asked}", zh="{asked} 询 {answered} 答")
_OF = Text(en="{low}–{high} of {n}", zh="{n} 人中 {low}–{high}")
_MOST = 60
_SIGNS = {2: ("▲", "worse"), -2: ("▼", "better")}


def _two(main: Component, below: str) -> Component:
    return html.Div([html.Div(main), html.Div(below, className="small")])


def _bounds(ratio: Ratio) -> str:
    return f"{ratio.low:.2f}–{ratio.high:.2f}" if ratio.low is not None and ratio.high is not None else ""


def _none(c: Context, reason: Text) -> Component:
    return html.Span(c.say(_FEW), className="quiet", title=c.say(reason))


def _ratio(c: Context, ratio: Ratio, sign: Component = None) -> Component:
    if ratio.value is None:
        return _none(c, ratio.reason)
    return _two([sign, f"{ratio.value:.2f}"] if sign else f"{ratio.value:.2f}", _bounds(ratio))


def _beside(c: Context, own: Text | None, ratio: Ratio) -> Component:
    """A person's own number, below it the ratio to colleagues with its bounds."""
    if ratio.value is None or own is None:
        return _none(c, ratio.reason)
    return _two(c.say(own), f"{ratio.value:.2f} ({_bounds(ratio)})")


def _row(c: Context, p: Standing, found: Team, address: Callable[[str], str]) -> list[Component]:
    symbol, tone = _SIGNS.get(p.outside, ("", ""))
    sign = html.Span(f"{symbol} ", className=f"change {tone}") if symbol else None
    few = _none(c, p.ratio.reason)
    rank = _OF.format(low=p.rank_low, high=p.rank_high, n=len(found.judged))
    hours = (
        Text(en=f"{p.response_hours:,.1f} h", zh=f"{p.response_hours:,.1f} 小时")
        if p.response_hours is not None
        else None
    )
    asked = c.say(_ASKED.format(answered=count(p.answered), asked=count(p.asked)))
    return [
        _two(dcc.Link(p.who.name, href=address(p.who.technician_id)), p.who.technician_id),
        p.who.team,
        str(p.who.skill) if p.who.skill is not None else "",
        count(p.jobs),
        count(p.observed) if p.is_judged else few,
        f"{p.expected:,.1f}" if p.is_judged else few,
        _ratio(c, p.ratio, sign),
        _ratio(c, p.shrunken) if p.is_judged else few,
        c.say(rank) if p.rank_low else few,
        _beside(c, share(p.fixed) if p.fixed is not None else None, p.fix),
        _beside(c, elapsed(p.labour_hours) if p.labour_hours is not None else None, p.labour),
        _beside(c, hours, p.response),
        _two(f"{p.score:.2f}" if p.score is not None and p.answered >= found.least else few, asked),
    ]


def team_table(c: Context) -> Component:
    """Everybody with all numbers of the comparison."""
    found = compared(c)
    title = c.say(_TITLE)
    tools = html.Div(
        [exports(c, "technicians", "funnel"), definition([c.say(d) for d in _DEFINITION], title, c.language)],
        className="tools",
    )
    head = html.Header([html.H2(title), tools])
    if not found.people:
        return html.Section([head, html.P(c.say(UNTOLD), className="words")], className="card")
    words = c.say(_WORDS.format(least=found.least))
    if len(found.people) > _MOST:
        words += c.say(_MORE.format(shown=_MOST, all=count(len(found.people))))
    address = looks(c)
    rows = [_row(c, p, found, address) for p in found.people[:_MOST]]
    body = table([c.say(h) for h in _HEAD], rows, frozenset(range(2, len(_HEAD))))
    return html.Section([head, html.P(words, className="words"), body], className="card people")
