"""What do customers say, how many are satisfied by the survey's rule, and are enough of them reached?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bilingual.text import Text
from dashboards.address import link, thing
from dashboards.charts.flow import bucket
from dashboards.charts.service_sla import GRAINS
from dashboards.components.facts import table
from dashboards.components.kpi import kpi_card
from dashboards.context import Context
from dashboards.figures.bars import counts
from dashboards.figures.course import course
from dashboards.figures.goal import with_goal
from dashboards.figures.intervals import intervals
from dashboards.figures.look import BACKLOG, BAR
from dashboards.figures.stacks import graded
from dashboards.page import Chart, Component, Drawn, Listed, Listing, Table
from dashboards.plain import dcc
from dashboards.service_look import View, known_by, nothing_of, percent, silent_without
from warehouse.metrics.measure import Value
from warehouse.metrics.wording import count, share
from warehouse.rating import in_words
from warehouse.records import Selection
from warehouse.satisfaction import (
    COVERAGE,
    REACHED,
    RETURN,
    SATISFIED,
    SCORE,
    Rules,
    by_region,
    dissatisfied,
    findings,
    over_time,
    score_value,
    scores,
    surveyed,
)
from warehouse.service_findings import Finding, share_of
from warehouse.technician_work import answers
from warehouse.technicians import technicians

_DONE = Selection("resolved_on")
_MOST = 9
_INTERVAL = Text(en="95 % interval", zh="95% 区间")
_TARGET = Text(en="target {value}", zh="目标 {value}")
_HOVER = Text(en="{name}: {share}, n = {n}", zh="{name}：{share}，n = {n}")


def _rules(c: Context) -> Rules:
    return Rules.of(c.home.settings)


def _records(c: Context) -> str:
    return link("/records", c.filters, _DONE)


def _cards(c: Context) -> Sequence[Component]:
    rules = _rules(c)
    now = surveyed(c.reading, c.filters, rules)
    before = surveyed(c.reading, c.before, rules) if c.before else None
    _, course_of = over_time(c.reading, c.filters, rules, c.grain)
    found = [(SCORE, score_value(now), score_value(before) if before else None, [s.score for s in course_of])]
    for measure in (SATISFIED, COVERAGE, RETURN, REACHED):
        trend = [s.value(measure).value for s in course_of]
        found.append((measure, now.value(measure), before.value(measure) if before else None, trend))
    return [kpi_card(m, known_by(c, "survey", v), b, t, _records(c), c.language) for m, v, b, t in found]


def _share_course(
    c: Context, found: Sequence[Value], names: tuple[Text, Text], target: float | None
) -> tuple[dict[str, object], list[str]]:
    """The course of a share over the buckets of time, with its target."""
    days, _ = over_time(c.reading, c.filters, _rules(c), c.grain)
    labels = [d.strftime("%Y-%m") if c.grain == "month" else d.isoformat() for d in days]
    figure = course(
        labels,
        ([v.value for v in found], [v.low for v in found], [v.high for v in found]),
        [v.n for v in found],
        [link("/records", bucket(c.filters, d, c.grain, c.last_day), _DONE) for d in days],
        (c.say(names[0]), c.say(_INTERVAL), c.say(names[1])),
        is_ratio=False,
    )
    if target is not None:
        figure = with_goal(figure, target, c.say(_TARGET.format(value=share(target))), "y2")
    return figure, labels


_COURSE_WORDS = Text(
    en="{share} of {n} customers who answered are satisfied ({mark:g} of 100 points or more), by {grain} of completion.",
    zh="作答的 {n} 位客户中 {share} 满意（百分制 {mark:g} 分及以上），按完成{grain}统计。",
)


def _draw_course(c: Context) -> Drawn:
    rules = _rules(c)
    whole = surveyed(c.reading, c.filters, rules).value(SATISFIED)
    if whole.value is None:
        return Drawn(None, nothing_of(c, "survey"))
    found = [s.value(SATISFIED) for s in over_time(c.reading, c.filters, rules, c.grain)[1]]
    names = (SATISFIED.label, Text(en="surveys answered", zh="已作答调查"))
    figure, labels = _share_course(c, found, names, None)
    words = _COURSE_WORDS.format(
        share=share(whole.value), n=count(whole.n), mark=rules.satisfied_from, grain=GRAINS[c.grain]
    )
    rows = [[x, v.n, v.numerator, v.value, v.low, v.high] for x, v in zip(labels, found, strict=True)]
    columns = (c.grain, "answered", "satisfied", "share", "low", "high")
    return Drawn(figure, c.say(words), lambda: Table(columns, rows), _records(c))


_REACHED_WORDS = Text(
    en="Asked about {coverage} of {jobs} jobs, reached {returned} of those asked: together {share}, where {target} is the target.",
    zh="{jobs} 张工单回访覆盖 {coverage}，其中接通 {returned}：合计 {share}，目标 {target}。",
)


def _draw_reached(c: Context) -> Drawn:
    rules, target = _rules(c), c.home.settings.survey_target
    whole = surveyed(c.reading, c.filters, rules)
    if not whole.asked:
        return Drawn(None, nothing_of(c, "survey"))
    course_of = over_time(c.reading, c.filters, rules, c.grain)[1]
    found = [s.value(REACHED) for s in course_of]
    figure, labels = _share_course(c, found, (REACHED.label, Text(en="jobs completed", zh="完成工单")), target)
    words = _REACHED_WORDS.format(
        coverage=share(whole.asked / whole.jobs),
        jobs=count(whole.jobs),
        returned=share(whole.reached / whole.asked),
        share=share(whole.reached / whole.jobs),
        target=share(target),
    )
    rows = [[x, s.jobs, s.asked, s.reached] for x, s in zip(labels, course_of, strict=True)]
    return Drawn(figure, c.say(words), lambda: Table((c.grain, "jobs", "asked", "reached"), rows), _records(c))


_SCORES = Text(en="How do the surveys score?", zh="调查得分如何分布？")
_SCORES_WORDS = Text(
    en="{n} surveys by points of 100; the {k} blue ones at {mark:g} or more count as satisfied.",
    zh="{n} 份调查按百分制得分分布；达到 {mark:g} 分的 {k} 份计为满意（蓝色）。",
)
_POINTS = Text(
    en="Points per grade: {points}. Weights: {weights}. A survey is the weighted mean of the items answered about one job; settings survey_points, survey_weights, satisfied_from.",
    zh="各等级分值：{points}。权重：{weights}。一份调查为一张工单各作答项目的加权平均；见设置 survey_points、survey_weights、satisfied_from。",
)
_EQUAL = Text(en="all items alike", zh="各项目相同")
_WIDTH = 5


def _points(c: Context) -> Text:
    """The scale of the survey in words."""
    rules = _rules(c)
    points = ", ".join(f"{c.coded('survey_grade', grade)} {value:g}" for grade, value in rules.points)
    weights = ", ".join(f"{c.coded('survey_item', item)} {w:g}" for item, w in rules.weights)
    return _POINTS.format(points=points, weights=weights or _EQUAL)


def _draw_scores(c: Context) -> Drawn:
    rules = _rules(c)
    found = scores(c.reading, c.filters, rules, _WIDTH)
    if not sum(found):
        return Drawn(None, nothing_of(c, "survey"))
    first = next(i for i, n in enumerate(found) if n)
    classes = [f"{i * _WIDTH}–{(i + 1) * _WIDTH}" for i in range(len(found))][first:]
    figure = counts(classes, found[first:], [_records(c)] * len(classes))
    marks = [BAR if (i + 1) * _WIDTH > rules.satisfied_from else BACKLOG for i in range(first, len(found))]
    figure["data"][0]["marker"] = {"color": marks}
    whole = surveyed(c.reading, c.filters, rules)
    words = _SCORES_WORDS.format(n=count(whole.scored), k=count(whole.satisfied), mark=rules.satisfied_from)
    rows = list(zip(classes, found[first:], strict=True))
    return Drawn(figure, f"{c.say(words)} {c.say(_points(c))}", lambda: Table(("points", "surveys"), rows), _records(c))


_ITEMS_WORDS = Text(
    en="{n} customers answered. {low} scores least: {score} on the visit scale.",
    zh="{n} 位客户作答。{low} 得分最低：{score}（回访分值）。",
)


def _draw_items(c: Context) -> Drawn:
    rules = _rules(c)
    found = answers(c.reading, c.filters, None, rules.scale)
    if found is None:
        return Drawn(None, nothing_of(c, "survey"))
    totals = [sum(i.grades) for i in found.items]
    figure = graded(
        [f"{c.coded('survey_item', i.item)} {i.score:.2f}" for i in found.items],
        [c.coded("survey_grade", g) for g in found.grades],
        [[i.grades[g] / n for i, n in zip(found.items, totals, strict=True)] for g in range(len(found.grades))],
        [[i.grades[g] for i in found.items] for g in range(len(found.grades))],
        _records(c),
    )
    low = found.items[0]
    words = _ITEMS_WORDS.format(n=count(found.n), low=c.coded("survey_item", low.item), score=f"{low.score:.2f}")
    rows = [[i.item, *i.grades, round(i.score, 4)] for i in found.items]
    return Drawn(figure, c.say(words), lambda: Table(("item", *found.grades, "score"), rows), _records(c))


_REGIONS_WORDS = Text(
    en="{low} is satisfied least ({low_share}), {high} most ({high_share}); n = {n} surveys.",
    zh="{low} 满意率最低（{low_share}），{high} 最高（{high_share}）；n = {n} 份调查。",
)


def _draw_regions(c: Context) -> Drawn:
    found = [(r, share_of(s.satisfied, s.scored)) for r, s in by_region(c.reading, c.filters, _rules(c))]
    if not found:
        return Drawn(None, nothing_of(c, "survey"))
    names = [c.place("region", region) for region, _ in found]
    figure = intervals(
        names,
        [s for _, s in found],
        [None] * len(found),
        [
            c.say(_HOVER.format(name=n, share=percent(c, s), n=count(s.n)))
            for n, (_, s) in zip(names, found, strict=True)
        ],
        [link("/records", replace(c.filters, region=(r,)), _DONE) for r, _ in found],
        (c.say(SATISFIED.label), ""),
    )
    words = _REGIONS_WORDS.format(
        low=names[0],
        low_share=share(found[0][1].value or 0.0),
        high=names[-1],
        high_share=share(found[-1][1].value or 0.0),
        n=count(sum(s.n for _, s in found)),
    )
    rows = [[r, s.n, s.k, s.value, s.low, s.high] for r, s in found]
    columns = ("region", "answered", "satisfied", "share", "low", "high")
    return Drawn(figure, c.say(words), lambda: Table(columns, rows), _records(c))


_LOW = Text(en="Who was not satisfied?", zh="哪些客户不满意？")
_LOW_WORDS = Text(
    en="The latest {n} jobs whose survey stayed below {mark:g} points, of {all} in the period.",
    zh="期内得分低于 {mark:g} 的工单共 {all} 张，此处为最近 {n} 张。",
)
_LOW_HEAD = (
    Text(en="Ticket", zh="工单"),
    Text(en="Completed", zh="完成日期"),
    Text(en="Points", zh="得分"),
    Text(en="Region", zh="区域"),
    Text(en="Technician", zh="技术员"),
    Text(en="Remark", zh="意见"),
)


def _draw_low(c: Context) -> Listed:
    rules = _rules(c)
    whole, found = surveyed(c.reading, c.filters, rules), dissatisfied(c.reading, c.filters, rules, _MOST)
    if not found:
        return Listed(nothing_of(c, "survey"), None)
    known = technicians(c.reading)
    rows = [
        [
            dcc.Link(d.ticket_id, href=thing("/record", ticket=d.ticket_id)),
            d.completed_on.isoformat(),
            f"{d.score:.1f}",
            c.place("region", d.region),
            known[d.technician_id].name if d.technician_id in known else d.technician_id,
            d.remark,
        ]
        for d in found
    ]
    words = _LOW_WORDS.format(n=len(found), mark=rules.satisfied_from, all=count(whole.scored - whole.satisfied))
    return Listed(c.say(words), table([c.say(h) for h in _LOW_HEAD], rows, frozenset({2})), _records(c))


def _low_table(c: Context) -> Table:
    found = dissatisfied(c.reading, c.filters, _rules(c), 1_000)
    rows = [[d.ticket_id, d.completed_on, d.score, d.region, d.technician_id, d.remark] for d in found]
    return Table(("ticket_id", "completed_on", "points", "region", "technician_id", "remark"), rows)


def _findings(c: Context) -> Sequence[Finding]:
    return findings(c.reading, c.filters, c.before, _rules(c), c.home.settings.survey_target)


def _score_definition() -> Text:
    return Text(
        en=f"{SCORE.definition.en} As delivered: {in_words().en}.", zh=f"{SCORE.definition.zh}出厂值：{in_words().zh}。"
    )


VIEW = View(
    Text(en="Satisfaction", zh="满意度"),
    _cards,
    _findings,
    {
        "satisfied_course": Chart(
            Text(en="Are customers more satisfied?", zh="客户满意率如何变化？"), SATISFIED.definition, _draw_course, 320
        ),
        "reached": Chart(
            Text(en="Are enough customers reached?", zh="回访接通的客户够吗？"), REACHED.definition, _draw_reached, 320
        ),
        "items": Chart(
            Text(en="What do they say of each item?", zh="各项目评价如何？"), _score_definition(), _draw_items, 270
        ),
        "scores": Chart(_SCORES, SATISFIED.definition, _draw_scores, 250),
        "satisfied_regions": Chart(
            Text(en="Where are they less satisfied?", zh="哪些区域满意率较低？"),
            SATISFIED.definition,
            _draw_regions,
            320,
        ),
        "low": Listing(_LOW, SATISFIED.definition, _draw_low, _low_table, is_wide=False),
    },
    silent=silent_without("survey"),
)
