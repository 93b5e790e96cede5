"""The overview: what it takes apart and where its lines lead, targets, risks, the demo's truths, one sheet of paper."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browsing import Open
from factories import installation, once, opened
from playwright.sync_api import expect

from bilingual.text import Language
from dashboards.address import parse
from dashboards.callbacks import fill
from dashboards.context import Context, known
from dashboards.overview_words import look, offered, themes
from dashboards.pages import pages
from demo import generate
from demo.truths import Truths
from pipelines.refresh import refresh
from warehouse import records
from warehouse.contributions import BY, contributions
from warehouse.metrics import measures
from warehouse.metrics.evaluate import evaluate, evaluate_by
from warehouse.metrics.findings import findings, where_from
from warehouse.risks import Rules, risks
from warehouse.settings import Home

Make = Callable[..., Context]
PAGE = pages()["/"]
SETTINGS = {"time_zone": "UTC", "holidays": "", "as_of": "2024-12-31T00:00Z"}
TICKET = "ticket_id | opened_at | resolved_at | closed_at\nT1 | 2024-03-01 00:00 | 2024-03-02 00:00 | 2024-03-02 00:00"
OWN = ["findings", "change", "risks", "board", *(f"by_{by}" for by in BY)]
SUMMER = "?from=2026-06-01&to=2026-08-31"


def texts(component: Any) -> Iterator[str]:
    """All text that a part shows."""
    plain = component.to_plotly_json() if hasattr(component, "to_plotly_json") else component
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, list | tuple):
        for item in plain:
            yield from texts(item)
    elif isinstance(plain, dict):
        for key, value in plain.get("props", {}).items():
            if key in ("children", "label", "title"):
                yield from texts(value)


def links(component: Any) -> list[str]:
    shown = json.dumps(component, default=lambda o: o.to_plotly_json(), ensure_ascii=False)
    return re.findall(r'"href": "([^"]+)"', shown)


def small(path: Path, language: Language, search: str = "?from=all", **rows: Any) -> Context:
    made = installation(path, rows, settings=SETTINGS)
    reading = made.read()
    return Context(made.home, reading, parse(search, known(reading)), language)


def test_every_measure_of_the_catalogue_is_on_the_board_once() -> None:
    named = [name for _, _, names in themes() for name in names]
    assert sorted(named) == sorted(measures())


@pytest.mark.parametrize("name", OWN)
def test_a_chinese_page_speaks_chinese(context: Make, name: str) -> None:
    for text in texts(fill(context("", "zh"), PAGE, name)):
        # What the records say (regions, components, customers) is bilingual or English of its own.
        is_sentence = re.search(r" (the|of|and|in|is|to) ", text)
        assert not is_sentence or re.search(r"[一-鿿]", text), text


def test_days_without_data_are_marked_and_named_on_charts_over_time(tmp_path: Path) -> None:
    days = [dt.date(2024, 7, 1) + dt.timedelta(days=i) for i in range(150)]
    kept = [day for day in days if not dt.date(2024, 9, 1) <= day <= dt.date(2024, 9, 30)]
    ticket = "ticket_id | opened_at\n" + "\n".join(f"T{i} | {day} 08:00" for i, day in enumerate(kept))
    for language, words, said in (
        ("en", "no data", "Grey: no data (ticket) from s (2024-09-01 to 2024-09-30)."),
        ("zh", "无数据", "灰色：s（2024-09-01 至 2024-09-30）未提供工单数据。"),
    ):
        c = small(tmp_path / language, language, "?from=2024-07-01&to=2024-11-27", ticket=ticket)  # type: ignore[arg-type]
        drawn = PAGE.charts["flow"].draw(c)
        assert drawn.figure is not None
        assert drawn.words.endswith(said)
        (band,) = drawn.figure["layout"]["shapes"]
        # Weeks from Monday 1 July: September begins on the last day of the ninth, and ends on the first of the fourteenth.
        assert (band["x0"], band["x1"]) == (8 - 0.5 + 6 / 7, 13 - 0.5 + 1 / 7)
        assert [note["text"].replace("<br>", "") for note in drawn.figure["layout"]["annotations"]] == [words]


def test_holidays_are_marked_where_an_axis_has_days_and_only_there(context: Make) -> None:
    by_day = PAGE.charts["flow"].draw(context("?from=2026-09-15&to=2026-10-20"))
    assert by_day.figure is not None
    named = [note["hovertext"] for note in by_day.figure["layout"]["annotations"]]
    # Both stretches of the Chinese autumn.
    assert [words[-len("2026-10-01 to 2026-10-07"):] for words in named] == [
        "2026-09-25 to 2026-09-25", "2026-10-01 to 2026-10-07",
    ]  # fmt: skip
    by_month = PAGE.charts["flow"].draw(context("?from=2026-01-01&to=2026-10-20"))
    assert by_month.figure is not None
    assert not by_month.figure["layout"].get("annotations")


@pytest.mark.parametrize("search", ["?look=opened%27--", "?look=time_to_close_median", "?look=", "?look=ticket_id"])
def test_a_hostile_look_falls_back_to_the_largest_change(context: Make, search: str) -> None:
    c, default = context(search), context()
    assert c.before is not None
    assert look(c, c.before) == look(default, c.before)
    assert not look(default, c.before).is_chosen


def test_the_reader_chooses_what_is_taken_apart(context: Make) -> None:
    for name in offered():
        c = context(f"?look={name}")
        assert c.before is not None
        assert (look(c, c.before).measure, look(c, c.before).is_chosen) == (name, True)
        assert "message error" not in str(fill(c, PAGE, "by_component"))
    shown = " ".join(texts(fill(context("?look=backlog"), PAGE, "change")))
    assert "Chosen by you" in shown


def test_what_is_exported_adds_up_to_the_change_that_is_said(context: Make) -> None:
    c = context("?look=opened")
    assert c.before is not None
    before, now = (evaluate(c.reading, ("opened",), f)["opened"].value or 0 for f in (c.before, c.filters))
    for by in BY:
        table = PAGE.tables[f"by_{by}"](c)
        made = table.columns.index("contribution")
        assert sum(row[made] for row in table.rows) == pytest.approx(now - before)
    assert f"{before:,.0f} → {now:,.0f}" in " ".join(texts(fill(c, PAGE, "change")))


def test_a_line_leads_to_its_place_and_a_component_to_its_tickets(context: Make) -> None:
    c = context("?look=opened")
    assert c.before is not None
    found = contributions(c.reading, "opened", c.before, c.filters, "region")
    assert found is not None
    there = [context(href.partition("?")[2]) for href in links(fill(c, PAGE, "by_region")) if "region=" in href]
    assert [t.filters.region for t in there] == [(part.place,) for part in found.parts[:6]]
    assert all(t.query.argument("look") == "opened" for t in there)
    parts = contributions(c.reading, "opened", c.before, c.filters, "component")
    assert parts is not None
    hrefs = [href for href in links(fill(c, PAGE, "by_component")) if href.startswith("/records")]
    for part, href in zip(parts.parts[:6], hrefs, strict=True):
        at = context(href.partition("?")[2])
        if part.place:
            assert records.count(c.reading, at.filters, at.query.selection) == part.now.value


def test_without_a_period_before_there_is_nothing_to_compare_and_no_error(context: Make) -> None:
    c = context("?from=all")
    assert c.before is None
    for name in ("change", *(f"by_{by}" for by in BY)):
        assert "Nothing to compare with" in " ".join(texts(fill(c, PAGE, name)))
    assert PAGE.tables["by_region"](c).rows == ()


def test_a_single_place_is_said_to_be_all_of_it(context: Make) -> None:
    region = next(value for value, _ in records.places(context().reading)["region"] if value)
    c = context(f"?look=opened&region={region}")
    assert "All of it is of one" in " ".join(texts(fill(c, PAGE, "by_region")))


def test_a_target_is_met_or_not_in_words(context: Make) -> None:
    c = context()
    rows = {row[0]: row for row in PAGE.tables["board"](c).rows}
    columns = PAGE.tables["board"](c).columns
    target, met, value = (columns.index(name) for name in ("target", "met", "value"))
    # The targets of 2026, in which the default period ends.
    assert rows["closure_rate"][target] == 0.96
    assert rows["response_within_target"][target] == 0.90
    assert rows["closure_rate"][met] is (rows["closure_rate"][value] >= 0.96)
    words = " ".join(texts(fill(c, PAGE, "board")))
    assert "≥ 96.0 %" in words
    assert "not met" in words


def test_the_year_before_and_the_period_before_are_one_column_where_they_are_the_same(context: Make) -> None:
    year = " ".join(texts(fill(context(), PAGE, "board")))
    assert "Same period last year" in year
    assert "Period before" not in year
    summer = " ".join(texts(fill(context(SUMMER), PAGE, "board")))
    assert "Same period last year" in summer
    assert "Period before" in summer


def test_risks_lead_to_as_many_records_as_they_count(context: Make) -> None:
    c = context()
    found = {risk.name: risk for risk in risks(c.reading, c.filters, Rules.of(c.home.settings))}
    href = next(href for href in links(fill(c, PAGE, "risks")) if "met=no" in href)
    there = context(href.partition("?")[2])
    assert records.count(c.reading, there.filters, there.query.selection) == found["response"].count
    worst = found["critical"].example
    assert any(f"ticket={worst}" in href for href in links(fill(c, PAGE, "risks")))


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
@pytest.mark.parametrize("rows", [{}, {"ticket": TICKET}], ids=["empty", "one row"])
def test_hardly_any_data_is_no_error(tmp_path: Path, rows: dict[str, str], language: Language) -> None:
    all_of_it = small(tmp_path, language, **(rows or {"asset": "asset_id | serial_no\nA | S-A"}))
    for search in ("?from=all", "?from=2024-03-01&to=2024-03-31", "?from=2024-06-01&to=2024-06-30&look=closure_rate"):
        c = replace(all_of_it, query=parse(search, known(all_of_it.reading)))
        for name in (*PAGE.parts, *PAGE.charts):
            assert "message error" not in str(fill(c, PAGE, name))
        for table in PAGE.tables.values():
            table(c)


# The truths of the demo organisation, on what the page shows.


def test_places_and_risks_are_exported_as_numbers(context: Make) -> None:
    c = context("?from=all")
    table = PAGE.tables["places"](c)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    by = evaluate_by(c.reading, ("opened", "closure_rate"), c.filters, "region")
    assert {row["region"]: (row["opened"], row["closure_rate"], row["closure_rate_n"]) for row in rows} == {
        region: (value.value, by["closure_rate"][region].value, by["closure_rate"][region].n)
        for region, value in by["opened"].items()
    }
    assert [row["opened"] for row in rows] == sorted((row["opened"] for row in rows), reverse=True)
    told = PAGE.tables["risks"](c).rows
    found = risks(c.reading, replace(c.filters, start=None, end=None), Rules.of(c.home.settings))
    assert [(row[0], row[3]) for row in told] == [(risk.name, risk.count) for risk in found]
    for name, part in (("places", "places"), ("risks", "risks")):
        assert f"/export/overview/{name}.csv" in str(fill(c, PAGE, part))


def test_the_slow_region_shows(context: Make, home: Home) -> None:
    slow = Truths.read(home.path).slow_region["region"]
    c = context("?from=all")
    told = " ".join(f.text.en for f in findings(c.reading, c.filters, c.before))
    assert slow in told


@pytest.mark.slow
def test_the_seasonal_part_makes_the_summer(tmp_path_factory: pytest.TempPathFactory) -> None:
    def make(folder: Path) -> None:
        generate(folder, tickets=20_000, seed=7)
        refresh(Home(folder))

    large = Home(once(tmp_path_factory, "demo of 20000", make))
    component = Truths.read(large.path).seasonal_part["component"]
    reading = opened(large)
    c = Context(large, reading, parse(f"{SUMMER}&look=opened", known(reading)), "en")
    assert c.before is not None
    found = contributions(reading, "opened", c.before, c.filters, "component")
    assert found is not None
    assert (found.parts[0].place, found.parts[0].is_clear) == (component, True)
    assert found.parts[0].difference > 0
    shown = list(texts(fill(c, PAGE, "by_component")))
    assert next(text for text in shown if "of +" in text).startswith(component)
    # And the growth of the year is what changed most.
    year = Context(large, reading, parse("", known(reading)), "en")
    assert year.before is not None
    found_by = look(year, year.before)
    assert (found_by.measure, found_by.is_chosen) == ("opened", False)
    assert (found_by.strength or 0) > 2


def test_the_growth_is_found_and_said(context: Make) -> None:
    c = context()
    assert c.before is not None
    before, now = (evaluate(c.reading, ("opened",), f)["opened"].value or 0 for f in (c.before, c.filters))
    assert now > before
    words = " ".join(texts(fill(context("?look=opened"), PAGE, "change")))
    assert f"+{(now / before - 1) * 100:.1f} %" in words


def test_a_place_is_named_for_a_change_only_where_it_made_much_of_it_and_not_by_chance(context: Make) -> None:
    c = context()
    assert c.before is not None
    for name in ("opened", "backlog", "response_within_target"):
        told = where_from(c.reading, name, c.before, c.filters).en
        for by in ("product_line", "region", "component"):
            found = contributions(c.reading, name, c.before, c.filters, by)
            assert found is not None
            first = found.parts[0]
            if first.place and f" in {first.place}" in told:
                assert first.is_clear
                assert first.difference / found.difference >= 1 / 3


@pytest.mark.browser
@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_it_prints_on_one_sheet(site: str, open_tab: Open, language: str) -> None:
    page = open_tab().page
    page.goto(f"{site}/?lang={language}")
    expect(page.locator("#content h1")).to_be_visible()
    expect(page.locator("#content .skeleton")).to_have_count(0, timeout=30_000)
    margin = dict.fromkeys(("top", "right", "bottom", "left"), "12mm")
    upright = page.pdf(prefer_css_page_size=True, print_background=True)
    lying = page.pdf(format="A4", landscape=True, margin=margin, print_background=True)
    for sheet in (upright, lying):
        assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1
