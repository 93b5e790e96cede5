"""What do customers ask, and which question deserves an advisory notice to all of them?"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from bilingual.text import LANGUAGES, Text
from dashboards.components.badge import badge
from dashboards.components.facts import table
from dashboards.components.kpi import kpi_card
from dashboards.components.picker import picker
from dashboards.components.service_card import standing_card
from dashboards.context import Context
from dashboards.figures.intervals import intervals
from dashboards.page import Chart, Component, Drawn, Listed, Listing, Table
from dashboards.plain import dcc, html
from dashboards.service_look import PATH, View, here, known_by, nothing_of, percent, silent_without, window_of
from warehouse.consultations import FDR, FEWEST, Topic, findings, in_each, notice, topics
from warehouse.metrics.evaluate import first_day
from warehouse.metrics.measure import Count, Measure, Value
from warehouse.metrics.wording import UNKNOWN, count, share
from warehouse.service_findings import Finding

_LOOK = "questions"
_ASKED = Measure(
    "consultations",
    Text(en="Consultations", zh="咨询数"),
    Text(en="Questions of customers in the period.", zh="期内客户咨询次数。"),
    Text(en="questions", zh="咨询"),
    None,
    "count",
    Count("consultations"),
)
_WORTHY = Measure(
    "advisory_topics",
    Text(en="Topics worth a notice", zh="宜发通知的主题"),
    Text(
        en="Topics that are asked often (setting advisory_share) or more than in the period compared with.",
        zh="咨询频繁（设置 advisory_share）或较对比周期增多的主题数。",
    ),
    Text(en="topics", zh="主题"),
    None,
    "count",
    Count("topics"),
)
_TOPICS = Text(en="topics of the period", zh="期内主题")
_DEFINITION = Text(
    en=f"Questions of the period by topic. A topic deserves an advisory notice where it makes at least the share of all that the setting advisory_share names, or where it is asked more per day than in the period compared with (exact test, false-discovery level {FDR:g} over all topics); at least {FEWEST} questions. Region: the customer’s; product line: the model’s. Priority and service kind do not apply.",
    zh=f"期内咨询按主题统计。主题占比达到设置 advisory_share，或日均咨询较对比周期增多（精确检验，全部主题误报率 {FDR:g}），且不少于 {FEWEST} 次者，宜发忠告性通知。区域取客户所在，产品线取型号所属；优先级与服务类别不适用。",
)


def _topics(c: Context) -> tuple[Topic, ...]:
    return topics(c.reading, c.filters, c.before, c.time_zone, c.home.settings.advisory_share)


def _called(c: Context, topic: str) -> str:
    return c.say(in_each(topic)) if topic else c.say(UNKNOWN)


def _cards(c: Context) -> Sequence[Component]:
    found = _topics(c)
    n, before = sum(t.share.k for t in found), sum(t.before or 0 for t in found)
    was = Value(_ASKED.name, float(before), before, float(before)) if c.before else None
    worthy = sum(t.deserves_notice for t in found)
    asked = known_by(c, "consultation", Value(_ASKED.name, float(n), n, float(n)))
    to_tell = known_by(c, "consultation", Value(_WORTHY.name, float(worthy), len(found), float(worthy)))
    return [
        kpi_card(_ASKED, asked, was, (), here(c, _LOOK), c.language),
        standing_card(_WORTHY, to_tell, here(c, _LOOK), c.language, _TOPICS),
    ]


_LIST = Text(en="Which questions deserve an advisory notice?", zh="哪些咨询宜发忠告性通知？")
_LIST_WORDS = Text(
    en="{n} questions on {topics} topics, {worthy} of which deserve a notice; {open} questions are not answered yet.",
    zh="{n} 次咨询，{topics} 个主题，其中 {worthy} 个宜发通知；{open} 次尚未答复。",
)
_HEAD = (
    Text(en="Topic", zh="主题"),
    Text(en="Questions", zh="咨询数"),
    Text(en="Share (95 %)", zh="占比（95%）"),
    Text(en="Customers", zh="客户数"),
    Text(en="Period compared with", zh="对比周期"),
    Text(en="Rate ratio (95 %)", zh="日均比值（95%）"),
    Text(en="Answered after", zh="答复用时"),
    Text(en="Advisory notice", zh="忠告性通知"),
)
_HOURS = Text(en="{h:,.1f} h", zh="{h:,.1f} 小时")
_FREQUENT, _GROWING, _NOT = Text(en="frequent", zh="频繁"), Text(en="asked more", zh="增多"), Text(en="no", zh="否")


def _flag(c: Context, t: Topic) -> Component:
    if not t.deserves_notice:
        return badge("neutral", c.say(_NOT))
    return badge("warning", c.say(_GROWING if t.is_growing else _FREQUENT))


def _draw_list(c: Context) -> Listed:
    found = _topics(c)
    if not found:
        return Listed(nothing_of(c, "consultation"), None)
    rows = [
        [
            dcc.Link(_called(c, t.topic), href=here(c, _LOOK, t.topic)),
            count(t.share.k),
            percent(c, t.share),
            count(t.customers),
            "—" if t.before is None else count(t.before),
            "—" if t.growth is None else "{:.2f} ({:.2f} – {:.2f})".format(*t.growth),
            "—" if t.median_hours is None else c.say(_HOURS).format(h=t.median_hours),
            _flag(c, t),
        ]
        for t in found
    ]
    words = _LIST_WORDS.format(
        n=count(sum(t.share.k for t in found)),
        topics=len(found),
        worthy=sum(t.deserves_notice for t in found),
        open=count(sum(t.unanswered for t in found)),
    )
    return Listed(c.say(words), table([c.say(h) for h in _HEAD], rows, frozenset(range(1, 7))))


def _list_table(c: Context) -> Table:
    rows = [
        [t.topic, t.share.k, t.share.value, t.customers, t.before, *(t.growth or (None,) * 3), t.q, t.median_hours, t.unanswered, t.deserves_notice]
        for t in _topics(c)
    ]  # fmt: skip
    columns = (
        "topic", "questions", "share", "customers", "before", "ratio", "low", "high", "q", "median_answer_hours",
        "unanswered", "deserves_notice",
    )  # fmt: skip
    return Table(columns, rows)


_SHARES_WORDS = Text(
    en="The share of each topic in all {n} questions; the dashed line is the share from which a topic deserves a notice ({least}).",
    zh="各主题占全部 {n} 次咨询的比例；虚线为宜发通知的占比（{least}）。",
)
_SHARE = Text(en="share of all, 95 %", zh="占比，95%")
_BEFORE = Text(en="period compared with", zh="对比周期")
_HOVER = Text(en="{name}: {share}, n = {n}", zh="{name}：{share}，n = {n}")
_LONGEST = 22


def _draw_shares(c: Context) -> Drawn:
    found = _topics(c)
    if not found:
        return Drawn(None, nothing_of(c, "consultation"))
    names = [_called(c, t.topic) for t in found]
    past = sum(t.before or 0 for t in found)
    figure = intervals(
        ["<br>".join(wrap(n, _LONGEST)) for n in names],
        [t.share for t in found],
        [t.before / past if t.before is not None and past else None for t in found],
        [c.say(_HOVER.format(name=n, share=percent(c, t.share), n=count(t.share.n))) for n, t in zip(names, found, strict=True)],
        [here(c, _LOOK, t.topic) for t in found],
        (c.say(_SHARE), c.say(_BEFORE)),
    )  # fmt: skip
    least = c.home.settings.advisory_share
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": least, "x1": least}
    figure["layout"]["shapes"] = [line | {"line": {"color": "#8a94a0", "width": 1, "dash": "dash"}}]
    words = _SHARES_WORDS.format(n=count(found[0].share.n), least=share(least))
    rows = [[t.topic, t.share.k, t.share.value, t.share.low, t.share.high, t.before] for t in found]
    return Drawn(figure, c.say(words), lambda: Table(("topic", "questions", "share", "low", "high", "before"), rows))


_DRAFT = Text(en="Draft of the notice", zh="通知草稿")
_DRAFT_WORDS = Text(
    en="About “{topic}”, in both languages, to copy. It is a draft: check the answer before it goes out.",
    zh="关于“{topic}”的双语草稿，可复制。发出前请核对答复内容。",
)
_PICK = Text(en="Topic", zh="主题")
_COPY = Text(en="Copy", zh="复制")
_IN = {"zh": Text(en="Chinese", zh="中文"), "en": Text(en="English", zh="英文")}


def _chosen(c: Context) -> Topic | None:
    """The topic that the address names, else the first that deserves a notice, else the first."""
    found = _topics(c)
    asked = next((t for t in found if t.topic and t.topic == window_of(c)), None)
    return asked or next((t for t in found if t.deserves_notice), found[0] if found else None)


def _text(c: Context, topic: Topic) -> Text:
    first = first_day(c.reading) or c.last_day
    return notice(topic, c.home.settings.organisation, c.filters, c.last_day.isoformat(), first.isoformat())


def _draw_draft(c: Context) -> Listed:
    topic = _chosen(c)
    if topic is None:
        return Listed(nothing_of(c, "consultation"), None)
    draft = _text(c, topic)
    options = [(t.topic, _called(c, t.topic)) for t in _topics(c) if t.topic]
    sides = [
        html.Div(
            [
                html.Div(
                    [
                        html.H3(html.Label(c.say(_IN[language]), htmlFor=f"draft-{language}")),
                        dcc.Clipboard(content=draft[language], title=c.say(_COPY), className="tool"),
                    ],
                    className="who-head",
                ),
                # A field, so that the keyboard reaches it: select all, copy.
                dcc.Textarea(id=f"draft-{language}", value=draft[language], readOnly=True, className="draft"),
            ]
        )
        for language in LANGUAGES
    ]
    choice = html.Div(picker(c, PATH, "window", c.say(_PICK), options, topic.topic), className="pickers")
    words = _DRAFT_WORDS.format(topic=in_each(topic.topic) if topic.topic else UNKNOWN)
    return Listed(c.say(words), html.Div([choice, html.Div(sides, className="halves drafts")]))


def _draft_table(c: Context) -> Table:
    topic = _chosen(c)
    return Table(("language", "notice"), [[n, _text(c, topic)[n]] for n in LANGUAGES] if topic else [])


def _findings(c: Context) -> Sequence[Finding]:
    return findings(_topics(c), c.before)


VIEW = View(
    Text(en="Consultations", zh="咨询与通知"),
    _cards,
    _findings,
    {
        "topics": Listing(_LIST, _DEFINITION, _draw_list, _list_table),
        "notice": Listing(_DRAFT, _DEFINITION, _draw_draft, _draft_table),
        "topic_shares": Chart(
            Text(en="How often is each topic asked?", zh="各主题咨询频次如何？"), _DEFINITION, _draw_shares, 360
        ),
    },
    ("topic_shares",),
    silent_without("consultation"),
)
