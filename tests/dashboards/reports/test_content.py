"""What reports say: the numbers of the pages, of the right period, for whom they are made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from factories import installation, opened

from bilingual.errors import UserError
from bilingual.text import Language
from dashboards.app import Application
from dashboards.components.measure_board import board_table
from dashboards.components.risk_list import risk_table
from dashboards.context import Context
from dashboards.reports.blocks import Cell, Document, Grid, Picture, Sentence
from dashboards.reports.kinds import reports
from dashboards.reports.render import named, render
from demo.truths import Truths
from warehouse.extent import WHOLE, Extent
from warehouse.reading import Reading
from warehouse.settings import Home
from warehouse.technicians import team, technicians

Make = Callable[..., Context]
SETTINGS = {"time_zone": "UTC", "holidays": "", "as_of": "2024-12-31T00:00Z"}
ONE = "ticket_id | opened_at | resolved_at | closed_at\nT1 | 2024-11-05 00:00 | 2024-11-06 00:00 | 2024-11-06 00:00"


@pytest.fixture(scope="module")
def lenient(home: Home) -> Home:
    """The same house, where a few answers are enough for a rank: the demo of the tests is small."""
    made = Home(home.path)
    made.__dict__["settings"] = home.settings.model_copy(update={"least_jobs": 5})
    return made


@pytest.fixture(scope="module")
def made(app: Application, lenient: Home) -> Callable[..., Document]:
    """Makes a report of the demo organisation, as the server would for a preview; each once."""
    kept: dict[Any, Document] = {}

    def make(name: str, language: Language = "en", extent: Extent = WHOLE, **how: Any) -> Document:
        key = (name, language, extent, tuple(how.items()))
        if key not in kept:
            reading = app.desk.reader.current(extent)
            assert reading is not None
            kept[key] = render(lenient, reading, named(name), language, extent=extent, **how)
        return kept[key]

    return make


def grid(document: Document, title: str) -> list[tuple[Cell, ...]]:
    """The rows of a table but for headings among them."""
    found = next(b for b in document.blocks if isinstance(b, Grid) and b.title.startswith(title))
    return [row for row in found.rows if len(row) > 1]


def words(value: Any) -> Iterator[str]:
    """Every text in a report, those of figures among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from words(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from words(item)


def page_of(context: Make, document: Document, compare: str) -> Context:
    period = document.period
    return context(f"?from={period.first}&to={period.last}&compare={compare}")


def test_measures_are_those_of_the_overview(made: Callable[..., Document], context: Make) -> None:
    document = made("monthly_management")
    table = board_table(page_of(context, document, "year"))
    board = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    told = {row[0].words: row for row in grid(document, "All measures")}
    known = [row for row in board if row["value"] is not None]
    assert len(known) > 15
    for row in known:
        _, value, n, target, year, _ = told[row["name"]]
        assert (value.value, n.value) == (row["value"], row["n"]), row["measure"]
        assert (target.value, year.value) == (row["target"], row["last_year"]), row["measure"]
    without = " ".join(row[0].words for row in grid(document, "Without a value"))
    assert all(row["name"] in without for row in board if row["value"] is None)


def test_numbers_of_service_are_those_of_its_page(made: Callable[..., Document], ask: Callable[..., str]) -> None:
    document = made("monthly_management")
    told = {row[0].words: row[1].words for row in grid(document, "All measures")}
    period = f"from={document.period.first}&to={document.period.last}"
    for look, labels in (
        ("satisfaction", ("Visit score", "Satisfied customers", "Coverage × return rate")),
        ("complaints", ("Complaints", "Answered in time")),
    ):
        page = ask("service", "numbers", "/service", f"?{period}&look={look}")
        for label in labels:
            # On the page a number is not torn from its unit.
            assert told[label] in page.replace("\\u00a0", " ").replace("\u00a0", " "), label


def test_the_ranking_is_that_of_the_technicians(
    made: Callable[..., Document], context: Make, ask: Any, lenient: Home
) -> None:
    document = made("monthly_ranking", sees_team=True, on=dt.date(2026, 6, 1))
    c = page_of(context, document, "before")
    period = f"?from={c.filters.start}&to={c.filters.end}"
    card = ask("technicians", "satisfaction", "/technicians", period)
    sentence = next(b.words for b in document.blocks if isinstance(b, Sentence))
    score = float(sentence.split("mean score ")[1].split(". ")[0])
    assert f'"{score:.2f}"' in card
    # Of the thirteen months behind it some people have enough answers, and the score of their row on the page.
    course = context(f"?from=2025-06-01&to={c.filters.end}")
    page = {p.who.name: p.score for p in team(course.reading, course.filters, lenient.settings.least_jobs).people}
    ranked = [row for row in grid(document, "Technicians, 13 months") if row[0].value]
    assert ranked
    for row in ranked:
        assert row[2].value == pytest.approx(page[row[1].words]), row[1].words
    assert [row[2].value for row in ranked] == sorted((row[2].value for row in ranked), reverse=True)


def test_who_has_few_answers_is_not_ranked(made: Callable[..., Document], lenient: Home) -> None:
    rows = grid(made("monthly_ranking", sees_team=True, on=dt.date(2026, 6, 1)), "Technicians, 13 months")
    for row in rows:
        answered = row[-2].value
        assert answered is not None
        assert (row[0].words == "—") == (row[2].words == "too few") == (answered < lenient.settings.least_jobs)


def test_risks_are_those_of_the_overview(made: Callable[..., Document], context: Make) -> None:
    table = risk_table(context())
    page = {r[1]: r[3] for r in table.rows if r[0] != "quality"}
    told = {row[0].words.split("\n")[0]: row[2].value for row in grid(made("monthly_management"), "Open risks")}
    assert told == page


@pytest.mark.parametrize("name", sorted(reports()))
def test_a_report_made_again_says_the_same(
    made: Callable[..., Document], app: Application, lenient: Home, name: str
) -> None:
    reading = app.desk.reader.current()
    assert reading is not None
    forgetful = Reading(reading.snapshot, reading.con)
    assert asdict(render(lenient, forgetful, named(name), "en")) == asdict(made(name))


@pytest.mark.parametrize("name", sorted(reports()))
def test_people_are_named_to_those_only_who_may_see_the_team(
    made: Callable[..., Document], app: Application, name: str
) -> None:
    reading = app.desk.reader.current()
    assert reading is not None
    people = {who for t in technicians(reading).values() for who in (t.name, t.technician_id)}
    assert len(people) > 10

    def told(sees_team: bool) -> list[str]:
        return [w for w in words(asdict(made(name, sees_team=sees_team))) if any(who in w for who in people)]

    assert told(False) == []
    if name != "monthly_management":
        assert told(True)


def test_an_extent_narrows_everything(made: Callable[..., Document], home: Home) -> None:
    region = Truths.read(home.path).slow_region["region"]
    whole, part = made("monthly_management"), made("monthly_management", extent=Extent(frozenset({region})))
    house, there = (
        next(r[1].value or 0 for r in grid(d, "All measures") if r[0].words == "Opened") for d in (whole, part)
    )
    assert 0 < there < house
    assert dict(part.about)["Part of the house"] == region
    assert region in part.subject
    assert region in part.foot
    # What the stores hold belongs to all.
    assert any("belongs to the whole house" in b.words for b in part.blocks if isinstance(b, Sentence))
    assert not any(isinstance(b, Grid) and b.title == "Parts at risk" for b in part.blocks)


def test_a_report_says_what_it_was_made_from(made: Callable[..., Document], app: Application) -> None:
    reading = app.desk.reader.current()
    assert reading is not None
    document = made("monthly_management", "zh")
    said = dict(document.about)
    assert said["快照"] == reading.id
    assert said["可见范围"] == "全部区域与产品线"
    assert "2025-" in said["对比"]
    assert document.title in document.subject
    assert len(list(document.pictures)) >= 7
    names = [picture.name for picture in document.pictures]
    assert len(set(names)) == len(names)


def test_a_period_that_is_not_over_is_told_so_and_one_to_come_is_refused(
    made: Callable[..., Document], app: Application
) -> None:
    reading = app.desk.reader.current()
    assert reading is not None
    first = next(b for b in made("weekly_ranking", on=reading.as_of_on).blocks if isinstance(b, Sentence))
    assert "not over" in first.words
    with pytest.raises(UserError, match="name an earlier day"):
        made("weekly_ranking", on=reading.as_of_on + dt.timedelta(days=14))
    with pytest.raises(UserError, match="monthly_management"):
        named("yearly")


@pytest.mark.parametrize("name", sorted(reports()))
@pytest.mark.parametrize("rows", [{}, {"ticket": ONE}], ids=["empty", "one row"])
@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.matrix)])
def test_hardly_any_data_is_no_error(tmp_path: Path, name: str, rows: dict[str, str], language: Language) -> None:
    made = installation(tmp_path, rows or {"asset": "asset_id | serial_no\nA | S-A"}, settings=SETTINGS)
    document = render(made.home, made.read(), named(name), language)
    assert document.blocks
    if not rows:
        assert len(document.blocks) == 1
    elif name == "monthly_management":
        label = {"en": "Opened", "zh": "报修数"}[language]
        assert (
            next(r for b in document.blocks if isinstance(b, Grid) for r in b.rows if r[0].words == label)[1].value == 1
        )


def test_of_a_period_without_any_data_nothing_is_said(tmp_path: Path) -> None:
    days = [dt.date(2024, 8, 1) + dt.timedelta(days=i) for i in range(75)]
    tickets = [
        {"ticket_id": f"T{d}", "opened_at": f"{d} 08:00", "closed_at": f"{d} 09:00"} for d in days if d.weekday() < 5
    ]
    made = installation(tmp_path, {"ticket": tickets}, settings=SETTINGS)
    made.publish()
    document = render(made.home, opened(made.home), named("monthly_management"), "en")
    said = [b.words for b in document.blocks if isinstance(b, Sentence)]
    assert "delivered nothing from 2024-11-01 to 2024-11-30" in said[0]
    assert "nothing to report" in said[-1]
    assert not any(isinstance(b, Picture | Grid) for b in document.blocks)
