"""The quality of a snapshot: what checks touch and how they went, what is delivered and how complete, the quarantine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from factories import EXTRACTED_AT, Installation, installation, opened, table

from warehouse import results
from warehouse.database import open_for_building
from warehouse.filters import Filters
from warehouse.metrics import measures
from warehouse.publish import current, publish
from warehouse.quality import Sought, checks, lots, quarantine, verdict
from warehouse.quality_coding import coding, together
from warehouse.quality_completeness import Filled, completeness
from warehouse.quality_correction import sheets, written_in
from warehouse.quality_findings import findings
from warehouse.quality_history import Result, brought_before, change, history
from warehouse.quality_reads import reads, touched, touches
from warehouse.quality_sources import deliveries, freshness, undelivered
from warehouse.quality_trace import Place, neighbours, trace

TICKET = "ticket_id | opened_at | closed_at | priority\nT1 | 2024-03-01 08:00 | 2024-03-02 08:00 | high\nT2 | 2024-03-05 08:00 | |"


def outcome(suite: str, name: str, **found: Any) -> dict[str, Any]:
    usual = {"severity": "warning", "passed": True, "applicable": True, "failed": 0, "rows": 2, "observed": None}
    return {"suite": suite, "name": name, "samples": [], "error": None, **usual, **found}


def text_of(o: Mapping[str, Any], field: str) -> dict[str, str]:
    quarantines = "true" if o.get("quarantines") else "false"
    return {
        "suite": o["suite"], "name": o["name"], "severity": o["severity"], "en": "It is so.", "zh": "应如此。",
        "field": field, "is_quarantine": quarantines,
    }  # fmt: skip


def publish_checked(made: Installation, mark: str, *found: tuple[dict[str, Any], str]) -> None:
    """Publish what is built with the outcomes of some checks, each with the field that it is about."""
    file = made.build()
    results.write(file, [o for o, _ in found], [text_of(o, field) for o, field in found], {"by": "test"})
    publish(made.home, file, mark * 12)


def change_file(made: Installation, *statements: str) -> None:
    """Change the published file, as no reader can."""
    snapshot = current(made.home)
    assert snapshot is not None
    with open_for_building(snapshot.file, snapshot.file.parent, memory_limit="1GB") as con:
        for statement in statements:
            con.execute(statement)


# --- which measures a check touches -----------------------------------------------------------------------------------


def test_a_measure_reads_the_fields_that_its_sql_is_made_of() -> None:
    assert reads("opened") == {("ticket", "ticket_id"), ("ticket", "opened_at")}
    assert reads("closed") == {("ticket", "ticket_id"), ("ticket", "closed_at")}
    assert ("ticket", "resolved_at") in reads("time_to_resolve")
    assert ("ticket", "closed_at") not in reads("time_to_resolve")
    # Working hours follow the zone of the ticket, else of its asset, and the pauses of its course.
    assert {("ticket", "zone"), ("asset", "zone"), ("ticket_event", "to_status")} <= reads("response_time")


@pytest.mark.parametrize("name", list(measures()))
def test_every_measure_of_the_catalogue_can_be_traced_to_what_sources_deliver(name: str) -> None:
    assert reads(name)


def test_a_check_touches_the_measures_that_read_its_field_or_all_of_the_entity_where_it_is_about_rows() -> None:
    assert "closed" in touches("ticket", "closed_at")
    assert "opened" not in touches("ticket", "closed_at")
    assert {"opened", "closed"} <= set(touches("ticket", "closed_at", whole_rows=True))
    assert touches("ticket", "closed_at", whole_rows=True) == touches("ticket", "ticket_id") == touches("ticket", "")
    assert touches("ticket", "description") == ()
    assert touches("account", "") == tuple(measures())


def test_measures_are_told_the_checks_that_cast_a_doubt_on_them(tmp_path: Path) -> None:
    made = installation(tmp_path, {"ticket": TICKET})
    publish_checked(
        made,
        "a",
        (outcome("ticket", "one", passed=False, failed=1), "closed_at"),
        (outcome("ticket", "two"), "resolved_at"),
        (outcome("ticket", "three", passed=False, failed=2, severity="critical"), "opened_at"),
    )
    found = touched(opened(made.home))
    assert [(x.name, x.failed, x.checked) for x in found["closed"]] == [("three", 2, 2), ("one", 1, 2)]
    assert [x.name for x in found["opened"]] == ["three"]


# --- from snapshot to snapshot ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (Result("passed", 0), Result("passed", 0), ""),
        (Result("failed", 3), Result("passed", 0), "new"),
        (Result("failed", 3), None, "new"),
        (Result("passed", 0), None, ""),
        (Result("failed", 4), Result("failed", 3), "worse"),
        (Result("failed", 3), Result("failed", 4), ""),
        (Result("failed", 1), Result("quarantined", 9), "worse"),
        (Result("quarantined", 9), Result("failed", 1), ""),
        (Result("error", 0), Result("failed", 1), "worse"),
        (Result("passed", 0), Result("error", 0), "recovered"),
        (Result("not_applicable", 0), Result("failed", 2), "recovered"),
        (None, Result("failed", 2), ""),
    ],
    ids=str,
)
def test_a_result_is_new_worse_or_recovered_against_the_one_before(now: Any, before: Any, expected: str) -> None:
    assert change(now, before, is_first=False) == expected
    assert change(now, before, is_first=True) == ""


def test_results_are_told_over_all_snapshots_that_are_kept(tmp_path: Path) -> None:
    made = installation(tmp_path, {"ticket": TICKET})
    made.publish()  # without checks, as before there were any
    good, bad = outcome("ticket", "one"), outcome("ticket", "one", passed=False, failed=1)
    publish_checked(made, "b", (good, "closed_at"))
    publish_checked(made, "c", (bad, "closed_at"), (outcome("ticket", "late", passed=False, failed=2), "opened_at"))
    reading = opened(made.home)
    found = history(reading, made.home)
    assert [s.fingerprint for s in found.snapshots] == ["000000000001", "b" * 12, "c" * 12]
    course = found.courses["ticket", "one"]
    assert course.results == (None, Result("passed", 0), Result("failed", 1))
    assert course.changes == ("", "", "new")
    assert found.courses["ticket", "late"].changes[-1] == "new"
    assert found.before is not None
    assert found.before.accounts["ticket"]["core"] == 2
    assert brought_before(reading, made.home)["ticket", "s"].rows == 2


def test_a_snapshot_that_tells_nothing_of_itself_is_passed_over(tmp_path: Path) -> None:
    made = installation(tmp_path, {"ticket": TICKET})
    made.publish()
    change_file(made, "DROP TABLE meta.account")
    publish_checked(made, "b", (outcome("ticket", "one"), "closed_at"))
    found = history(opened(made.home), made.home)
    assert len(found.snapshots) == 1
    assert found.before is None


def test_snapshots_after_the_one_that_is_shown_are_not_its_past(tmp_path: Path) -> None:
    made = installation(tmp_path, {"ticket": TICKET})
    first = made.read()
    publish_checked(made, "b", (outcome("ticket", "one"), "closed_at"))
    assert [s.id for s in history(first, made.home).snapshots] == [first.id]


# --- what sources bring -----------------------------------------------------------------------------------------------


def test_the_newest_record_is_the_latest_instant_that_is_not_ahead_of_its_reading(tmp_path: Path) -> None:
    rows = "ticket_id | opened_at | closed_at\nT1 | 2024-03-01 08:00 | 2024-03-04 09:00\nT2 | 2024-03-02 08:00 | 2031-01-01 00:00"
    reading = installation(tmp_path, {"ticket": rows, "customer": "customer_id\nC1"}).read()
    customer, ticket = deliveries(reading)
    assert (ticket.entity, ticket.source, ticket.rows, ticket.newest) == ("ticket", "s", 2, dt.datetime(2024, 3, 4, 9))
    assert ticket.read_at == EXTRACTED_AT
    assert (customer.rows, customer.newest) == (1, None)
    assert "contract" in undelivered(reading)
    assert not {"ticket", "calendar", "code_list"} & set(undelivered(reading))


def test_quarantined_rows_of_a_source_are_counted_once_however_much_is_wrong_with_them(tmp_path: Path) -> None:
    rows = "ticket_id | opened_at | closed_at\nT1 | 2024-03-01 | \nT2 | soon | later\n | 2024-03-02 |"
    (brought,) = deliveries(installation(tmp_path, {"ticket": rows}).read())
    assert (brought.rows, brought.quarantined) == (1, 2)


def test_a_source_is_late_by_its_tickets_where_it_has_any_and_else_by_its_newest_record(tmp_path: Path) -> None:
    repair = "repair_id | finished_at\nR1 | 2024-03-09 00:00"
    made = installation(tmp_path, {"ticket": TICKET, "repair": repair}, fresh_within_hours=24)
    other = {"visit": {"from": "visit", "fields": {"visit_id": "visit_id", "finished_at": "finished_at"}}}
    made.maps("v", other, fresh_within_hours=24)
    made.lands("v", "visit", "visit_id | finished_at\nV1 | 2024-03-09 00:00")
    reading = made.read()
    now = dt.datetime(2024, 3, 9, 12, tzinfo=dt.UTC)
    assert freshness(reading, "s", now).is_late is True
    assert freshness(reading, "s", now).age_hours == 4 * 24 + 4
    assert freshness(reading, "v", now).is_late is False
    assert freshness(reading, "nowhere", now).is_late is None


# --- completeness -----------------------------------------------------------------------------------------------------


def filled(found: tuple[Filled, ...], entity: str, field: str) -> Filled:
    (one,) = [f for f in found if (f.entity, f.field) == (entity, field)]
    return one


def test_completeness_is_rows_with_a_value_over_rows_by_local_month(tmp_path: Path) -> None:
    rows = """
    ticket_id | opened_at        | arrived_at       | closed_at        | zone
    T1        | 2024-01-31 15:59 | 2024-02-01 08:00 | 2024-02-02 08:00 | urban
    T2        | 2024-01-31 16:00 |                  | 2024-02-02 08:00 |
    T3        | 2024-02-05 08:00 |                  |                  | urban
    """
    reading = installation(tmp_path, {"ticket": rows}, settings={"time_zone": "Asia/Shanghai"}).read()
    found = completeness(reading, Filters(), "Asia/Shanghai")
    zone = filled(found, "ticket", "zone")
    assert zone.months == (dt.date(2024, 1, 1), dt.date(2024, 2, 1))
    assert (zone.expected, zone.filled, zone.missing) == ((1, 2), (1, 1), 1)
    assert zone.share == 2 / 3
    assert "response_time" in zone.measures
    # A later instant is expected of what is closed; the times that make a row, and end it, are not judged.
    arrived = filled(found, "ticket", "arrived_at")
    assert (arrived.expected, arrived.filled, arrived.is_of_closed) == ((1, 1), (1, 0), True)
    assert not {"opened_at", "closed_at", "ticket_id"} & {f.field for f in found}
    assert [f.share for f in found] == sorted(f.share for f in found)
    february = completeness(reading, Filters(start=dt.date(2024, 2, 1)), "Asia/Shanghai")
    assert filled(february, "ticket", "zone").expected == (2,)


def test_what_hangs_on_an_open_ticket_is_not_missing_yet(tmp_path: Path) -> None:
    faults = "fault_id | ticket_id | occurred_at | asset_id\nF1 | T1 | 2024-03-01 | A\nF2 | T2 | 2024-03-02 |\nF3 | | 2024-03-02 |"
    made = installation(tmp_path, {"ticket": TICKET, "fault": faults})
    publish_checked(made, "a", (outcome("fault", "mostly"), "asset_id"))
    asset = filled(completeness(opened(made.home), Filters(), "UTC"), "fault", "asset_id")
    assert (asset.n, asset.missing) == (2, 1)


def test_a_fall_is_told_of_the_latest_month_that_is_old_enough(tmp_path: Path) -> None:
    rows = [
        {"ticket_id": f"T{m}-{i}", "opened_at": f"2024-0{m}-02 08:00", "zone": "urban" if m < 3 or i < 60 else None}
        for m in (1, 2, 3, 4)
        for i in range(100)
    ]
    made = installation(tmp_path, {"ticket": rows}, settings={"as_of": "2024-05-15T00:00Z", "time_zone": "UTC"})
    reading = made.read()
    zone = filled(completeness(reading, Filters(), "UTC"), "ticket", "zone")
    assert zone.expected == (100,) * 4
    # April ended 15 days before the data do.
    assert zone.fall is not None
    assert (zone.fall.month, zone.fall.share, zone.fall.share_before) == (dt.date(2024, 3, 1), 0.6, 1.0)
    (finding,) = [f for f in findings(reading, made.home, Filters()) if f.about == "completeness"]
    assert "60.0 %" in finding.text.en
    assert "2024-03" in finding.text.zh


# --- coding -----------------------------------------------------------------------------------------------------------


def test_a_station_is_judged_by_its_closed_reports_that_have_mode_cause_and_serial(tmp_path: Path) -> None:
    assets = "asset_id | serial_no | region | customer_id\nA | S-A | north | C\nB | | south | C1"
    tickets = """
    ticket_id | asset_id | opened_at        | closed_at        | technician_id
    T1        | A        | 2024-03-01 08:00 | 2024-03-02 08:00 | X
    T2        | A        | 2024-03-02 08:00 | 2024-03-03 08:00 | X
    T3        | A        | 2024-03-03 08:00 |                  | X
    T4        | B        | 2024-03-04 08:00 | 2024-03-05 08:00 |
    """
    faults = """
    fault_id | ticket_id | asset_id | occurred_at | failure_mode | cause
    F1       | T1        | A        | 2024-03-01  | leak         | wear
    F2       | T2        | A        | 2024-03-02  | leak         |
    F3       | T3        | A        | 2024-03-03  |              |
    F4       | T4        | B        | 2024-03-04  | leak         | wear
    """
    people = "technician_id | team\nX | first"
    rows = {"asset": assets, "ticket": tickets, "fault": faults, "technician": people}
    reading = installation(tmp_path, rows, settings={"holidays": ""}).read()
    south, north = coding(reading, Filters(), "region", 1)
    assert (south.name, south.n, south.whole, south.most, south.latest) == ("south", 1, 0, "serial_no", ("T4",))
    assert (north.name, north.n, north.whole, north.share) == ("north", 2, 1, 1 / 2)
    assert north.missing == {"failure_mode": 0, "cause": 1, "serial_no": 0}
    assert north.low < north.share < north.high
    whole = together((south, north))
    assert whole is not None
    assert (whole.n, whole.whole, whole.most) == (3, 1, "cause")
    assert [s.name for s in coding(reading, Filters(), "region", 2)] == ["north", "south"], "too few to say come last"
    assert [s.name for s in coding(reading, Filters(), "team", 1)] == ["", "first"]
    assert [s.n for s in coding(reading, Filters(region=("south",)), "region", 1)] == [1]
    assert together(coding(reading, Filters(start=dt.date(2025, 1, 1)), "site", 1)) is None
    second = Filters(start=dt.date(2024, 3, 2), end=dt.date(2024, 3, 3))
    assert [(s.n, s.whole, s.latest) for s in coding(reading, second, "region", 1)] == [(1, 0, ("T2",))]
    assert [s.n for s in coding(reading, Filters(customer=("C1",)), "site", 1)] == [1]


# --- quarantine -------------------------------------------------------------------------------------------------------

DIRTY = (
    "no | at | closed | note\nT1 | 2024-03-04 | 2024-03-05 | =1+1\nT2 | soon | 2024-03-05 | x\nT3 | later | never | -5"
)


def dirty(path: Path) -> Installation:
    made = Installation(path, {"time_zone": "UTC"})
    fields = {"ticket_id": "no", "opened_at": "at", "closed_at": "closed", "description": "note"}
    made.maps("s", {"ticket": {"from": "calls", "fields": fields}})
    made.lands("s", "calls", DIRTY, file="data/one.csv")
    made.lands("s", "calls", "no | at\nT9 | someday", file="data/two.csv")
    return made


def test_quarantined_rows_are_found_by_reason_and_file(tmp_path: Path) -> None:
    reading = dirty(tmp_path).read()
    assert {(lot.file, lot.n) for lot in lots(reading)} == {("data/one.csv", 3), ("data/two.csv", 1)}
    found = quarantine(reading, sought=Sought(file="data/two.csv", rule="not_instant"))
    assert [row["source_key"] for row in found] == ["T9"]
    assert quarantine(reading, sought=Sought(source="s", rule="no such rule")) == []
    assert sum(lot.n for lot in lots(reading) if lot.is_among(Sought(entity="ticket", file="data/one.csv"))) == 3


def test_rows_for_correction_are_whole_and_come_file_by_file(tmp_path: Path) -> None:
    made = dirty(tmp_path)
    reading = made.read()
    one, two = sheets(made.home, reading, Sought(), 100)
    assert (one.file, one.columns) == ("data/one.csv", ("no", "at", "closed", "note"))
    assert [(w.row, w.values) for w in one.rows] == [
        (3, ("T2", "soon", "2024-03-05", "x")),
        (4, ("T3", "later", "never", "-5")),
    ]
    assert [(f.field, f.value) for f in one.rows[1].faults] == [("closed_at", "never"), ("opened_at", "later")]
    assert (two.file, len(two.rows)) == ("data/two.csv", 1)
    assert [len(s.rows) for s in sheets(made.home, reading, Sought(), 1)] == [1]
    assert written_in(made.home, "s", "calls")["ticket", "opened_at"] == "at"
    assert written_in(made.home, "../s", "calls") == {}


def test_a_row_whose_batch_is_gone_keeps_its_reason(tmp_path: Path) -> None:
    made = dirty(tmp_path)
    reading = made.read()
    for file in made.home.landing.rglob("*.parquet"):
        file.unlink()
    one, _ = sheets(made.home, reading, Sought(), 100)
    assert one.columns == ()
    assert [len(w.faults) for w in one.rows] == [1, 2]


def test_a_source_row_is_followed_into_the_warehouse_or_the_quarantine(tmp_path: Path) -> None:
    made = dirty(tmp_path)
    reading = made.read()
    (batch,) = reading.rows("SELECT DISTINCT _batch FROM core.ticket")[0]
    good, bad = (trace(made.home, reading, Place("s", "calls", batch, "data/one.csv", row)) for row in (2, 4))
    assert [(b.entity, b.key, b.fields["description"]) for b in good.became] == [("ticket", "T1", "=1+1")]
    assert good.faults == ()
    assert bad.became == ()
    assert [f["field"] for f in bad.faults] == ["closed_at", "opened_at"]
    assert neighbours(made.home.landing, Place("s", "calls", batch, "data/one.csv", 2)) == (None, 3)
    assert neighbours(made.home.landing, Place("..", "calls", batch, "x", 2)) == (None, None)


# --- the verdict ------------------------------------------------------------------------------------------------------


def test_a_snapshot_without_checks_has_a_verdict_of_its_rows(tmp_path: Path) -> None:
    reading = dirty(tmp_path).read()
    assert checks(reading) == []
    assert (verdict(reading).state, verdict(reading).failed, verdict(reading).quarantined) == ("warning", 0, 3)


def test_rows_that_are_nowhere_and_volumes_that_jump_are_told_first(tmp_path: Path) -> None:
    made = installation(tmp_path, {"ticket": table(TICKET)})
    publish_checked(made, "a", (outcome("ticket", "one"), "closed_at"))
    made.lands("s", "ticket", "ticket_id | opened_at\nT3 | 2024-03-06 08:00", file="more.csv")
    publish_checked(made, "b", (outcome("ticket", "one", passed=False, failed=1), "closed_at"))
    change_file(made, "UPDATE meta.account SET staged = staged + 2")
    found = findings(opened(made.home), made.home, Filters())
    assert [(f.about, f.state) for f in found] == [("account", "bad"), ("checks", "bad"), ("sources", "warning")]
    assert "2 rows are unaccounted for" in found[0].text.en
    assert "50.0 % more" in found[2].text.en
