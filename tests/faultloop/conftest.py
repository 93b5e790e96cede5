"""The `faultloop` command as people start it: a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest
from installation import Installation, published_demo

Result = subprocess.CompletedProcess[str]


class Command(Protocol):
    """Runs `faultloop` to its end."""

    def __call__(self, *arguments: str, home: Path | None = None, language: str = "en", **variables: str) -> Result: ...


@pytest.fixture
def faultloop(tmp_path: Path) -> Command:
    """Runs `faultloop` in an empty folder with nothing of the installation in its environment."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    def run(*arguments: str, home: Path | None = None, language: str = "en", **variables: str) -> Result:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("FAULTLOOP", "LC_", "LANG"))}
        place = ["--home", str(home)] if home else []
        return subprocess.run(
            [sys.executable, "-m", "faultloop", *place, *arguments],
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            cwd=folder,
            env={**environment, "FAULTLOOP_LANGUAGE": language, "PYTHONUTF8": "1", **variables},
        )

    return run


@pytest.fixture
def desk(tmp_path: Path) -> Installation:
    """An installation with a mapping of tickets and settings, and no delivery yet."""
    installation = Installation(tmp_path / "home")
    installation.tickets("desk", "data/*.csv")
    installation.home.settings_file.write_text("organisation: Desk\n")
    return installation


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Installation:
    """A demo with its snapshot published, of its own for the test."""
    shutil.copytree(published_demo(tmp_path_factory), tmp_path / "home")
    return Installation(tmp_path / "home")
