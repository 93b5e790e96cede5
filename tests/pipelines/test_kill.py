"""A refresh that is killed anywhere and run again ends with the content of one that was never killed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from installation import Installation, answer, contents

from warehouse.publish import current, snapshots

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

# Where in a step it is killed, as shares of what the step takes: several moments where files are written, one in the
# checks, which write nothing. Two kills in a row are met by the last test but one.
_RANDOM = random.Random(20240307)
STEPS = {"Extract": 2, "Build": 3, "Check": 1, "Publish": 1}
MOMENTS = [(step, (part + _RANDOM.random()) / parts) for step, parts in STEPS.items() for part in range(parts)]


def started(installation: Installation) -> subprocess.Popen[str]:
    """A refresh in a process group of its own, with the checking process in it."""
    command = [sys.executable, "-m", "faultloop", "--home", str(installation.path), "refresh"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def begun(process: subprocess.Popen[str], step: str) -> None:
    """Return as a step begins."""
    assert process.stderr is not None
    while (line := process.stderr.readline()) and line.strip() != step:
        pass
    assert line.strip() == step


def kill(process: subprocess.Popen[str]) -> None:
    """Kill the whole group with signal 9."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)


@dataclass(frozen=True)
class Half:
    """A demo of which one half is published and the other has just been delivered; and the whole, never killed."""

    path: Path
    published: str
    seconds: dict[str, float]
    whole: dict[str, tuple[int, int]]
    whatever_batch: dict[str, tuple[int, int]]

    def copy(self, to: Path) -> Installation:
        shutil.copytree(self.path, to)
        return Installation(to)


@pytest.fixture(scope="module")
def half(small_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Half:
    folder = tmp_path_factory.mktemp("half")
    installation = Installation(folder / "home")
    shutil.copytree(small_demo, installation.path)
    held = [
        *installation.path.glob("data/export/*_2026*.csv"),
        installation.path / "data/export/tickets_corrections.csv",
    ]
    held += [*installation.path.glob("data/*/*2026*.xlsx"), *installation.path.glob("data/faults/*2026*")]
    assert len(held) > 5
    (folder / "held").mkdir()
    for file in held:
        file.rename(folder / "held" / file.name)
    published = installation.refresh(checked=False).snapshot
    assert published is not None
    for file in held:
        (folder / "held" / file.name).rename(file)

    never_killed = Installation(folder / "never killed")
    shutil.copytree(installation.path, never_killed.path)
    process = started(never_killed)
    begin = []
    for step in STEPS:
        begun(process, step)
        begin.append(time.monotonic())
    _, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    ends = [*begin[1:], time.monotonic()]
    seconds = {step: end - start for step, start, end in zip(STEPS, begin, ends, strict=True)}
    whole = contents(never_killed.snapshot())
    assert whole["core.ticket"] != contents(published.file)["core.ticket"]
    return Half(installation.path, published.id, seconds, whole, contents(never_killed.snapshot(), "_batch", "batch"))


def killed(half: Half, to: Installation, step: str, share: float) -> None:
    """Start a refresh and kill it when so much of a step is done."""
    process = started(to)
    begun(process, step)
    time.sleep(share * half.seconds[step])
    kill(process)


# One moment of each step that writes files in the check, the others in the matrix.
@pytest.mark.parametrize(
    ("step", "share"),
    [
        pytest.param(
            step, share, marks=pytest.mark.matrix if (i and MOMENTS[i - 1][0] == step) or step == "Check" else ()
        )
        for i, (step, share) in enumerate(MOMENTS)
    ]
    + [pytest.param("Publish", 0.0, marks=pytest.mark.matrix)],
)
def test_after_a_kill_the_next_refresh_ends_with_the_same_content(
    half: Half, tmp_path: Path, step: str, share: float
) -> None:
    installation = half.copy(tmp_path / "home")
    killed(half, installation, step, share)
    people_keep_a_whole_snapshot(installation, half)
    # The suites are the same in every one of these refreshes; the next test runs them too.
    installation.refresh(checked=False)
    assert contents(installation.snapshot()) == half.whole
    assert installation.leftovers() == []


@pytest.mark.matrix
def test_a_refresh_killed_again_and_again_ends_well_at_last(half: Half, tmp_path: Path) -> None:
    installation = half.copy(tmp_path / "home")
    for step in ("Extract", "Build"):
        killed(half, installation, step, 0.5)
        people_keep_a_whole_snapshot(installation, half)
    process = started(installation)
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    assert "snapshot" in out
    assert "Traceback" not in err
    assert contents(installation.snapshot()) == half.whole
    assert installation.leftovers() == []
    assert installation.rows("SELECT count(*) FROM meta.check_result WHERE status = 'error'") == [(0,)]


def people_keep_a_whole_snapshot(installation: Installation, half: Half) -> None:
    """CURRENT names the snapshot before or the new one, which opens and is whole; so does every other in the list."""
    shown = current(installation.home)
    assert shown is not None
    found = contents(shown.file)
    assert shown.id == half.published or found == half.whole
    for snapshot in snapshots(installation.home):
        assert answer(snapshot.file, "SELECT count(*) > 0 FROM marts.ticket") == [(True,)]


def test_the_first_refresh_of_all_may_be_killed_too(small_demo: Path, tmp_path: Path, half: Half) -> None:
    installation = Installation(tmp_path / "home")
    shutil.copytree(small_demo, installation.path)
    killed(half, installation, "Build", 0.5)
    assert current(installation.home) is None
    installation.refresh(checked=False)
    # Two halves of a table that is read by a cursor are other batches than the whole.
    assert contents(installation.snapshot(), "_batch", "batch") == half.whatever_batch
    assert installation.leftovers() == []
