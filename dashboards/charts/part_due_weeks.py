"""How much falls due in the coming weeks?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.context import Context
from dashboards.figures.stacks import standing
from dashboards.page import Chart, Drawn, Table
from dashboards.part_due_words import MAINTENANCE, here
from warehouse.consumables import by_week, due
from warehouse.metrics.wording import count

_WORDS = Text(
    en="In the coming {weeks} weeks {parts} parts reach their usual life by the meter and {planned} maintenance visits are planned; most in the week from {busiest} ({n}). Not in it: {late} already overdue.",
    zh="未来 {weeks} 周有 {parts} 件按读数达到通常寿命，计划保养 {planned} 项；最多的一周自 {busiest} 起（{n} 项）。另有 {late} 项已逾期，未计入。",
)
_NOTHING = Text(en="Nothing falls due in the coming weeks.", zh="未来数周没有到期项。")
_PARTS = Text(en="parts", zh="备件")
_AXIS = Text(en="due", zh="到期数")


def draw(c: Context) -> Drawn:
    """Parts and maintenance by the week in which they fall due."""
    found = due(c.reading, c.filters)
    weeks = by_week(found)
    parts, planned = sum(n for _, n, _ in weeks), sum(n for *_, n in weeks)
    if not parts + planned:
        return Drawn(None, c.say(_NOTHING))
    busiest = max(weeks, key=lambda week: week[1] + week[2])
    labels = [day.isoformat() for day, *_ in weeks]
    figure = standing(
        labels,
        ("contract", "paid"),
        (c.say(_PARTS), c.say(MAINTENANCE)),
        ([n for _, n, _ in weeks], [n for *_, n in weeks]),
        ([here(c, look="parts")] * len(weeks), [here(c, look="maintenance")] * len(weeks)),
        0,
        c.say(_AXIS),
    )
    words = _WORDS.format(
        weeks=len(weeks),
        parts=count(parts),
        planned=count(planned),
        busiest=busiest[0].isoformat(),
        n=count(busiest[1] + busiest[2]),
        late=count(len(found.within("overdue", 0))),
    )
    return Drawn(
        figure,
        c.say(words),
        lambda: Table(("week_from", "parts", "maintenance"), [[d.isoformat(), *n] for d, *n in weeks]),
    )


CHART = Chart(
    Text(en="How much falls due in the coming weeks?", zh="未来几周有多少到期？"),
    Text(
        en="Parts by the day on which the meter reaches the median life learned for the part and model, at the pace of the newest readings; maintenance by its planned day. A click leads to the list.",
        zh="备件：按最近读数的使用速度，读数达到该备件与型号寿命中位数的日期；保养：计划日期。点击可查看清单。",
    ),
    draw,
    300,
)
