"""How repeats, first-time fix and visits that found nothing went, month by month."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bilingual.text import Text
from dashboards.address import link
from dashboards.charts.flow import bucket
from dashboards.context import Context
from dashboards.figures.course import course
from dashboards.gap_marks import with_gaps
from dashboards.page import Chart, Drawn, Table
from warehouse.gaps import of_failures
from warehouse.metrics.evaluate import evaluate
from warehouse.metrics.measure import Measure
from warehouse.metrics.wording import UNKNOWN, count, share
from warehouse.quality_needs import explained
from warehouse.records import Selection
from warehouse.repeats import (
    FEWEST,
    FIRST_TIME_FIX,
    NOTHING_FOUND,
    REPEAT_RATE,
    by_month,
    house_window,
    nothing_found,
)

_WORDS = Text(
    en="{label}: {share} over the period ({k} of n = {n}), by month with 95 % intervals; below, what each month rests on.{more}",
    zh="{label}：全期 {share}（n = {n} 中 {k}），按月并附 95% 区间；下方为各月的样本数。{more}",
)
_INTERVAL = Text(en="95 % interval", zh="95% 区间")
_LATER = Text(
    en=" After {n} of them whose {window} days are over a fault was confirmed on the same asset in {share}{chance}.",
    zh="其中 {n} 次已满 {window} 天，随后同一设备确认故障的占 {share}{chance}。",
)
_CHANCE = Text(
    en="; by chance it would be {expected}, so {lift} times as often (95 %: {low} – {high})",
    zh="；偶然水平为 {expected}，即其 {lift} 倍（95%：{low} – {high}）",
)
_BY_MONTH = Text(
    en="{definition} Bounds: Jeffreys. A month with fewer than {fewest} is not drawn.",
    zh="{definition}区间：Jeffreys。不足 {fewest} 的月份不画。",
)


def _confirmed(c: Context) -> Text | str:
    """What followed visits that found nothing, and whether that is more than chance."""
    found = nothing_found(c.reading, c.filters)
    if found.later.value is None:
        return ""
    chance: Text | str = ""
    if found.lift is not None and found.expected is not None:
        low, high = ("—" if v is None else f"{v:.2f}" for v in (found.lift_low, found.lift_high))
        chance = _CHANCE.format(expected=share(found.expected), lift=f"{found.lift:.2f}", low=low, high=high)
    return _LATER.format(
        n=count(found.later.n), window=house_window(c.reading), share=share(found.later.value), chance=chance
    )


def _drawer(
    measure: Measure, dated: Selection, more: Callable[[Context], Text | str] = lambda _: ""
) -> Callable[[Context], Drawn]:
    """Draws a share by month; `dated` chooses the tickets behind it."""

    def draw(c: Context) -> Drawn:
        months = by_month(c.reading, c.filters, measure.name)
        whole = evaluate(c.reading, (measure.name,), c.filters)[measure.name]
        if whole.value is None:
            return Drawn(None, c.say(explained(c.reading, whole).reason or UNKNOWN))
        values = [v for _, v in months]
        large = [v if v.n >= FEWEST else replace(v, value=None, low=None, high=None) for v in values]
        figure = course(
            [day.strftime("%Y-%m") for day, _ in months],
            ([v.value for v in large], [v.low for v in large], [v.high for v in large]),
            [v.n for v in values],
            [link("/records", bucket(c.filters, day, "month", c.last_day), dated) for day, _ in months],
            [c.say(text) for text in (measure.label, _INTERVAL, measure.denominator or measure.numerator)],
            is_ratio=False,
        )
        words = _WORDS.format(
            label=measure.label,
            share=share(whole.value),
            k=count(whole.numerator or 0),
            n=count(whole.n),
            more=more(c),
        )
        columns = ("month", "numerator", "n", measure.name, "low", "high")
        rows = [[day.strftime("%Y-%m"), v.numerator, v.n, v.value, v.low, v.high] for day, v in months]
        drawn = Drawn(figure, c.say(words), lambda: Table(columns, rows), link("/records", c.filters, dated))
        return with_gaps(c, drawn, of_failures(c.reading), [day for day, _ in months])

    return draw


AGAIN = Chart(
    Text(en="Do more or fewer faults come back?", zh="重复故障是增是减？"),
    _BY_MONTH.format(fewest=FEWEST, definition=REPEAT_RATE.definition),
    _drawer(REPEAT_RATE, Selection("completed_on")),
    330,
)
FIXED = Chart(
    Text(en="Are more or fewer fixed at the first visit?", zh="一次修复率是升是降？"),
    _BY_MONTH.format(fewest=FEWEST, definition=FIRST_TIME_FIX.definition),
    _drawer(FIRST_TIME_FIX, Selection("completed_on")),
    330,
)
NOTHING = Chart(
    Text(en="Nothing found: was something there?", zh="未发现故障之后是否确认？"),
    _BY_MONTH.format(fewest=FEWEST, definition=NOTHING_FOUND.definition),
    _drawer(NOTHING_FOUND, Selection(), _confirmed),
    440,
)
