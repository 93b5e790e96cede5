"""The page of repeat failures: what it says, where its marks lead, hostile addresses, hardly any data, both languages."""

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
from dashboards.page import Drawn
from dashboards.pages import pages
from dashboards.pages.repeats import SHOWN
from dashboards.repeat_look import SECTIONS, section
from dashboards.repeat_words import look_of, window_of
from warehouse import records
from warehouse.records import Selection
from warehouse.repeat_findings import findings
from warehouse.repeats import fixed_at_first, nothing_found, repeat_rate

Make = Callable[..., Context]
PAGE = pages()["/repeats"]
PARTS = [(look, name) for look in SECTIONS for name in PAGE.parts]
SETTINGS = {"time_zone": "UTC", "holidays": "", "as_of": "2024-12-31T00:00Z"}
ASSET = "asset_id | serial_no | model\nA | S-A | M"
TICKET = "ticket_id | asset_id | opened_at | resolved_at | closed_at\nT1 | A | 2024-03-01 00:00 | 2024-03-02 00:00 | 2024-03-02 00:00"
FAULT = "fault_id | ticket_id | asset_id | component | failure_mode\nF1 | T1 | A | valve | leak"
# Words that are names or notation in either language.
SPOKEN_IN_BOTH = re.compile(
    r"Kaplan–Meier|Nelson–Aalen|Jeffreys|gamma-Poisson|n = [\d,]+|95 ?%|[A-Z]{2}-[\w.]+|WO\d+|MR-1\.5"
)


def strings(component: Any) -> Iterator[str]:
    """All text in what a part sends to the browser but identifiers and addresses."""
    plain = component.to_plotly_json() if hasattr(component, "to_plotly_json") else component
    if isinstance(plain, str):
        yield plain
    elif isinstance(plain, list | tuple):
        for item in plain:
            yield from strings(item)
    elif isinstance(plain, dict):
        for key, value in plain.get("props", {}).items():
            if key in ("children", "label", "title"):
                yield from strings(value)


def without_ticket(c: Context, column: str, value: str) -> int:
    """Failures of a class whose ticket is in quarantine: they are counted, but have no record to show."""
    sql = f"SELECT count(*) FROM marts.failure WHERE {column} = ? AND opened_at IS NULL"
    return int(c.reading.rows(sql, [value])[0][0])


def links(component: Any) -> list[str]:
    return re.findall(
        r'"href": "([^"]+)"', json.dumps(component, default=lambda o: o.to_plotly_json(), ensure_ascii=False)
    )


def card(c: Context, name: str) -> Any:
    """A card of the section that the address asks for."""
    return fill(c, PAGE, f"place{list(SHOWN[section(c)]).index(name)}")


def small(path: Path, language: Language, **rows: Any) -> list[Context]:
    """A context of each section."""
    made = installation(path, rows, settings=SETTINGS)
    reading = made.read()
    queries = [parse(f"?from=all&look={look}", known(reading)) for look in SECTIONS]
    return [Context(made.home, reading, query, language) for query in queries]


@pytest.mark.parametrize(("look", "name"), PARTS)
def test_a_chinese_page_speaks_chinese(context: Make, look: str, name: str) -> None:
    c = context(f"?from=all&look={look}", "zh")
    quoted = {row[0] for row in c.reading.rows("SELECT DISTINCT symptom FROM marts.ticket")}
    for text in strings(fill(c, PAGE, name)):
        if text in quoted:
            continue  # customers' own words
        # What the records say (components, customers) is bilingual or English of its own.
        words = re.findall(r"[A-Za-z]{2,}", SPOKEN_IN_BOTH.sub("", text))
        assert not words or re.search(r"[一-鿿]", text) or not re.search(r" (the|of|and|in|is) ", text), text


def test_each_section_has_at_most_six_cards_and_every_card_is_in_one(context: Make) -> None:
    assert all(len(shown) <= 6 for shown in SHOWN.values())
    for look in SECTIONS:
        c = context(f"?from=all&look={look}")
        cards = [fill(c, PAGE, name) for name in PAGE.parts if name.startswith("place")]
        assert [card["props"]["key"] for card in cards if card is not None] == list(SHOWN[look])
    assert {*PAGE.charts, *PAGE.tables} == {name for shown in SHOWN.values() for name in shown}


@pytest.mark.parametrize(
    ("search", "shown"),
    [
        ("", "often"),
        ("?look=%27%3B--", "often"),
        ("?look=" + "9" * 190, "often"),
        ("?look=chains", "chains"),
        # What a section looks at names it too: addresses are shared and kept.
        ("?look=customer", "what"),
        ("?look=cause&window=90", "what"),
    ],
)
def test_the_address_chooses_the_section(context: Make, search: str, shown: str) -> None:
    c = context(search)
    assert section(c) == shown
    assert bool(links(fill(c, PAGE, "classes"))) == (shown == "what")


def test_sections_keep_the_window_and_findings_lead_to_the_section_that_shows_them(context: Make) -> None:
    c = context("?from=all&window=90&look=cause")
    chosen = links(fill(c, PAGE, "sections"))
    assert [section(context(href.partition("?")[2])) for href in chosen] == list(SECTIONS)
    assert all("window=90" in href for href in chosen)
    found = findings(c.reading, c.filters, c.before, 90)
    assert found
    shows = {"rate": "often", "class": "what", "lots": "what", "units": "what", "later": "chains"}
    told = [section(context(href.partition("?")[2])) for href in links(fill(c, PAGE, "findings"))]
    # What a corrective action did not achieve comes last and takes the place of one of the others.
    expected = [shows[f.subject] for f in found]
    assert told == [*expected[: len(told) - told.count("actions")], *["actions"] * told.count("actions")]


@pytest.mark.parametrize(
    "search",
    ["?window=0", "?window=30%20days", "?window=-7", "?look=ticket_id", "?look=%27%3B--", "?window=" + "9" * 190],
)
def test_a_hostile_choice_falls_back_to_the_default(context: Make, search: str) -> None:
    c = context(search)
    assert (window_of(c), look_of(c)) == (30, "component")
    assert "message error" not in str(fill(c, PAGE, "choices"))


def test_the_card_shows_the_rate_of_the_window_asked_for(ask: Callable[..., str], context: Make) -> None:
    c = context("?from=all&window=90")
    value = repeat_rate(c.reading, c.filters, 90).value
    answer = ask("repeats", "again", "/repeats", "?from=all&window=90")
    assert f"{value.value:.1%}".replace("%", " %") in answer
    assert "Repeat failures within 90 days" in answer


def test_a_bar_of_the_pareto_leads_to_its_tickets(context: Make) -> None:
    c = context("?from=all")
    drawn = PAGE.charts["pareto"].draw(c)
    assert drawn.figure is not None
    back, rest, line = drawn.figure["data"]
    for i, href in enumerate(back["customdata"]):
        there = context(href.partition("?")[2])
        n = records.count(c.reading, there.filters, there.query.selection)
        missing = without_ticket(c, "component", there.query.selection.component or "")
        assert n == back["x"][i] + rest["x"][i] - missing
    assert line["x"] == sorted(line["x"])
    assert line["x"][-1] <= 1
    # Overlaid axes take their ticks from the first unless told otherwise.
    assert drawn.figure["layout"]["xaxis2"]["tickmode"] == "auto"


def test_failures_are_counted_by_what_the_address_asks_for(context: Make) -> None:
    by_customer = PAGE.charts["pareto"].draw(context("?from=all&look=customer"))
    assert by_customer.figure is not None
    assert all("customer=" in href for href in by_customer.figure["data"][0]["customdata"])
    by_cause = PAGE.charts["pareto"].draw(context("?from=all&look=cause"))
    assert by_cause.table().columns[0] == "cause"
    assert sum(row[2] for row in by_cause.table().rows) == sum(row[2] for row in by_customer.table().rows)


def test_failures_are_counted_by_the_first_class_that_is_known_of_half_of_them(tmp_path: Path) -> None:
    ticket = "ticket_id | opened_at\n" + "\n".join(f"T{i} | 2024-03-01 00:00" for i in range(4))
    head = "fault_id | ticket_id | occurred_at | component | failure_mode\n"
    faults = [f"F{i} | T{i} | 2024-03-01 00:00" for i in range(4)]
    # One of four names a component, two a mode.
    made = ["pump | leaks", "| leaks", "|", "|"]
    fault = head + "\n".join(f"{a} | {b}" for a, b in zip(faults, made, strict=True))
    _, c, *_ = small(tmp_path / "mode", "en", ticket=ticket, fault=fault)
    assert look_of(c) == "failure_mode"
    assert PAGE.charts["pareto"].draw(c).table().columns[0] == "failure_mode"
    # Where nobody names anything, the first.
    _, nothing, *_ = small(
        tmp_path / "nothing", "en", ticket=ticket, fault=head + "\n".join(f"{a} | |" for a in faults)
    )
    assert look_of(nothing) == "component"


def test_cards_without_a_value_say_which_field_would_fill_them(tmp_path: Path) -> None:
    c, *_ = small(tmp_path, "en", ticket="ticket_id | opened_at\nT1 | 2024-03-01 00:00")
    shown = {
        name: json.dumps(fill(c, PAGE, name), default=lambda o: o.to_plotly_json())
        for name in ("fixed", "found", "due")
    }
    assert "visit.finished_at" in shown["fixed"]
    # Both cards rest on the same fields.
    assert shown["found"].count("fault.no_fault_found") == 2
    assert shown["due"].count("action") >= 2
    assert "visit.finished_at" in PAGE.charts["fixed_by_month"].draw(c).words


def test_a_point_of_the_curve_chooses_its_window(context: Make) -> None:
    drawn = PAGE.charts["windows"].draw(context("?from=all&look=cause"))
    assert drawn.figure is not None
    points = drawn.figure["data"][-1]
    assert points["x"] == [7, 30, 90, 180]
    assert all(
        f"window={int(x)}" in href and "look=cause" in href
        for x, href in zip(points["x"], points["customdata"], strict=True)
    )


def test_months_add_up_to_the_cards_and_lead_to_their_jobs(context: Make) -> None:
    c = context("?from=all")
    for name, rate in (
        ("again_by_month", repeat_rate(c.reading, c.filters, 30)),
        ("fixed_by_month", fixed_at_first(c.reading, c.filters)),
        ("found_later", nothing_found(c.reading, c.filters).rate),
    ):
        drawn = PAGE.charts[name].draw(c)
        assert drawn.figure is not None
        rows = drawn.table().rows
        assert sum(row[1] or 0 for row in rows) == rate.value.numerator
        assert sum(row[2] for row in rows) == rate.value.denominator
        assert f"{rate.value.value:.1%}".replace("%", " %") in drawn.words
        assert all(row[4] <= row[3] <= row[5] for row in rows if row[3] is not None)
        bars = drawn.figure["data"][-1]
        assert len(bars["customdata"]) == len(rows)
        there = context(bars["customdata"][2].partition("?")[2])
        # Not every job has a failure that can be followed.
        assert records.count(c.reading, there.filters, there.query.selection) >= rows[2][2]


def test_a_mark_of_a_chain_is_a_ticket(context: Make) -> None:
    c = context("?from=all&window=180")
    drawn = PAGE.charts["chains"].draw(c)
    assert drawn.figure is not None
    marks = [href for trace in drawn.figure["data"] for href in trace.get("customdata", [])]
    tickets = {row[6] for row in drawn.table().rows}
    assert marks
    assert all(records.ticket(c.reading, href.partition("ticket=")[2]) for href in marks)
    assert {href.partition("ticket=")[2] for href in marks} <= tickets


def test_a_unit_leads_to_its_file(context: Make) -> None:
    c = context("?from=all")
    drawn = PAGE.charts["units"].draw(c)
    assert drawn.figure is not None
    href = drawn.figure["data"][0]["customdata"][0]
    assert href.startswith("/asset?")
    there = context(href.partition("?")[2])
    assert records.count(c.reading, there.filters, Selection(asset_id=there.query.argument("look"))) > 0


def test_every_cell_of_the_heat_map_leads_to_as_many_tickets_as_it_says(context: Make) -> None:
    c = context("?from=all&look=what")
    sent = json.dumps(card(c, "matrix"), default=lambda o: o.to_plotly_json(), ensure_ascii=False)
    cells = re.findall(r'"children": "([\d,]+)", "href": "(/records[^"]+)"', sent)
    assert len(cells) > 20
    for n, href in cells[:8]:
        there = context(href.partition("?")[2])
        found = records.count(c.reading, there.filters, there.query.selection)
        missing = without_ticket(c, "failure_mode", there.query.selection.failure_mode or "")
        assert 0 <= int(n.replace(",", "")) - found <= missing


def test_lots_lead_to_the_tickets_that_took_their_pieces_out(context: Make) -> None:
    c = context("?from=all&look=what")
    tickets = [href for href in links(card(c, "lot_table")) if href.startswith("/record?ticket=")]
    assert tickets
    assert all(records.ticket(c.reading, href.partition("=")[2]) for href in tickets)


@pytest.mark.parametrize("name", [*PAGE.charts, *PAGE.tables])
def test_data_behind_every_chart_and_table_can_be_exported(client: Any, name: str) -> None:
    answer = client.get(f"/export/repeats/{name}.csv?from=all&lang=en")
    assert answer.status_code == 200
    lines = answer.get_data(as_text=True).splitlines()
    assert len(lines) > 1


@pytest.mark.parametrize("language", [pytest.param("zh", marks=pytest.mark.matrix), "en"])
def test_a_warehouse_of_one_ticket_is_enough_for_every_part(tmp_path: Path, language: Language) -> None:
    each = small(tmp_path, language, asset=ASSET, ticket=TICKET, fault=FAULT)
    for c in each:
        for name in SHOWN[section(c)]:
            assert card(c, name) is not None
        for name in (*PAGE.parts, *PAGE.charts):
            fill(c, PAGE, name)
    c = each[0]
    assert "1 failures" in PAGE.charts["pareto"].draw(c).words or language == "zh"
    assert PAGE.charts["chains"].draw(c).figure is None
    assert PAGE.charts["units"].draw(c).figure is None


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_a_warehouse_without_a_ticket_says_why_there_is_nothing(tmp_path: Path, language: Language) -> None:
    for c in small(tmp_path, language, asset=ASSET):
        for name, what in SHOWN[section(c)].items():
            assert card(c, name) is not None
            drawn = what.draw(c)
            assert drawn.words
            assert (drawn.figure if isinstance(drawn, Drawn) else drawn.body) is None
        for name in (*PAGE.parts, *PAGE.charts):
            fill(c, PAGE, name)


def test_figures_keep_to_what_the_slim_bundle_draws(context: Make) -> None:
    c = context("?from=all&window=180")
    for chart in PAGE.charts.values():
        figure = chart.draw(c).figure
        if figure is not None:
            assert {trace["type"] for trace in figure["data"]} <= {"scatter", "bar", "pie"}
            json.dumps(figure)  # plain values only
