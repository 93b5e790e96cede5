"""Mapping files as texts: written whole, never over what somebody else wrote, and what was there is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from warehouse.mapping_files import ChangedError, read_text, write_text


def test_a_text_is_written_and_what_was_there_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "sources"
    assert read_text(folder, "desk") is None
    write_text(folder, "desk", "one: 1\n", None)
    first = read_text(folder, "desk")
    assert first is not None
    write_text(folder, "desk", "二: 2\n", first.mark)
    assert (folder / "desk.yaml").read_bytes() == "二: 2\n".encode()
    assert (folder / "desk.yaml.before").read_text(encoding="utf-8") == "one: 1\n"
    assert sorted(folder.glob("*.yaml")) == [folder / "desk.yaml"], "no mapping is read from what is kept"


def test_nothing_is_written_over_another_text(tmp_path: Path) -> None:
    write_text(tmp_path, "desk", "one: 1\n", None)
    seen = read_text(tmp_path, "desk")
    assert seen is not None
    with pytest.raises(ChangedError, match=r"desk\.yaml is there already"):
        write_text(tmp_path, "desk", "new: 1\n", None)
    (tmp_path / "desk.yaml").write_text("by hand: 1\n", encoding="utf-8")
    with pytest.raises(ChangedError, match=r"desk\.yaml was changed while you did"):
        write_text(tmp_path, "desk", "two: 2\n", seen.mark)
    (tmp_path / "desk.yaml").unlink()
    with pytest.raises(ChangedError):
        write_text(tmp_path, "desk", "two: 2\n", seen.mark)
    assert not (tmp_path / "desk.yaml").exists()


def test_of_many_who_write_at_once_one_does(tmp_path: Path) -> None:
    def write(number: int) -> bool:
        try:
            write_text(tmp_path, "desk", f"{number}: {'x' * 10_000}\n", None)
        except ChangedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        wrote = list(pool.map(write, range(8)))
    assert wrote.count(True) == 1
    found = read_text(tmp_path, "desk")
    assert found is not None
    assert found.text.startswith(f"{wrote.index(True)}: x")
    assert len(found.text) == 10_004
