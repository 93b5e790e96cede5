"""The demo organisation, refreshed: what is known to be true of it is what the snapshot says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from installation import Installation, published_demo

from demo.truths import Truths
from warehouse.filters import Filters
from warehouse.metrics.evaluate import evaluate, evaluate_by
from warehouse.quality import verdict
from warehouse.reading import Reader

# --- the demo organisation ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, Truths]:
    home = published_demo(tmp_path_factory)
    return Installation(home), Truths.read(home)


Demo = tuple[Installation, Truths]


@pytest.mark.slow
def test_every_usable_record_of_the_demo_is_in_the_warehouse(demo: Demo) -> None:
    installation, truths = demo
    wanted = {name: c.get("usable", c["keys"]) for name, c in truths.counts.items()}
    found = {
        name: n
        for name, n in installation.rows("SELECT entity, core FROM meta.account")
        if name in wanted and name != "survey"
    }
    assert found == {name: n for name, n in wanted.items() if name != "survey"}


@pytest.mark.slow
def test_the_account_of_the_demo_adds_up(demo: Demo) -> None:
    installation, truths = demo
    accounts = installation.rows("SELECT entity, staged, core, quarantined, superseded FROM meta.account")
    for entity, staged, core, quarantined, superseded in accounts:
        assert core + quarantined + superseded == staged, entity
        assert core == installation.value(f"SELECT count(*) FROM core.{entity}")
    landed, staged = installation.rows("SELECT landed, staged FROM meta.account WHERE entity = 'ticket'")[0]
    assert landed == staged == truths.counts["ticket"]["rows"] - truths.counts["ticket"]["copied_rows"]


RULES = {
    "bad_date": "not_instant",
    "closed_before_opened": "closed_before_opened",
    "missing_ticket_no": "missing",
    "missing_opening_time": "missing",
    "future_opening": "opened_in_future",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", [k for k in RULES if k != "missing_ticket_no"])
def test_each_dirty_ticket_is_in_quarantine_with_its_reason_and_file(demo: Demo, kind: str) -> None:
    installation, truths = demo
    cases = truths.dirty[kind]["cases"]
    field = {"missing_opening_time": "opened_at"}.get(kind)
    found = installation.rows(
        "SELECT source_key, split_part(parse_filename(file), '#', 1), field FROM meta.quarantine"
        " WHERE entity = 'ticket' AND rule = ? AND (source_key <> '' OR rule <> 'missing')",
        RULES[kind],
    )
    wanted = {(c["ticket_id"], c["file"]) for c in cases}
    # Of two equal files either name may be the one that is shown.
    shown = {(key, file.replace(" (1)", "")) for key, file, f in found if field in (None, f)}
    assert wanted <= shown
    if kind != "closed_before_opened":
        assert shown == wanted


@pytest.mark.slow
def test_tickets_without_a_number_are_counted_in_quarantine(demo: Demo) -> None:
    installation, truths = demo
    found = installation.rows(
        "SELECT parse_filename(file), row_no FROM meta.quarantine WHERE rule = 'missing' AND field = 'ticket_id'"
    )
    assert sorted(f for f, _ in found) == sorted(c["file"] for c in truths.dirty["missing_ticket_no"]["cases"])
    assert all(row > 1 for _, row in found)


@pytest.mark.slow
def test_quarantine_of_the_demo_holds_nothing_else(demo: Demo) -> None:
    installation, truths = demo
    quarantined = dict(installation.rows("SELECT entity, quarantined FROM meta.account WHERE quarantined > 0"))
    assert quarantined == {
        "ticket": sum(truths.dirty[kind]["count"] for kind in RULES),
        "repair": truths.dirty["negative_active_hours"]["count"],
    }


@pytest.mark.slow
def test_negative_hours_are_quarantined_with_the_value(demo: Demo) -> None:
    installation, truths = demo
    found = installation.rows("SELECT source_key, value FROM meta.quarantine WHERE entity = 'repair'")
    cases = truths.dirty["negative_active_hours"]["cases"]
    assert sorted((k, float(v)) for k, v in found) == sorted((c["repair_id"], c["active_hours"]) for c in cases)


@pytest.mark.slow
def test_duplicates_and_corrections_supersede(demo: Demo) -> None:
    installation, truths = demo
    superseded = installation.value("SELECT superseded FROM meta.account WHERE entity = 'ticket'")
    assert superseded == truths.dirty["duplicate_key"]["count"] + truths.dirty["corrected_version"]["count"]
    for case in truths.dirty["corrected_version"]["cases"]:
        row = installation.rows("SELECT priority, _file FROM core.ticket WHERE ticket_id = ?", case["ticket_id"])
        assert row == [(case["priority"], "data/export/tickets_corrections.csv")]


@pytest.mark.slow
def test_what_cannot_be_resolved_is_shown_and_warned_about(demo: Demo) -> None:
    installation, truths = demo
    failed = dict(
        installation.rows("SELECT name, failed FROM meta.check_result WHERE suite = 'ticket' AND status = 'failed'")
    )
    assert failed["known_asset_id"] == truths.dirty["unknown_asset"]["count"]
    assert failed["code_priority"] == truths.dirty["unknown_code"]["count"]
    assert installation.value("SELECT count(*) FROM meta.check_result WHERE status = 'error'") == 0
    reading = Reader(installation.home).current()
    assert reading is not None
    assert verdict(reading).state == "warning"


@pytest.mark.slow
def test_the_slow_region_is_seen_by_the_measures(demo: Demo) -> None:
    installation, truths = demo
    reading = Reader(installation.home).current()
    assert reading is not None
    slow = truths.slow_region["region"]
    hours = evaluate_by(reading, ("time_to_resolve", "response_time", "response_within_target"), Filters(), "region")
    for name in ("time_to_resolve", "response_time"):
        values = {region: v.value for region, v in hours[name].items() if v.value is not None}
        assert max(values, key=values.__getitem__) == slow, name
    kept = {region: v.value for region, v in hours["response_within_target"].items() if v.value is not None}
    assert min(kept, key=kept.__getitem__) == slow


@pytest.mark.slow
def test_open_tickets_of_the_demo_are_the_backlog(demo: Demo) -> None:
    installation, truths = demo
    reading = Reader(installation.home).current()
    assert reading is not None
    values = evaluate(reading, ("opened", "closed", "backlog"), Filters())
    assert values["opened"].value == truths.counts["ticket"]["usable"]
    is_open = installation.value("SELECT count(*) FROM core.ticket WHERE closed_at IS NULL")
    assert values["backlog"].value == is_open
    # Resolved tickets that wait for their closing are in the backlog too.
    assert is_open >= truths.open_tickets


@pytest.mark.slow
def test_the_demo_again_is_nothing_new(demo: Demo, tmp_path: Path) -> None:
    shutil.copytree(demo[0].path, tmp_path / "home")
    done = Installation(tmp_path / "home").refresh(checked=False)
    assert not done.is_new
    assert done.extraction.batches == 0
