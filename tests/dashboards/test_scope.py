"""Who sees a part of the house is told of nothing outside of it, on no page and in no file, whatever an address asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote, unquote_plus

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from visitors import EVERYTHING, known, logged_in

from dashboards.address import parse
from dashboards.app import Application
from dashboards.context import known as known_of
from dashboards.pages import pages
from warehouse.extent import Extent
from warehouse.filters import PLACES
from warehouse.reading import Reading

REGION, LINE = "华东 East", "制动系统 Brake systems"
OTHER_REGION, OTHER_LINE = "华北 North", "办公设备 Office machines"
EXTENT = Extent(frozenset({REGION}), frozenset({LINE}))
# Links to a page that are followed as somebody who may not see what they lead to.
FOLLOWED = 4
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,}")


@dataclass(frozen=True)
class Outside:
    """What belongs to other parts of the house only: numbers (a word each) and names, by what they are of."""

    numbers: Mapping[str, frozenset[str]]
    names: Mapping[str, frozenset[str]]

    def told(self, answer: str, asked: str = "") -> dict[str, set[str]]:
        """What of it an answer names, besides what was asked for itself."""
        texts = [answer, unquote(answer)]
        words = {word for text in texts for word in _NUMBER.findall(text)}
        said = set(_NUMBER.findall(unquote_plus(asked)))
        found = {kind: (numbers & words) - said for kind, numbers in self.numbers.items()}
        for kind, names in self.names.items():
            found[kind] = {n for n in names if n not in unquote_plus(asked) and any(n in text for text in texts)}
        return {kind: told for kind, told in found.items() if told}


@pytest.fixture(scope="module")
def house(app: Application) -> Reading:
    reading = app.desk.reader.current()
    assert reading is not None
    return reading


@pytest.fixture(scope="module")
def outside(house: Reading) -> Outside:
    """Counted from the entities alone: every thing is where it says, else where its unit or its customer is."""
    assets = house.records("SELECT * FROM core.asset")
    customers = {c["customer_id"]: c for c in house.records("SELECT * FROM core.customer")}
    by_id = {a["asset_id"]: a for a in assets}

    def is_here(row: Mapping[str, Any], *others: Mapping[str, Any]) -> bool:
        region = next((r["region"] for r in (row, *others) if r.get("region")), "")
        line = next((r["product_line"] for r in (row, *others) if r.get("product_line")), "")
        return region in ("", REGION) and line in ("", LINE)

    of_asset = {a["asset_id"]: is_here(a, customers.get(a["customer_id"], {})) for a in assets}
    tickets = house.records("SELECT * FROM core.ticket")
    of_ticket: dict[str, bool] = {}
    near_assets = {a for a, here in of_asset.items() if here}
    near_customers, sites = set(), {True: set[str](), False: set[str]()}
    for a in assets:
        if of_asset[a["asset_id"]]:
            near_customers.add(a["customer_id"])
        sites[of_asset[a["asset_id"]]].add(a["site"])
    for t in tickets:
        asset = by_id.get(t["asset_id"], {})
        customer = customers.get(t["customer_id"] or asset.get("customer_id"), {})
        here = of_ticket[t["ticket_id"]] = is_here(t, asset, customer)
        sites[here].add(t["site"] or asset.get("site"))
        if here:
            near_assets.add(t["asset_id"])
            near_customers.add(t["customer_id"] or asset.get("customer_id"))
    pieces: dict[bool, set[str]] = {True: set(), False: set()}
    for ticket_id, asset_id, old, new in house.rows(
        "SELECT r.ticket_id, r.asset_id, u.old_serial, u.new_serial FROM core.part_use AS u JOIN core.repair AS r USING (repair_id)"
    ):
        pieces[of_ticket.get(ticket_id, of_asset.get(asset_id, True))] |= {old, new}
    far = [a for a in assets if a["asset_id"] not in near_assets]
    near_serials = {a["serial_no"] for a in assets if a["asset_id"] in near_assets} | pieces[True]
    reports = house.rows("SELECT report_id, ticket_id FROM core.fracas_report")
    numbers = {
        "ticket": {number for number, here in of_ticket.items() if not here},
        "asset": {a["asset_id"] for a in far} - near_serials,
        "serial": {a["serial_no"] for a in far} - near_serials - near_assets,
        "piece": pieces[False] - near_serials - near_assets,
        "customer": customers.keys() - near_customers,
        "report": {number for number, ticket in reports if not of_ticket.get(ticket, True)},
    }
    names = {
        "name": {customers[c]["name"] for c in numbers["customer"]}
        - {customers[c]["name"] for c in near_customers if c in customers},
        "site": sites[False] - sites[True],
    }
    return Outside(*({k: frozenset(v - {None, ""}) for k, v in sets.items()} for sets in (numbers, names)))


@pytest.fixture(scope="module")
def boss(app: Application) -> FlaskClient:
    """Somebody who sees the whole house."""
    known(app, "everybody", *EVERYTHING)
    return logged_in(app, "everybody")


@pytest.fixture(scope="module")
def eastern(app: Application) -> FlaskClient:
    """Somebody who may do everything, in one region and for one product line."""
    known(app, "eastern", *EVERYTHING, regions=[REGION], product_lines=[LINE])
    return logged_in(app, "eastern")


def posted(client: FlaskClient, body: dict[str, Any]) -> str:
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code in (200, 204), answer.get_data(as_text=True)
    return json.dumps(answer.get_json() if answer.status_code == 200 else None, ensure_ascii=False)


PARTS = [(p.name, p.path, name) for p in pages().values() for name in (*p.parts, *p.charts)]
FILES = [
    *(f"/export/{p.name}/{name}.csv" for p in pages().values() for name in (*p.charts, *p.tables)),
    "/export/records.csv",
    "/export/quarantine.csv",
]


@pytest.fixture(scope="module")
def addresses(house: Reading, outside: Outside) -> list[str]:
    """Query strings that ask for all there is, and for what is elsewhere."""
    ticket, asset, customer = (min(outside.numbers[kind]) for kind in ("ticket", "asset", "customer"))
    piece, report = min(outside.numbers["piece"]), min(outside.numbers["report"])
    places = f"from=all&region={quote(OTHER_REGION)}&product_line={quote(OTHER_LINE)}"
    [(source, stream, batch, file, row)] = house.rows(
        "SELECT _source, _stream, _batch, _file, _row FROM core.ticket WHERE ticket_id = ?", [ticket]
    )
    [(key, of)] = house.rows("SELECT source_key, _source FROM core.fracas_report WHERE report_id = ?", [report])
    landed = f"source={source}&stream={stream}&batch={batch}&file={quote(file)}&row={row}"
    return [
        "",
        "?from=all",
        f"?{places}&ticket={ticket}&look={asset}",
        f"?{places}&customer={customer}&look={customer}",
        f"?from=all&asset_id={asset}&look={asset}&key={piece}",
        f"?from=all&entity=ticket&key={ticket}&source={source}&look={piece[:4]}",
        f"?entity=fracas_report&key={quote(key)}&source={of}&look=a",
        f"?{landed}&look={ticket[:3]}",
    ]


@pytest.fixture(scope="module")
def shown_to_boss(boss: FlaskClient, part_body: Callable[..., dict[str, Any]], addresses: list[str]) -> list[str]:
    """What every part and file tells somebody who sees the whole house; of pages about one thing, whichever was asked for."""
    told = [
        posted(boss, part_body(page, name, path, search))
        for page, path, name in PARTS
        for search in (addresses[1:] if page in ("asset", "record", "search") else ["?from=all"])
    ]
    return told + [boss.get(f"{path}?from=all").get_data(as_text=True) for path in FILES]


@pytest.fixture(scope="module")
def links(shown_to_boss: list[str], outside: Outside) -> dict[str, list[str]]:
    """Query strings by the page that they lead to: links that people of the whole house find, to things elsewhere first."""
    found: dict[str, dict[str, None]] = {}
    for answer in shown_to_boss:
        for address in re.findall(r'"(/[a-z]*\?[^"\\]+)"', answer):
            path, _, search = address.partition("?")
            found.setdefault(path, {})[search] = None
    wanted = {}
    for path, searches in found.items():
        ranked = sorted(searches, key=lambda s: not outside.told(s))
        # One of each kind of question: what is looked at, of which source, through which window.
        kinds: dict[frozenset[str], list[str]] = {}
        for search in ranked:
            kinds.setdefault(frozenset(parse_qs(search)), []).append(search)
        turns = [each[i] for i in range(FOLLOWED) for each in kinds.values() if i < len(each)]
        wanted[path] = [f"?{search}" for search in turns[:FOLLOWED]]
    return wanted


def test_there_is_enough_elsewhere_to_be_told_of_and_the_whole_house_is_told_of_it(
    outside: Outside, shown_to_boss: list[str]
) -> None:
    everything = "\n".join(shown_to_boss)
    found = outside.told(everything)
    sets = {**outside.numbers, **outside.names}
    assert {kind: len(things) for kind, things in sets.items() if len(things) < 5} == {}
    assert found.keys() == sets.keys()
    # The export of the records alone names every ticket.
    assert found["ticket"] == outside.numbers["ticket"]


@pytest.mark.parametrize(("page", "path", "name"), PARTS)
def test_no_part_of_a_page_tells_of_what_is_elsewhere(
    eastern: FlaskClient,
    part_body: Callable[..., dict[str, Any]],
    outside: Outside,
    addresses: list[str],
    links: dict[str, list[str]],
    page: str,
    path: str,
    name: str,
) -> None:
    for search in (*addresses, *links.get(path, ())):
        answer = posted(eastern, part_body(page, name, path, search))
        assert "could not be shown" not in answer, search
        assert outside.told(answer, search) == {}, search


@pytest.mark.parametrize("path", FILES)
def test_no_file_tells_of_what_is_elsewhere(
    eastern: FlaskClient, outside: Outside, addresses: list[str], links: dict[str, list[str]], path: str
) -> None:
    page = next((p.path for p in pages().values() if f"/export/{p.name}/" in path), "/records")
    for search in (*addresses, *links.get(page, ())):
        answer = eastern.get(path + search)
        assert answer.status_code in (200, 403), search
        assert outside.told(answer.get_data(as_text=True), search) == {}, search


def test_what_belongs_to_the_whole_house_is_not_handed_out(eastern: FlaskClient, boss: FlaskClient) -> None:
    for path in ("/export/order-proposal.xlsx", "/export/quarantine.csv", "/export/quality/account.csv"):
        with eastern.get(path) as mine, boss.get(path) as whole:
            assert (mine.status_code, whole.status_code) == (403, 200)


@pytest.mark.parametrize(
    ("page", "part", "withheld", "kept"),
    [
        ("parts", "table", ("What stands out", "What should lie in stock", "What does holding cost"), "at hand?"),
        ("quality", "sources", ("This morning", "What is in quarantine", "What do the checks say"), "left empty"),
    ],
)
def test_what_is_withheld_is_named(
    eastern: FlaskClient, part_body: Callable[..., dict[str, Any]], page: str, part: str, withheld: list[str], kept: str
) -> None:
    said = posted(eastern, part_body(page, part, f"/{page}", ""))
    assert "cannot be divided" in said
    assert [title for title in withheld if title not in said] == []
    assert kept not in said


def rows_of(client: FlaskClient, search: str) -> Any:
    place = {"page": "records", "type": "grid"}
    body = {
        "output": '{"page":["MATCH"],"type":"grid"}.getRowsResponse',
        "outputs": {"id": place, "property": "getRowsResponse"},
        "inputs": [{"id": place, "property": "getRowsRequest", "value": {"startRow": 0, "endRow": 100}}],
        "changedPropIds": ['{"page":"records","type":"grid"}.getRowsRequest'],
        "state": [
            {"id": "search", "property": "data", "value": search},
            {"id": "language", "property": "data", "value": "en"},
        ],
    }
    return next(iter(json.loads(posted(client, body))["response"].values()))["getRowsResponse"]


def test_the_table_holds_what_is_here_and_no_more(
    eastern: FlaskClient, boss: FlaskClient, house: Reading, outside: Outside
) -> None:
    mine, all_rows = rows_of(eastern, "?from=all"), rows_of(boss, "?from=all")
    assert all_rows["rowCount"] == house.rows("SELECT count(*) FROM core.ticket")[0][0]
    assert mine["rowCount"] == all_rows["rowCount"] - len(outside.numbers["ticket"]) > 20
    assert outside.told(json.dumps(mine, ensure_ascii=False)) == {}
    # A place that is not theirs is none that they know: the address is read without it, and stays within.
    elsewhere = f"?from=all&region={quote(OTHER_REGION)}"
    assert rows_of(eastern, elsewhere)["rowCount"] == mine["rowCount"]


# Beginnings of numbers, parts of names.
TYPED = ("T", "A", "1", "0", "S", "C", "20", "-", "公司", "Co", "East", "North", "8D", "FR")


def suggested(client: FlaskClient, text: str) -> str:
    body = {
        "output": "lookup.data",
        "outputs": {"id": "lookup", "property": "data"},
        "inputs": [{"id": "lookup", "property": "searchValue", "value": text}],
        "changedPropIds": ["lookup.searchValue"],
        "state": [
            {"id": "search", "property": "data", "value": ""},
            {"id": "language", "property": "data", "value": "en"},
        ],
    }
    return posted(client, body)


def customers_suggested(client: FlaskClient, text: str, chosen: list[str]) -> str:
    body = {
        "output": '{"filter":"customer"}.data',
        "outputs": {"id": {"filter": "customer"}, "property": "data"},
        "inputs": [
            {"id": {"filter": "customer"}, "property": "searchValue", "value": text},
            {"id": {"filter": "customer"}, "property": "value", "value": chosen},
        ],
        "changedPropIds": ['{"filter":"customer"}.searchValue'],
        "state": [{"id": "language", "property": "data", "value": "en"}],
    }
    return posted(client, body)


def test_nothing_elsewhere_is_suggested(eastern: FlaskClient, boss: FlaskClient, outside: Outside) -> None:
    told: dict[str, int] = {}
    for kind, things in {**outside.numbers, **outside.names}.items():
        for one in sorted(things)[:5]:
            # What was typed itself is told back in the way to all results.
            for text in (one, one[:-1]):
                told[kind] = told.get(kind, 0) + len(outside.told(suggested(boss, text), text))
                assert outside.told(suggested(eastern, text), text) == {}
    assert told["ticket"] > 0
    assert told["customer"] > 0
    for text in TYPED:
        assert outside.told(suggested(eastern, text), text) == {}
    far = sorted(outside.numbers["customer"])
    for text in ("", far[0], min(outside.names["name"])):
        assert outside.told(customers_suggested(boss, text, far[:1]), far[0])
        assert outside.told(customers_suggested(eastern, text, far[:1]), f"{far[0]} {text}") == {}


def test_what_stands_around_a_page_knows_the_part_of_the_house_only(
    eastern: FlaskClient, boss: FlaskClient, outside: Outside
) -> None:
    def around(client: FlaskClient, shell: str, search: str) -> str:
        place = {"shell": shell}
        body = {
            "output": '{"shell":["MATCH"]}.children',
            "outputs": {"id": place, "property": "children"},
            "inputs": [{"id": "asked", "property": "data", "value": {"path": "/", "search": search}}],
            "changedPropIds": ["asked.data"],
            "state": [
                {"id": "language", "property": "data", "value": "en"},
                {"id": place, "property": "id", "value": place},
            ],
        }
        return posted(client, body)

    elsewhere = f"?region={quote(OTHER_REGION)}&customer={min(outside.numbers['customer'])}"
    for shell in ("nav", "status", "chosen"):
        assert outside.told(around(eastern, shell, elsewhere), elsewhere) == {}
    chosen = around(eastern, "chosen", elsewhere)
    assert "left out of the address: region" in chosen
    assert f"You see: {REGION} · {LINE}" in chosen
    assert "You see" not in around(boss, "chosen", "")
    rails = {
        name: json.dumps(c.get("/_dash-layout").get_json(), ensure_ascii=False)
        for name, c in (("e", eastern), ("b", boss))
    }
    assert OTHER_REGION in rails["b"]
    assert OTHER_LINE in rails["b"]
    assert REGION in rails["e"]
    assert OTHER_REGION not in rails["e"]
    assert OTHER_LINE not in rails["e"]


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.lists(
        st.tuples(
            st.sampled_from([*PLACES, "Region", "look"]),
            st.one_of(st.sampled_from([REGION, LINE, OTHER_REGION, OTHER_LINE, "", "all", "%"]), st.text(max_size=12)),
        ),
        max_size=8,
    )
)
def test_filters_never_reach_beyond_the_part_of_the_house(app: Application, pairs: list[tuple[str, str]]) -> None:
    reading = app.desk.reader.current(EXTENT)
    assert reading is not None
    search = "?from=all&" + "&".join(f"{name}={quote(value)}" for name, value in pairs)
    filters = parse(search, known_of(reading)).filters
    assert set(filters.region) <= {REGION, ""}
    assert set(filters.product_line) <= {LINE, ""}
    # And whatever they let through is within.
    where, parameters = filters.where("opened_on")
    for region, line in reading.rows(f"SELECT DISTINCT region, product_line FROM marts.ticket{where}", parameters):
        assert EXTENT.regions >= {region} - {""}
        assert EXTENT.product_lines >= {line} - {""}
