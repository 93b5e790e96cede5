"""The measures about repairs and service on six calls of two machines, as arithmetic: in all, by month and by region."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import warehouse

from warehouse.filters import Filters
from warehouse.metrics import measures, repair, service
from warehouse.metrics.evaluate import evaluate, evaluate_by, evaluate_over_time
from warehouse.reading import Reading

SETTINGS = {"holidays": "", "as_of": "2024-06-30T00:00Z"}
ASSETS = """
asset_id | serial_no | region
A        | S-A       | north
B        |           | south
"""
# A's valve comes back 10 days after T1 was closed and 39 days after T2; T4 is for another component; T5 was closed 20 days before
# the end; T6 is open. T2 and T3 are in work at one time.
TICKETS = """
ticket_id | asset_id | region | opened_at        | resolved_at      | closed_at
T1        | A        | north  | 2024-03-01 00:00 | 2024-03-02 00:00 | 2024-03-03 00:00
T2        | A        | north  | 2024-03-13 00:00 | 2024-03-14 00:00 | 2024-03-20 00:00
T3        | A        | north  | 2024-03-19 00:00 | 2024-03-22 00:00 | 2024-03-22 00:00
T4        | A        | north  | 2024-04-28 00:00 | 2024-04-29 00:00 | 2024-04-29 00:00
T5        | B        | south  | 2024-06-08 00:00 |                  | 2024-06-10 00:00
T6        | B        | south  | 2024-06-12 00:00 |                  |
"""
FAULTS = """
fault_id | ticket_id | asset_id | component | failure_mode | cause | no_fault_found | relevant
F1       | T1        | A        | valve     | leak         | wear  | yes            |
F2       | T2        | A        | valve     | leak         |       |                |
F3       | T3        | A        | valve     | stuck        | dust  | no             | no
F4       | T4        | A        | valve     | leak         | wear  | no             |
F4b      | T4        | A        | valve     | stuck        | wear  | no             |
F5       | T5        | B        | lock      | stuck        | wear  | no             |
F6       | T6        | B        | lock      | stuck        |       |                |
"""
VISITS = """
visit_id | ticket_id | technician_id | finished_at
V1       | T1        | X             | 2024-03-02 00:00
V2       | T2        | X             | 2024-03-13 12:00
V3       | T2        | X             | 2024-03-14 00:00
V4       | T3        | X             | 2024-03-22 00:00
V5       | T4        | X             | 2024-04-29 00:00
"""
REPAIRS = """
repair_id | ticket_id | asset_id | finished_at      | active_hours
R1        | T1        | A        | 2024-03-02 00:00 | 2
R2        | T2        | A        | 2024-03-14 00:00 | 1
R3        | T2        | A        | 2024-03-14 00:00 | 3
R4        | T4        | A        | 2024-04-29 00:00 |
R5        | T5        | B        | 2024-06-09 00:00 | 4
"""
PARTS = """
repair_id | part_no | position | quantity | from_stock
R1        | P1      | 1        | 1        | yes
R2        | P1      | 1        | 1        | no
R3        | P1      | 1        | 1        |
R5        | P1      | 1        | 1        | yes
"""
SURVEYS = """
ticket_id | item     | at               | grade          | reached
T1        | attitude | 2024-03-04 00:00 | very_satisfied | yes
T1        | skill    | 2024-03-04 00:00 | fair           | yes
T2        | attitude | 2024-04-02 00:00 |                | no
T4        | attitude |                  | satisfied      | yes
"""
ALL = Filters()
MARCH = Filters(dt.date(2024, 3, 1), dt.date(2024, 3, 31))
JUNE = Filters(dt.date(2024, 6, 1), dt.date(2024, 6, 30))
NO_VALUE = None

# Measure → its numerator and denominator in all, in March and in June.
EXPECTED: dict[str, tuple[tuple[float, float] | None, ...]] = {
    # T1 by T2. What T2 is followed by is T4, for T3 was reported while T2 was in work. T5 is not 30 days old.
    "repeat_rate": ((1, 4), (1, 3), NO_VALUE),
    # T1 came back, T2 took two visits, T3 was fixed (T4 is 37 days later), T4 too; nobody came for T5.
    "first_time_fix": ((2, 4), (1, 3), NO_VALUE),
    # F1, F3, F4, F4b have been diagnosed; of F2 nobody says what was found, and T5 was closed without a resolution.
    "no_fault_found": ((1, 4), (1, 2), NO_VALUE),
    "mttr_repair": ((2 + 1 + 3 + 4, 4), (6, 3), (4, 1)),
    # Failed when opened: one day, one, three, one and one.
    "downtime": ((7 * 24, 5), (5 * 24, 3), NO_VALUE),
    # F1, F3, F4, F4b; F2 has no cause, B no serial number, T6 is open.
    "coding_completeness": ((4, 6), (2, 3), (0, 1)),
    "fill_rate": ((2, 3), (1, 2), (1, 1)),
    "satisfaction": ((1.1 + 0.9 + 1.0, 3), (1.1 + 0.9, 2), NO_VALUE),
    # T2 was asked in April, T4 on the day of its resolution.
    "return_rate": ((2, 3), (1, 1), NO_VALUE),
}


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(
        tmp_path_factory.mktemp("repairs"),
        SETTINGS,
        asset=ASSETS,
        ticket=TICKETS,
        fault=FAULTS,
        visit=VISITS,
        repair=REPAIRS,
        part_use=PARTS,
        survey=SURVEYS,
    )


def test_every_measure_is_expected_here() -> None:
    assert set(EXPECTED) == {m.name for m in (*repair.MEASURES, *service.MEASURES)}


@pytest.mark.parametrize("name", EXPECTED)
def test_in_all_and_in_each_month(reading: Reading, name: str) -> None:
    for filters, expected in zip((ALL, MARCH, JUNE), EXPECTED[name], strict=True):
        value = evaluate(reading, (name,), filters)[name]
        if expected is None:
            assert value.value is None
            assert value.reason is not None
        else:
            assert (value.numerator, value.denominator) == pytest.approx(expected)
            assert value.value == pytest.approx(expected[0] / expected[1])


@pytest.mark.parametrize("name", EXPECTED)
def test_months_and_places_add_up_to_the_whole(reading: Reading, name: str) -> None:
    whole = evaluate(reading, (name,), ALL)[name]
    _, months = evaluate_over_time(reading, (name,), ALL, "month")
    places = evaluate_by(reading, (name,), ALL, "region")
    for parts in (months[name], list(places[name].values())):
        assert sum(v.numerator or 0 for v in parts) == pytest.approx(whole.numerator)
        assert sum(v.n for v in parts) == whole.n


def test_the_house_sets_the_window_for_repeats(tmp_path: Path) -> None:
    settings = {**SETTINGS, "repeat_window_days": 40}
    wide = warehouse(tmp_path, settings, asset=ASSETS, ticket=TICKETS, fault=FAULTS)
    value = evaluate(wide, ("repeat_rate",), ALL)["repeat_rate"]
    # Now T2 (39 days) and T3 (37 days) came back as well.
    assert (value.numerator, value.denominator) == (3, 4)


def test_measures_of_one_name_are_one_measure() -> None:
    assert len(measures()) == len({m.label.en for m in measures().values()})
