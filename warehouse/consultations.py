"""What customers ask, and which questions deserve an advisory notice to all of them (忠告性通知)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.effectiveness import rate_ratio
from analysis.multiple import benjamini_hochberg
from bilingual.text import Text
from warehouse.filters import Filters
from warehouse.metrics.wording import count, share
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.service_findings import Finding, Share, share_of

# At most this share of the topics that are said to have grown is expected not to have.
FDR = 0.1
# A question that fewer have asked is no matter for all customers.
FEWEST = 5


@dataclass(frozen=True)
class Topic:
    """One topic in the period: questions, the share of all, customers who asked, unanswered ones, median hours to the answer,
    the answer most given, models (most asked about first).

    before: questions in the period compared with (None: no such period); growth: the ratio of both rates with its bounds, q its
    false-discovery rate among all topics. is_frequent, is_growing: why it deserves a notice.
    """

    topic: str
    share: Share
    customers: int
    unanswered: int
    median_hours: float | None
    answer: str
    models: tuple[str, ...]
    before: int | None
    growth: tuple[float, float, float] | None
    q: float | None
    is_frequent: bool
    is_growing: bool

    @property
    def deserves_notice(self) -> bool:
        return self.is_frequent or self.is_growing


def _asked(reading: Reading, filters: Filters, time_zone: str) -> list[tuple[Any, ...]]:
    where, parameters = replace(filters, priority=(), service_kind=()).where("asked_on")
    return reading.rows(question("consultations").format(where=where), [time_zone, *parameters])


def _days(filters: Filters | None) -> float:
    return float((filters.end - filters.start).days + 1) if filters and filters.start and filters.end else 0.0


@remembered
def topics(
    reading: Reading, filters: Filters, before: Filters | None, time_zone: str, frequent: float
) -> tuple[Topic, ...]:
    """The topics of the period, most asked first; `frequent` is the share of all from which a topic deserves a notice.

    A topic has grown where its rate per day is above that of the period compared with, by the exact conditional test and
    Benjamini and Hochberg's false-discovery rate over all topics.
    """
    rows = _asked(reading, filters, time_zone)
    total = sum(int(row[1]) for row in rows)
    past = {row[0]: int(row[1]) for row in _asked(reading, before, time_zone)} if before else {}
    span = _days(replace(filters, end=min(filters.end or reading.as_of_on, reading.as_of_on)))
    grown = q = None
    if rows and before and sum(past.values()) and span:
        now = np.array([float(row[1]) for row in rows])
        was = np.array([float(past.get(row[0], 0)) for row in rows])
        grown = rate_ratio(was, np.full(was.size, _days(before)), now, np.full(now.size, span))
        q = benjamini_hochberg(grown.p_greater)
    found = []
    for i, (topic, n, customers, unanswered, hours, answer, models) in enumerate(rows):
        part = share_of(n, total)
        growth = q_value = None
        if grown is not None and q is not None:
            bounds = tuple(float(v[i]) for v in (grown.value, grown.low, grown.high))
            growth = None if any(np.isnan(bounds)) else (bounds[0], bounds[1], bounds[2])
            q_value = float(q[i])
        found.append(
            Topic(
                topic=str(topic),
                share=part,
                customers=int(customers),
                unanswered=int(unanswered),
                median_hours=hours,
                answer=str(answer),
                models=tuple(models),
                before=past.get(topic, 0) if before else None,
                growth=growth,
                q=q_value,
                is_frequent=bool(topic) and part.k >= FEWEST and part.value is not None and part.value >= frequent,
                is_growing=bool(topic) and part.k >= FEWEST and q_value is not None and q_value <= FDR,
            )
        )
    return tuple(found)


_CHINESE = re.compile(r"[㐀-鿿豈-﫿，。？！：；、（）“”]")


def in_each(text: str) -> Text:
    """A text written in both languages one after the other, taken apart; one written in a single language is both."""
    chinese = [i for i, sign in enumerate(text) if _CHINESE.match(sign)]
    latin = re.search(r"[A-Za-z][A-Za-z ,.'’-]{3,}$", text)
    if chinese and latin and latin.start() > chinese[-1]:
        return Text(en=text[latin.start() :].strip(), zh=text[: latin.start()].strip())
    return Text(en=text, zh=text)


_NOTICE = Text(
    en="""ADVISORY NOTICE

To: all users of {models}
From: {organisation}, service department
Date: {day}
Subject: {topic}

Dear customer,

between {start} and {end} {customers} customers asked us {n} times about this. So that you need not ask:

{answer}

If anything remains unclear, please call the service hotline; we answer every question.

{organisation}""",
    zh="""忠告性通知

致：{models} 全体用户
发文：{organisation} 服务部
日期：{day}
主题：{topic}

尊敬的客户：

{start} 至 {end}，共有 {customers} 家客户就此咨询 {n} 次。现统一答复如下，请留意：

{answer}

如仍有疑问，请拨打服务热线，我们将逐一答复。

{organisation}""",
)
# The answer was given in Chinese alone.
_UNTRANSLATED = "[To be translated:] {answer}"
_NO_ANSWER = Text(en="[No answer is on record: write it here.]", zh="［无答复记录，请在此填写。］")
_MODELS_NAMED = 6
_ALL_MODELS = Text(en="our machines", zh="我公司设备")
_AND = Text(en=", ", zh="、")
_MORE = Text(en="{named} and others", zh="{named} 等型号")


def notice(topic: Topic, organisation: str, filters: Filters, day: str, first: str) -> Text:
    """The draft of an advisory notice; `day` is its date and the last on record, `first` the first on record."""
    named = topic.models[:_MODELS_NAMED]
    models = Text(en=_AND.en.join(named), zh=_AND.zh.join(named)) if named else _ALL_MODELS
    if len(topic.models) > _MODELS_NAMED:
        models = _MORE.format(named=models)
    answer = in_each(topic.answer) if topic.answer else _NO_ANSWER
    if _CHINESE.search(answer.en):
        answer = Text(en=_UNTRANSLATED.format(answer=answer.en), zh=answer.zh)
    return _NOTICE.format(
        models=models,
        organisation=in_each(organisation),
        day=day,
        topic=in_each(topic.topic),
        start=filters.start.isoformat() if filters.start else first,
        end=min(filters.end.isoformat(), day) if filters.end else day,
        customers=count(topic.customers),
        n=count(topic.share.k),
        answer=answer,
    )


_FREQUENT = Text(
    en="“{topic}” is {share} of all {all} consultations, from {customers} customers: worth an advisory notice.",
    zh="“{topic}”占全部 {all} 次咨询的 {share}，来自 {customers} 家客户：宜发出忠告性通知。",
)
_GROWING = Text(
    en="“{topic}” is asked more: {n} times, {before} from {start} to {end} ({ratio}× a day, 95 %: {low} – {high}).",
    zh="“{topic}”咨询增多：{n} 次，{start} 至 {end} 为 {before} 次（日均 {ratio} 倍，95%：{low} – {high}）。",
)


def findings(found: tuple[Topic, ...], before: Filters | None) -> tuple[Finding, ...]:
    """The topics that grew, then those that are frequent."""
    sentences = []
    for t in sorted((t for t in found if t.is_growing), key=lambda t: t.q or 0.0):
        ratio, low, high = (f"{v:.2f}" for v in t.growth or (np.nan, np.nan, np.nan))
        words = _GROWING.format(
            topic=in_each(t.topic),
            n=count(t.share.k),
            before=t.before,
            start=before.start if before else "",
            end=before.end if before else "",
            ratio=ratio,
            low=low,
            high=high,
        )
        sentences.append(Finding(words, t.share.k + (t.before or 0), window=t.topic))
    for t in found:
        if t.is_frequent and not t.is_growing:
            words = _FREQUENT.format(
                topic=in_each(t.topic),
                share=share(t.share.value or 0.0),
                all=count(t.share.n),
                customers=count(t.customers),
            )
            sentences.append(Finding(words, t.share.n, window=t.topic))
    return tuple(sentences)
