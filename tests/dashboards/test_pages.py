"""Every page and part in both languages: filled from the snapshot, friendly without one, never a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from visitors import client_of

from dashboards.app import create_app
from dashboards.context import Context
from dashboards.pages import pages
from warehouse import records
from warehouse.filters import Filters
from warehouse.metrics.evaluate import evaluate
from warehouse.records import Selection
from warehouse.settings import Home

Ask = Callable[..., str]
Body = Callable[..., dict[str, Any]]
PARTS = [(p.name, part, p.path) for p in pages().values() for part in (*p.parts, *p.charts)]
HAN = re.compile(r"[一-鿿]")


def texts(component: Any) -> Iterator[str]:
    """All text that a component shows."""
    if isinstance(component, str):
        yield component
    elif isinstance(component, list | tuple):
        for part in component:
            yield from texts(part)
    elif isinstance(component, dict):
        yield from texts(component.get("props", {}).get("children"))
    elif hasattr(component, "children"):
        yield from texts(component.children)


def test_pages_are_found_by_themselves() -> None:
    assert {"/", "/closure", "/records", "/record", "/quality", "/source"} <= set(pages())


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("page", "part", "path"), PARTS)
def test_every_part_is_filled(ask: Ask, page: str, part: str, path: str, language: str) -> None:
    answer = ask(page, part, path, "?from=all", language)
    assert "message error" not in answer
    assert len(answer) > 100


@pytest.mark.parametrize("page", list(pages().values()), ids=lambda p: p.name)
def test_a_layout_speaks_the_language_it_was_asked_for(page: Any, context: Callable[..., Context]) -> None:
    english, chinese = (list(texts(page.layout(context("", language)))) for language in ("en", "zh"))
    assert len(english) == len(chinese)
    assert not any(HAN.search(text) for text in english)
    assert all(HAN.search(text) for text in chinese)
    assert all(HAN.search(page.title.zh) and not HAN.search(page.title.en) for page in pages().values())


def test_numbers_on_a_card_are_those_of_the_measure(ask: Ask, context: Callable[..., Context]) -> None:
    c = context("?from=all")
    opened = evaluate(c.reading, ("opened",), Filters())["opened"].value
    assert f'"{opened:,.0f}"' in ask("overview", "counted", "/", "?from=all")


def test_the_part_of_a_page_that_was_left_stays_as_it_is(client: FlaskClient, part_body: Body) -> None:
    body = part_body("closure", "survival", "/records", "")
    assert client.post("/_dash-update-component", json=body).status_code == 204


def test_an_age_class_leads_to_exactly_its_tickets(context: Callable[..., Context]) -> None:
    c = context()
    drawn = pages()["/closure"].charts["ageing"].draw(c)
    assert drawn.figure is not None
    bar = drawn.figure["data"][0]
    for n, link in zip(bar["y"], bar["customdata"], strict=True):
        there = context(link.partition("?")[2])
        assert records.count(c.reading, there.filters, there.query.selection) == n


def test_a_bar_of_the_trend_leads_to_exactly_its_tickets(context: Callable[..., Context]) -> None:
    c = context("?from=2026-01-10&to=2026-05-20")
    drawn = pages()["/closure"].charts["flow"].draw(c)
    assert drawn.figure is not None
    for bar in drawn.figure["data"][:2]:
        for n, link in zip(bar["y"], bar["customdata"], strict=True):
            there = context(link.partition("?")[2])
            assert records.count(c.reading, there.filters, there.query.selection) == n


def test_the_backlog_leads_to_exactly_its_tickets(context: Callable[..., Context]) -> None:
    c = context("?from=2026-01-01&to=2026-03-31")
    backlog = evaluate(c.reading, ("backlog",), c.filters)["backlog"].value
    assert records.count(c.reading, c.filters, Selection(at_end=True)) == backlog


def test_a_zone_leads_to_exactly_its_missed_calls(context: Callable[..., Context]) -> None:
    c = context()
    drawn = pages()["/closure"].charts["zones"].draw(c)
    for (_, _, kept, due), link in zip(drawn.table().rows, drawn.figure["data"][1]["customdata"], strict=True):  # type: ignore[index]
        there = context(link.partition("?")[2])
        assert records.count(c.reading, there.filters, there.query.selection) == due - kept


def test_a_record_leads_to_its_source_row_as_it_landed(ask: Ask, context: Callable[..., Context]) -> None:
    c = context("?from=all")
    ticket = records.page(c.reading, c.filters, Selection(), rows=1)[0]["ticket_id"]
    answer = ask("record", "ticket", "/record", f"?ticket={ticket}")
    link = next(text for text in re.findall(r'"([^"]+)"', answer) if text.startswith("/source?"))
    row = ask("source", "row", "/source", "?" + link.partition("?")[2])
    assert ticket in row
    assert "Row number" in row


def test_a_ticket_that_does_not_exist_is_told_in_a_sentence(ask: Ask) -> None:
    assert "There is no ticket nowhere" in ask("record", "ticket", "/record", "?ticket=nowhere")


@pytest.mark.parametrize(
    "search",
    ["", "?row=abc", "?source=..&stream=..&batch=..&file=x&row=1", "?entity=ticket&key=zzz&source=x", "?row=²"],
)
def test_a_source_row_that_is_not_there_is_told_in_a_sentence(ask: Ask, search: str) -> None:
    assert "This source row is not at hand" in ask("source", "row", "/source", search)


@pytest.mark.parametrize("page", list(pages().values()), ids=lambda p: p.name)
def test_without_a_snapshot_every_page_says_what_to_do(empty_home: Home, page: Any) -> None:
    client = client_of(create_app(empty_home))
    body = {
        "output": "..content.children...title.data...filters.hidden...path.data...search.data..",
        "outputs": [
            {"id": "content", "property": "children"},
            {"id": "title", "property": "data"},
            {"id": "filters", "property": "hidden"},
            {"id": "path", "property": "data"},
            {"id": "search", "property": "data"},
        ],
        "inputs": [{"id": "asked", "property": "data", "value": {"path": page.path, "search": ""}}],
        "changedPropIds": ["asked.data"],
        "state": [{"id": "language", "property": "data", "value": "en"}],
    }
    answer = client.post("/_dash-update-component", json=body).get_data(as_text=True)
    assert "faultloop refresh" in answer


def test_an_unexpected_error_shows_a_number_and_no_traceback(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("dashboards.callbacks.fill", broken)
    answer = ask("overview", "counted", "/")
    number = re.search(r"logged as ([0-9a-f]{8})", answer)
    assert number
    assert "secret detail" not in answer
    assert number.group(1) in caplog.text


def test_what_fills_a_page_and_what_is_exported_from_it_have_names_of_their_own() -> None:
    for page in pages().values():
        named = [*page.parts, *page.charts]
        assert len(named) == len(set(named)), page.name
        assert not set(page.tables) & set(page.charts), page.name
