"""Is what came in closed, and does what goes out keep up with what comes in? Two closure rates, each with its name."""

from __future__ import annotations

import datetime as dt

from bilingual.text import Text
from dashboards.address import link
from dashboards.charts.flow import bucket
from dashboards.context import Context
from dashboards.figures.cohorts import Share, ratio
from dashboards.figures.cohorts import cohorts as bars
from dashboards.gap_marks import with_gaps
from dashboards.page import Chart, Drawn, Table
from warehouse.closure_cohorts import WINDOWS, Cohort, cohorts, mature
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_over_time
from warehouse.metrics.wording import UNKNOWN, count, share
from warehouse.records import Selection

_NOTHING = Text(en="No ticket was opened in this selection.", zh="当前筛选下没有报修的工单。")
_WITHIN = Text(en="within {n} d", zh="{n} 天内")
_YOUNG = Text(en="not mature yet", zh="尚未成熟")
_WORDS = Text(
    en="By month of opening. Over all mature months: {shares}. Hatched: not mature yet, some of the month's tickets are younger than the window; the bar counts those that are old enough.",
    zh="按报修月份。全部成熟月份：{shares}。斜纹：尚未成熟，该月部分工单未满窗口期；柱高仅计已满者。",
)
_SHARE = Text(en="{share} closed within {days} days (n = {n})", zh="{days} 天内关闭 {share}（n = {n}）")
_NONE = Text(en="{days} days: no month is mature yet", zh="{days} 天：尚无成熟月份")
_HOVER = Text(
    en="{month}: {share} closed within {days} days<br>{closed} of {old}{young}",
    zh="{month}：{days} 天内关闭 {share}<br>{old} 张中 {closed} 张{young}",
)
_OF = Text(
    en="<br>not mature yet: {old} of {opened} are old enough", zh="<br>尚未成熟：{opened} 张中 {old} 张已满窗口期"
)
_FLOW = "closure_flow"
_FLOW_WORDS = Text(
    en="Closed in the month over opened in the month: {rate} over the period (n = {n} opened, {closed} closed). Over 100 % (green) the backlog shrinks.",
    zh="当月关闭数 ÷ 当月报修数：全期 {rate}（报修 n = {n}，关闭 {closed}）。超过 100%（绿色）表示积压减少。",
)
_FLOW_HOVER = Text(
    en="{month}: {rate}<br>{closed} closed, {opened} opened", zh="{month}：{rate}<br>关闭 {closed}，报修 {opened}"
)


def _month(day: dt.date) -> str:
    return day.strftime("%Y-%m")


def _bar(c: Context, cohort: Cohort, days: int) -> Share:
    value, old = cohort.share(days), cohort.old[days]
    is_mature = cohort.is_mature(days)
    young = "" if is_mature else c.say(_OF.format(old=count(old), opened=count(cohort.opened)))
    hover = c.say(_HOVER).format(
        month=_month(cohort.month),
        share=c.say(share(value)) if value is not None else "—",
        days=days,
        closed=count(cohort.closed[days]),
        old=count(old),
        young=young,
    )
    return Share(value, is_mature, hover, link("/records", bucket(c.filters, cohort.month, "month", c.last_day)))


def draw_cohorts(c: Context) -> Drawn:
    """Of the tickets opened in each month the share closed within 7, 30 and 90 days."""
    found = cohorts(c.reading, c.filters)
    if not found:
        return Drawn(None, c.say(_NOTHING))
    spoken = []
    for days in WINDOWS:
        closed, n = mature(found, days)
        one = _SHARE.format(share=share(closed / n), days=days, n=count(n)) if n else _NONE.format(days=days)
        spoken.append(c.say(one))
    figure = bars(
        [_month(cohort.month) for cohort in found],
        [c.say(_WITHIN.format(n=days)) for days in WINDOWS],
        [[_bar(c, cohort, days) for cohort in found] for days in WINDOWS],
        c.say(_YOUNG),
    )

    def table() -> Table:
        columns = [f"{what}_{days}" for days in WINDOWS for what in ("closed", "old_enough", "share", "mature")]
        rows = [
            [x.month, x.opened, *(v for d in WINDOWS for v in (x.closed[d], x.old[d], x.share(d), x.is_mature(d)))]
            for x in found
        ]
        return Table(("month", "opened", *columns), rows)

    joint = "；" if c.language == "zh" else "; "
    words = c.say(_WORDS).format(shares=joint.join(spoken))
    drawn = Drawn(figure, words, table, link("/records", c.filters, Selection(is_open=True)))
    return with_gaps(c, drawn, "ticket", [cohort.month for cohort in found])


def draw_flow(c: Context) -> Drawn:
    """Closed over opened, month by month."""
    whole = evaluate(c.reading, (_FLOW,), c.filters)[_FLOW]
    if whole.value is None:
        return Drawn(None, c.say(whole.reason or UNKNOWN))
    days, values = evaluate_over_time(c.reading, (_FLOW,), c.filters, "month")
    rows = list(zip(days, values[_FLOW], strict=True))
    hovers = [
        c.say(
            _FLOW_HOVER.format(
                month=_month(day),
                rate=share(v.value) if v.value is not None else "—",
                closed=count(v.numerator or 0),
                opened=count(v.denominator or 0),
            )
        )
        for day, v in rows
    ]
    figure = ratio(
        [_month(day) for day in days],
        [v.value for _, v in rows],
        hovers,
        [link("/records", bucket(c.filters, day, "month", c.last_day), Selection("closed_on")) for day in days],
        c.say(measures()[_FLOW].label),
    )
    words = _FLOW_WORDS.format(rate=share(whole.value), n=count(whole.n), closed=count(whole.numerator or 0))
    table = Table(("month", "closed", "opened", _FLOW), [[d, v.numerator, v.denominator, v.value] for d, v in rows])
    drawn = Drawn(figure, c.say(words), lambda: table, link("/records", c.filters, Selection("closed_on")))
    return with_gaps(c, drawn, "ticket", days)


COHORTS = Chart(
    Text(en="Closure rate by cohort: is what came in closed?", zh="同批关闭率：报修的工单是否关闭？"),
    Text(
        en="Of the tickets opened in a month, the share closed within 7, 30 and 90 days of opening. A month is mature for a window once all of its tickets are that old. A bar leads to the month's tickets.",
        zh="某月报修的工单中，报修后 7、30、90 天内关闭的比例。某月全部工单均满窗口期后，该月即为成熟。点击柱形打开当月工单。",
    ),
    draw_cohorts,
    330,
)
FLOW = Chart(
    Text(en="Closure rate by flow: does what goes out keep up?", zh="流量关闭率：关闭是否跟得上报修？"),
    measures()[_FLOW].definition,
    draw_flow,
    330,
)
