"""Repeat failures, classes of failures, chains, and the units and lots that fail more than others, on tables one can count."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from factories import table, warehouse
from installation import published_demo

from analysis.result import Reason
from demo.truths import Truths
from warehouse import repeats
from warehouse.failure_classes import matrix, pareto
from warehouse.failure_texts import descriptions
from warehouse.filters import Filters
from warehouse.reading import Reader, Reading
from warehouse.reasons import REASONS
from warehouse.repeat_chains import chains
from warehouse.repeat_findings import findings, worst_class
from warehouse.settings import Home
from warehouse.suspects import lots, part_names, tickets_of_lot, units

SETTINGS = {"holidays": "", "as_of": "2024-12-31T00:00Z"}
ASSETS = """
asset_id | serial_no | model | product_line | region | installed_at
A        | S-A       | M1    | Brakes       | north  | 2024-01-01 00:00
B        | S-B       | M1    | Brakes       | south  | 2024-01-01 00:00
C        | S-C       | M2    | Doors        | south  | 2024-01-01 00:00
"""
# A's valve comes back 10 days after T1 was closed, T2 after 20 days, and once more while T3 is in work (no repeat); B's lock
# comes back 40 days later; T7 is too young for 30 days; nobody says what failed in T8.
TICKETS = """
ticket_id | asset_id | region | opened_at        | resolved_at      | closed_at
T1        | A        | north  | 2024-03-01 00:00 | 2024-03-01 12:00 | 2024-03-02 00:00
T2        | A        | north  | 2024-03-12 00:00 | 2024-03-13 00:00 | 2024-03-13 00:00
T3        | A        | north  | 2024-04-02 00:00 | 2024-04-09 00:00 | 2024-04-10 00:00
T4        | A        | north  | 2024-04-05 00:00 | 2024-04-06 00:00 | 2024-04-06 00:00
T5        | B        | south  | 2024-05-01 00:00 | 2024-05-02 00:00 | 2024-05-02 00:00
T6        | B        | south  | 2024-06-11 00:00 | 2024-06-12 00:00 | 2024-06-12 00:00
T7        | C        | south  | 2024-12-20 00:00 | 2024-12-21 00:00 | 2024-12-21 00:00
T8        | C        | south  | 2024-07-01 00:00 | 2024-07-02 00:00 | 2024-07-02 00:00
T9        | B        | south  | 2024-08-01 00:00 |                  |
"""
FAULTS = """
fault_id | ticket_id | asset_id | component | failure_mode | cause | no_fault_found
F1       | T1        | A        | valve     | leak         | wear  | yes
F2       | T2        | A        | valve     | leak         | dust  | no
F3       | T3        | A        | valve     | leak         |       | no
F4       | T4        | A        | valve     | stuck        | wear  | no
F5       | T5        | B        | lock      | stuck        | wear  | no
F6       | T6        | B        | lock      | stuck        | wear  | yes
F7       | T7        | C        | lock      | stuck        | wear  | no
F8       | T8        | C        |           |              |       | no
F9       | T9        | B        | pad       | worn         |       | no
"""
VISITS = """
visit_id | ticket_id | technician_id | finished_at
V1       | T1        | X             | 2024-03-01 12:00
V2       | T2        | X             | 2024-03-12 12:00
V3       | T2        | X             | 2024-03-13 00:00
V4       | T3        | X             | 2024-04-09 00:00
V5       | T5        | X             | 2024-05-02 00:00
"""
EVER = Filters()


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    folder = tmp_path_factory.mktemp("repeats")
    return warehouse(folder, SETTINGS, asset=ASSETS, ticket=TICKETS, fault=FAULTS, visit=VISITS)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Reading:
    return warehouse(tmp_path_factory.mktemp("nothing"), SETTINGS, asset=ASSETS)


def test_a_job_repeats_when_the_same_component_of_the_asset_fails_within_the_window(reading: Reading) -> None:
    found = {days: repeats.repeat_rate(reading, EVER, days).value for days in repeats.WINDOWS}
    # T1 … T6 are mature at 30 days; T1 came back after 10 days, T2 after 20. T7 is 10 days old: mature at 7 days only.
    assert (found[30].numerator, found[30].denominator) == (2, 6)
    assert (found[7].numerator, found[7].denominator) == (0, 7)
    # T5 came back after 40 days.
    assert (found[90].numerator, found[90].denominator) == (3, 6)
    assert found[30].low is not None
    assert found[30].low < 2 / 6 < (found[30].high or 0)


def test_what_follows_is_looked_for_beyond_the_period(reading: Reading) -> None:
    march = Filters(dt.date(2024, 3, 10), dt.date(2024, 3, 31))
    found = repeats.repeat_rate(reading, march, 30).value
    assert (found.numerator, found.denominator) == (1, 1)  # T2, by T3 of April
    assert found.low is None  # one asset: nothing to tell a spread from


def test_places_choose_the_jobs_that_are_counted(reading: Reading) -> None:
    assert repeats.repeat_rate(reading, Filters(region=("south",)), 30).value.value == 0 / 2


def test_a_window_in_which_nothing_is_mature_has_no_value_but_a_reason(reading: Reading) -> None:
    december = Filters(dt.date(2024, 12, 1))
    value = repeats.repeat_rate(reading, december, 30).value
    assert value.value is None
    assert value.reason is not None
    assert "old enough" in value.reason.en


def test_failures_that_cannot_be_followed_are_counted(reading: Reading) -> None:
    found = repeats.by_window(reading, EVER)
    assert (found.n, found.left_out) == (7, 1)


def test_fixed_at_first_is_one_visit_and_no_return_in_30_days(reading: Reading) -> None:
    value = repeats.fixed_at_first(reading, EVER).value
    # With a visit: T1 (came back), T2 (two visits), T3 and T5.
    assert (value.numerator, value.denominator) == (2, 4)


def test_no_fault_found_and_what_followed(reading: Reading) -> None:
    found = repeats.nothing_found(reading, EVER)
    assert (found.rate.value.numerator, found.rate.value.denominator) == (2, 8)
    # T1 was followed by a confirmed valve on A; T6 by none on B within 30 days.
    assert (found.later.numerator, found.later.denominator) == (1, 2)
    assert found.expected is not None


def test_months_are_those_of_completion_and_have_bounds(reading: Reading) -> None:
    spring = Filters(dt.date(2024, 3, 1), dt.date(2024, 5, 31))
    months = repeats.by_month(reading, spring, "repeat_rate")
    # T1 and T2 of March came back within 30 days, T3 and T4 of April and T5 of May did not.
    assert [(day.month, v.numerator, v.denominator) for day, v in months] == [(3, 2, 2), (4, 0, 2), (5, 0, 1)]
    assert all(v.low is not None and v.low <= (v.value or 0) <= (v.high or 0) for _, v in months)
    (september,) = repeats.by_month(reading, Filters(dt.date(2024, 9, 1), dt.date(2024, 9, 30)), "first_time_fix")
    assert (september[1].value, september[1].low, september[1].n) == (None, None, 0)
    assert september[1].reason is not None


def test_failures_of_nobody_knows_which_asset_do_not_follow_each_other(tmp_path: Path) -> None:
    tickets = """
    ticket_id | opened_at        | resolved_at      | closed_at
    T1        | 2024-03-01 00:00 | 2024-03-02 00:00 | 2024-03-02 00:00
    T2        | 2024-03-05 00:00 | 2024-03-06 00:00 | 2024-03-06 00:00
    """
    faults = """
    fault_id | ticket_id | component | no_fault_found
    F1       | T1        | valve     | yes
    F2       | T2        | valve     | no
    """
    reading = warehouse(tmp_path, SETTINGS, asset=ASSETS, ticket=tickets, fault=faults)
    assert repeats.by_window(reading, EVER).left_out == 2
    found = repeats.nothing_found(reading, EVER)
    assert (found.rate.value.numerator, found.rate.value.denominator) == (1, 2)
    assert found.later.value is None
    assert pareto(reading, EVER, "component", 30, 5).came_back == 0


def test_the_curve_ends_with_the_longest_window_and_only_rises(reading: Reading) -> None:
    found = repeats.curve(reading, EVER)
    assert found is not None
    assert found.times[0] == 0
    assert found.times[-1] == 180
    assert list(found.ended) == sorted(found.ended)
    assert found.ended[9] == 0
    assert found.ended[11] > 0  # T1, after 10 days


def test_the_pareto_counts_failures_and_those_that_came_back(reading: Reading) -> None:
    found = pareto(reading, EVER, "component", 30, 2)
    assert found.values == ("valve", "lock")
    assert (found.counts, found.repeated) == ((4, 3), (2, 0))
    assert (found.failures, found.came_back, found.classes) == (9, 2, 4)
    by_cause = pareto(reading, Filters(region=("north",)), "cause", 30, 9)
    assert dict(zip(by_cause.values, by_cause.counts, strict=True)) == {"wear": 2, "dust": 1, "": 1}


def test_only_known_classes_are_counted_by(reading: Reading) -> None:
    with pytest.raises(ValueError, match="no class"):
        pareto(reading, EVER, "ticket_id; DROP", 30, 2)


def test_modes_stand_against_components_where_a_mode_has_several(reading: Reading) -> None:
    found = matrix(reading, EVER, 2, 2)
    assert found is not None
    assert (found.against, found.modes, found.columns) == ("component", ("stuck", "leak"), ("valve", "lock"))
    assert found.counts == ((1, 3), (3, 0))
    assert (found.shown, found.failures) == (7, 9)


def test_modes_of_one_component_each_stand_against_models(reading: Reading) -> None:
    # In April: leak and stuck, both of the valve only.
    found = matrix(reading, Filters(dt.date(2024, 4, 1), dt.date(2024, 4, 30)), 9, 9)
    assert found is not None
    assert (found.against, found.columns, found.counts) == ("model", ("M1",), ((1,), (1,)))


def test_a_chain_is_of_one_fault_and_each_job_follows_soon(reading: Reading) -> None:
    found = chains(reading, EVER, 30, 5)
    assert [[job.ticket_id for job in chain.links] for chain in found.longest] == [["T1", "T2", "T3"]]
    assert (found.pairs, found.threes) == (1, 1)
    assert found.longest[0].links[0].nothing_found
    wider = chains(reading, EVER, 90, 5)
    assert {tuple(job.ticket_id for job in chain.links) for chain in wider.longest} >= {("T5", "T6")}
    later = Filters(dt.date(2024, 7, 1))
    assert chains(reading, later, 30, 5).longest == ()


def test_wordings_that_say_the_same_count_as_one(tmp_path: Path) -> None:
    symptoms = [
        "pump leaks oil at the seal",
        "Pump leaks oil at the seal!",
        "makes noise",
        "pump leaks oil at the seal",
    ]
    tickets = [
        {"ticket_id": f"T{i}", "asset_id": "A", "opened_at": "2024-03-01 00:00", "symptom": text}
        for i, text in enumerate(symptoms)
    ]
    faults = [{"fault_id": f"F{i}", "ticket_id": f"T{i}", "asset_id": "A", "component": "pump"} for i in range(4)]
    reading = warehouse(tmp_path, SETTINGS, asset=ASSETS, ticket=tickets, fault=faults)
    (found,) = descriptions(reading, EVER, ("pump", "lock"), 5)
    assert (found.component, found.described) == ("pump", 4)
    assert [(w.text, w.failures, w.wordings) for w in found.wordings] == [
        ("pump leaks oil at the seal", 3, 2),
        ("makes noise", 1, 1),
    ]


def test_without_a_failure_there_is_no_value_and_no_error(nothing: Reading) -> None:
    assert repeats.repeat_rate(nothing, EVER, 30).value.value is None
    assert repeats.fixed_at_first(nothing, EVER).value.value is None
    assert repeats.nothing_found(nothing, EVER).later.value is None
    assert repeats.curve(nothing, EVER) is None
    assert pareto(nothing, EVER, "cause", 30, 5).failures == 0
    assert matrix(nothing, EVER, 5, 5) is None
    assert chains(nothing, EVER, 30, 5).longest == ()
    assert lots(nothing, 5) is None
    assert worst_class(nothing, EVER, 30) is None
    assert findings(nothing, EVER, None, 30) == ()


def test_every_reason_of_an_analysis_is_told_in_both_languages() -> None:
    assert set(REASONS) == set(Reason)
    assert all(text.en and text.zh for reason, text in REASONS.items() if reason)


def test_a_unit_that_fails_far_more_than_others_of_its_model_is_named(tmp_path: Path) -> None:
    # Twenty units of a model, one failure each in a year; one of them has fifteen.
    assets = table("asset_id | model | installed_at\n" + "\n".join(f"U{i} | M | 2024-01-01 00:00" for i in range(20)))
    failed = [*range(20), *([0] * 14)]
    tickets = [
        {"ticket_id": f"T{i}", "asset_id": f"U{u}", "opened_at": f"2024-{i % 12 + 1:02d}-10 00:00"}
        for i, u in enumerate(failed)
    ]
    faults = [
        {"fault_id": f"F{i}", "ticket_id": f"T{i}", "asset_id": f"U{u}", "component": "x"} for i, u in enumerate(failed)
    ]
    found = units(warehouse(tmp_path, SETTINGS, asset=assets, ticket=tickets, fault=faults), EVER, 3)
    assert found is not None
    assert (found.judged, found.named) == (20, 1)
    worst = found.worst[0]
    assert (worst.name, worst.failures, worst.is_named) == ("U0", 15, True)
    assert worst.low < worst.rate < worst.high
    assert worst.peers < worst.rate < 15  # per year; drawn towards the others


def test_a_lot_is_judged_by_the_age_of_its_pieces(tmp_path: Path) -> None:
    # Lots 2401 … 2404 of 20 pieces, all installed in January 2024. A fifth of the good ones fail in their tenth month, of
    # the bad lot 2403 most do in their second. An old lot that outlived the records' beginning is left out.
    pieces = [f"P-{lot}-{i:03d}" for lot in ("2401", "2402", "2403", "2404") for i in range(20)]
    unit = {"serial_no": None, "model": "M", "parent_asset_id": None, "installed_at": "2020-01-01 00:00"}
    assets = [{"asset_id": f"U{i}", **unit} for i in range(len(pieces))]
    fitted = [(serial, f"U{i}", "2024-01-05 00:00") for i, serial in enumerate(pieces)] + [
        ("P-1901-001", "U0", "2020-01-01 00:00")
    ]
    assets += [
        {"asset_id": s, "serial_no": s, "model": "P", "parent_asset_id": of, "installed_at": since}
        for s, of, since in fitted
    ]
    failing = [
        (s, "2024-03-05 00:00" if "-2403-" in s else "2024-11-05 00:00")
        for s in pieces
        if int(s[-3:]) < (16 if "-2403-" in s else 4)
    ]
    tickets = [{"ticket_id": "T0", "opened_at": "2024-01-01 00:00", "asset_id": "U0"}] + [
        {"ticket_id": f"T{s}", "opened_at": at, "asset_id": "U0"} for s, at in failing
    ]
    repairs = [{"repair_id": f"R{s}", "ticket_id": f"T{s}", "finished_at": at} for s, at in failing]
    used = [{"repair_id": f"R{s}", "part_no": "P", "quantity": "1", "old_serial": s} for s, _ in failing]
    part = "part_no | name\nP | Pump"
    reading = warehouse(tmp_path, SETTINGS, asset=assets, ticket=tickets, repair=repairs, part_use=used, part=part)
    found = lots(reading, 9)
    assert found is not None
    assert {s.name for s in found.worst} == {"2401", "2402", "2403", "2404"}
    worst = found.worst[0]
    assert (worst.name, worst.group, worst.failures, worst.is_named, found.named) == ("2403", "P", 16, True, 1)
    assert worst.peers == pytest.approx(1)
    assert tickets_of_lot(reading, "P", "2403", 2) == ("TP-2403-000", "TP-2403-001")
    assert part_names(reading, ("P", "Q")) == {"P": "Pump", "Q": "Q"}


@pytest.mark.slow
def test_the_bad_lots_of_the_demo_are_the_likeliest_of_all(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = published_demo(tmp_path_factory, 20_000)
    batch = Truths.read(home).bad_batch
    reading = Reader(Home(home)).current()
    assert reading is not None
    found = lots(reading, 600)
    assert found is not None
    named = [s for s in found.worst if s.is_named]
    assert named
    assert all((s.group, s.name in batch["lots"]) == (batch["part_no"], True) for s in named)
    # Of the part, three of the four bad lots lead the field of 36.
    of_part = [s.name for s in found.worst if s.group == batch["part_no"]]
    assert set(of_part[:3]) <= set(batch["lots"])
    told = findings(reading, EVER, None, 30)
    assert any(f.subject == "lots" and f.thing == batch["part_no"] for f in told)
    # Repeats as they were put in: within 30 days of closing.
    value = repeats.repeat_rate(reading, EVER, 30).value
    everybody = Truths.read(home).technicians["everybody"]["repeat_rate"]
    assert value.value == pytest.approx(everybody, abs=0.01)
