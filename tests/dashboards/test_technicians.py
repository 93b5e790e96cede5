"""The page about technicians: fair on the demo's own truths, in both languages, on hostile addresses and on nothing."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from factories import installation, once
from visitors import client_of

from dashboards.address import parse
from dashboards.app import Application, create_app
from dashboards.context import Context, known
from dashboards.figures.course import course
from dashboards.figures.funnel import Limit, Marks, funnel
from dashboards.figures.stacks import colour_of, standing
from dashboards.page import Table
from dashboards.pages import pages
from demo import Truths, generate
from pipelines.refresh import refresh
from warehouse import records
from warehouse.settings import Home

Ask = Callable[..., str]
Body = Callable[..., dict[str, Any]]
PATH = "/technicians"
PAGE = pages()[PATH]
NAMES = [*PAGE.parts, *PAGE.charts]
HAN = re.compile(r"[一-鿿]")
HOSTILE = ["", "nobody", "' OR 1=1 --", "T0001\u202e", "<script>"]


def another(c: Context, search: str) -> Context:
    """Another address of the same snapshot."""
    return Context(c.home, c.reading, parse(search, known(c.reading)), c.language)


def rows(table: Table) -> dict[str, dict[str, Any]]:
    """The rows of an export by their first cell."""
    return {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> tuple[Context, Truths]:
    """The demo of 20,000 tickets and what is true of it; all time, in English."""

    def make(folder: Path) -> None:
        generate(folder, tickets=20_000, seed=7)
        refresh(Home(folder))

    home = once(tmp_path_factory, "demo of 20000", make)
    context = create_app(Home(home)).desk.context("?from=all", "en")
    assert context is not None
    return context, Truths.read(home)


def test_the_strong_technician_looks_worse_raw_and_is_better_with_the_jobs_that_came(
    organisation: tuple[Context, Truths],
) -> None:
    c, truths = organisation
    table = rows(PAGE.charts["funnel"].draw(c).table())
    strong, weak = (table[truths.technicians[who]["technician_id"]] for who in ("strong", "weak"))
    assert strong["came_back"] / strong["failures_watched"] > weak["came_back"] / weak["failures_watched"]
    assert strong["observed_expected"] < 0.8 < 1 < weak["observed_expected"]
    assert strong["high"] < 1
    assert strong["shrunken"] < weak["shrunken"]
    # Within what was put in: 0.6 times the odds of a repeat, 1.3 times.
    assert strong["low"] < truths.technicians["strong"]["repeat_odds_ratio"] < strong["high"]
    assert weak["low"] < truths.technicians["weak"]["repeat_odds_ratio"] < weak["high"]


def test_the_page_says_so_in_words(organisation: tuple[Context, Truths]) -> None:
    c, truths = organisation
    said = json.dumps(PAGE.parts["findings"](c), default=lambda x: x.to_plotly_json(), ensure_ascii=False)
    assert "below the 99.8 % limit" in said
    assert "The raw repeat rate would mislead" in said
    assert truths.technicians["strong"]["technician_id"] in said


def test_the_strong_technician_stands_outside_of_the_funnel_and_leads_to_their_page(
    organisation: tuple[Context, Truths],
) -> None:
    c, truths = organisation
    strong = truths.technicians["strong"]["technician_id"]
    figure = PAGE.charts["funnel"].draw(c).figure
    assert figure is not None
    marks = [t for t in figure["data"] if "markers" in t["mode"]]
    below = next(t for t in marks if t["marker"]["symbol"] == "triangle-down")
    assert [f"look={strong}" in link for link in below["customdata"]] == [True]
    assert sum(len(t["x"]) for t in marks) == len(rows(PAGE.charts["funnel"].draw(c).table())) - 3  # three have too few


def test_a_persons_jobs_lead_to_exactly_their_records(organisation: tuple[Context, Truths]) -> None:
    c, truths = organisation
    strong = truths.technicians["strong"]["technician_id"]
    there = another(c, f"?from=2026-01-01&look={strong}")
    figure = PAGE.charts["jobs"].draw(there).figure
    assert figure is not None
    for bar in figure["data"]:
        for n, link in zip(bar["y"], bar["customdata"], strict=True):
            behind = another(c, link.partition("?")[2])
            assert records.count(c.reading, behind.filters, behind.query.selection) == n


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_every_part_is_about_the_person_looked_at(ask: Ask, name: str, language: str) -> None:
    answer = ask("technicians", name, PATH, "?from=all&look=T0002&window=week", language)
    assert "message error" not in answer
    assert len(answer) > 100


@pytest.mark.parametrize("look", HOSTILE)
def test_a_person_that_is_not_known_is_everybody(ask: Ask, context: Callable[..., Context], look: str) -> None:
    c, everybody = context(f"?from=all&look={quote(look)}&window=x"), context("?from=all")
    for chart in PAGE.charts.values():
        assert chart.draw(c).words == chart.draw(everybody).words
    for name in PAGE.parts:
        assert "message error" not in ask("technicians", name, PATH, f"?from=all&look={quote(look)}&window=x")
    assert PAGE.parts["who"](c)["props"]["children"][0]["props"]["children"][0]["props"]["children"][2] == "everybody"


def test_no_chinese_is_on_an_english_page_but_what_the_records_say(ask: Ask) -> None:
    # The demo's names are Chinese; the sentences of the page are not.
    for name in NAMES:
        words = re.findall(
            r'"className": "words"[^}]*|"children": "[^"]*"', ask("technicians", name, PATH, "?from=all")
        )
        for word in words:
            assert not re.search(r"[，。：；]", word), (name, word)


def test_the_daily_report_is_exported_day_by_day(client: Any) -> None:
    answer = client.get("/export/technicians/hours.csv?from=all&lang=en")
    lines = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    assert lines[0] == ["day", "technician_id", "technician", "service_kind", "jobs", "labour_hours"]
    assert [line[0] for line in lines[1:]] == sorted((line[0] for line in lines[1:]), reverse=True)
    assert all(int(line[4]) > 0 for line in lines[1:])


def test_few_jobs_are_told_and_not_numbered(ask: Ask, context: Callable[..., Context]) -> None:
    answer = ask("technicians", "team", PATH, "?from=2026-10-01")
    assert "too few" in answer
    for row in rows(PAGE.charts["funnel"].draw(context("?from=2026-10-01")).table()).values():
        assert row["observed_expected"] is row["observed"] is row["expected"] is row["rank_low"] is None


def asked(app: Application, part_body: Body, name: str, language: str, search: str = "?from=all") -> str:
    """What the browser would be sent for one part."""
    body = part_body("technicians", name, PATH, search, language)
    answer = client_of(app).post("/_dash-update-component", json=body)
    assert answer.status_code == 200
    return json.dumps(answer.get_json(), ensure_ascii=False)


@pytest.mark.parametrize("tickets", [0, 1])
def test_nothing_and_next_to_nothing_are_told_in_words(tmp_path: Path, part_body: Body, tickets: int) -> None:
    row = {"ticket_id": "T1", "opened_at": "2024-03-01 08:00", "resolved_at": "2024-03-01 12:00", "technician_id": "X"}
    made = installation(tmp_path, {"ticket": [row]} if tickets else {}, settings={"holidays": ""})
    made.publish()
    app = create_app(made.home)
    for name in NAMES:
        for language in ("en", "zh"):
            for search in ("?from=all", "?from=all&look=X", "?look=X"):
                answer = asked(app, part_body, name, language, search)
                assert "message error" not in answer
                assert "NaN" not in answer
    assert ("too few" in asked(app, part_body, "team", "en")) == bool(tickets)


def test_where_nobody_says_who_did_the_jobs_the_page_says_that(tmp_path: Path, part_body: Body) -> None:
    row = {"ticket_id": "T1", "opened_at": "2024-03-01 08:00", "resolved_at": "2024-03-01 12:00"}
    made = installation(tmp_path, {"ticket": [row]}, settings={"holidays": ""})
    made.publish()
    app = create_app(made.home)
    for name in ("findings", "funnel", "team"):
        assert "says who did it" in asked(app, part_body, name, "en")
    assert "No hours of labour are on record" in asked(app, part_body, "hours", "en")
    assert "no hours on record" in asked(app, part_body, "report", "en")


def test_a_ratio_is_held_against_one_and_a_share_is_not() -> None:
    line = ([0.5, 0.7], [0.2, 0.4], [1.4, 1.2])
    ratio = course(["a", "b"], line, [3, 4], ["/1", "/2"], ("line", "band", "n"), is_ratio=True)
    assert ratio["layout"]["shapes"][0]["y0"] == 1
    assert ratio["layout"]["yaxis2"]["range"][1] >= 1.4
    assert (
        course(["a", "b"], line, [3, 4], ["/1", "/2"], ("line", "band", "n"), is_ratio=False)["layout"]["shapes"] == []
    )


def test_every_mark_of_a_funnel_is_in_the_picture() -> None:
    one, none = Marks("in", [10.0], [4.0], ["x"], ["/x"]), Marks("out", [], [], [], [])
    limits = (Limit("95", [0.5], [1.5]), Limit("99.8", [0.2], [1.9]))
    figure = funnel(one, none, none, none, [10.0], limits, ("x", "y"))
    assert figure["layout"]["yaxis"]["range"][1] > 4.0
    assert [t["showlegend"] for t in figure["data"][4:]] == [True, False, False, False]


def test_a_kind_has_one_colour_wherever_it_is() -> None:
    assert colour_of("paid", ["paid"]) == colour_of("paid", ["contract", "paid", "x"])
    assert colour_of("x", ["x", "y"]) != colour_of("y", ["x", "y"])
    figure = standing(["2024-01"], ["paid"], ["A"], [[3]], [["/x"]], 0, "jobs")
    assert figure["data"][0]["customdata"] == ["/x"]
