"""Installations in temporary folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from installation import Installation

from demo.generate import generate


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """An empty installation; its home has no mapping yet."""
    return Installation(tmp_path / "home")


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The smallest demo organisation, to be copied."""
    home = tmp_path_factory.mktemp("demo") / "home"
    generate(home, tickets=1_000, seed=7)
    return home
