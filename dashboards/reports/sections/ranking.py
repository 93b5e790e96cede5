"""The ranking by return visits: teams, and people where they may be named, for the period and for the courses behind it."""

from __future__ import annotations

from collections.abc import Iterator

from bilingual.text import Text
from dashboards.charts import technicians_ratings
from dashboards.components.person import compared, scale
from dashboards.context import Context
from dashboards.reports.blocks import NOTHING, Block, Cell, Grid, Sentence
from dashboards.reports.cells import NONE, decimal, few, number, percent
from dashboards.reports.ground import Ground, Section
from dashboards.reports.sections import judged, picture
from warehouse.metrics.wording import UNKNOWN, count, share
from warehouse.rating import in_words
from warehouse.service_findings import is_delivered
from warehouse.technician_findings import findings
from warehouse.technicians import technicians
from warehouse.visit_ranking import By, Ranking, Rated, ranking

TITLE = Text(en="Return-visit ranking", zh="回访排名")
_WORDS = Text(
    en="{answered} of {asked} customers asked about {jobs} completed jobs answered ({rate}); mean score {score}. Grades score {scale}. Whoever has fewer than {least} answers is not ranked: too few to say.",
    zh="完成 {jobs} 张工单，询问 {asked} 位客户，{answered} 位作答（{rate}）；平均分 {score}。分值：{scale}。作答不足 {least} 份者不排名：数量过少，无法判断。",
)
_SILENT = Text(
    en="No customer answered about the {jobs} jobs completed in this period.",
    zh="期内完成 {jobs} 张工单，没有客户评价。",
)
_NOBODY = Text(
    en="No source delivers return visits. This fills as soon as a file in sources/ maps the entity survey.",
    zh="没有来源提供回访记录。在 sources/ 的文件中映射实体 survey 后，此处即有内容。",
)
_BY: dict[By, tuple[Text, Text]] = {
    "team": (Text(en="Teams, {period}", zh="班组，{period}"), Text(en="Team", zh="班组")),
    "technician": (Text(en="Technicians, {period}", zh="技术员，{period}"), Text(en="Technician", zh="技术员")),
}
_RANK, _SCORE = Text(en="Rank", zh="名次"), Text(en="Score", zh="得分")
_RATE, _ANSWERS, _JOBS = Text(en="Response", zh="答复率"), Text(en="Answered", zh="作答"), Text(en="Jobs", zh="工单")
_MORE = Text(en="{n} more have too few answers for a rank.", zh="另有 {n} 个作答过少，不排名。")
_ALL_FEW = Text(
    en="{title}: too few to say, none of {n} has {least} answers.",
    zh="{title}：数量过少，无法判断，{n} 个中没有一个达到 {least} 份作答。",
)
_HIDDEN = Text(
    en="People are named to those who may see the team; this copy names teams only.",
    zh="仅向有权查看团队者显示姓名；本份只列班组。",
)
_MOST_FEW = 10


def _found(c: Context, by: By) -> Ranking:
    return ranking(c.reading, c.filters, by, c.home.settings.least_jobs, scale(c))


def words(g: Ground) -> Iterator[Block]:
    """How many were asked and answered, and how a score comes about."""
    found = _found(g.c, "team")
    whole = found.whole
    if whole.score is None:
        text = _SILENT if is_delivered(g.c.reading, "survey") else _NOBODY
        yield Sentence(g.say(text.format(jobs=count(whole.jobs))), tone="quiet")
        return
    text = _WORDS.format(
        answered=count(whole.answered),
        asked=count(whole.asked),
        jobs=count(whole.jobs),
        rate=NOTHING if whole.response is None else share(whole.response),
        score=f"{whole.score:.3f}",
        scale=in_words(scale(g.c)),
        least=found.least,
    )
    yield Sentence(g.say(text))


def table(by: By, *, is_course: bool = False) -> Section:
    """Everybody with a rank, then some who have too few answers for one."""

    def made(g: Ground) -> Iterator[Block]:
        c = g.course if is_course else g.c
        found, period = _found(c, by), g.course_words if is_course else Text(en=_days(c), zh=_days(c))
        if found.whole.score is None:
            return
        title, who = _BY[by]
        if not found.judged:
            yield Sentence(
                g.say(_ALL_FEW.format(title=title.format(period=period), n=count(len(found.rated)), least=found.least)),
                tone="quiet",
            )
            return
        unranked = [one for one in found.rated if one.score is None]
        shown = [*found.judged, *unranked[:_MOST_FEW]]
        items = [c.coded("survey_item", item) for item in found.items]
        heads = tuple(g.say(h) for h in (_RANK, who, _SCORE))
        tail = tuple(g.say(h) for h in (_RATE, _ANSWERS, _JOBS))
        rows = tuple(_row(g, by, rank, one) for rank, one in enumerate(shown, 1))
        size = len(heads) + len(items) + len(tail)
        yield Grid(
            g.say(title.format(period=period)),
            (*heads, *items, *tail),
            rows,
            (6, 22, *[9] * (size - 2)),
            frozenset({0, *range(2, size)}),
        )
        if len(unranked) > _MOST_FEW:
            yield Sentence(g.say(_MORE.format(n=count(len(unranked) - _MOST_FEW))), tone="quiet")

    return made


def _days(c: Context) -> str:
    return f"{c.filters.start} – {c.filters.end}"


def _row(g: Ground, by: By, rank: int, one: Rated) -> tuple[Cell, ...]:
    language = g.c.language
    is_ranked = one.score is not None
    return (
        number(rank) if is_ranked else NONE,
        Cell(_name(g, by, one.who)),
        decimal(one.score, 3) if is_ranked else few(language),
        *(decimal(score, 2) for score in one.scores),
        percent(one.response, language),
        number(one.answered),
        number(one.jobs),
    )


def _name(g: Ground, by: By, who: str) -> str:
    if not who:
        return g.say(UNKNOWN)
    known = technicians(g.c.reading)
    return known[who].name if by == "technician" and who in known else who


def people(g: Ground) -> Iterator[Block]:
    """Technicians and what stands out among them, to who may see the team; else that they are not named."""
    if _found(g.c, "team").whole.score is None:
        return
    if not g.sees_names:
        yield Sentence(g.say(_HIDDEN), tone="quiet")
        return
    yield from table("technician")(g)
    yield from table("technician", is_course=True)(g)
    for finding in findings(compared(g.course)):
        yield judged(g, finding.text, finding.n, finding.is_good)


def grades(g: Ground) -> Iterator[Block]:
    """Grades by item of the period."""
    if _found(g.c, "team").whole.score is not None:
        yield from picture("ratings", technicians_ratings.CHART, "period")(g)
