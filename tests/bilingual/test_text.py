"""Texts in every language, and errors that users can cause."""

from __future__ import annotations

import pytest

from bilingual.errors import UserError
from bilingual.text import LANGUAGES, Text, as_language


def test_a_text_in_one_language_only_cannot_be_made() -> None:
    with pytest.raises(TypeError):
        Text(en="only English")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Text(zh="只有中文")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        UserError(en="only English")  # type: ignore[call-arg]


def test_a_text_is_read_by_language() -> None:
    text = Text(en="Ticket", zh="工单")
    assert {language: text[language] for language in LANGUAGES} == {"en": "Ticket", "zh": "工单"}


def test_places_are_filled_language_by_language() -> None:
    text = Text(en="{what}: {n}", zh="{what}：{n}").format(what=Text(en="Open", zh="未关闭"), n=3)
    assert text == Text(en="Open: 3", zh="未关闭：3")


def test_a_place_that_nothing_fills_is_an_error() -> None:
    with pytest.raises(KeyError):
        Text(en="{what}", zh="{what}").format(n=1)


def test_an_error_speaks_both_languages_and_is_english_when_printed() -> None:
    error = UserError(en="{file}: row {row} is cut off.", zh="{file}：第 {row} 行被截断。", file="a.csv", row=7)
    assert str(error) == error["en"] == "a.csv: row 7 is cut off."
    assert error["zh"] == "a.csv：第 7 行被截断。"


def test_braces_in_a_value_stay_as_they_are() -> None:
    """A row of JSON may stand in an error."""
    assert str(UserError(en='{"a": 1}', zh='{"a": 1}')) == '{"a": 1}'
    assert str(UserError(en="{row} is wrong", zh="{row} 有误", row='{"a": 1}')) == '{"a": 1} is wrong'


@pytest.mark.parametrize(
    ("tag", "language"),
    [("zh-CN", "zh"), ("zh", "zh"), ("ZH_hans", "zh"), ("en_GB.UTF-8", "en"), ("EN", "en"), ("fr", None), ("", None), (None, None)],
)  # fmt: skip
def test_a_tag_names_a_language_that_is_spoken_here_or_none(tag: str | None, language: str | None) -> None:
    assert as_language(tag) == language
