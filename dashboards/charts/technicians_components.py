"""On which components does work come back most?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.address import link
from dashboards.components.person import person_id, records, subject
from dashboards.context import Context
from dashboards.figures.intervals import intervals
from dashboards.page import Chart, Drawn, Table
from warehouse.metrics.wording import UNKNOWN, count, share
from warehouse.records import Selection
from warehouse.technician_work import components

_WORDS = Text(
    en="{who}: the components whose repairs come back most, hardest first. {name}: {share} of {n} came back within the repeat window{against}.",
    zh="{who}：维修后重复最多的部件，最难者在前。{name}：{n} 件中 {share} 在重复窗口内重复{against}。",
)
_AGAINST = Text(en=", with colleagues {share}", zh="，同事为 {share}")
_NOTHING = Text(
    en="Too few to say: no component has enough closed failures in this selection.",
    zh="数量过少，无法判断：当前筛选下没有部件有足够的已关闭故障。",
)
_UNTOLD = Text(
    en="No failure of this selection says which component failed: the field component of the entity fault would.",
    zh="当前筛选下的故障均未注明部件：由实体 fault 的字段 component 给出。",
)
_CALLED = (Text(en="came back, 95 % interval", zh="重复比例与 95% 区间"), Text(en="colleagues", zh="同事"))
_HOVER = Text(en="{name}<br>{k} of {n} came back: {share}", zh="{name}<br>{n} 件中 {k} 件重复：{share}")


def draw(c: Context) -> Drawn:
    """The share that came back by component, with what colleagues had."""
    person = person_id(c)
    found = components(c.reading, c.filters, person, c.home.settings.least_jobs)
    if not found:
        return Drawn(None, c.say(_NOTHING))
    if not any(x.component for x in found):
        return Drawn(None, c.say(_UNTOLD))
    names = [x.component or c.say(UNKNOWN) for x in found]
    hover = [
        c.say(_HOVER.format(name=name, k=x.observed, n=count(x.ratio.n), share=share(x.ratio.value or 0.0)))
        for name, x in zip(names, found, strict=True)
    ]
    links = [
        link("/records", c.filters, Selection("completed_on", component=x.component, technician_id=person))
        for x in found
    ]
    figure = intervals(
        names,
        [x.ratio for x in found],
        [x.colleagues for x in found],
        hover,
        links,
        (c.say(_CALLED[0]), c.say(_CALLED[1])),
    )
    first = found[0]
    is_held = first.colleagues is not None
    words = _WORDS.format(
        who=subject(c),
        name=names[0],
        share=share(first.ratio.value or 0.0),
        n=count(first.ratio.n),
        against=_AGAINST.format(share=share(first.colleagues or 0.0)) if is_held else Text(en="", zh=""),
    )
    columns = ("component", "closed_failures", "came_back", "share", "low", "high", "share_of_colleagues")
    rows = [[x.component, x.ratio.n, x.observed, x.ratio.value, x.ratio.low, x.ratio.high, x.colleagues] for x in found]
    return Drawn(figure, c.say(words), lambda: Table(columns, rows), records(c.filters, person))


CHART = Chart(
    Text(en="Which work is hard?", zh="哪些工作最难？"),
    Text(
        en="Closed failures followed within the repeat window by the same component on the same asset, by component; at least 30 of them (5 of one person). In the order of everybody's share, so that hard work stands first whoever does it. Jeffreys' interval.",
        zh="关闭后在重复窗口内同一设备同一部件再次报修的比例，按部件；全体至少 30 件，个人至少 5 件。按全体比例排序，难者在前。Jeffreys 区间。",
    ),
    draw,
    340,
)
