"""Consultations: topics that deserve an advisory notice, and its draft."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from warehouse.consultations import findings, in_each, notice, topics
from warehouse.filters import Filters
from warehouse.reading import Reading

SETTINGS = {"holidays": "", "as_of": "2024-03-31T00:00Z"}
NOW, BEFORE = Filters(dt.date(2024, 3, 1), dt.date(2024, 3, 31)), Filters(dt.date(2024, 2, 1), dt.date(2024, 2, 29))


def questions(*asked: tuple[str, str, int]) -> list[dict[str, str | None]]:
    """Rows: topic, month, how many; each by another customer, answered an hour later."""
    return [
        {
            "consultation_id": f"Q{topic}{month}{i}",
            "customer_id": f"K{i}",
            "at": f"2024-{month}-10 08:00",
            "topic": topic,
            "model": "M1" if i % 3 else "M2",
            "answer": "Press reset",
            "answered_at": f"2024-{month}-10 09:00",
        }
        for topic, month, n in asked
        for i in range(n)
    ]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    rows = questions(
        ("codes", "03", 60), ("codes", "02", 58), ("price", "03", 25), ("price", "02", 2), ("other", "03", 4)
    )
    return warehouse(tmp_path, SETTINGS, consultation=rows)


def test_a_frequent_topic_and_a_growing_one_deserve_a_notice(reading: Reading) -> None:
    found = {t.topic: t for t in topics(reading, NOW, BEFORE, "UTC", 0.5)}
    assert (found["codes"].share.k, found["codes"].share.n) == (60, 89)
    assert (found["codes"].is_frequent, found["codes"].is_growing) == (True, False)
    assert (found["price"].is_frequent, found["price"].is_growing) == (False, True)
    assert found["price"].growth is not None
    assert found["price"].growth[0] == pytest.approx((25 / 31) / (2 / 29))
    assert not found["other"].deserves_notice  # too few have asked
    assert (found["codes"].customers, found["codes"].median_hours, found["codes"].models) == (60, 1.0, ("M1", "M2"))


def test_without_a_period_before_only_frequency_counts(reading: Reading) -> None:
    found = topics(reading, NOW, None, "UTC", 0.5)
    assert [(t.topic, t.before, t.growth, t.deserves_notice) for t in found] == [
        ("codes", None, None, True), ("price", None, None, False), ("other", None, None, False),
    ]  # fmt: skip


def test_findings_lead_to_the_topic(reading: Reading) -> None:
    said = findings(topics(reading, NOW, BEFORE, "UTC", 0.5), BEFORE)
    assert [f.window for f in said] == ["price", "codes"]
    assert "2 from 2024-02-01 to 2024-02-29" in said[0].text.en


@pytest.mark.parametrize(
    ("text", "en", "zh"),
    [
        ("故障码含义 Meaning of an error code", "Meaning of an error code", "故障码含义"),
        ("软件升级", "软件升级", "软件升级"),
        ("How to operate", "How to operate", "How to operate"),
        ("AC-120 的保养", "AC-120 的保养", "AC-120 的保养"),
        ("", "", ""),
    ],
)
def test_a_text_in_both_languages_is_taken_apart(text: str, en: str, zh: str) -> None:
    assert (in_each(text).en, in_each(text).zh) == (en, zh)


def test_the_draft_is_in_both_languages_and_says_what_is_missing(tmp_path: Path) -> None:
    rows = questions(("故障码含义 Meaning of an error code", "03", 6))
    for row in rows:
        row["answer"] = "复位即可"
    reading = warehouse(tmp_path, SETTINGS, consultation=rows)
    (topic,) = topics(reading, NOW, None, "UTC", 0.2)
    draft = notice(topic, "远山 Farhill", NOW, "2024-03-31", "2024-01-01")
    assert "Subject: Meaning of an error code" in draft.en
    assert "[To be translated:] 复位即可" in draft.en
    assert "6 customers asked us 6 times" in draft.en
    assert "主题：故障码含义" in draft.zh
    assert "远山 服务部" in draft.zh
    assert "复位即可" in draft.zh


def test_nobody_asked(tmp_path: Path) -> None:
    reading = warehouse(tmp_path, SETTINGS, ticket="ticket_id | opened_at\nT | 2024-03-01 00:00")
    assert topics(reading, NOW, BEFORE, "UTC", 0.2) == ()
