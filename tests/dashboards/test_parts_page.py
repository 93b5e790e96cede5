"""The page of spare parts: its truths, its links, its file, and what it says where there is nothing."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from browsing import Open
from factories import installation, once
from playwright.sync_api import expect
from visitors import client_of

from analysis.backtest import METHODS as TESTED
from dashboards.app import create_app
from dashboards.charts import part_base, part_cost, part_demand, part_fill
from dashboards.components.part_table import COLUMNS, WINDOWS, parts_shown
from dashboards.context import Context
from dashboards.figures.parts import CostNames, DemandNames, StockMark, demand, stock_cost
from dashboards.pages import pages
from dashboards.pages.parts import PAGE
from dashboards.part_words import FLAGS, KINDS, METHODS, costs_of, part_of, plan_of, service_of
from dashboards.proposal import workbook
from demo import Truths, generate
from pipelines.refresh import refresh
from warehouse.filters import Filters
from warehouse.part_base import installed_base
from warehouse.part_findings import Finding, findings
from warehouse.part_forecast import part_forecast
from warehouse.parts import use, uses_of
from warehouse.settings import Home

Ask = Callable[..., str]
PLACES = [*PAGE.parts, *PAGE.charts]
MOVES = "part_no|site|at|kind|quantity\nP|A|2024-01-01 08:00|receipt|4"


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Truths, Context]:
    """A demo organisation of 20,000 tickets, in which the seasonal and the obsolescent part show."""

    def make(folder: Path) -> None:
        generate(folder, tickets=20_000, seed=7)
        refresh(Home(folder))

    home = Home(once(tmp_path_factory, "demo of 20000", make))
    context = create_app(home).desk.context("", "en")
    assert context is not None
    return Truths.read(home.path), context


def found_on(c: Context) -> tuple[Finding, ...]:
    return findings(c.reading, c.filters, service_of(c), costs_of(c), c.home.settings.dead_stock_months)


def looking(c: Context, **arguments: str) -> Context:
    return replace(c, query=replace(c.query, arguments=tuple(arguments.items())))


@pytest.mark.slow
def test_the_seasonal_part_of_the_demo_is_forecast_by_season_and_said_to_be(company: tuple[Truths, Context]) -> None:
    truths, c = company
    number = truths.seasonal_part["part_no"]
    assert [p.part_no for p in plan_of(c).flagged("seasonal")] == [number]
    found = part_forecast(c.reading, number)
    assert found is not None
    assert found.method == "seasonal_ses"
    peak = found.ahead[found.expected.index(max(found.expected))].month
    assert abs(peak - truths.seasonal_part["peak_month"]) <= 1
    assert any(number in f.text.en and "seasonal" in f.text.en for f in found_on(c))
    assert "Months differ beyond chance" in part_demand.draw(looking(c, look=number)).words


@pytest.mark.slow
def test_the_obsolescent_part_of_the_demo_is_said_to_die_out(company: tuple[Truths, Context]) -> None:
    truths, c = company
    number = truths.obsolescent_part["part_no"]
    assert [p.part_no for p in plan_of(c).flagged("obsolescent")] == [number]
    assert any(number in f.text.en and "dying out" in f.text.en and not f.is_good for f in found_on(c))
    assert [p.part_no for p in parts_shown(looking(c, window="obsolescent"))] == [number]


@pytest.mark.slow
def test_the_installed_base_says_why_it_expects_more_of_a_part_that_dies_out(company: tuple[Truths, Context]) -> None:
    """A year ago it would have said many times what came: the demand is to be believed."""
    truths, c = company
    number = truths.obsolescent_part["part_no"]
    base = installed_base(c.reading, number)
    assert base.cause == "dying"
    assert base.year is not None
    assert base.year.better == "demand"
    assert base.year.came < base.year.course.total[1]
    assert "dying out though the units are still there" in part_base.draw(looking(c, look=number)).words


@pytest.mark.slow
def test_the_installed_base_finds_the_lives_put_into_the_demo(company: tuple[Truths, Context]) -> None:
    """Of parts without a bad batch the median life is that of the Weibull they were drawn from, to a tenth."""
    truths, c = company
    sound = [w for w in truths.weibull if not w["has_bad_batch"]]
    for wear in sound:
        base = installed_base(c.reading, wear["part_no"])
        assert base.median == pytest.approx(wear["scale"] * np.log(2) ** (1 / wear["shape"]), rel=0.13), wear["part_no"]
    better = [installed_base(c.reading, w["part_no"]).year for w in sound]
    assert sum(abs(y.course.total[0] / y.came - 1) < 0.2 for y in better if y) >= 0.8 * len(sound)


def test_the_installed_base_is_drawn_with_both_forecasts_and_leads_to_uses(context: Callable[..., Context]) -> None:
    c = context()
    part = next(p for p in plan_of(c).parts if installed_base(c.reading, p.part_no).course)
    drawn = part_base.draw(context(f"?look={part.part_no}"))
    assert drawn.figure is not None
    rows = drawn.table().rows
    assert [r[0] for r in rows] == sorted(r[0] for r in rows)
    assert sum(r[3] is not None for r in rows) == 12
    assert all(r[3] <= r[2] <= r[4] for r in rows if r[3] is not None)
    assert part.part_no in drawn.words


def test_the_fill_rate_over_time_adds_up_to_the_card(context: Callable[..., Context]) -> None:
    c = context("?from=all")
    drawn = part_fill.draw(c)
    rows = drawn.table().rows
    whole = use(c.reading, Filters())
    assert (sum(r[1] for r in rows), sum(r[2] for r in rows)) == (whole.known, whole.from_stock)
    assert all(r[4] <= r[3] <= r[5] for r in rows)
    assert drawn.figure is not None
    assert drawn.figure["data"][-1]["customdata"][0].startswith("/parts?")


def test_every_method_class_and_flag_has_a_name() -> None:
    assert set(METHODS) == {*TESTED, ""}
    assert set(KINDS) == {"smooth", "erratic", "intermittent", "lumpy", ""}
    assert {*FLAGS, "waited"} == set(WINDOWS)


def test_the_part_and_the_level_of_service_come_from_the_address(context: Callable[..., Context]) -> None:
    number = plan_of(context()).parts[3].part_no
    c = context(f"?look={number}&service=99&window=excess")
    assert (part_of(c), service_of(c)) == (plan_of(c).find(number), 0.99)
    assert all("excess" in p.flags for p in parts_shown(c))
    point = {s: plan_of(context(f"?service={s}")).find(number).reorder for s in (90, 99)}  # type: ignore[union-attr]
    assert (point[90] or 0) <= (point[99] or 0)


@pytest.mark.parametrize(
    "value", ["", "nowhere", "'; DROP TABLE core.part; --", "<script>", "=1+1", "95.0", "-1", "💥"]
)
def test_what_an_address_makes_up_falls_back_to_the_default(context: Callable[..., Context], value: str) -> None:
    c = looking(context(), look=value, service=value, window=value)
    assert part_of(c) == plan_of(c).parts[0]
    assert service_of(c) == 0.95
    assert parts_shown(c) == plan_of(c).parts


def test_a_bar_of_the_demand_leads_to_exactly_its_uses(context: Callable[..., Context]) -> None:
    c = context()
    part = max(plan_of(c).parts, key=lambda p: p.recent)
    drawn = part_demand.draw(context(f"?look={part.part_no}"))
    assert drawn.figure is not None
    bar = drawn.figure["data"][0]
    for pieces, link in list(zip(bar["y"], bar["customdata"], strict=True))[-6:]:
        there = context(link.partition("?")[2])
        found = part_of(there)
        assert found is not None
        lines, total = uses_of(there.reading, found.part_no, there.filters)
        assert (found.part_no, total) == (part.part_no, len(lines))
        assert sum(line.quantity for line in lines) == pieces


def test_cards_show_the_numbers_of_the_warehouse_and_lead_to_their_parts(
    ask: Ask, context: Callable[..., Context]
) -> None:
    c = context("?from=all")
    answer = ask("parts", "cards", "/parts", "?from=all")
    assert f'"{use(c.reading, c.filters).quantity:,.0f}"' in answer
    assert f'"{plan_of(c).value()[0]:,.0f}"' in answer
    assert all(f"window={name}" in answer for name in ("waited", "order", "out"))


def test_the_table_says_that_places_do_not_narrow_the_stock(ask: Ask, context: Callable[..., Context]) -> None:
    region = next(iter(context().query.filters.region), None) or "华东 East"
    said = "stay as they are"
    assert said not in ask("parts", "table", "/parts", "")
    assert said in ask("parts", "table", "/parts", f"?product_line=&region={region}")


def test_a_row_of_the_table_has_every_column_and_an_address(ask: Ask, context: Callable[..., Context]) -> None:
    answer = json.loads(ask("parts", "table", "/parts", ""))

    def grids(node: Any) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            if node.get("type") == "AgGrid":
                yield node["props"]
            for child in node.values():
                yield from grids(child)
        elif isinstance(node, list):
            for child in node:
                yield from grids(child)

    grid = next(grids(answer))
    assert len(grid["rowData"]) == len(plan_of(context()).parts)
    assert all({name for name, *_ in COLUMNS} | {"href"} == set(row) for row in grid["rowData"])
    assert all(row["href"].startswith("/parts?") for row in grid["rowData"])


def test_the_curve_of_costs_is_marked_at_its_least(context: Callable[..., Context]) -> None:
    drawn = part_cost.draw(context())
    assert drawn.figure is not None
    marks = drawn.figure["data"][-1]
    cost = {level: money for level, money, *_ in drawn.table().rows}
    assert min(cost, key=cost.__getitem__) == marks["x"][0]


def read_sheets(file: Any) -> dict[str, pl.DataFrame]:
    return pl.read_excel(io.BytesIO(file.read()), sheet_id=0, has_header=False, infer_schema_length=0)


def test_the_order_proposal_says_what_it_was_made_from_and_holds_every_part(
    client: Any, context: Callable[..., Context]
) -> None:
    with client.get("/export/order-proposal.xlsx?service=99&lang=en") as answer:
        assert answer.status_code == 200
        assert "order-proposal-" in answer.headers["Content-Disposition"]
        sheets = read_sheets(io.BytesIO(answer.data))
    about = dict(sheets["About"].iter_rows())
    c = context("?service=99")
    assert about["Snapshot"] == c.reading.id
    assert about["Level of service (no shortage in a lead time)"] == "99 %"
    assert len(sheets["All parts"]) == len(plan_of(c).parts) + 1
    assert len(sheets["To order"]) == len(plan_of(c).flagged("order")) + 1


@pytest.fixture
def one_part(tmp_path: Path) -> Home:
    """One part with a name that a spreadsheet would run."""
    made = installation(
        tmp_path,
        {"part": "part_no|name|unit_cost\nP|=HYPERLINK(1)|2", "stock_move": MOVES},
        settings={"time_zone": "UTC", "as_of": "2024-06-30T00:00Z"},
    )
    made.publish()
    return made.home


def test_nothing_in_the_proposal_is_a_formula(one_part: Home) -> None:
    c = create_app(one_part).desk.context("", "zh")
    assert c is not None
    with workbook(c, "here") as file:
        assert read_sheets(file)["全部备件"].row(1)[:2] == ("P", "=HYPERLINK(1)")


def filled(home: Home, language: str, part_body: Callable[..., dict[str, Any]]) -> Iterator[str]:
    client = client_of(create_app(home))
    for name in PLACES:
        answer = client.post("/_dash-update-component", json=part_body("parts", name, "/parts", "?from=all", language))
        assert answer.status_code == 200
        yield json.dumps(answer.get_json(), ensure_ascii=False)


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_a_warehouse_of_one_part_and_one_without_parts_have_a_page(
    one_part: Home, tmp_path: Path, language: str, part_body: Callable[..., dict[str, Any]]
) -> None:
    said = "".join(filled(one_part, language, part_body))
    assert "message error" not in said
    assert {"en": "there was no demand", "zh": "没有需求"}[language] in said
    made = installation(tmp_path / "other", {"ticket": "ticket_id|opened_at\nT|2024-01-01 08:00"})
    made.publish()
    said = "".join(filled(made.home, language, part_body))
    assert "message error" not in said
    assert {"en": "No part is on record", "zh": "没有备件记录"}[language] in said


def test_without_a_snapshot_there_is_no_proposal(empty_home: Home) -> None:
    assert client_of(create_app(empty_home)).get("/export/order-proposal.xlsx").status_code == 404


def test_the_page_is_in_the_navigation() -> None:
    assert pages()["/parts"] is PAGE
    assert (PAGE.order, PAGE.group) == (23, pages()["/closure"].group)


def test_demand_is_drawn_as_it_was_given() -> None:
    first, second = dt.date(2026, 1, 1), dt.date(2026, 2, 1)
    names = DemandNames("used", "expected", "band")
    figure = demand([first], [3.0], [second], [2.0], [0.0], [5.0], names, ["/a"])
    bar, high, low, line = figure["data"]
    assert (bar["x"], bar["y"], bar["customdata"]) == (["2026-01"], [3.0], ["/a"])
    assert (high["y"], low["y"], line["y"], line["text"]) == ([5.0], [0.0], [2.0], ["0 – 5"])
    assert len(demand([first], [3.0], [], [], [], [], names, ["/a"])["data"]) == 1


def test_costs_are_drawn_with_their_marks_in_sight() -> None:
    names = CostNames("all", "holding", "waiting", "pieces", "money")
    figure = stock_cost([0, 1], [100.0, 5.0], [0.0, 2.0], [100.0, 3.0], [StockMark("best", 1, 5.0)], names)
    assert [trace["y"] for trace in figure["data"][:3]] == [[0.0, 2.0], [100.0, 3.0], [100.0, 5.0]]
    assert figure["layout"]["yaxis"]["range"] == [0, 15.0]


@pytest.mark.browser
def test_a_row_of_the_table_leads_to_its_part_and_a_level_of_service_is_chosen_by_hand(
    site: str, open_tab: Open
) -> None:
    page = open_tab().page
    page.goto(f"{site}/parts?lang=en")
    expect(page.locator("#content .skeleton")).to_have_count(0)
    row = page.locator(".ag-center-cols-container .ag-row").nth(2)
    number = page.locator(f'.ag-row[row-index="{row.get_attribute("row-index")}"] a.row-link').inner_text()
    row.locator(".ag-cell").nth(1).click()
    page.wait_for_url(re.compile(f"look={number}"))
    expect(page.locator("#looked-at h2")).to_have_text(re.compile(f"^{number}"))
    page.locator(".picker summary").first.click()
    page.locator(".picker .option", has_text="99").click()
    page.wait_for_url(re.compile(f"look={number}.*service=99"))
    expect(page.locator(".picker summary").first).to_contain_text("99")
