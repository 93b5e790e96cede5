"""The page of fault closure: what each section shows, where its marks lead, hostile addresses, hardly any data, both languages."""

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
from dashboards.closure_look import SECTIONS, grouped_by, held_by, section
from dashboards.context import Context, known
from dashboards.pages import pages
from dashboards.pages.closure import SHOWN
from demo.truths import Truths
from warehouse import records
from warehouse.closure_groups import PLACES
from warehouse.closure_owners import HOLDERS
from warehouse.closure_rules import complaints, kept, rules_of
from warehouse.settings import Home

Make = Callable[..., Context]
PAGE = pages()["/closure"]
PARTS = [(look, name) for look in SECTIONS for name in PAGE.parts]
SETTINGS = {"time_zone": "UTC", "holidays": "", "as_of": "2024-12-31T00:00Z"}
ASSET = "asset_id | serial_no | model\nA | S-A | M"
TICKET = "ticket_id | asset_id | opened_at\nT1 | A | 2024-03-01 00:00"
# Words that are names or notation in either language.
SPOKEN_IN_BOTH = re.compile(r"Kaplan–Meier|n = [\d,]+|95 ?%|[\w]+_[\w]+|WO\d+|CP\d+|T\d{4}|SLA|MTTR|P90|Sun Wei|p < ")


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


def sent(component: Any) -> str:
    return json.dumps(component, default=lambda o: o.to_plotly_json(), ensure_ascii=False)


def there(context: Make, href: str) -> int:
    """How many tickets an address shows."""
    c = context(href.partition("?")[2])
    return records.count(c.reading, c.filters, c.query.selection)


def small(path: Path, language: Language, look: str, **rows: Any) -> Context:
    made = installation(path, rows, settings=SETTINGS)
    reading = made.read()
    return Context(made.home, reading, parse(f"?from=all&look={look}", known(reading)), language)


@pytest.mark.parametrize(("look", "name"), PARTS)
def test_a_chinese_page_speaks_chinese(context: Make, look: str, name: str) -> None:
    c = context(f"?from=all&look={look}", "zh")
    quoted = {row[0] for row in c.reading.rows("SELECT symptom FROM marts.ticket UNION SELECT remark FROM core.survey")}
    for text in strings(fill(c, PAGE, name)):
        if text in quoted:
            continue  # customers' own words
        words = re.findall(r"[A-Za-z]{2,}", SPOKEN_IN_BOTH.sub("", text))
        assert not words or re.search(r"[一-鿿]", text), text


def test_each_section_has_at_most_six_cards_and_every_card_is_in_one(context: Make) -> None:
    assert all(len(shown) <= 6 for shown in SHOWN.values())
    for look in SECTIONS:
        c = context(f"?from=all&look={look}")
        cards = [fill(c, PAGE, name) for name in PAGE.parts if name.startswith("place")]
        assert [card["props"]["key"] for card in cards if card is not None] == list(SHOWN[look])


@pytest.mark.parametrize("search", ["", "?look=%27%3B--", "?look=technicians", "?look=" + "9" * 190])
def test_an_unknown_section_is_the_first(context: Make, search: str) -> None:
    assert section(context(search)) == "flow"


@pytest.mark.parametrize("search", ["?window=7", "?window=%27%3B--", "?window=ticket_id", "?key=%3Cb%3E"])
def test_hostile_choices_fall_back_to_the_first(context: Make, search: str) -> None:
    for look in ("time", "open"):
        c = context(f"{search}&look={look}")
        assert grouped_by(c) in PLACES
        assert held_by(c) == "technician"
        assert "<b>" not in sent([fill(c, PAGE, f"place{i}") for i in range(4)])


def test_bands_count_the_changes_of_the_records(context: Make) -> None:
    c = context("?from=all")
    drawn = PAGE.charts["states"].draw(c)
    assert drawn.figure is not None
    (n,) = c.reading.rows(
        "SELECT count(*) FROM core.ticket_event WHERE ticket_id IN (SELECT ticket_id FROM marts.ticket)"
    )[0]
    assert sum(row[2] for row in drawn.table().rows) == n
    assert f"{n:,} changes" in drawn.words
    assert "Resolved → Reopened" in drawn.words
    closed = next(t["customdata"] for t in drawn.figure["data"] if "→ Closed" in str(t.get("text")))
    assert there(context, closed) == c.reading.rows("SELECT count(*) FROM marts.ticket WHERE is_closed")[0][0]


def test_a_point_of_the_cumulative_flow_leads_to_the_work_in_process_of_its_day(context: Make) -> None:
    c = context("?from=2026-01-10&to=2026-05-20")
    drawn = PAGE.charts["cumulative"].draw(c)
    assert drawn.figure is not None
    lower = [t for t in drawn.figure["data"] if "yaxis" not in t]
    opened, closed = lower[-1], lower[0]
    for i in (0, len(opened["x"]) // 2, -1):
        assert opened["y"][i] - closed["y"][i] == there(context, opened["customdata"][i])


def test_a_cohort_that_is_too_young_is_hatched(context: Make) -> None:
    drawn = PAGE.charts["cohorts"].draw(context())
    assert drawn.figure is not None
    within_90 = drawn.figure["data"][2]
    assert within_90["marker"]["pattern"]["shape"][0] == ""
    assert within_90["marker"]["pattern"]["shape"][-1] == "/"
    assert drawn.table().rows[-1][-1] is False


@pytest.mark.parametrize("by", PLACES)
def test_a_curve_leads_to_as_many_tickets_as_it_has(context: Make, by: str) -> None:
    c = context(f"?from=all&look=time&window={by}")
    drawn = PAGE.charts["groups"].draw(c)
    assert drawn.figure is not None
    for row, curve in zip(drawn.table().rows, drawn.figure["data"], strict=False):
        # A ticket whose times run backwards has no duration.
        assert 0 <= there(context, curve["customdata"][0]) - row[1] <= 2
    assert len(drawn.figure["data"]) <= 8


def test_the_slow_region_is_the_slowest_of_the_page(context: Make, home: Home) -> None:
    c = context("?from=all&look=time&window=region")
    rows = PAGE.charts["groups"].draw(c).table().rows
    slow = Truths.read(home.path).slow_region["region"]
    assert min(rows, key=lambda row: row[-1])[0] == slow


@pytest.mark.parametrize("by", HOLDERS)
def test_holders_hold_all_that_is_open(context: Make, by: str) -> None:
    c = context(f"?look=open&window={by}")
    rows = PAGE.tables["owners"](c).rows
    assert sum(row[2] for row in rows) == c.reading.rows("SELECT count(*) FROM marts.ticket WHERE NOT is_closed")[0][0]
    first = context(f"?look=open&window={by}&key={rows[0][0]}")
    assert len(PAGE.tables["owners"](first).rows) == rows[0][2]


def test_the_queue_has_everybody_who_waits_and_leads_to_each(context: Make) -> None:
    c = context("?look=open")
    rows = PAGE.tables["queue"](c).rows
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert rows == sorted(rows, key=lambda row: (not row[4], row[2]))
    card = sent(fill(c, PAGE, "place2"))
    assert all(f"/record?ticket={row[1]}" in card for row in rows[:15])


def test_cards_of_the_rules_show_what_the_records_say(ask: Callable[..., str], context: Make) -> None:
    c = context("?from=all&look=rules")
    answered, _, _ = kept(complaints(c.reading, c.filters, rules_of(c.home.settings))).values()
    assert answered.value is not None
    told = ask("closure", "rule_cards", "/closure", "?from=all&look=rules")
    assert f"{answered.value * 100:.1f} %" in told
    assert "Owner's report in time, at least" in told
    assert ask("closure", "rule_cards", "/closure", "?from=all&look=time").count("kpi") == 0


@pytest.mark.parametrize("name", [*PAGE.charts, *PAGE.tables])
def test_data_behind_every_chart_and_table_can_be_exported(client: Any, name: str) -> None:
    answer = client.get(f"/export/closure/{name}.csv?from=all&lang=en")
    assert answer.status_code == 200
    assert len(answer.get_data(as_text=True).splitlines()) > 1


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_a_warehouse_of_one_ticket_is_enough_for_every_section(tmp_path: Path, language: Language) -> None:
    c = small(tmp_path, language, "flow", asset=ASSET, ticket=TICKET)
    for look in SECTIONS:
        one = Context(c.home, c.reading, parse(f"?from=all&look={look}", known(c.reading)), language)
        for name in (*PAGE.parts, *PAGE.charts):
            fill(one, PAGE, name)
    assert ("ticket.dispatched_at" in PAGE.charts["dispatch"].draw(c).words) is True
    assert PAGE.charts["visits"].draw(c).figure is None


def test_without_times_of_dispatch_nobody_waits_for_it_and_states_go_by_what_can_be_told(tmp_path: Path) -> None:
    ticket = {"ticket_id": "T1", "opened_at": "2024-03-01 08:00"}
    c = small(tmp_path, "en", "open", ticket=[ticket | {"closed_at": "2024-03-01 09:00"}])
    assert "No source delivers when tickets were dispatched" in SHOWN["open"]["queue"].draw(c).words
    figure = PAGE.charts["cumulative"].draw(c).figure
    assert figure is not None
    named = [t["name"] for t in figure["data"] if t["showlegend"]]
    assert named == ["closed", "waiting for dispatch / on the way / in work / resolved, not closed"]


@pytest.mark.parametrize("language", [pytest.param("zh", marks=pytest.mark.matrix), "en"])
def test_a_warehouse_without_a_ticket_says_why_there_is_nothing(tmp_path: Path, language: Language) -> None:
    c = small(tmp_path, language, "flow", asset=ASSET)
    for look in SECTIONS:
        one = Context(c.home, c.reading, parse(f"?look={look}", known(c.reading)), language)
        for name in (*PAGE.parts, *PAGE.charts):
            fill(one, PAGE, name)
    for name, chart in PAGE.charts.items():
        drawn = chart.draw(c)
        assert drawn.words, name


def test_figures_keep_to_what_the_slim_bundle_draws(context: Make) -> None:
    c = context("?from=all")
    for chart in PAGE.charts.values():
        figure = chart.draw(c).figure
        if figure is not None:
            assert {trace["type"] for trace in figure["data"]} <= {"scatter", "bar", "pie"}
            json.dumps(figure)  # plain values only
