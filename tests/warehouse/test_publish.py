"""Snapshots: one atomic pointer, retention that spares what readers see, the way back, one writer at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from factories import Installation, installation, opened

from bilingual.errors import UserError
from warehouse import results
from warehouse.publish import (
    building_file,
    current,
    is_withdrawn,
    last_refresh,
    locked,
    publish,
    rollback,
    snapshots,
)
from warehouse.reading import Reader
from warehouse.settings import Home

HOLD_THE_LOCK = """
import sys
from pathlib import Path
from warehouse.publish import locked
from warehouse.settings import Home
with locked(Home(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Installation(tmp_path, {"retention": 3}).home


def put(home: Home, fingerprint: str, content: str = "content") -> str:
    """Publish a file that no reader will open."""
    file = building_file(home)
    file.write_text(content)
    return publish(home, file, fingerprint).id


def ids(home: Home) -> list[str]:
    return [s.id for s in snapshots(home)]


def test_before_the_first_there_is_nothing(home: Home) -> None:
    assert current(home) is None
    assert snapshots(home) == []
    assert Reader(home).current() is None
    assert last_refresh(home) is None


def test_what_is_published_last_is_what_readers_see(home: Home) -> None:
    first, second = put(home, "aaa"), put(home, "bbb")
    assert first < second
    assert ids(home) == [second, first]
    seen = current(home)
    assert seen is not None
    assert (seen.id, seen.fingerprint, seen.is_current) == (second, "bbb", True)
    assert [s.is_current for s in snapshots(home)] == [True, False]


def test_a_snapshot_is_a_new_file_and_no_earlier_one_is_touched(home: Home) -> None:
    put(home, "aaa", "first")
    file = snapshots(home)[0].file
    before = file.stat()
    put(home, "bbb", "second")
    assert file.read_text() == "first"
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_nothing_that_is_half_written_is_left_or_listed(home: Home) -> None:
    put(home, "aaa")
    building_file(home).write_text("half")
    assert len(snapshots(home)) == 1
    put(home, "bbb")
    assert {f.name for f in home.snapshots.iterdir()} == {"CURRENT", *(f"{i}.duckdb" for i in ids(home))}


def test_a_reader_that_looks_all_the_time_sees_a_snapshot_each_time(tmp_path: Path) -> None:
    """Also when the one it was pointed to has just been let go."""
    home = Installation(tmp_path, {"retention": 1}).home
    put(home, "000")
    seen: set[str | None] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            found = current(home)
            seen.add(found and found.id)

    looker = threading.Thread(target=look)
    looker.start()
    made = {put(home, f"{n:03d}") for n in range(1, 100)}
    done.set()
    looker.join()
    assert None not in seen
    assert len(seen & made) > 1


def test_the_newest_are_kept(home: Home) -> None:
    made = [put(home, f"{n}") for n in range(5)]
    assert ids(home) == made[:-4:-1]


def test_retention_spares_the_one_that_readers_see(home: Home) -> None:
    made = [put(home, f"{n}") for n in range(3)]
    rollback(home, made[0])
    pointer = (home.snapshots / "CURRENT").read_text()
    assert pointer.strip() == made[0]
    fourth = put(home, "3")
    # The new one is current now; the oldest goes only with the next.
    assert ids(home) == [fourth, made[2], made[1]]
    assert current(home) == snapshots(home)[0]


def test_with_a_retention_of_one_only_the_current_snapshot_stays(tmp_path: Path) -> None:
    home = Installation(tmp_path, {"retention": 1}).home
    put(home, "a")
    last = put(home, "b")
    assert ids(home) == [last]


def test_rolling_back_shows_the_one_before(home: Home) -> None:
    made = [put(home, name) for name in ("aaa", "bbb", "ccc")]
    assert rollback(home).id == made[1]
    assert rollback(home).id == made[0]
    with pytest.raises(UserError, match="no snapshot before the current one"):
        rollback(home)
    seen = current(home)
    assert seen is not None
    assert seen.id == made[0]


def test_what_is_rolled_back_from_is_withdrawn_until_something_changes(home: Home) -> None:
    made = [put(home, name) for name in ("aaa", "bbb", "ccc")]
    rollback(home, made[0])
    assert [is_withdrawn(home, name) for name in ("aaa", "bbb", "ccc", "ddd")] == [False, True, True, False]
    assert not is_withdrawn(home, "bb")


def test_a_rollback_takes_any_unambiguous_beginning(home: Home) -> None:
    made = [put(home, name) for name in ("aaa", "bbb")]
    common = "".join(a for a, b in zip(*made, strict=True) if a == b)[:8]
    with pytest.raises(UserError, match=f"no single snapshot {common}"):
        rollback(home, common)
    with pytest.raises(UserError, match="no snapshot 1999"):
        rollback(home, "1999")
    assert rollback(home, made[0]).id == made[0]


def test_a_rollback_before_the_first_snapshot_is_told(home: Home) -> None:
    with pytest.raises(UserError, match="faultloop snapshots list"):
        rollback(home)


def test_a_pointer_to_a_file_that_is_gone_is_no_snapshot(home: Home) -> None:
    put(home, "aaa")
    snapshots(home)[0].file.unlink()
    assert current(home) is None


def test_what_killed_builds_left_behind_is_removed(home: Home) -> None:
    (home.snapshots / "building-0.duckdb").write_text("half a build")
    (home.snapshots / "building-0.duckdb.wal").write_text("its log")
    spill = home.snapshots / "building-0.tmp"
    spill.mkdir()
    (spill / "spilled.block").write_text("x")
    file = building_file(home)
    assert not file.exists()
    assert list(home.snapshots.glob("building-*")) == []


def test_what_killed_readers_put_aside_is_removed_once_it_is_old(home: Home) -> None:
    old, new = (home.snapshots / f"a.duckdb.{pid}-00.tmp" for pid in (1, 2))
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "spilled.block").write_text("x")
    os.utime(old, (0, 0))
    building_file(home)
    assert (old.exists(), new.exists()) == (False, True)


def test_an_id_tells_when_and_from_what(home: Home) -> None:
    put(home, "abc123")
    (snapshot,) = snapshots(home)
    assert snapshot.fingerprint == "abc123"
    assert abs(snapshot.published_at.timestamp() - snapshot.file.stat().st_mtime) < 60


@pytest.mark.parametrize("how", ["released", "killed"])
def test_one_refresh_at_a_time(home: Home, how: str) -> None:
    """The lock is held by another process, and is free when that ends, even by a kill."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(home.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UserError, match=r"Another refresh of .* is running; wait for it to end"):
            locked(home)
        if how == "killed":
            other.kill()
        else:
            other.communicate("")
        other.wait(10)
    with locked(home):
        pass


ONE = "customer_id|name\nC1|first"


def test_a_reader_keeps_the_old_snapshot_while_a_new_one_is_published_and_sees_the_new_one_when_asked(
    tmp_path: Path,
) -> None:
    made = installation(tmp_path, {"customer": ONE}, settings={"retention": 1})
    made.publish()
    reader = Reader(made.home)
    old = reader.current()
    assert old is not None
    assert reader.current() is old
    made.lands("s", "customer", "customer_id|name\nC1|second", file="later.csv")
    built = made.build()
    # Built and not published: nobody sees it.
    assert reader.current() is old
    publish(made.home, built, "f" * 12)
    new = reader.current()
    assert new is not None
    names = [r.rows("SELECT name FROM core.customer") for r in (old, new)]
    assert names == [[("first",)], [("second",)]]
    # Retention removed the file of the old one, which still answers those who hold it.
    assert not old.snapshot.file.exists()


def test_a_snapshot_may_be_opened_twice_in_one_process(tmp_path: Path) -> None:
    made = installation(tmp_path, {"customer": ONE})
    made.publish()
    one, other = opened(made.home), opened(made.home)
    assert one.rows("SELECT name FROM core.customer") == other.rows("SELECT name FROM core.customer")
    assert results.row_counts(one.snapshot.file) == {"customer": 1}
