"""How often was the part at hand when it was needed?"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from bilingual.text import Text
from dashboards.context import Context
from dashboards.figures.course import course
from dashboards.page import Chart, Drawn, Table
from dashboards.part_words import here
from warehouse.metrics.wording import count, share
from warehouse.part_forecast import month_after
from warehouse.parts import use, use_by_month

_WORDS = Text(
    en="{share} of {n} lines were filled at once (95 %: {low} – {high}); best in {best} ({best_share}), worst in {worst} ({worst_share}).{unknown}",
    zh="{n} 行中 {share} 即时满足（95% 区间 {low} – {high}）；最好 {best}（{best_share}），最差 {worst}（{worst_share}）。{unknown}",
)
_UNKNOWN = Text(en=" Of {n} more lines nobody wrote it.", zh="另有 {n} 行未注明。")
_NOTHING = Text(
    en="Of no line in this selection somebody wrote whether the part was at hand ({n} lines).",
    zh="当前筛选下没有注明是否现货的记录（共 {n} 行）。",
)
_NAMES = (
    Text(en="filled at once", zh="即时满足率"),
    Text(en="95 % interval", zh="95% 区间"),
    Text(en="lines where it is known", zh="已注明的行数"),
)
# Months with fewer lines are drawn, but called neither best nor worst.
_LEAST = 10


def draw(c: Context) -> Drawn:
    """The fill rate by month, over how many lines it rests on."""
    whole = use(c.reading, c.filters)
    if whole.fill_rate is None or whole.bounds is None:
        return Drawn(None, c.say(_NOTHING.format(n=count(whole.lines))))
    months = {m: u for m, u in use_by_month(c.reading, c.filters).items() if u.known}
    labels = [m.strftime("%Y-%m") for m in months]
    rates = [u.fill_rate for u in months.values()]
    bounds = [u.bounds or (None, None) for u in months.values()]
    line = rates, [low for low, _ in bounds], [high for _, high in bounds]
    links = [_there(c, m) for m in months]
    names = [c.say(name) for name in _NAMES]
    counts = [u.known for u in months.values()]
    figure = course(labels, line, counts, links, (names[0], names[1], names[2]), is_ratio=False)
    judged = {m: u.fill_rate or 0.0 for m, u in months.items() if u.known >= _LEAST} or {
        m: u.fill_rate or 0.0 for m, u in months.items()
    }
    best, worst = max(judged, key=judged.__getitem__), min(judged, key=judged.__getitem__)
    untold = whole.lines - whole.known
    words = _WORDS.format(
        share=share(whole.fill_rate),
        n=count(whole.known),
        low=share(whole.bounds[0]),
        high=share(whole.bounds[1]),
        best=best.strftime("%Y-%m"),
        best_share=share(judged[best]),
        worst=worst.strftime("%Y-%m"),
        worst_share=share(judged[worst]),
        unknown=_UNKNOWN.format(n=count(untold)) if untold else "",
    )

    def table() -> Table:
        rows = zip(labels, counts, (u.from_stock for u in months.values()), *line, strict=True)
        return Table(("month", "lines", "filled_at_once", "share", "low", "high"), [list(row) for row in rows])

    return Drawn(figure, c.say(words), table, here(c, window="waited"))


def _there(c: Context, month: dt.date) -> str:
    """The parts that were waited for in a month."""
    end = month_after(month, 1) - dt.timedelta(days=1)
    return here(c, replace(c.filters, start=month, end=end), window="waited")


CHART = Chart(
    Text(en="How often was the part at hand?", zh="需要时现货满足了多少？"),
    Text(
        en="Lines of parts that were at hand when needed, of the lines where somebody wrote whether they were; by the month in which the repair ended, by lines and not pieces. Interval: 95 %, Jeffreys. A click on a month leads to the parts that were waited for.",
        zh="需要时现货满足的记录行 ÷ 注明是否现货的记录行；按维修完成月份，按行不按件。区间为 95%（Jeffreys）。点击某月可查看未即时满足的备件。",
    ),
    draw,
    300,
)
