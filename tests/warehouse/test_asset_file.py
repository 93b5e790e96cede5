"""The file of one asset: what happened to it, what sat where, and its failures against those of its model."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from analysis.rates import poisson_rate
from warehouse.asset_file import asset_file
from warehouse.asset_file_against import against
from warehouse.asset_file_configuration import configuration
from warehouse.asset_file_units import failing, waiting
from warehouse.filters import Filters
from warehouse.reading import Reading

SETTINGS = {"holidays": "", "as_of": "2024-12-31T00:00Z"}
ROWS = {
    "asset": """
    asset_id | serial_no | model | position | parent_asset_id | customer_id | installed_at     | warranty_end
    A        | S-A       | M     |          |                 | C           | 2023-01-01 08:00 | 2025-01-01
    A-1      | P-3       | P     | 1        | A               | C           | 2024-06-01 12:00 |
    A-2      | Q-1       | Q     | 2        | A               | C           | 2023-01-01 08:00 |
    A-2-x    |           | X     |          | A-2             |             |                  |
    B        | S-B       | M     |          |                 |             |                  |
    L1       |           |       |          | L2              |             |                  |
    L2       |           |       |          | L1              |             |                  |
    """,
    "customer": "customer_id|name\nC|Metro",
    "ticket": """
    ticket_id | opened_at        | closed_at        | asset_id
    T1        | 2024-03-01 08:00 | 2024-03-02 08:00 | A
    T2        | 2024-06-01 08:00 |                  | A-1
    T3        | 2024-07-01 08:00 |                  | B
    """,
    "repair": """
    repair_id | ticket_id | asset_id | finished_at
    R1        | T1        |          | 2024-03-01 12:00
    R2        | T2        | A        | 2024-06-01 12:00
    """,
    "part_use": """
    repair_id | part_no | position | old_serial | new_serial
    R1        | P       | 1        | P-1        | P-2
    R2        | P       | 1        | P-2        | P-3
    R2        | G       | 9        |            |
    """,
    "fault": """
    fault_id | ticket_id | asset_id | occurred_at      | no_fault_found
    F1       | T1        | A        | 2024-03-01 07:00 |
    F2       | T2        |          |                  | yes
    F3       | gone      | A        | 2024-08-01 07:00 |
    """,
    "visit": "visit_id|ticket_id|arrived_at\nV1|T1|2024-03-01 10:00",
    "survey": "ticket_id|item|grade|at\nT1|skill|satisfied|2024-03-05 08:00\nT1|attitude|fair|2024-03-05 08:00",
    "complaint": "complaint_id|ticket_id|opened_at\nK1|T1|2024-03-06 08:00",
    "returned_unit": "repair_id|part_no|serial|received_at|sent_at\nR1|P|P-1|2024-03-09 08:00|2024-04-09 08:00",
    "usage": """
    asset_id | read_at          | value | unit
    A        | 2024-01-01 08:00 | 10    | hours
    A        | 2024-09-01 08:00 | 90    | hours
    A        | 2024-05-01 08:00 | 4     | km
    B        | 2024-05-01 08:00 | 5     | km
    """,
    "maintenance": "asset_id|planned_on|done_at\nA|2024-02-01|2024-02-03 09:00\nA|2025-01-15|",
    "contract": """
    contract_id | asset_id | kind        | starts_at  | ends_at
    CT1         | A        | maintenance | 2024-01-01 | 2024-12-31
    CT2         | A        | maintenance | 2022-01-01 | 2022-12-31
    """,
    "installation": "asset_id|commissioned_at\nA|2023-01-02 08:00",
    "fracas_report": "report_id|fault_id|asset_id|ticket_id|submitted_at\nFR1|F1|A|T1|2024-03-10 08:00",
    "action": "action_id|report_id|kind|due_on\nAC1|FR1|corrective|2024-10-01",
}


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(tmp_path_factory.mktemp("asset file"), SETTINGS, **ROWS)


def test_everything_that_names_it_or_hangs_on_what_names_it_is_in_the_file(reading: Reading) -> None:
    found = asset_file(reading, "A")
    assert found is not None
    told = {(h.kind, h.row.get(f"{h.entity}_id") or h.row.get("report_id") or "", h.ticket_id) for h in found.life}
    for happening in [
        ("ticket", "T1", "T1"),
        ("ticket", "T2", "T2"),  # of a part below it
        ("repair", "R1", "T1"),  # names the ticket only
        ("fault", "F1", "T1"),
        ("fault", "F2", "T2"),
        ("fault", "F3", None),  # of a ticket that is not on record
        ("visit", "V1", "T1"),
        ("complaint", "K1", "T1"),
        ("contract", "CT1", None),
        ("fracas_report", "FR1", "T1"),
        ("action", "AC1", "T1"),
    ]:
        assert happening in told, happening
    assert {h.kind: len(found.of(h.kind)) for h in found.life} == {
        "ticket": 2, "repair": 2, "fault": 3, "visit": 1, "complaint": 1, "returned_unit": 1, "usage": 3, "maintenance": 2,
        "contract": 3, "installation": 2, "fracas_report": 1, "action": 1, "survey": 1, "part_use": 4,
    }  # fmt: skip


def test_the_file_is_newest_first_and_what_says_no_time_has_that_of_its_repair_or_ticket(reading: Reading) -> None:
    found = asset_file(reading, "A")
    assert found is not None
    times = [h.at for h in found.life if h.at]
    assert times == sorted(times, reverse=True)
    at = {h.row["fault_id"]: h.at for h in found.of("fault")}
    assert at["F2"] == dt.datetime(2024, 6, 1, 8)
    replaced = [h for h in found.of("part_use") if h.entity == "part_use"]
    assert {h.at for h in replaced} == {dt.datetime(2024, 3, 1, 12), dt.datetime(2024, 6, 1, 12)}
    (survey,) = found.of("survey")
    assert survey.row["answers"] == [("attitude", "fair"), ("skill", "satisfied")]
    planned, done = found.of("maintenance")
    assert (planned.is_open, planned.is_day, done.is_open) == (True, True, False)


def test_the_facts_at_a_day(reading: Reading) -> None:
    found = asset_file(reading, "A")
    assert found is not None
    assert found.customer_name == "Metro"
    assert [h.row["ticket_id"] for h in found.open_tickets] == ["T2"]
    assert {row["unit"]: row["value"] for row in found.meters} == {"hours": 90, "km": 4}
    assert [row["contract_id"] for row in found.contracts(dt.date(2024, 12, 31))] == ["CT1"]
    assert found.contracts(dt.date(2025, 1, 1)) == []
    assert found.warranty_end == dt.date(2025, 1, 1)


def test_what_is_above_and_below(reading: Reading) -> None:
    unit, part, deep = (asset_file(reading, a) for a in ("A", "A-2", "A-2-x"))
    assert unit is not None
    assert part is not None
    assert deep is not None
    assert [(p.asset_id, p.depth) for p in unit.below] == [("A-1", 1), ("A-2", 1), ("A-2-x", 2)]
    assert [p.asset_id for p in deep.above] == ["A-2", "A"]
    ring = asset_file(reading, "L1")
    assert ring is not None
    assert ([p.asset_id for p in ring.above], [p.asset_id for p in ring.below]) == (["L2"], ["L2"])
    assert asset_file(reading, "nobody") is None


@pytest.mark.parametrize(
    ("day", "now", "before"),
    [
        (dt.datetime(2024, 3, 1), "P-1", None),
        (dt.datetime(2024, 3, 2), "P-2", "P-1"),
        (dt.datetime(2024, 6, 2), "P-3", "P-2"),
    ],
)
def test_what_sat_at_a_position_on_a_day(reading: Reading, day: dt.datetime, now: str, before: str | None) -> None:
    found = configuration(reading, "A")
    assert found is not None
    slots = {slot.position: slot for slot in found.slots}
    here, there_before = slots["1"].on(day)
    assert here is not None
    assert (here.serial_no, there_before.serial_no if there_before else None) == (now, before)
    assert slots["1"].asset_id == "A-1"
    assert [piece.serial_no for piece in slots["2"].pieces] == ["Q-1"]
    assert slots["2"].on(dt.datetime(2022, 1, 1)) == (None, None)
    assert found.unserialised == 1


def test_a_register_that_knows_another_piece_than_the_last_replacement_is_believed_from_its_day(tmp_path: Path) -> None:
    rows = {
        **ROWS,
        "asset": "asset_id|serial_no|model|position|parent_asset_id|installed_at\nA|S|M|||\nA-1|P-9|P|1|A|2024-08-01 00:00",
    }
    found = configuration(warehouse(tmp_path, SETTINGS, **rows), "A")
    assert found is not None
    (slot,) = found.slots
    assert [piece.serial_no for piece in slot.pieces] == ["P-1", "P-2", "P-3", "P-9"]


def fleet(units: int, own: int, every: int = 1) -> dict[str, str]:
    """Units installed with the records' first day; `A` has `own` failures, each other unit `every`."""
    installed = "2024-01-01 00:00"
    asset = [f"U{i} | {installed} | M" for i in range(units - 1)]
    days = [("A", d) for d in range(1, own + 1)] + [
        (f"U{i}", 10 * (k + 1) + i) for i in range(units - 1) for k in range(every)
    ]
    ticket = [f"T{n} | {a} | {dt.datetime(2024, 1, 1) + dt.timedelta(days=d)}" for n, (a, d) in enumerate(days)]
    return {
        "asset": "\n".join(["asset_id | installed_at | model", f"A | {installed} | M", *asset]),
        "ticket": "\n".join(["ticket_id | asset_id | opened_at", f"first || {installed}", *ticket]),
    }  # fmt: skip


def test_a_unit_is_held_against_the_mean_of_the_others(tmp_path: Path) -> None:
    found = against(warehouse(tmp_path, SETTINGS, **fleet(11, own=6, every=2)), "A")
    assert (found.failures, found.others) == (6, 10)
    assert found.expected is not None
    assert found.expected[0] == pytest.approx(2.0)
    exact = poisson_rate(6, 2.0)
    assert found.ratio == pytest.approx((3.0, exact.low, exact.high))
    values = [v for _, v, _, _ in found.curve if v is not None]
    assert values == sorted(values)


def test_hardly_any_others_are_too_few_to_say(tmp_path: Path) -> None:
    assert str(against(warehouse(tmp_path, SETTINGS, **fleet(5, own=6)), "A").reason) == "too_few"


def test_what_has_no_age_is_not_compared(reading: Reading) -> None:
    assert [str(against(reading, a).reason) for a in ("B", "A-1", "nobody")] == ["no_data"] * 3


def test_the_units_with_most_failures_in_the_period_and_with_open_tickets(reading: Reading) -> None:
    first, *rest = failing(reading, Filters(), 5)
    assert (first.asset_id, first.n, first.day) == ("A", 2, dt.date(2024, 8, 1))
    assert not rest
    assert failing(reading, Filters(end=dt.date(2024, 1, 1)), 5) == ()
    assert [(u.asset_id, u.n) for u in waiting(reading, Filters(), 5)] == [("A-1", 1), ("B", 1)]
    assert waiting(reading, Filters(customer=("C",)), 5)[0].asset_id == "A-1"
