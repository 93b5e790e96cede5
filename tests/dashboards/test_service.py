"""The page of service and contracts: every view in both languages, where it leads, hostile addresses, hardly any data."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import installation

from bilingual.text import Language
from dashboards.address import parse
from dashboards.callbacks import fill
from dashboards.context import Context, known
from dashboards.page import Component, Listing
from dashboards.pages import pages
from dashboards.pages.service import VIEWS, look_of
from demo.truths import Truths
from warehouse import records
from warehouse.settings import Home

Make = Callable[..., Context]
PAGE = pages()["/service"]
SETTINGS = {"time_zone": "UTC", "holidays": "", "as_of": "2024-12-31T00:00Z"}
TICKET = "ticket_id | asset_id | customer_id | opened_at | arrived_at | resolved_at | closed_at | zone\nT1 | A | K | 2024-03-01 08:00 | 2024-03-01 09:00 | 2024-03-02 00:00 | 2024-03-02 00:00 | urban"
ONE_OF_EACH = {
    "ticket": TICKET,
    "asset": "asset_id | serial_no | model | customer_id | installed_at | warranty_end\nA | S-A | M | K | 2024-01-01 00:00 | 2025-01-10",
    "customer": "customer_id | name | class\nK | Kay | key",
    "survey": "ticket_id | item | grade | reached\nT1 | skill | fair | true",
    "complaint": "complaint_id | ticket_id | opened_at | owner\nC1 | T1 | 2024-03-05 08:00 | Li",
    "contract": "contract_id | asset_id | customer_id | kind | starts_at | ends_at | price\nN1 | A | K | maintenance | 2024-01-01 | 2025-01-10 | 100",
    "consultation": "consultation_id | customer_id | at | topic\nQ1 | K | 2024-03-01 08:00 | codes",
    "repair": "repair_id | ticket_id | asset_id | finished_at | cost_labour\nR1 | T1 | A | 2024-03-01 12:00 | 10",
    "part": "part_no | supplier\nP | S",
    "part_use": "repair_id | part_no | quantity | unit_cost | from_stock\nR1 | P | 1 | 5 | true",
    "price_approval": "ticket_id | amount | approver_role | decided_at | waived\nT1 | 5000 | service_manager | 2024-03-02 00:00 | true",
    "installation": "asset_id | commissioned_at | training_done\nA | 2024-01-02 00:00 | false",
    "target": "measure | scope | period | value\nopened | all | 2024 | 100",
}


def plain(component: Component) -> Any:
    return json.loads(json.dumps(component, default=lambda o: o.to_plotly_json()))


def strings(component: Any) -> Iterator[str]:
    """All text that is shown, titles of what is pointed at among it."""
    if isinstance(component, str):
        yield component
    elif isinstance(component, list):
        for item in component:
            yield from strings(item)
    elif isinstance(component, dict):
        for key, value in component.get("props", {}).items():
            if key in ("children", "label", "title"):
                yield from strings(value)


def links(component: Component) -> list[str]:
    return re.findall(r'"href": "([^"]+)"', json.dumps(plain(component), ensure_ascii=False))


def small(path: Path, language: Language, look: str, rows: dict[str, Any]) -> Context:
    made = installation(path, rows, settings=SETTINGS)
    reading = made.read()
    return Context(made.home, reading, parse(f"?from=all&look={look}", known(reading)), language)


@pytest.mark.parametrize("look", list(VIEWS))
def test_every_view_has_at_most_six_charts_and_tables_and_fills_their_places(context: Make, look: str) -> None:
    assert len(VIEWS[look].shows) <= 6
    c = context(f"?from=all&look={look}")
    for number, name in enumerate(VIEWS[look].shows):
        card = fill(c, PAGE, f"place{number}")
        assert card["props"]["key"] == name
        assert VIEWS[look].shows[name].question.en != "—"
    for number in range(len(VIEWS[look].shows), 6):
        assert fill(c, PAGE, f"place{number}") is None


@pytest.mark.parametrize("look", list(VIEWS))
def test_the_demo_fills_every_view(context: Make, look: str) -> None:
    c = context(f"?from=all&look={look}")
    for shown in VIEWS[look].shows.values():
        found = shown.draw(c)
        assert (found.body if isinstance(shown, Listing) else found.figure) is not None, shown.question.en


@pytest.mark.parametrize("look", list(VIEWS))
def test_a_chinese_view_speaks_chinese(context: Make, look: str) -> None:
    c = context(f"?from=all&look={look}", "zh")
    drafts = re.compile(r"ADVISORY NOTICE")
    for name in PAGE.parts:
        for text in strings(plain(fill(c, PAGE, name))):
            # What the records say (customers, products, suppliers) is bilingual or English of its own.
            if drafts.search(text) or re.search(r"[一-鿿]", text):
                continue
            assert not re.search(r" (the|of|and|in|is|are|no) ", text), text


@pytest.mark.parametrize("search", ["", "?look=", "?look=nonsense", "?look=%27%3B--", "?look=" + "9" * 190])
def test_a_hostile_look_is_the_first_view(context: Make, search: str) -> None:
    assert look_of(context(search)) == "sla"


@pytest.mark.parametrize("look", list(VIEWS))
@pytest.mark.parametrize("window", ["nonsense", "owner=%3Cscript%3E", "%27%20OR%201=1", "a@b@c"])
def test_a_hostile_window_breaks_nothing(ask: Callable[..., str], look: str, window: str) -> None:
    for name in PAGE.parts:
        assert "message error" not in ask("service", name, "/service", f"?from=all&look={look}&window={window}")


def test_views_are_addresses_that_keep_the_filters(context: Make) -> None:
    c = context("?from=2025-01-01&to=2025-12-31&look=costs")
    found = links(fill(c, PAGE, "views"))
    assert len(found) == len(VIEWS)
    assert all("from=2025-01-01" in href for href in found)


@pytest.mark.parametrize("look", list(VIEWS))
def test_every_link_of_the_page_is_understood(context: Make, look: str) -> None:
    c = context(f"?from=all&look={look}")
    for name in PAGE.parts:
        for href in links(fill(c, PAGE, name)):
            path, _, search = href.partition("?")
            assert path in pages() or path.startswith("/export/service/"), href
            assert context("?" + search).query.ignored == (), href


def test_marks_lead_to_as_many_tickets_as_they_say(context: Make) -> None:
    c = context("?from=all")
    drawn = PAGE.charts["regions"].draw(c)
    for region, due, kept, *_ in drawn.table().rows:
        at = drawn.figure["data"][0]["customdata"][[r[0] for r in drawn.table().rows].index(region)]  # type: ignore[index]
        there = context("?" + at.partition("?")[2])
        assert records.count(c.reading, there.filters, there.query.selection) == due - kept


def test_the_slow_region_is_a_finding_and_stands_first(context: Make, home: Home) -> None:
    slow = Truths.read(home.path).slow_region["region"]
    c = context("?from=all&look=sla")
    assert slow in " ".join(strings(plain(fill(c, PAGE, "findings"))))
    assert PAGE.charts["regions"].draw(c).table().rows[0][0] == slow


def test_the_list_of_complaints_narrows_down_to_what_a_bar_stands_for(context: Make) -> None:
    c = context("?from=all&look=complaints")
    bars = PAGE.charts["classes"].draw(c)
    assert bars.figure is not None
    href = bars.figure["data"][0]["customdata"][0]
    there = context("?" + href.partition("?")[2])
    category = bars.table().rows[0][0]
    listed = PAGE.tables["complaint_list"](there)
    n = sum(row[2] for row in bars.table().rows if row[0] == category)
    assert len(listed.rows) == n
    assert {row[2] for row in listed.rows} == {category}


@pytest.mark.parametrize("name", [*PAGE.charts, *PAGE.tables])
def test_data_behind_every_chart_and_table_can_be_exported(client: Any, name: str) -> None:
    answer = client.get(f"/export/service/{name}.csv?from=all&lang=en")
    assert answer.status_code == 200
    lines = answer.get_data(as_text=True).splitlines()
    assert len(lines) > 1 or name == "low"


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_one_row_of_each_is_enough_for_every_view(tmp_path: Path, language: Language) -> None:
    c = small(tmp_path, language, "sla", ONE_OF_EACH)
    for look in VIEWS:
        at = Context(c.home, c.reading, parse(f"?from=all&look={look}", known(c.reading)), language)
        for name in PAGE.parts:
            assert "message error" not in str(fill(at, PAGE, name))
        for shown in VIEWS[look].shows.values():
            assert shown.draw(at).words
    costs = Context(c.home, c.reading, parse("?from=all&look=costs", known(c.reading)), language)
    # A waiver of 5,000 approved by the service manager.
    assert "5,000" in " ".join(strings(plain(fill(costs, PAGE, "findings"))))


@pytest.mark.parametrize("language", [pytest.param("zh", marks=pytest.mark.matrix), "en"])
def test_a_warehouse_that_gets_no_contracts_says_what_would_fill_the_page(tmp_path: Path, language: Language) -> None:
    c = small(tmp_path, language, "contracts", {"ticket": TICKET})
    words = " ".join(shown.draw(c).words for shown in VIEWS["contracts"].shows.values())
    assert ("maps the entity contract" if language == "en" else "映射实体 contract") in words
    for look in VIEWS:
        at = Context(c.home, c.reading, parse(f"?from=all&look={look}", known(c.reading)), language)
        for name in PAGE.parts:
            fill(at, PAGE, name)
        for shown in VIEWS[look].shows.values():
            assert shown.draw(at).words


@pytest.mark.parametrize("look", [look for look in VIEWS if look not in ("sla", "targets")])
def test_what_nobody_delivers_is_not_known_rather_than_none(tmp_path: Path, look: str) -> None:
    row = {"asset_id": "A", "serial_no": "S-A", "customer_id": "K"}
    c = small(tmp_path, "en", look, {"ticket": TICKET, "asset": [row]})
    cards = [card["props"]["children"] for card in plain(fill(c, PAGE, "numbers"))]
    assert cards
    for head, value, *_ in cards:
        assert list(strings(value)) == ["—"], (look, list(strings(head)))
    found = " ".join(strings(plain(fill(c, PAGE, "findings"))))
    assert "No source delivers" in found
    assert "Nothing stands out" not in found


def test_covers_are_known_from_the_end_of_warranty_alone(tmp_path: Path) -> None:
    c = small(tmp_path, "en", "contracts", {"ticket": TICKET, "asset": ONE_OF_EACH["asset"]})
    assert VIEWS["contracts"].shows["covered"].draw(c).words.startswith("100.0 % of 1 machines")


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_a_warehouse_without_a_ticket_is_no_error(tmp_path: Path, language: Language) -> None:
    c = small(tmp_path, language, "sla", {"asset": ONE_OF_EACH["asset"]})
    for look in VIEWS:
        at = Context(c.home, c.reading, parse(f"?from=all&look={look}", known(c.reading)), language)
        for name in PAGE.parts:
            fill(at, PAGE, name)


def test_figures_keep_to_what_the_slim_bundle_draws(context: Make) -> None:
    c = context("?from=all")
    for name, chart in PAGE.charts.items():
        figure = chart.draw(c).figure
        assert figure is not None, name
        assert {trace["type"] for trace in figure["data"]} <= {"scatter", "bar", "pie"}
        json.dumps(figure)  # plain values only
