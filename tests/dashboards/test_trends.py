"""Failure trends: each part in both languages, where its marks lead, and what is true of the demo organisation on it."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from factories import installation
from flask.testing import FlaskClient
from visitors import client_of

from dashboards.address import parse
from dashboards.app import Application, create_app
from dashboards.callbacks import fill
from dashboards.context import Context, known
from dashboards.figures.trends import Banded, Course, Dot, Shift, bands, control, courses, dots, growth
from dashboards.page import Listing, Table
from dashboards.pages.trends import PAGE, SHOWN
from dashboards.trends_look import SECTIONS, bounds, look, number, section
from warehouse.failure_control import control as control_of
from warehouse.failure_months import items
from warehouse.records import Selection, count
from warehouse.settings import Home

Ask = Callable[..., str]
Body = Callable[..., dict[str, Any]]
PARTS = (*PAGE.parts, *PAGE.charts)
MENDED = "防夹传感器 Anti-pinch sensor"


SEARCHES = (
    "", "?from=all&window=model", "?region=华东 East", "?to=2024-03-05", "?priority=high&look=rates",
    "?from=all&look=rates&window=software_version", "?look=rates&window=installed_at", "?look=lives", "?look=cohorts",
)  # fmt: skip


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_filled_in_both_languages(ask: Ask, part: str, search: str) -> None:
    for language in ("en", "zh"):
        answer = ask("trends", part, "/trends", search, language)
        assert "message error" not in answer
        assert "NaN" not in answer


def test_a_section_lays_out_its_own_cards_and_no_others(ask: Ask) -> None:
    places = sorted(name for name in PAGE.parts if name.startswith("place"))
    assert len(places) == max(len(shown) for shown in SHOWN.values())
    for chosen, shown in SHOWN.items():
        cards = [ask("trends", place, "/trends", f"?from=all&look={chosen}", "en") for place in places]
        for name, what in shown.items():
            assert sum(json.dumps(what.question.en) in card for card in cards) == 1, name
        assert not any("Section" in card for card in cards[len(shown) :])
    names = [name for shown in SHOWN.values() for name in shown]
    assert sorted(names) == sorted([*PAGE.charts, *PAGE.tables])


def test_the_line_of_sections_keeps_what_is_looked_at(ask: Ask, context: Callable[..., Context]) -> None:
    answer = ask("trends", "sections", "/trends", f"?from=all&component={MENDED}&window=model", "en")
    links = [json.loads(f'"{link}"') for link in re.findall(r'"href": "([^"]+)"', answer)]
    there = [context(link.partition("?")[2]) for link in links]
    assert [section(c) for c in there] == list(SECTIONS)
    assert {c.query.selection.component for c in there} == {MENDED}
    # What one section tells apart means nothing in another.
    assert [c.query.argument("window") for c in there] == ["model", None, None, None]


def test_findings_lead_to_the_section_that_shows_more(ask: Ask, context: Callable[..., Context]) -> None:
    answer = ask("trends", "findings", "/trends", f"?from=all&look=lives&component={MENDED}", "en")
    links = [json.loads(f'"{link}"') for link in re.findall(r'"href": "([^"]+)"', answer) if "/trends" in link]
    shown = [(section(c), c.query.selection.component) for c in (context(x.partition("?")[2]) for x in links)]
    assert shown[-2:] == [("signals", MENDED), ("rates", MENDED)]


def test_a_component_that_another_page_names_in_look_is_looked_at(context: Callable[..., Context]) -> None:
    c = context(f"?look={MENDED}")
    assert section(c) == "signals"
    assert look(c) == look(context(f"?component={MENDED}"))
    # The list of components puts another one in its place.
    options = fill(c, PAGE, "choices")["props"]["children"][0]["props"]["children"][1]["props"]["children"]
    another = context(options[1]["props"]["href"].partition("?")[2])
    found = look(another)
    assert found is not None
    assert found.item == list(items(c.reading))[1]
    assert another.query.argument("look") == "signals"


def test_versions_of_the_demo_have_their_units_and_time_in_service(home: Home, context: Callable[..., Context]) -> None:
    truth = json.loads((home.path / "truths.json").read_text(encoding="utf-8"))["software"]
    c = context("?from=all&look=rates&window=software_version")
    drawn = PAGE.charts["models"].draw(c)
    rows = {(row["product_line"], row["software_version"]): row for row in rows_of(drawn.table())}
    assert len(rows) <= 25
    known = {(v["product_line"], v["version"]): v for v in truth["versions"]}
    assert {key for key in rows if key[1]} <= set(known)
    assert sum(row["units"] for key, row in rows.items() if not key[1]) == truth["unknown_units"]
    for key in known.keys() & rows.keys():
        assert rows[key]["units"] == known[key]["units"]
        # The records begin with the first ticket, up to a day or two after the units are watched.
        assert rows[key]["unit_months"] * 30.4375 == pytest.approx(known[key]["unit_days"], rel=0.02)
    # No version fails more than another: bounds of the same line overlap, but for what chance does.
    for line in {key[0] for key in known}:
        of_line = [row for key, row in rows.items() if key[0] == line and row["high"]]
        assert max(row["low"] for row in of_line) < 1.3 * min(row["high"] for row in of_line)
    assert f"Of {truth['unknown_units']} units nobody said it" in drawn.words


def test_a_product_line_has_one_colour_in_both_charts(context: Callable[..., Context]) -> None:
    c = context("?from=all&look=rates")
    lines, models = (PAGE.charts[name].draw(c).figure for name in ("lines", "models"))
    assert lines is not None
    assert models is not None
    colours = {trace["name"]: trace["line"]["color"] for trace in lines["data"] if trace["mode"] != "markers"}
    assert len(set(colours.values())) == len(colours) > 2
    of_models = {
        hover.split("<br>")[1]: trace["marker"]["color"] for trace in models["data"] for hover in trace["hovertext"]
    }
    assert of_models == colours


def test_a_dot_of_a_version_leads_to_the_tickets_of_its_units(context: Callable[..., Context]) -> None:
    c = context("?from=all&look=rates&window=software_version")
    drawn = PAGE.charts["models"].draw(c)
    assert drawn.figure is not None
    told = next(row for row in rows_of(drawn.table()) if row["software_version"])
    (place,) = {
        mark
        for trace in drawn.figure["data"]
        for mark in trace.get("customdata", ())
        if f"software_version={quote_plus(told['software_version'])}" in str(mark)
        and quote_plus(told["product_line"]) in str(mark)
    }
    query = parse(str(place).partition("?")[2], known(c.reading))
    behind = c.reading.rows(
        "SELECT count(DISTINCT ticket_id) FROM marts.failure WHERE software_version = ? AND product_line = ? AND ticket_id IN "
        "(SELECT ticket_id FROM marts.ticket)",
        [told["software_version"], told["product_line"]],
    )
    assert count(c.reading, query.filters, query.selection) == behind[0][0] > 0


def test_the_dot_of_unknown_versions_leads_to_the_tickets_whose_version_nobody_says(
    context: Callable[..., Context],
) -> None:
    c = context("?from=all&look=rates&window=software_version")
    drawn = PAGE.charts["models"].draw(c)
    assert drawn.figure is not None
    (place,) = {
        mark
        for trace in drawn.figure["data"]
        for mark in trace.get("customdata", ())
        if "software_version=&" in f"{mark}&"
    }
    query = parse(str(place).partition("?")[2], known(c.reading))
    behind = c.reading.rows(
        "SELECT count(DISTINCT ticket_id) FROM marts.failure WHERE software_version = '' AND ticket_id IN "
        "(SELECT ticket_id FROM marts.ticket)"
    )
    every = count(c.reading, query.filters, Selection())
    assert 0 < count(c.reading, query.filters, query.selection) == behind[0][0] < every


def test_models_versions_and_cohorts_are_the_same_failures_told_apart(context: Callable[..., Context]) -> None:
    found = {
        by: rows_of(PAGE.charts["models"].draw(context(f"?from=all&look=rates&window={by}")).table())
        for by in ("model", "software_version", "installed_at")
    }
    assert {by: sum(row["failures"] for row in rows) for by, rows in found.items()} == dict.fromkeys(
        found, sum(row["failures"] for row in found["model"])
    )
    since = [row["installed_at"] for row in found["installed_at"] if row["installed_at"]]
    assert since == sorted(since)


def test_without_versions_it_is_said_what_would_fill_them(tmp_path: Path) -> None:
    rows = {"ticket_id": "T1", "asset_id": "A", "opened_at": "2024-05-01 08:00", "category": "leak"}
    made = installation(
        tmp_path, {"asset": "asset_id | model\nA | M", "ticket": [rows]}, settings={"time_zone": "UTC", "holidays": ""}
    )
    reading = made.read()
    for language, words in (("en", "“Software version”"), ("zh", "“软件版本”")):
        query = parse("?from=all&look=rates&window=software_version", known(reading))
        drawn = PAGE.charts["models"].draw(Context(made.home, reading, query, language))  # type: ignore[arg-type]
        assert drawn.figure is None
        assert words in drawn.words
        assert "software_version" in drawn.words


def _place(card: str) -> str:
    """The place that a card has in its section."""
    return next(f"place{list(shown).index(card)}" for shown in SHOWN.values() if card in shown)


@pytest.mark.parametrize(
    "choice", ["look=nothing", "component=nothing", "look=%27%3B--&window=x", "look=&model=", "model=%3Cb%3E"]
)
def test_an_address_that_looks_at_nothing_known_falls_back(
    ask: Ask, context: Callable[..., Context], choice: str
) -> None:
    expected = look(context("?from=all"))
    assert look(context(f"?from=all&{choice}")) == expected
    assert "message error" not in ask("trends", "control", "/trends", f"?from=all&{choice}")


def test_the_effective_action_of_the_demo_is_the_change_point(
    home: Home, ask: Ask, context: Callable[..., Context]
) -> None:
    action = next(a for a in json.loads((home.path / "truths.json").read_text())["actions"] if a["component"] == MENDED)
    c = context(f"?from=all&look={MENDED}")
    found = look(c)
    assert found is not None
    changed = control_of(c.reading, c.filters, found.item, None).change
    assert changed is not None
    assert changed.is_proven
    assert f"{changed.low:%Y-%m}" <= action["implemented_on"][:7] <= f"{changed.high:%Y-%m}"
    assert changed.after / changed.before == pytest.approx(action["rate_ratio"], abs=0.2)
    assert f": the rate changed in {changed.at:%Y-%m}" in ask("trends", "findings", "/trends", f"?look={MENDED}")


def test_a_month_leads_to_the_tickets_of_its_failures(context: Callable[..., Context]) -> None:
    c = context(f"?from=all&look={MENDED}")
    drawn = PAGE.charts["control"].draw(c)
    assert drawn.figure is not None
    rate = drawn.figure["data"][3]
    rows = drawn.table().rows
    assert len(rate["customdata"]) == len(rows) == 36
    behind = 0
    for link in rate["customdata"]:
        there = context(link.partition("?")[2])
        assert there.query.selection.component == MENDED
        behind += count(c.reading, there.filters, there.query.selection)
    # Also tickets whose failure was judged not relevant are there.
    assert behind >= sum(row[1] for row in rows) * 0.95


def rows_of(table: Table) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_a_row_of_the_list_leads_to_its_control_chart_and_its_records(
    ask: Ask, context: Callable[..., Context]
) -> None:
    answer = ask("trends", _place("warnings"), "/trends", "?from=all", "en")
    links = [json.loads(f'"{link}"') for link in re.findall(r'"href": "([^"]+)"', answer)]
    cell = next(link for link in links if link.startswith("/trends?") and "component=" in link)
    there = context(cell.partition("?")[2])
    found = look(there)
    assert found is not None
    assert len(there.filters.region) == 1
    assert any(link.startswith("/records?") for link in links)


def test_nothing_stands_out_is_said_with_the_number_of_cells(ask: Ask) -> None:
    answer = ask("trends", "findings", "/trends", "?from=all", "en")
    assert re.search(r"Nothing stands out among \d+ cells|fails more lately", answer)


def test_wear_is_seen_on_the_parts_that_wear(home: Home, context: Callable[..., Context]) -> None:
    table = PAGE.charts["lives"].draw(context("?from=all")).table()
    rows = {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}
    truths = json.loads((home.path / "truths.json").read_text())["weibull"]
    worn = [t for t in truths if t["shape"] >= 1.8 and not t["has_bad_batch"] and rows[t["component"]]["shape"]]
    assert worn
    assert all(rows[t["component"]]["pattern"] != "early" for t in worn)
    assert sum(rows[t["component"]]["pattern"] == "wear-out" for t in worn) > len(worn) / 2


@pytest.fixture(scope="module", params=["nothing", "one row"])
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A warehouse that was published without a ticket, or with one."""
    row = {"ticket_id": "T1", "opened_at": "2024-05-01 08:00", "category": "leak"}
    tables = {"asset": "asset_id | model\nA | M\n"} if request.param == "nothing" else {"ticket": [row]}
    path: Path = tmp_path_factory.mktemp("tiny")
    made = installation(path, tables, settings={"time_zone": "UTC", "holidays": ""})
    made.publish()
    app: Application = create_app(made.home)
    return client_of(app)


@pytest.mark.parametrize("part", PARTS)
def test_a_warehouse_with_nothing_or_one_row_is_friendly(tiny: FlaskClient, part_body: Body, part: str) -> None:
    for language in ("en", "zh"):
        answer = tiny.post("/_dash-update-component", json=part_body("trends", part, "/trends", "?from=all", language))
        assert answer.status_code == 200
        assert "message error" not in answer.get_data(as_text=True)


def test_the_chart_of_control_marks_signals_and_the_change() -> None:
    names = ("rate", "limits", "centre", "signal", "levels")
    figure = control(
        ["2024-01", "2024-02"], [0.1, 0.5], ([0.0, 0.0], [0.3, 0.3]), 0.1, [1], ["/a", "/b"], ["a", "b"], names,
        Shift(1, 1, 1, 0.1, 0.5),
    )  # fmt: skip
    upper, _, _, rate, signal, levels = figure["data"]
    assert (upper["y"], rate["y"], rate["customdata"]) == ([0.3, 0.3], [0.1, 0.5], ["/a", "/b"])
    assert (signal["x"], signal["customdata"]) == (["2024-02"], ["/b"])
    assert levels["y"] == [0.1, 0.5]
    assert [figure["layout"]["shapes"][0][k] for k in ("x0", "x1")] == [0.5, 1.5]


def test_dots_have_their_intervals_and_a_lower_bound_alone_is_a_triangle() -> None:
    figure = dots([Dot("a", 2.0, 1.0, 4.0, "#0072B2", "/a", "a"), Dot("b", None, 3.0, None, "#0072B2", "/b", "b")], "x")
    known, bounded = figure["data"]
    assert (known["x"], known["error_x"]["array"], known["error_x"]["arrayminus"]) == ([2.0], [2.0], [1.0])
    assert (bounded["x"], bounded["marker"]["symbol"]) == ([3.0], "triangle-right-open")


def test_an_interval_without_an_upper_bound_leaves_a_logarithmic_axis() -> None:
    rows = [Dot("a", 2.0, 1.0, None, "#000000", "/a", "a"), Dot("b", 3.0, 1.0, 8.0, "#000000", "/b", "b")]
    error = dots(rows, "x", log=True)["data"][0]["error_x"]
    # The axis ends a little behind 8.
    assert error["array"] == [8.0 * 100 - 2.0, 5.0]
    assert dots(rows, "x")["data"][0]["error_x"]["array"] == [0.0, 5.0]


def test_a_band_is_drawn_only_where_it_is_known() -> None:
    figure = bands([Banded("m", [0, 1, 2], [0, 1, 2], [None, 0.5, 1], [None, 2, 3], "/m")], "age")
    assert figure["data"][0]["x"] == [1, 2]
    assert figure["data"][2]["x"] == [0, 1, 2]


def test_lines_and_growth_lead_to_records_and_draw_the_forecast() -> None:
    lines = courses(["2024-01"], [Course("l", [0.2], ["/l"], ["l"])])
    assert lines["data"][0]["customdata"] == ["/l"]
    figure = growth(
        [1.0], [2], [(0.0, 0.0)], ["/g"], ["g"], (2.0, 4.0, 3.0, 7.0), ("so far", "law", "next"), "unit-months"
    )
    assert figure["data"][2]["error_y"]["array"] == [3.0]
    assert figure["data"][2]["error_y"]["arrayminus"] == [1.0]


def test_numbers_are_written_without_exponents() -> None:
    assert [number(v) for v in (None, 0, 0.0364, 12.345, 123456, 0.000123)] == [
        "—", "0", "0.0364", "12.3", "123,000", "0.000123",
    ]  # fmt: skip


def test_the_bad_batch_of_the_demo_fails_more_than_its_age_explains(
    home: Home, context: Callable[..., Context]
) -> None:
    batch = json.loads((home.path / "truths.json").read_text(encoding="utf-8"))["bad_batch"]
    table = PAGE.tables["nevada"](context(f"?look={batch['component']}"))
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    bad = [
        row
        for row in rows
        if row["in_service_from"] and batch["installed_from"] <= str(row["in_service_from"]) < batch["installed_before"]
    ]
    others = [row for row in rows if row not in bad]

    def ratio(cells: list[dict[str, Any]]) -> float:
        return float(sum(c["failures"] for c in cells) / sum(c["expected"] for c in cells))

    assert ratio(bad) > 1.5 > 1.1 > ratio(others)


def test_the_known_action_is_marked_where_the_rate_changed(home: Home, context: Callable[..., Context]) -> None:
    action = next(a for a in json.loads((home.path / "truths.json").read_text())["actions"] if a["component"] == MENDED)
    figure = PAGE.charts["control"].draw(context(f"?from=all&look={MENDED}")).figure
    assert figure is not None
    signs = figure["data"][-1]
    at = signs["x"].index(action["implemented_on"][:7])
    assert action["action_id"] in signs["hovertext"][at]
    assert signs["customdata"][at].startswith("/repeats?")


def test_what_ages_bring_is_told_with_its_interval_or_why_not(context: Callable[..., Context]) -> None:
    c = context("?from=all&look=感光鼓 Drum unit")
    drawn = PAGE.charts["ahead"].draw(c)
    assert drawn.figure is not None
    ahead = [row for row in drawn.table().rows if row[1] is None]
    assert len(ahead) == 6
    assert all(low <= expected <= high and covered <= expected for _, _, expected, low, high, covered in ahead)
    mended = PAGE.charts["ahead"].draw(context(f"?from=all&look={MENDED}"))
    assert mended.figure is not None or "no distribution" in mended.words


def test_a_total_of_the_nevada_chart_leads_to_its_tickets(ask: Ask, context: Callable[..., Context]) -> None:
    answer = ask("trends", _place("nevada"), "/trends", f"?look=cohorts&component={MENDED}", "en")
    cells = re.findall(r'"children": "([\d,]+)", "href": "(/records[^"]+)"', answer)
    assert cells
    for n, href in cells[:3]:
        there = context(json.loads(f'"{href}"').partition("?")[2])
        assert there.query.selection.component == MENDED
        assert count(there.reading, there.filters, there.query.selection) >= 0.8 * int(n.replace(",", ""))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ((2.0, 1.0, 3.5), "2.00 (1.00 – 3.50)"),
        ((2.0, 1.0, None), "2.00 (≥ 1.00)"),
        ((2.0, None, 3.5), "2.00 (≤ 3.50)"),
        ((2.0, None, None), "2.00"),
        (None, "—"),
    ],
)
def test_of_bounds_that_cannot_be_told_only_the_other_is_said(value: Any, said: str) -> None:
    assert bounds(value, 2) == said


def test_a_month_without_data_has_no_rate_and_without_ages_the_page_says_what_is_missing(tmp_path: Path) -> None:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=i) for i in range(600)]
    kept = [day for day in days if (day.year, day.month) != (2024, 9)]
    asset = "asset_id | model | product_line | status\nA | M | Doors | in_service"
    ticket = "ticket_id | asset_id | opened_at\n" + "\n".join(f"T{i} | A | {d} 08:00" for i, d in enumerate(kept))
    fault = "fault_id | ticket_id | asset_id | component | occurred_at | relevant\n" + "\n".join(
        f"F{i} | T{i} | A | lock | {d} 07:00 | true" for i, d in enumerate(kept)
    )
    made = installation(tmp_path, {"asset": asset, "ticket": ticket, "fault": fault}, settings={"holidays": ""})
    reading = made.read()
    c = Context(made.home, reading, parse("from=all&component=lock", known(reading)), "en")
    for name in ("lines", "control"):
        drawn = PAGE.charts[name].draw(c)
        assert drawn.figure is not None, drawn.words
        figure = drawn.figure
        (rates,) = (dict(zip(t["x"], t["y"], strict=True)) for t in figure["data"] if t["mode"] == "lines+markers")
        assert [month for month, rate in rates.items() if rate is None] == ["2024-09"]
    assert "installed_at" in PAGE.charts["lives"].draw(c).words
    table = SHOWN["lives"]["life_table"]
    assert isinstance(table, Listing)
    listed = table.draw(c)
    assert listed.body is None
    assert "installed_at" in listed.words
