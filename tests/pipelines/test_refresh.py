"""A refresh publishes what changed, once, whatever order it arrived in; and what it may not publish, it does not."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from installation import TICKETS, Installation, answer, contents, no_suites, tickets_csv

from bilingual.errors import UserError
from pipelines.quality import recheck
from pipelines.refresh import Refreshed, refresh, sources_of
from warehouse.publish import current, locked, rollback, snapshots
from warehouse.quality import overdue_sources
from warehouse.reading import Reader


@pytest.fixture
def desk(installation: Installation) -> Installation:
    installation.tickets("desk", "data/*.csv")
    return installation


# --- once, and only when something changed --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, Refreshed]:
    """A desk with one snapshot, which passed its checks; its source is silent for long."""
    desk = Installation(tmp_path_factory.mktemp("published") / "home")
    desk.mapping("desk", TICKETS.format(path="data/*.csv") + "fresh_within_hours: 24\n")
    desk.put("a.csv", tickets_csv(range(1, 31)))
    return desk, desk.refresh()


def test_a_second_refresh_finds_nothing_new(published: tuple[Installation, Refreshed]) -> None:
    desk, first = published
    assert first.is_new
    assert (first.extraction.batches, first.extraction.rows) == (1, 30)
    assert first.blocked_by == ()
    second = desk.refresh()
    assert not second.is_new
    assert second.snapshot == first.snapshot
    assert second.extraction.batches == 0
    assert len(snapshots(desk.home)) == 1
    assert desk.leftovers() == []
    assert desk.last_refresh()["is_new"] is False


@pytest.mark.parametrize("change", ["file", "mapping", "setting", "codes", "rejection"])
def test_whatever_a_snapshot_is_made_from_makes_a_new_one(desk: Installation, change: str) -> None:
    desk.put("a.csv", tickets_csv(range(1, 4)))
    before = desk.refresh(checked=False).snapshot
    match change:
        case "file":
            desk.put("b.csv", tickets_csv(range(4, 6)))
        case "mapping":
            desk.tickets("second", "data/nothing*.csv")
        case "setting":
            desk.home.settings_file.write_text("retention: 3\n")
        case "codes":
            desk.home.codes.mkdir()
            (desk.home.codes / "priority.csv").write_text("code,parent,en,zh\nhigh,,High,高\n", encoding="utf-8")
        case "rejection":
            desk.put("b.csv", "")
    after = desk.refresh(checked=False)
    assert after.is_new
    assert after.snapshot != before
    assert desk.refresh(checked=False).snapshot == after.snapshot


def test_a_snapshot_knows_when_and_from_what_it_was_built(published: tuple[Installation, Refreshed]) -> None:
    desk, done = published
    assert done.snapshot is not None
    about = dict(desk.rows("SELECT key, value FROM meta.about"))
    assert about["fingerprint"] == done.snapshot.fingerprint
    built_at = dt.datetime.fromisoformat(about["built_at"])
    assert abs((done.snapshot.published_at - built_at).total_seconds()) < 60
    assert abs(done.snapshot.published_at.timestamp() - time.time()) < 600
    assert desk.value("SELECT count(*) FROM meta.check_result WHERE status = 'error'") == 0


# --- order of arrival -----------------------------------------------------------------------------------------------

DELIVERIES = {
    "2024-01.csv": tickets_csv(range(1, 6)),
    "2024-02.csv": tickets_csv(range(4, 9), priority="low"),  # two numbers of January again, changed
    "2024-02 (1).csv": tickets_csv(range(4, 9), priority="low"),  # the same content under another name
    "2024-03.csv": tickets_csv(range(8, 12)) + "T1,not a date,,high,\nT40,2024-03-05 10:00,2024-03-04 10:00,high,\n",
    "2024-04.csv": tickets_csv([40, 4], priority="critical", day=9),  # corrects a row in quarantine
}


@pytest.fixture(scope="module")
def all_at_once(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, int]]:
    installation = Installation(tmp_path_factory.mktemp("all") / "home")
    installation.tickets("desk", "data/*.csv")
    for name, content in DELIVERIES.items():
        installation.put(name, content)
    installation.refresh(checked=False)
    assert installation.value("SELECT count(*) FROM core.ticket") == 12
    # The row that gives T1 no date is later than the sound one, so it is complained about.
    assert installation.rows("SELECT source_key, rule FROM meta.quarantine") == [("T1", "not_instant")]
    return contents(installation.snapshot(), "_batch", "_file", "batch", "file")


@pytest.mark.parametrize("order", random.Random(4).sample(list(itertools.permutations(DELIVERIES)), 6), ids=" < ".join)
def test_the_order_of_arrival_changes_nothing(
    desk: Installation, order: tuple[str, ...], all_at_once: dict[str, tuple[int, int]]
) -> None:
    for name in order[:-1]:
        desk.put(name, DELIVERIES[name])
        desk.extract()
    desk.put(order[-1], DELIVERIES[order[-1]])
    desk.refresh(checked=False)
    # Of two equal files the name of the one that came first is kept.
    assert contents(desk.snapshot(), "_batch", "_file", "batch", "file") == all_at_once


def test_a_demo_delivered_file_by_file_is_the_demo_delivered_at_once(small_demo: Path, tmp_path: Path) -> None:
    whole, pieces = Installation(tmp_path / "whole"), Installation(tmp_path / "pieces")
    shutil.copytree(small_demo, whole.path)
    shutil.copytree(small_demo, pieces.path)
    files = sorted(f for f in pieces.path.glob("data/*/*"))
    held = tmp_path / "held"
    for file in files:
        target = held / file.relative_to(pieces.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        file.rename(target)
    random.Random(11).shuffle(files)
    for some in (files[i : i + 9] for i in range(0, len(files), 9)):
        for file in some:
            (held / file.relative_to(pieces.path)).rename(file)
        pieces.extract()
    whole.refresh(checked=False)
    pieces.refresh(checked=False)
    assert contents(pieces.snapshot(), "_file", "file") == contents(whole.snapshot(), "_file", "file")


# --- what must not be published -------------------------------------------------------------------------------------


def test_a_fall_in_volume_blocks_publishing_and_people_keep_the_last_snapshot(desk: Installation) -> None:
    desk.tickets("other", "data/other/*.csv")
    desk.put("a.csv", tickets_csv(range(1, 11)))
    desk.put("other/b.csv", tickets_csv(range(11, 31)))
    before = desk.refresh(checked=False).snapshot
    (desk.home.sources / "other.yaml").unlink()
    blocked = desk.refresh()
    assert not blocked.is_new
    assert blocked.snapshot == before
    assert [(o.suite, o.name, o.severity) for o in blocked.blocked_by] == [("ticket", "volume", "critical")]
    assert desk.value("SELECT count(*) FROM core.ticket") == 30
    assert desk.leftovers() == []
    (noted,) = desk.last_refresh()["blocked_by"]
    assert noted["en"] == "There are not markedly fewer rows than in the last published snapshot."
    assert noted["zh"] == "行数没有明显少于上一次发布的快照。"

    started = time.monotonic()
    again = desk.refresh()
    assert time.monotonic() - started < 3, "the same rows are not checked again"
    assert [o.name for o in again.blocked_by] == ["volume"]
    assert desk.last_refresh()["blocked_by"] == [noted]

    forced = desk.refresh(force=True)
    assert forced.is_new
    assert [o.name for o in forced.blocked_by] == ["volume"]
    assert desk.value("SELECT count(*) FROM core.ticket") == 10
    assert desk.value("SELECT status FROM meta.check_result WHERE suite = 'ticket' AND name = 'volume'") == "failed"


def test_too_many_rows_in_quarantine_block_publishing(desk: Installation) -> None:
    desk.put("a.csv", tickets_csv(range(1, 8)) + "T8,?,,,\nT9,?,,,\n")
    done = desk.refresh()
    assert done.snapshot is None
    assert [(o.suite, o.name) for o in done.blocked_by] == [("account", "quarantine_share")]
    assert current(desk.home) is None
    desk.home.settings_file.write_text("quarantine_share_critical: 0.3\n")
    assert desk.refresh().is_new


def test_the_same_number_from_two_sources_blocks_publishing(desk: Installation) -> None:
    desk.tickets("other", "data/other/*.csv")
    desk.put("a.csv", tickets_csv(range(1, 5)))
    desk.put("other/b.csv", tickets_csv(range(4, 9)))
    done = desk.refresh()
    assert not done.is_new
    assert [(o.suite, o.name) for o in done.blocked_by] == [("ticket", "unique_ticket_id")]


def test_what_was_rolled_back_is_not_published_again_until_something_changes(desk: Installation) -> None:
    desk.put("a.csv", tickets_csv(range(1, 4)))
    first = desk.refresh(checked=False).snapshot
    desk.put("b.csv", tickets_csv(range(4, 7)))
    second = desk.refresh(checked=False).snapshot
    assert first is not None
    assert second is not None
    assert rollback(desk.home).id == first.id
    again = desk.refresh(checked=False)
    assert again.is_withdrawn
    assert not again.is_new
    assert again.snapshot == first
    assert desk.last_refresh()["is_withdrawn"] is True
    forced = desk.refresh(checked=False, force=True)
    assert forced.is_new
    assert desk.value("SELECT count(*) FROM core.ticket") == 6
    rollback(desk.home, first.id)
    desk.put("c.csv", tickets_csv(range(7, 9)))
    assert desk.refresh(checked=False).is_new
    assert desk.value("SELECT count(*) FROM core.ticket") == 8


def test_only_as_many_snapshots_as_retention_says_are_kept(desk: Installation) -> None:
    desk.path.mkdir(exist_ok=True)
    desk.home.settings_file.write_text("retention: 2\n")
    for i in range(4):
        desk.put(f"{i}.csv", tickets_csv([i]))
        desk.refresh(checked=False)
    kept = snapshots(desk.home)
    assert [s.is_current for s in kept] == [True, False]
    assert answer(kept[1].file, "SELECT count(*) FROM core.ticket") == [(3,)]


def test_the_daily_look_finds_a_source_gone_silent(published: tuple[Installation, Refreshed]) -> None:
    desk, done = published
    assert done.is_new, "a silent source warns and does not block"
    outcomes = {o.name: o for o in recheck(desk.home)}
    assert not outcomes["fresh_ticket"].passed
    assert outcomes["fresh_ticket"].severity == "warning"
    assert all(o.error is None for o in outcomes.values())
    reading = Reader(desk.home).current()
    assert reading is not None
    assert [s["source"] for s in overdue_sources(reading)] == ["desk"]


# --- one at a time, and readers meanwhile ---------------------------------------------------------------------------


def test_of_two_refreshes_at_once_one_gets_the_sentence(desk: Installation) -> None:
    desk.put("a.csv", tickets_csv(range(1, 4)))
    command = [sys.executable, "-m", "faultloop", "--home", str(desk.path), "refresh"]
    with locked(desk.home):
        with pytest.raises(UserError) as caught:
            desk.refresh()
        second = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert f"Another refresh of {desk.path} is running" in caught.value["en"]
    assert "正在进行另一次刷新" in caught.value["zh"]
    assert second.returncode == 2
    assert second.stderr.strip().splitlines()[-1] == caught.value["en"]
    assert "Traceback" not in second.stderr
    assert desk.refresh(checked=False).is_new, "the lock is free again"


def test_two_refreshes_started_together_end_as_one(desk: Installation) -> None:
    desk.put("a.csv", tickets_csv(range(1, 4)))
    command = [sys.executable, "-m", "faultloop", "--home", str(desk.path), "refresh"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [p.communicate(timeout=120) for p in both]
    assert sorted(p.returncode for p in both) in ([0, 2], [0, 0])
    assert all("Traceback" not in err for _, err in said)
    assert len(snapshots(desk.home)) == 1
    assert desk.value("SELECT count(*) FROM core.ticket") == 3


READER = """
import json, sys, time
from pathlib import Path
from warehouse.reading import Reader
from warehouse.settings import Home
reader, seen, reads = Reader(Home(Path(sys.argv[1])), threads=1), {}, 0
print("ready", flush=True)
while not Path(sys.argv[2]).exists():
    reading = reader.current()
    if reading is None:
        continue
    counts = reading.rows(
        "SELECT (SELECT count(*) FROM core.ticket), (SELECT count(*) FROM core.fault), (SELECT count(*) FROM marts.ticket),"
        " (SELECT sum(opened) FROM marts.ticket_day), (SELECT core FROM meta.account WHERE entity = 'ticket')")[0]
    seen.setdefault(reading.id, []).append([int(c) for c in counts])
    reads += 1
    time.sleep(0.005)  # leave the builder some of the processor
print(json.dumps({"reads": reads, "seen": seen}))
"""


@pytest.mark.slow
def test_readers_see_whole_snapshots_while_others_are_published(desk: Installation, tmp_path: Path) -> None:
    desk.mapping(
        "faults",
        "title: {en: Faults, zh: 故障}\nkind: files\nstreams: {f: {path: 'data/*.csv'}}\n"
        "entities: {fault: {from: f, fields: {fault_id: nr, occurred_at: opened}}}\n",
    )
    desk.home.settings_file.write_text("retention: 1\n")
    stop = tmp_path / "stop"
    desk.put("00.csv", tickets_csv(range(10)))
    desk.refresh(checked=False)
    command = [sys.executable, "-c", READER, str(desk.path), str(stop)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    try:
        for i in range(1, 9):
            desk.put(f"{i:02d}.csv", tickets_csv(range(10 * i, 10 * i + 10)))
            desk.refresh(checked=False)
    finally:
        stop.touch()
        answers = [reader.communicate(timeout=60) for reader in readers]
    for out, err in answers:
        assert err == ""
        found = json.loads(out)
        assert found["reads"] > 50
        assert len(found["seen"]) > 3
        last = 0
        for _, counts in sorted(found["seen"].items()):
            assert counts == [[counts[0][0]] * 5] * len(counts), (
                "all tables of a snapshot agree, each time they are read"
            )
            assert counts[0][0] % 10 == 0
            assert counts[0][0] > last
            last = counts[0][0]


def test_a_reader_that_is_slow_keeps_its_snapshot_when_retention_lets_it_go(desk: Installation) -> None:
    desk.path.mkdir(exist_ok=True)
    desk.home.settings_file.write_text("retention: 1\n")
    desk.put("1.csv", tickets_csv([1]))
    desk.refresh(checked=False)
    reader = Reader(desk.home)
    held = reader.current()
    assert held is not None
    desk.put("2.csv", tickets_csv([2]))
    desk.refresh(checked=False)
    assert not held.snapshot.file.exists()
    assert held.rows("SELECT count(*) FROM core.ticket") == [(1,)]
    fresh = reader.current()
    assert fresh is not None
    assert fresh.rows("SELECT count(*) FROM core.ticket") == [(2,)]


def test_after_a_rollback_readers_go_back_while_others_still_hold_the_old_snapshot(desk: Installation) -> None:
    reader = Reader(desk.home)
    held = []
    for i in (1, 2):
        desk.put(f"{i}.csv", tickets_csv([i]))
        desk.refresh(checked=False)
        held.append(reader.current())
    rollback(desk.home)
    back = reader.current()
    assert back is not None
    assert back.rows("SELECT count(*) FROM core.ticket") == [(1,)]
    assert [h.rows("SELECT count(*) FROM core.ticket") for h in held if h] == [[(1,)], [(2,)]]


def test_a_refresh_in_a_thread_and_a_reader_in_another_do_not_disturb_each_other(desk: Installation) -> None:
    desk.put("0.csv", tickets_csv([0]))
    desk.refresh(checked=False)
    reader, done, wrong = Reader(desk.home), threading.Event(), []

    def read() -> None:
        while not done.is_set():
            reading = reader.current()
            assert reading is not None
            a, b = reading.rows("SELECT (SELECT count(*) FROM core.ticket), (SELECT count(*) FROM marts.ticket)")[0]
            if a != b:
                wrong.append((a, b))

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for i in range(1, 5):
            desk.put(f"{i}.csv", tickets_csv([i]))
            desk.refresh(checked=False)
    finally:
        done.set()
        thread.join()
    assert wrong == []


def test_without_a_mapping_a_refresh_says_what_to_do(installation: Installation) -> None:
    with pytest.raises(UserError) as caught:
        sources_of(installation.home)
    assert "faultloop demo" in caught.value["en"]
    assert "faultloop demo" in caught.value["zh"]
    with pytest.raises(UserError):
        refresh(installation.home)


def test_progress_is_told_step_by_step(desk: Installation) -> None:
    desk.put("a.csv", tickets_csv(range(1, 4)))
    told: list[Any] = []

    class Listener:
        def step(self, name: str, part: str = "") -> None:
            told.append((name, part))

        def rows(self, count: int) -> None:
            told.append(count)

    with no_suites():
        refresh(desk.home, progress=Listener())
    assert told[0] == ("extract", "desk")
    assert told[1] == 3
    names = [name for name, _ in (t for t in told if isinstance(t, tuple))]
    assert list(dict.fromkeys(names)) == ["extract", "build", "check", "publish"]
