"""Corrective actions on the page of repeat failures: the demo's truths, where marks lead, what stands where there are none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from factories import installation

from bilingual.text import Language
from dashboards.action_words import looking_at, picked, rules
from dashboards.address import parse
from dashboards.callbacks import fill
from dashboards.charts import repeats_course, repeats_effects
from dashboards.context import Context, known
from dashboards.figures.effects import Span, effect_course
from dashboards.figures.marks import Mark, marked
from dashboards.pages.repeats import PAGE, SHOWN
from dashboards.repeat_look import section
from warehouse import records
from warehouse.actions import due, effects
from warehouse.settings import Home

Make = Callable[..., Context]


def shown(c: Context, name: str) -> str:
    """What a part of the page, or a card of the section, sends to the browser, as text."""
    cards = list(SHOWN["actions"])
    assert section(c) == "actions"
    part = fill(c, PAGE, f"place{cards.index(name)}" if name in cards else name)
    return json.dumps(part, default=lambda o: o.to_plotly_json(), ensure_ascii=False)


PARTS = ("due", *SHOWN["actions"])


def test_the_verdicts_on_the_known_actions_of_the_demo_are_true(home: Home, context: Make) -> None:
    truths = json.loads((home.path / "truths.json").read_text(encoding="utf-8"))["actions"]
    # Also with the period that a visitor sees first: they were implemented before it.
    for search in ("", "?from=all"):
        rows = repeats_effects.draw(context(search)).table()
        found = {row[0]: dict(zip(rows.columns, row, strict=True)) for row in rows.rows}
        for truth in truths:
            row = found[truth["action_id"]]
            assert row["verdict"] == truth["verdict"]
            assert str(row["implemented_on"]) == truth["implemented_on"]
            assert row["low"] < truth["rate_ratio"] < row["high"]


def test_its_owners_think_better_of_the_action_that_failed(context: Make, ask: Callable[..., str]) -> None:
    c = context()
    failed = [e.action for e in effects(c.reading, c.filters, rules(c)).judged if e.verdict == "not_effective"]
    assert any(action.said == "effective" for action in failed)
    assert f"{len(failed)} of" in ask("repeats", "findings", "/repeats")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_address_picks_the_action_whose_course_is_shown(context: Make, language: Language) -> None:
    c = context("?from=all", language)
    last = effects(c.reading, c.filters, rules(c)).judged[-1].action
    there = context(looking_at(c, last).partition("?")[2], language)
    assert picked(there) == last.action_id
    assert section(there) == "actions"
    assert last.action_id in repeats_course.draw(there).words
    assert picked(c) != last.action_id


@pytest.mark.parametrize("look", ["nothing", "%27%3B--", "cause", "8D-2025-001-2%00"])
def test_an_address_that_names_no_action_shows_the_first(context: Make, look: str) -> None:
    assert picked(context(f"?look={look}")) == picked(context())


def test_counts_lead_to_the_tickets_of_their_failures(context: Make) -> None:
    c = context("?from=all&look=actions")
    first = effects(c.reading, c.filters, rules(c)).judged[0]
    before = re.findall(r'"href": "(/records[^"]+)"', shown(c, "actions"))[0]
    there = context(before.partition("?")[2])
    found = records.count(c.reading, there.filters, there.query.selection)
    # Also tickets whose failure was judged not relevant are there, those opened a day later are not.
    assert found >= 0.9 * first.before.failures


def test_overdue_actions_are_listed_and_exported(context: Make, ask: Callable[..., str], client: object) -> None:
    c = context("?from=all&look=actions")
    found = due(c.reading, c.filters, rules(c).zone)
    assert found.late
    place = f"place{list(SHOWN['actions']).index('overdue')}"
    told = ask("repeats", place, "/repeats", "?from=all&look=actions")
    assert all(action.action_id in told for action, _ in found.late)
    # The cards on top lead there from any section.
    assert "look=actions" in ask("repeats", "due", "/repeats", "?from=all&look=chains")
    answer = client.get("/export/repeats/overdue.csv?from=all&lang=en")  # type: ignore[attr-defined]
    assert answer.status_code == 200
    assert all(action.action_id in answer.get_data(as_text=True) for action, _ in found.late)


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_without_actions_the_parts_say_what_would_fill_them(tmp_path: Path, language: Language) -> None:
    rows = {
        "asset": "asset_id | model\nA | M",
        "ticket": "ticket_id | asset_id | opened_at\nT1 | A | 2024-03-01 00:00",
    }
    made = installation(tmp_path, rows, settings={"time_zone": "UTC", "holidays": ""})
    reading = made.read()
    c = Context(made.home, reading, parse("?from=all&look=actions", known(reading)), language)
    for name in PARTS:
        assert shown(c, name) != "null"
    for name in ("actions", "overdue"):
        assert re.search("would fill this|即可填充", shown(c, name))
    assert repeats_course.draw(c).figure is None


@pytest.mark.parametrize("language", [pytest.param("zh", marks=pytest.mark.matrix), "en"])
def test_one_action_of_which_little_is_known_is_enough(tmp_path: Path, language: Language) -> None:
    rows = {
        "ticket": "ticket_id | asset_id | opened_at\nT1 | A | 2024-03-01 00:00",
        "fault": "fault_id | ticket_id | asset_id | component\nF1 | T1 | A | valve",
        "action": "action_id | component | implemented_at\nX | valve | 2024-03-01",
    }
    made = installation(tmp_path, rows, settings={"time_zone": "UTC", "holidays": ""})
    reading = made.read()
    c = Context(made.home, reading, parse("?from=all&look=actions", known(reading)), language)
    for name in PARTS:
        assert shown(c, name) != "null"
    words = repeats_course.draw(c).words
    assert re.search("too early|为时尚早", words)
    assert "None" not in words


def test_the_course_draws_its_levels_and_what_is_left_out() -> None:
    figure = effect_course(
        ["2024-01", "2024-02"], [0.1, None], ["/a", "/b"], ["a", "b"], 1.0, [Span(0, 1, 0.2), Span(1, 2, None)],
        Span(0.5, 1), ("rate", "levels", "done", "left out"),
    )  # fmt: skip
    level, done, left_out = figure["layout"]["shapes"]
    assert (level["x0"], level["x1"], level["y0"]) == (-0.5, 0.5, 0.2)
    assert done["x0"] == 0.5
    assert (left_out["x0"], left_out["x1"]) == (0.0, 0.5)
    assert [trace["name"] for trace in figure["data"]] == ["rate", "levels", "done", "left out"]


def test_marks_of_one_month_are_one_sign_above_all_numbers() -> None:
    figure = {"data": [{"y": [1.0, None, 3.0]}], "layout": {}}
    marks = [Mark("2024-01", "one", "/a"), Mark("2024-01", "two", "/b"), Mark("2024-03", "three", "/c")]
    signs = marked(figure, marks, "changes")["data"][-1]
    assert signs["x"] == ["2024-01", "2024-03"]
    assert signs["hovertext"] == ["one<br>two", "three"]
    assert all(y > 3.0 for y in signs["y"])
    assert len(figure["layout"]["shapes"]) == 2
    assert marked({"data": [], "layout": {}}, [], "changes") == {"data": [], "layout": {}}
