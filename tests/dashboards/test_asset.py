"""The page of one asset and the search: what they say, where they lead, hostile addresses, hardly any data, both languages."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from browsing import Open
from factories import installation
from flask.testing import FlaskClient
from playwright.sync_api import expect

from bilingual.text import Language
from dashboards.address import parse
from dashboards.asset_look import KINDS, kind_looked_at, looked_at, told
from dashboards.callbacks import fill
from dashboards.components.search import suggestions
from dashboards.context import Context, known
from dashboards.pages import pages
from demo import Truths
from warehouse import records
from warehouse.asset_file import asset_file
from warehouse.asset_file_configuration import configuration
from warehouse.entities import entities
from warehouse.search import search
from warehouse.settings import Home

Make = Callable[..., Context]
PAGE, SEARCH = pages()["/asset"], pages()["/search"]
SETTINGS = {"time_zone": "UTC", "holidays": "", "as_of": "2024-12-31T00:00Z"}
ASSET = "asset_id | serial_no | model | installed_at\nA | S-A | M | 2024-01-01 00:00"
TICKET = "ticket_id | asset_id | opened_at\nT1 | A | 2024-03-01 00:00"
OF_ONE = ("facts", "life_of_one", "against_others", "configuration", "list")
SPOKEN_IN_BOTH = re.compile(
    r"Poisson|Nelson|Lawless–Nadeau|FRACAS|CSV|Excel|PNG|SVG|[A-Z]{2}-[\w.-]+|WO\d+|MR-1\.5|BOM"
)


def plain(component: Any) -> str:
    return json.dumps(component, default=lambda o: o.to_plotly_json(), ensure_ascii=False)


def links(component: Any) -> list[str]:
    return re.findall(r'"href": "([^"]+)"', plain(component))


def strings(component: Any) -> Iterator[str]:
    """All text in what a part sends to the browser but identifiers and addresses."""
    made = component.to_plotly_json() if hasattr(component, "to_plotly_json") else component
    if isinstance(made, str):
        yield made
    elif isinstance(made, list | tuple):
        for item in made:
            yield from strings(item)
    elif isinstance(made, dict):
        for key, value in made.get("props", {}).items():
            if key in ("children", "label", "title", "aria-label"):
                yield from strings(value)


def small(path: Path, language: Language, search: str, **rows: Any) -> Context:
    made = installation(path, rows, settings=SETTINGS)
    reading = made.read()
    return Context(made.home, reading, parse(search, known(reading)), language)


@pytest.fixture(scope="module")
def busiest(context: Make) -> str:
    """The asset with most failures."""
    sql = "SELECT asset_id FROM marts.failure WHERE asset_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    return str(context().reading.rows(sql)[0][0])


def test_the_pieces_of_the_bad_batch_lead_to_the_units_they_were_in(context: Make, home: Home) -> None:
    batch = Truths.read(home.path).bad_batch
    c = context(f"?look={batch['serial_from']}")
    (piece,) = [f for f in search(c.reading, batch["serial_from"], 5) if f.kind in ("piece", "asset")][:1]
    found = configuration(c.reading, piece.hits[0].key.split("-")[0])
    assert found is not None
    fitted = {p.serial_no for slot in found.slots if slot.part_no == batch["part_no"] for p in slot.pieces}
    assert batch["serial_from"] in fitted


@pytest.mark.parametrize("name", [*PAGE.parts, *PAGE.charts])
def test_a_chinese_page_speaks_chinese(context: Make, busiest: str, name: str) -> None:
    for look in ("", f"&look={busiest}", "&look=zzzz"):
        for text in strings(fill(context(f"?from=all{look}", "zh"), PAGE, name)):
            words = re.findall(r"[A-Za-z]{2,}", SPOKEN_IN_BOTH.sub("", text))
            assert not words or re.search(r"[一-鿿]", text) or not re.search(r" (the|of|and|in|is|to) ", text), text


@pytest.mark.parametrize(
    "look", [lambda a: a.asset["asset_id"], lambda a: a.asset["serial_no"].lower().replace("-", " ")]
)
def test_an_asset_is_looked_at_by_its_number_or_what_alone_answers(context: Make, busiest: str, look: Any) -> None:
    wanted = asset_file(context().reading, busiest)
    assert wanted is not None
    found = looked_at(context(f"?look={quote(look(wanted))}"))
    assert found is not None
    assert found.asset["asset_id"] == busiest


def test_what_several_answer_to_is_a_list_that_leads_to_each(context: Make) -> None:
    c = context("?look=A0000")
    assert looked_at(c) is None
    found = [h for h in links(fill(c, PAGE, "search")) if h.startswith("/asset?")]
    assert len(found) > 5
    assert all(looked_at(context(href.partition("?")[2])) is not None for href in found[:5])


@pytest.mark.parametrize("look", ["", "?look=", "?look=nobody", "?look=%3Cscript%3E", "?look=%27%3B--", "?look=%25"])
def test_an_address_without_an_asset_shows_the_search_and_the_units(context: Make, look: str) -> None:
    c = context(look)
    assert all(fill(c, PAGE, name) is None for name in OF_ONE)
    for name in ("failing", "waiting"):
        files = [h for h in links(fill(c, PAGE, name)) if h.startswith("/asset?")]
        assert files
        assert all(looked_at(context(h.partition("?")[2])) is not None for h in files)
    assert "find-form" in plain(fill(c, PAGE, "search"))


def test_a_file_has_no_lists_of_other_units(context: Make, busiest: str) -> None:
    c = context(f"?look={busiest}")
    assert all(fill(c, PAGE, name) is None for name in ("failing", "waiting"))
    assert all(fill(c, PAGE, name) is not None for name in OF_ONE)


def there(context: Make, href: str) -> bool:
    """Whether the record that an address names is on record."""
    c = context(href.partition("?")[2])
    if number := c.query.argument("ticket"):
        return bool(records.ticket(c.reading, number))
    entity, key, source = (c.query.argument(name) or "" for name in ("entity", "key", "source"))
    return records.record(c.reading, entity, key, source) is not None


def test_every_mark_of_the_time_line_and_every_row_of_the_list_is_a_record(context: Make, busiest: str) -> None:
    c = context(f"?look={busiest}")
    drawn = PAGE.charts["life"].draw(c)
    assert drawn.figure is not None
    marks = [href for trace in drawn.figure["data"] if trace["mode"] == "markers" for href in trace["customdata"]]
    file = looked_at(c)
    assert file is not None
    assert len(marks) == sum(h.at is not None for h in file.life) == len(drawn.table().rows)
    rows = [h for h in links(fill(c, PAGE, "list")) if h.startswith("/record")]
    assert all(there(context, href) for href in {*marks, *rows})
    assert {lane for trace in drawn.figure["data"] for lane in trace["y"] if lane} == {h.kind for h in file.life}


def exported(client: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200
    return list(csv.DictReader(answer.get_data(as_text=True).lstrip("\ufeff").splitlines()))


def test_what_sits_where_is_exported_as_it_is_shown(context: Make, client: FlaskClient, busiest: str) -> None:
    shown = json.dumps(fill(context(f"?look={busiest}"), PAGE, "configuration"), default=lambda o: o.to_plotly_json())
    rows = exported(client, f"/export/asset/configuration.csv?look={busiest}&lang=en")
    assert rows
    assert all(row["serial_no"] in shown and row["serial_no_before"] in shown for row in rows)
    assert f"/export/asset/configuration.csv?look={busiest}" in shown
    assert exported(client, "/export/asset/configuration.csv?look=&lang=en") == []


def test_what_was_found_is_exported_beyond_what_is_shown(client: FlaskClient, context: Make) -> None:
    found = search(context("").reading, "WO", 1_000)
    everything = [(hit.kind, hit.key) for f in found for hit in f.hits]
    assert max(len(f.hits) for f in found) > 30
    rows = exported(client, "/export/search/found.csv?look=WO&lang=en")
    assert [(row["kind"], row["key"]) for row in rows] == everything
    with client.get("/export/search/found.xlsx?look=WO&lang=zh") as book:
        assert book.status_code == 200
    assert exported(client, "/export/search/found.csv?look=") == []
    serial = context("").reading.rows("SELECT min(serial_no) FROM core.asset")[0][0]
    of_assets = exported(client, f"/export/asset/found.csv?look={quote(serial[:3])}&lang=en")
    assert {"asset"} <= {row["kind"] for row in of_assets} <= {"asset", "piece"}


def test_the_list_is_narrowed_down_by_kind_in_the_address(context: Make, client: FlaskClient, busiest: str) -> None:
    whole, faults = context(f"?look={busiest}"), context(f"?look={busiest}&entity=fault")
    assert kind_looked_at(whole) is None
    assert kind_looked_at(context(f"?look={busiest}&entity=nonsense")) is None
    file = looked_at(faults)
    assert file is not None
    answer = client.get(f"/export/asset/list.csv?look={busiest}&entity=fault&lang=en")
    rows = list(csv.reader(answer.get_data(as_text=True).lstrip("\ufeff").splitlines()))
    assert len(rows) == len(file.of("fault")) + 1
    assert {row[2] for row in rows[1:]} == {"Fault"}


@pytest.mark.parametrize("name", [*PAGE.charts, *PAGE.tables])
def test_everything_can_be_exported_with_and_without_an_asset(client: FlaskClient, busiest: str, name: str) -> None:
    for look in ("", f"&look={busiest}"):
        assert client.get(f"/export/asset/{name}.csv?from=all&lang=en{look}").status_code == 200


def test_the_configuration_is_that_of_the_periods_last_day(context: Make, busiest: str) -> None:
    found = configuration(context().reading, busiest)
    assert found is not None
    slot = next(slot for slot in found.slots if len(slot.pieces) > 1)
    first, second = slot.pieces[0].serial_no, slot.pieces[1].serial_no
    since = slot.pieces[1].since
    assert since is not None
    before = fill(context(f"?look={busiest}&from=all&to={since.date().replace(day=1)}"), PAGE, "configuration")
    assert second not in plain(before) or since.day == 1
    assert first in plain(before)
    steps = [h for h in links(before) if h.startswith("/asset?") and "to=" in h]
    assert steps


def test_a_unit_is_said_to_fail_more_or_not_with_an_interval(context: Make, busiest: str) -> None:
    drawn = PAGE.charts["against"].draw(context(f"?look={busiest}"))
    assert drawn.figure is not None
    assert re.search(r"\d+ relevant failures; the \d+ others of its model", drawn.words)
    assert re.search(r"\(95 %: [\d.]+ – [\d.]+\)", drawn.words)
    steps = drawn.figure["data"][-1]
    assert steps["y"] == list(range(1, len(steps["y"]) + 1))
    json.dumps(drawn.figure)  # plain values only


def test_a_record_leads_to_the_asset_and_to_its_source_row(context: Make, busiest: str) -> None:
    file = looked_at(context(f"?look={busiest}"))
    assert file is not None
    ticket = file.of("ticket")[0].row["ticket_id"]
    page = fill(context(f"?ticket={ticket}"), pages()["/record"], "ticket")
    assert f"/asset?look={busiest}" in links(page)
    reading = next(h for h in file.life if h.kind in ("usage", "contract", "maintenance") and h.entity == h.kind)
    key, source = quote(reading.row["source_key"]), reading.row["_source"]
    one = fill(context(f"?entity={reading.entity}&key={key}&source={source}"), pages()["/record"], "ticket")
    assert entities()[reading.entity].label.en in plain(one)
    assert {f"/asset?look={busiest}"} <= set(links(one))
    assert any(h.startswith("/source?") for h in links(one))


@pytest.mark.parametrize(
    "search", ["?entity=usage", "?entity=usage&key=x&source=y", "?entity=pg_catalog&key=x&source=y"]
)
def test_a_record_that_is_not_there_says_so(context: Make, search: str) -> None:
    assert "message" in plain(fill(context(search), pages()["/record"], "ticket"))


@pytest.mark.parametrize("language", ["zh", pytest.param("en", marks=pytest.mark.matrix)])
def test_one_asset_with_one_ticket_has_a_file(tmp_path: Path, language: Language) -> None:
    c = small(tmp_path, language, "?from=all&look=s-a", asset=ASSET, ticket=TICKET)
    for name in (*PAGE.parts, *PAGE.charts):
        fill(c, PAGE, name)
    assert "T1" in plain(fill(c, PAGE, "facts"))
    assert {"en": "too few to say", "zh": "数量过少"}[language] in PAGE.charts["against"].draw(c).words
    assert {"en": "No serialised part", "zh": "没有带序列号的部件"}[language] in plain(fill(c, PAGE, "configuration"))


@pytest.mark.parametrize("language", [pytest.param("zh", marks=pytest.mark.matrix), "en"])
def test_a_warehouse_without_assets_says_so(tmp_path: Path, language: Language) -> None:
    c = small(tmp_path, language, "?look=A", ticket="ticket_id|opened_at\nT1|2024-03-01 00:00")
    assert {"en": "No asset answers", "zh": "没有与"}[language] in plain(fill(c, PAGE, "search"))
    for name in ("failing", "waiting"):
        assert "nothing" in plain(fill(c, PAGE, name))
    assert "T1" in plain(fill(small(tmp_path / "b", language, "?look=t1", ticket=TICKET), SEARCH, "found"))


def test_names_that_look_like_markup_stay_text_in_the_figure(tmp_path: Path) -> None:
    ticket = "ticket_id | asset_id | opened_at | symptom\nT1 | A | 2024-03-01 00:00 | <b onclick=x>&"
    drawn = PAGE.charts["life"].draw(small(tmp_path, "en", "?look=A", asset=ASSET, ticket=ticket))
    hover = "".join(h for trace in (drawn.figure or {})["data"] for h in trace["hovertext"] if h)
    assert "&lt;b onclick=x&gt;&amp;" in hover


# The search of the top bar.


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_of_results_leads_to_everything_it_names(context: Make, language: Language, busiest: str) -> None:
    serial = context().reading.rows("SELECT serial_no FROM core.asset WHERE asset_id = ?", [busiest])[0][0]
    for text in (serial, "T000", "C000", "WO2", "BR-1001"):
        found = fill(context(f"?look={quote(text)}", language), SEARCH, "found")
        places = [href for href in links(found) if not href.startswith("/export/")]
        assert places, text
        assert all(pages().get(href.partition("?")[0]) for href in places)
    assert links(fill(context("?look=zzzz", language), SEARCH, "found")) == []
    assert "find-form" in plain(fill(context("", language), SEARCH, "found"))


def ask_suggestions(client: FlaskClient, typed: Any) -> Any:
    body = {
        "output": "lookup.data",
        "outputs": {"id": "lookup", "property": "data"},
        "inputs": [{"id": "lookup", "property": "searchValue", "value": typed}],
        "changedPropIds": ["lookup.searchValue"],
        "state": [
            {"id": "search", "property": "data", "value": "?from=2026-01-01"},
            {"id": "language", "property": "data", "value": "en"},
        ],
    }
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200
    return answer.get_json()["response"]["lookup"]["data"]


def test_suggestions_are_grouped_unlike_and_end_with_all_results(client: FlaskClient) -> None:
    groups = ask_suggestions(client, " br-1001 ")
    values = [item["value"] for group in groups for item in group["items"]]
    assert len(values) == len(set(values)) > 2
    assert values[-1] == "/search?look=br-1001"
    assert all(value.startswith("/") for value in values)
    assert any("from=2026-01-01" in value for value in values)


@pytest.mark.parametrize(
    "typed", [None, "", "   ", 7, ["x"], {"a": 1}, "<script>", "' OR 1=1 --", "%" * 5_000, "\u0000"]
)
def test_whatever_is_typed_is_answered(client: FlaskClient, typed: Any) -> None:
    groups = ask_suggestions(client, typed)
    assert isinstance(groups, list)
    assert len(json.dumps(groups)) < 3_000


def test_suggestions_of_nothing_lead_to_the_page_of_results(context: Make) -> None:
    (group,) = suggestions(context(), "zzz", ())
    assert [item["value"] for item in group["items"]] == ["/search?look=zzz"]


def test_the_pages_are_where_they_should_be() -> None:
    assert PAGE.group == pages()["/records"].group
    assert SEARCH.group is None
    assert set(KINDS) >= {"fault", "repair", "visit", "usage", "contract", "maintenance", "fracas_report"}


@pytest.mark.browser
@pytest.mark.parametrize("width", [pytest.param(1440, marks=pytest.mark.matrix), 390])
def test_from_the_search_to_the_file_to_a_record(site: str, open_tab: Open, busiest: str, width: int) -> None:
    page = open_tab(width).page
    page.goto(f"{site}/records?lang=en")
    field = page.locator("#lookup")
    field.click()
    field.press_sequentially(busiest.lower(), delay=30)
    expect(page.get_by_role("option").first).to_contain_text(busiest)
    expect(page.get_by_role("option").first).to_have_attribute("data-combobox-selected", "true")
    field.press("Enter")
    page.wait_for_url(re.compile(f"/asset\\?look={busiest}"))
    expect(field).to_have_value("")
    expect(page.locator("#content .skeleton")).to_have_count(0, timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".kind", has_text="Fault").first.click()
    page.wait_for_url(re.compile("entity=fault"))
    page.locator(".life tbody a").first.click()
    page.wait_for_url(re.compile("/record"))
    # A scanner is faster than suggestions: Enter asks the page of results.
    field.click()
    page.keyboard.insert_text("nowhere-to-be-found")
    field.press("Enter")
    page.wait_for_url(re.compile("/search\\?look=nowhere"))
    expect(page.locator("#content")).to_contain_text("Nothing answers to")


def test_a_return_visit_nobody_answered_and_a_meter_are_told_in_a_word_and_a_whole_number(tmp_path: Path) -> None:
    asset = "asset_id | serial_no | model\nA | S | M"
    ticket = "ticket_id | asset_id | opened_at\nT1 | A | 2024-03-01 08:00\nT2 | A | 2024-03-02 08:00"
    survey = """ticket_id | item | grade | at
    T1 | attitude | | 2024-03-05 09:00
    T1 | skill | | 2024-03-05 09:00
    T2 | attitude | | 2024-03-06 09:00
    T2 | skill | fair | 2024-03-06 09:00"""
    usage = "asset_id | read_at | value | unit\nA | 2024-03-03 09:00 | 1234.6 | hours"
    c = small(tmp_path, "en", "look=A", asset=asset, ticket=ticket, survey=survey, usage=usage)
    file = looked_at(c)
    assert file is not None
    assert [told(c, h) for h in file.of("survey")] == ["Attitude: — · Skill: Fair", "no answer"]
    assert [told(c, h) for h in file.of("usage")] == ["1,235 Hours"]
