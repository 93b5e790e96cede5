"""Failure trends: each part in both languages, where its marks lead, and what is true of the demo organisation on it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factories import installation
from flask.testing import FlaskClient

from dashboards.app import Application, create_app
from dashboards.context import Context
from dashboards.figures.trends import Banded, Course, Dot, Shift, bands, control, courses, dots, growth
from dashboards.pages.trends import PAGE
from dashboards.trends_look import look, number
from warehouse.failure_control import control as control_of
from warehouse.records import count
from warehouse.settings import Home

Ask = Callable[..., str]
Body = Callable[..., dict[str, Any]]
PARTS = (*PAGE.parts, *PAGE.charts)
MENDED = "防夹传感器 Anti-pinch sensor"


@pytest.mark.parametrize(
    "search", ["", "?from=all&window=model", "?region=华东 East", "?to=2024-03-05", "?priority=high"]
)
@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_filled_in_both_languages(ask: Ask, part: str, search: str) -> None:
    for language in ("en", "zh"):
        answer = ask("trends", part, "/trends", search, language)
        assert "message error" not in answer
        assert "NaN" not in answer


@pytest.mark.parametrize("choice", ["look=nothing", "look=%27%3B--&window=x", "look=&model=", "model=%3Cb%3E"])
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
    assert f"The rate changed in {changed.at:%Y-%m}" in ask("trends", "findings", "/trends", f"?look={MENDED}")


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


def test_a_row_of_the_list_leads_to_its_control_chart_and_its_records(
    ask: Ask, context: Callable[..., Context]
) -> None:
    answer = ask("trends", "warnings", "/trends", "?from=all", "en")
    links = [json.loads(f'"{link}"') for link in re.findall(r'"href": "([^"]+)"', answer)]
    cell = next(link for link in links if link.startswith("/trends?") and "look=" in link)
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
    return app.server.test_client()


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
    answer = ask("trends", "nevada", "/trends", f"?look={MENDED}", "en")
    cells = re.findall(r'"children": "([\d,]+)", "href": "(/records[^"]+)"', answer)
    assert cells
    for n, href in cells[:3]:
        there = context(json.loads(f'"{href}"').partition("?")[2])
        assert there.query.selection.component == MENDED
        assert count(there.reading, there.filters, there.query.selection) >= 0.8 * int(n.replace(",", ""))
