"""A snapshot that was narrowed to a part of the house holds nothing of the rest, and all of what is left."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from factories import installation, opened

from warehouse.extent import Extent, narrowed
from warehouse.filters import Filters
from warehouse.metrics.evaluate import evaluate
from warehouse.reading import Reader, Reading
from warehouse.records import places
from warehouse.settings import Home

EAST = Extent(frozenset({"East"}))
EAST_DOORS = Extent(frozenset({"East"}), frozenset({"Doors"}))
ROWS = {
    "asset": """
    asset_id | product_line | region | customer_id | parent_asset_id | installed_at
    E        | Doors        | East   | CE          |                 | 2023-01-01 08:00
    E-1      |              |        |             | E               | 2023-01-01 08:00
    W        | Doors        | West   | CW          |                 | 2023-01-01 08:00
    W-1      |              |        |             | W               | 2023-01-01 08:00
    W-1-x    |              |        |             | W-1             | 2023-01-01 08:00
    OfCE     | Brakes       |        | CE          |                 | 2023-01-01 08:00
    OfCW     |              |        | CW          |                 | 2023-01-01 08:00
    Nobody's |              |        |             |                 | 2023-01-01 08:00
    L1       |              |        |             | L2              |
    L2       |              |        |             | L1              |
    """,
    "customer": """
    customer_id | name    | region
    CE          | Metro   | East
    CW          | Tram    | West
    Both        | Railway | West
    Idle        | Ferry   | West
    New         | Bus     | East
    """,
    "ticket": """
    ticket_id | opened_at        | closed_at        | region | product_line | asset_id | customer_id
    OfE       | 2024-03-01 08:00 | 2024-03-02 08:00 |        |              | E        |
    OfW       | 2024-03-02 08:00 |                  |        |              | W        |
    Moved     | 2024-03-03 08:00 |                  | East   |              | W        | Both
    Brakes    | 2024-03-04 08:00 |                  | East   | Brakes       |          | Both
    Unplaced  | 2024-03-05 08:00 |                  |        |              |          |
    """,
    "repair": """
    repair_id | ticket_id | asset_id | finished_at
    RE        | OfE       |          | 2024-03-01 12:00
    RW        | OfW       |          | 2024-03-02 12:00
    RAsset    |           | W        | 2024-03-02 12:00
    RGone     | gone      | W-1      | 2024-03-02 12:00
    RMoved    | Moved     | W        | 2024-03-02 12:00
    """,
    "part_use": "repair_id | part_no | new_serial\nRE | P | SE\nRW | P | SW\nRAsset | P | SA\nRMoved | P | SM",
    "fault": """
    fault_id | ticket_id | asset_id | occurred_at      | component
    FE       | OfE       | E        | 2024-03-01 07:00 | lock
    FW       | OfW       | W        | 2024-03-02 07:00 | lock
    FNobody  |           |          | 2024-03-02 07:00 | lock
    """,
    "contract": """
    contract_id | asset_id | customer_id | starts_at
    KE          | E        | CW          | 2024-01-01 00:00
    KW          | W        | CE          | 2024-01-01 00:00
    KC          |          | CW          | 2024-01-01 00:00
    """,
    "fracas_report": """
    report_id | ticket_id | asset_id | product_line
    RepE      | OfE       |          | Doors
    RepW      | OfW       |          | Doors
    RepLine   |           |          | Brakes
    RepNone   |           |          |
    """,
    "action": """
    action_id | report_id | product_line
    AE        | RepE      |
    AW        | RepW      |
    ALine     |           | Brakes
    """,
    "effectiveness": "action_id | window_end | verdict\nAE | 2024-02-01 | effective\nAW | 2024-02-01 | effective\nAW | |",
    "target": """
    measure      | scope                           | period | value
    closure_rate | all                             | 2024   | 0.9
    closure_rate | region=East                     | 2024   | 0.8
    closure_rate | region = West                   | 2024   | 0.7
    closure_rate | product_line=Doors; region=West | 2024   | 0.6
    closure_rate | region=East;product_line=Brakes | 2024   | 0.5
    """,
    "stock_move": "part_no | site | at | kind | quantity\nP | West depot | 2024-01-01 08:00 | receipt | 5",
    "technician": "technician_id | name\nT | Wang",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    settings = {"holidays": "", "as_of": "2024-12-31T00:00Z", "time_zone": "UTC"}
    made = installation(tmp_path_factory.mktemp("extent") / "home", ROWS, settings=settings)
    made.publish()
    return made.home


def read(home: Home, extent: Extent) -> Reading:
    reading = Reader(home).current(extent)
    assert reading is not None
    return reading


def column(reading: Reading, table: str, name: str) -> set[str]:
    return {value for (value,) in reading.rows(f"SELECT {name} FROM {table}")}


@pytest.mark.parametrize(
    ("table", "name", "east", "doors"),
    [
        ("core.ticket", "ticket_id", "OfE Moved Brakes Unplaced", "OfE Moved Unplaced"),
        ("marts.ticket", "ticket_id", "OfE Moved Brakes Unplaced", "OfE Moved Unplaced"),
        ("marts.open_ticket", "ticket_id", "Moved Brakes Unplaced", "Moved Unplaced"),
        # A part is where its unit is, a unit without a region where its customer is; a circle of parts is nowhere.
        ("core.asset", "asset_id", "E E-1 OfCE Nobody's", "E E-1 Nobody's"),
        ("marts.unit", "asset_id", "E OfCE Nobody's", "E Nobody's"),
        # Who has something here, wherever they are; who has nothing anywhere, by their region.
        ("core.customer", "customer_id", "CE Both New", "CE Both New"),
        # By the ticket; by the unit where there is none, or it is not on record.
        ("core.repair", "repair_id", "RE RMoved", "RE RMoved"),
        ("core.part_use", "new_serial", "SE SM", "SE SM"),
        ("core.fault", "fault_id", "FE FNobody", "FE FNobody"),
        ("core.contract", "contract_id", "KE", "KE"),
        ("core.fracas_report", "report_id", "RepE RepLine RepNone", "RepE RepNone"),
        ("core.action", "action_id", "AE ALine", "AE"),
        ("core.effectiveness", "action_id", "AE", "AE"),
        ("core.target", "value", "0.9 0.8 0.5", "0.9 0.8"),
        # What the stores hold is nobody's part; people and words are everybody's.
        ("core.stock_move", "part_no", "", ""),
        ("marts.part_stock", "part_no", "", ""),
        ("core.technician", "name", "Wang", "Wang"),
    ],
)
def test_what_is_left(home: Home, table: str, name: str, east: str, doors: str) -> None:
    for extent, expected in ((EAST, east), (EAST_DOORS, doors)):
        assert {str(value) for value in column(read(home, extent), table, name)} == set(expected.split())


def test_measures_and_choices_are_those_of_the_part(home: Home) -> None:
    reading = read(home, EAST_DOORS)
    assert evaluate(reading, ("opened",), Filters())["opened"].value == 3
    assert evaluate(reading, ("opened",), Filters(region=("East",)))["opened"].value == 2
    assert dict(places(reading)["region"]) == {"East": 2, "": 1}
    assert dict(places(reading)["product_line"]) == {"Doors": 2, "": 1}
    assert evaluate(opened(home), ("opened",), Filters())["opened"].value == 5


def test_every_relation_is_there_with_its_columns_and_only_known_ones_are_emptied(home: Home) -> None:
    """A new table that nothing places is empty for who sees a part: whoever adds it says here that this is meant."""
    whole, part = opened(home), read(home, EAST)
    columns = (
        "SELECT table_schema || '.' || table_name, column_name, data_type FROM information_schema.columns ORDER BY ALL"
    )
    assert whole.rows(columns) == part.rows(columns)
    everybody = read(home, Extent(frozenset({"East", "West"})))
    tables = dict.fromkeys(name for name, _, _ in whole.rows(columns))
    fewer = {table for table in tables if len({len(r.rows(f"FROM {table}")) for r in (whole, everybody)}) > 1}
    # A circle of units hangs on nothing that is placed; what the stores hold and rows that were sent away are placed nowhere.
    assert fewer == {"core.asset", "core.stock_move", "marts.part_stock", "meta.quarantine"}


def test_it_is_made_once_and_let_go_with_its_snapshot(home: Home) -> None:
    snapshot = opened(home).snapshot
    extent = Extent(frozenset({"West"}))
    made: list[Path] = []
    threads = [threading.Thread(target=lambda: made.append(narrowed(home, snapshot, extent).file)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [file] = set(made)
    stamp = file.stat().st_ino
    folder = file.parent
    left = [
        folder / f"gone-0.{extent.key}.duckdb",
        folder / f"{snapshot.id}.0.part",
        folder / f"{snapshot.id}.0.part.wal",
    ]
    for old in left:
        old.write_bytes(b"")
    assert narrowed(home, snapshot, extent).file.stat().st_ino == stamp
    narrowed(home, snapshot, Extent(frozenset({"North"})))
    assert not any(old.exists() for old in left)
    assert file.exists()
    assert extent.key == Extent(frozenset({"West"}), frozenset()).key != EAST.key != EAST_DOORS.key


def test_a_value_with_a_quote_in_it_stays_a_value(home: Home) -> None:
    reading = read(home, Extent(frozenset({"'; DROP TABLE core.ticket; --"})))
    assert column(reading, "core.ticket", "ticket_id") == {"Unplaced"}
