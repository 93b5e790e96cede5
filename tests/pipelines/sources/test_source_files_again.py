"""Files that come again under their names: what stands in the end is what each of them held last."""

from __future__ import annotations

import os
import shutil
import zipfile

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from installation import Installation

NAMES = ("a.csv", "b#1.csv", "b#2.csv", "in/c.csv")
# One run: some files are put there, removed or put into an archive, each with a content of its own or with no row at all.
RUNS = st.lists(
    st.dictionaries(st.sampled_from(NAMES), st.none() | st.sampled_from(["", "1", "12", "123"])),
    max_size=6,
)


def content(name: str, keys: str) -> str:
    return "\n".join(["nr,opened,closed,priority,note", *(f"{k},2024-03-01,,high,{name} {keys}" for k in keys), ""])


def landed(home: Installation) -> pl.DataFrame:
    files = sorted((home.home.landing / "desk" / "tickets").glob("*.parquet"))
    frames = [pl.read_parquet(file) for file in files]
    return pl.concat(frames, how="diagonal_relaxed") if frames else pl.DataFrame()


def shown(home: Installation) -> dict[str, str]:
    """The note that is shown for each key, by the order that the guide promises: the file's name, then what came later."""
    rows = landed(home)
    if rows.is_empty():
        return {}
    newest = rows.sort("_file", "_extracted_at", "_row").group_by("nr", maintain_order=True).last()
    return dict(newest.select("nr", "note").rows())


@example(runs=[{"a.csv": "1"}, {"a.csv": "12"}, {"a.csv": "1"}], is_packed=False, keeps_time=False)
@example(runs=[{"a.csv": "1"}, {"a.csv": "12"}, {"a.csv": "1"}], is_packed=True, keeps_time=True)
@settings(max_examples=15, deadline=None)
@given(runs=RUNS, is_packed=st.booleans(), keeps_time=st.booleans())
def test_each_file_counts_as_it_was_at_last(
    tmp_path_factory: pytest.TempPathFactory, runs: list[dict[str, str | None]], is_packed: bool, keeps_time: bool
) -> None:
    folder = tmp_path_factory.mktemp("again")
    home = Installation(folder)
    home.tickets("desk", "data/*.zip" if is_packed else "data/**/*.csv")
    files: dict[str, str] = {}
    expected: dict[str, tuple[str, str]] = {}
    for run in runs:
        for name, keys in run.items():
            if keys is None:
                files.pop(name, None)
            else:
                # The same keys are the same content: a file goes back and forth between a few of them.
                files[name] = content(name, keys)
        _deliver(home, files, is_packed, keeps_time)
        assert home.extract().rejected == ()
        for name, text in files.items():
            for line in text.splitlines()[1:]:
                key, *_, note = line.split(",")
                if name >= expected.get(key, ("", ""))[0]:
                    expected[key] = (name, note)
        assert shown(home) == {key: note for key, (_, note) in expected.items()}
        assert home.extract().batches == 0
    shutil.rmtree(folder)


def _deliver(home: Installation, files: dict[str, str], is_packed: bool, keeps_time: bool) -> None:
    data = home.path / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    if is_packed and files:
        with zipfile.ZipFile(data / "pack.zip", "w") as archive:
            for name, text in files.items():
                archive.writestr(zipfile.ZipInfo(name), text)
        if keeps_time:
            os.utime(data / "pack.zip", (1e9, 1e9))
    for name, text in ({} if is_packed else files).items():
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).write_text(text)


def test_a_file_that_becomes_a_copy_of_another_counts_under_its_own_name(installation: Installation) -> None:
    installation.tickets("desk", "data/*.csv")
    for texts, expected in (
        ({"a.csv": content("a", "1"), "b.csv": content("b", "1")}, ("b 1", "data/b.csv")),
        ({"b.csv": content("a", "1")}, ("a 1", "data/b.csv")),
        ({"b.csv": content("b", "1")}, ("b 1", "data/b.csv")),
    ):
        for name, text in texts.items():
            installation.put(name, text)
        installation.refresh(checked=False)
        assert installation.rows("SELECT description, _file FROM core.ticket") == [expected]
    assert installation.value("SELECT superseded FROM meta.account WHERE entity = 'ticket'") == 3
