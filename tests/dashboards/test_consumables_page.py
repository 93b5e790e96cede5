"""The page of due replacements: its numbers, its links, its file, and what it says where there is nothing."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import installation, once
from visitors import client_of

from dashboards.app import create_app
from dashboards.charts import part_due_check, part_due_life, part_due_weeks
from dashboards.components.part_due_list import CONTACTS, INTERVALS
from dashboards.context import Context
from dashboards.pages import pages
from dashboards.pages.consumables import PAGE
from dashboards.part_due_words import WINDOW_NAMES, listed, look_of, notice_of, window_of
from demo import Truths, generate
from pipelines.refresh import refresh
from warehouse.consumables import WINDOWS, check, contacts, due, intervals
from warehouse.filters import Filters
from warehouse.settings import Home

Ask = Callable[..., str]
SHOWN = [*PAGE.parts, "weeks", "check", "life"]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Truths, Context]:
    """A demo organisation of 20,000 tickets, in which components wear out by their meters."""

    def make(folder: Path) -> None:
        generate(folder, tickets=20_000, seed=7)
        refresh(Home(folder))

    home = Home(once(tmp_path_factory, "demo of 20000", make))
    context = create_app(home).desk.context("", "en")
    assert context is not None
    return Truths.read(home.path), context


def looking(c: Context, **arguments: str) -> Context:
    return replace(c, query=replace(c.query, arguments=tuple(arguments.items())))


@pytest.mark.slow
def test_what_wears_in_the_demo_is_on_the_list_and_what_fails_at_any_time_is_not(
    company: tuple[Truths, Context],
) -> None:
    truths, c = company
    shape = {w["part_no"]: w["shape"] for w in truths.weibull}
    watched = set(due(c.reading, Filters()).watched)
    assert {no for no, value in shape.items() if value >= 2.3} <= watched
    assert not watched & {no for no, value in shape.items() if value <= 1.6}
    assert watched <= set(shape)
    assert truths.seasonal_part["part_no"] not in watched
    assert truths.obsolescent_part["part_no"] not in watched


@pytest.mark.slow
def test_the_intervals_learned_are_those_put_into_the_demo(company: tuple[Truths, Context]) -> None:
    truths, c = company
    truth = {w["part_no"]: w["scale"] * 0.6931**(1 / w["shape"]) for w in truths.weibull if not w["has_bad_batch"]}  # fmt: skip
    learned = {x.part_no: x.median[0] for x in intervals(c.reading) if x.model is None and x.is_watched and x.median}
    common = truth.keys() & learned.keys()
    assert len(common) >= 5
    assert all(learned[no] == pytest.approx(truth[no], rel=0.13) for no in common)


@pytest.mark.slow
def test_the_bad_batch_wears_its_component_out_sooner_than_its_sound_pieces_would(
    company: tuple[Truths, Context],
) -> None:
    truths, c = company
    bad = next(w for w in truths.weibull if w["has_bad_batch"])
    learned = next(x for x in intervals(c.reading) if x.part_no == bad["part_no"] and x.model is None)
    assert learned.median is not None
    assert learned.median[2] < 1.05 * bad["scale"] * 0.6931 ** (1 / bad["shape"])


@pytest.mark.slow
def test_the_intervals_of_the_demo_hold_what_they_promise(company: tuple[Truths, Context]) -> None:
    _, c = company
    done = check(c.reading)
    assert done.n > 300
    assert 0.65 < done.held / done.ended < 0.92


@pytest.mark.parametrize("value", ["", "nowhere", "'; DROP TABLE core.part; --", "<script>", "=1+1", "-1", "💥"])
def test_what_an_address_makes_up_falls_back_to_the_default(context: Callable[..., Context], value: str) -> None:
    c = looking(context(), look=value, window=value)
    assert (look_of(c), window_of(c)) == ("", "")
    assert len(listed(c)) == len(due(c.reading, c.filters).within("", notice_of(c)))


def test_every_window_has_a_name() -> None:
    assert set(WINDOW_NAMES) == set(WINDOWS)


def test_cards_lead_to_lists_of_as_many(ask: Ask, context: Callable[..., Context]) -> None:
    answer = ask("consumables", "cards", "/consumables", "")
    for window, look in (("week", ""), ("overdue", "parts"), ("month", ""), ("overdue", "maintenance")):
        there = context(f"?window={window}&look={look}")
        wanted = rf'"children": "{len(listed(there)):,}", [^{{}}]*"href": "[^"]*window={window}'
        assert re.search(wanted, answer), (window, look)


def test_each_line_leads_to_its_unit_and_its_part(ask: Ask, context: Callable[..., Context]) -> None:
    c = context()
    lines = contacts(c.reading, listed(c), notice_of(c))[:20]
    answer = ask("consumables", "list", "/consumables", "")
    assert lines
    for line in lines:
        assert f"/asset?look={line.asset_id}&" in answer
        if line.part_no:
            assert f"/parts?look={line.part_no}&" in answer
        assert line.customer in answer


def test_the_file_holds_every_line_and_what_it_was_made_from(client: Any, context: Callable[..., Context]) -> None:
    with client.get("/export/consumables/contacts.xlsx?lang=en&window=month") as answer:
        assert answer.status_code == 200
        sheets = pl.read_excel(io.BytesIO(answer.data), sheet_id=0, has_header=False, infer_schema_length=0)
    c = context("?window=month")
    assert dict(sheets["About"].iter_rows())["Snapshot"] == c.reading.id
    assert len(sheets["Data"]) == len(listed(c)) + 1
    assert CONTACTS.draw(c).words in dict(sheets["About"].iter_rows())["In words"]


def test_charts_tell_the_numbers_of_the_warehouse(context: Callable[..., Context]) -> None:
    c = context()
    weeks = part_due_weeks.draw(c).table().rows
    found = due(c.reading, c.filters)
    near = (found.day >= found.today) & (found.day < found.today + 7 * len(weeks))
    assert sum(parts + planned for _, parts, planned in weeks) == int(near.sum())
    done = check(c.reading)
    if done.close is not None:
        assert sum(n for _, n in part_due_check.draw(c).table().rows) == done.n


def test_the_curve_is_of_the_part_that_is_looked_at(context: Callable[..., Context]) -> None:
    c = context()
    watched = due(c.reading, Filters()).watched
    for part_no in watched:
        drawn = part_due_life.draw(looking(c, look=part_no))
        assert drawn.words.startswith(part_no)
        assert all(low <= left <= high for _, left, low, high, _ in drawn.table().rows if low == low)


def test_the_words_of_the_intervals_count_them(context: Callable[..., Context]) -> None:
    c = context()
    pooled = [x for x in intervals(c.reading) if x.model is None]
    assert f"of {len(pooled)} parts" in INTERVALS.draw(c).words


def filled(home: Home, language: str, part_body: Callable[..., dict[str, Any]]) -> Iterator[str]:
    client = client_of(create_app(home))
    for name in SHOWN:
        body = part_body("consumables", name, "/consumables", "?from=all", language)
        answer = client.post("/_dash-update-component", json=body)
        assert answer.status_code == 200
        yield json.dumps(answer.get_json(), ensure_ascii=False)


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_a_warehouse_of_one_reading_and_one_without_any_have_a_page(
    tmp_path: Path, language: str, part_body: Callable[..., dict[str, Any]]
) -> None:
    one = installation(
        tmp_path / "one",
        {
            "asset": "asset_id|model|product_line|installed_at\nA|M|L|2024-01-01 00:00",
            "usage": "asset_id|read_at|value|unit\nA|2024-03-01 00:00|600|hours",
            "repair": "repair_id|asset_id|finished_at\nR|A|2024-04-01 08:00",
            "part": "part_no|name\nP|=HYPERLINK(1)",
            "part_use": "repair_id|part_no|position\nR|P|1",
            "maintenance": "asset_id|planned_on\nA|2024-03-15",
        },
    )
    one.publish()
    said = "".join(filled(one.home, language, part_body))
    assert "message error" not in said
    assert {"en": "too few to say", "zh": "数量过少"}[language] in said
    assert {"en": "Planned maintenance", "zh": "计划保养"}[language] in said
    other = installation(tmp_path / "other", {"ticket": "ticket_id|opened_at\nT|2024-01-01 08:00"})
    other.publish()
    said = "".join(filled(other.home, language, part_body))
    assert "message error" not in said
    assert {"en": "Nothing to learn from yet", "zh": "尚无可供学习的记录"}[language] in said
    assert {"en": "Nothing falls due", "zh": "没有到期项"}[language] in said


def test_the_page_is_in_the_navigation() -> None:
    assert pages()["/consumables"] is PAGE
    assert PAGE.group == pages()["/parts"].group
