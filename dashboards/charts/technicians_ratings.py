"""What do customers say of the work?"""

from __future__ import annotations

from bilingual.text import Text
from dashboards.components.person import person_id, records, scale, subject
from dashboards.context import Context
from dashboards.figures.stacks import graded
from dashboards.page import Chart, Drawn, Table
from warehouse.metrics.wording import count, share
from warehouse.technician_numbers import satisfaction
from warehouse.technician_work import answers

_WORDS = Text(
    en="{who}: {n} customers answered, {rate} of the {asked} asked about a job. {low} scores least ({score}{all}).",
    zh="{who}：被询问的 {asked} 张工单中 {n} 位客户作答（{rate}）。{low} 得分最低（{score}{all}）。",
)
_ALL = Text(en=", team {score}", zh="，全体 {score}")
_NOTHING = Text(en="No customer answered about these jobs.", zh="这些工单没有客户评价。")
_FEW = Text(en=" Too few answers to judge anybody.", zh="评价过少，不足以评判个人。")


def draw(c: Context) -> Drawn:
    """Grades by item of the return visit, with the score of each item."""
    person = person_id(c)
    found = answers(c.reading, c.filters, person, scale(c))
    if found is None:
        return Drawn(None, c.say(_NOTHING))
    asked = satisfaction(c.reading, c.filters, person, scale=scale(c))
    names = [f"{c.coded('survey_item', i.item)} {i.score:.2f}" for i in found.items]
    totals = [sum(i.grades) for i in found.items]
    size = range(len(found.grades))
    figure = graded(
        names,
        [c.coded("survey_grade", g) for g in found.grades],
        [[i.grades[g] / total for i, total in zip(found.items, totals, strict=True)] for g in size],
        [[i.grades[g] for i in found.items] for g in size],
        records(c.filters, person),
    )
    low = found.items[0]
    words = _WORDS.format(
        who=subject(c),
        n=count(found.n),
        rate=share(asked.answered / asked.asked),
        asked=count(asked.asked),
        low=c.coded("survey_item", low.item),
        score=f"{low.score:.2f}",
        all=_ALL.format(score=f"{low.everybody:.2f}") if person else Text(en="", zh=""),
    )
    columns = ("item", *found.grades, "score", "score_of_everybody")
    rows = [[c.coded("survey_item", i.item), *i.grades, round(i.score, 4), round(i.everybody, 4)] for i in found.items]
    few = c.say(_FEW) if found.n < c.home.settings.least_jobs else ""
    return Drawn(figure, c.say(words) + few, lambda: Table(columns, rows), records(c.filters, person))


CHART = Chart(
    Text(en="What do customers say of the work?", zh="客户如何评价？"),
    Text(
        en="Return visits about the jobs completed in the period. Each grade scores as the setting rating_scale says; beside each item its mean. Customers who were not reached or did not answer are in no bar: read the response rate with it.",
        zh="对期内完成工单的回访。各等级分值见设置 rating_scale；项目旁为平均分。未接通或未作答的客户不计入，请结合答复率阅读。",
    ),
    draw,
    260,
)
