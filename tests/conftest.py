"""Property tests draw the same cases every time, so that a check says the same of the same code.

`HYPOTHESIS_PROFILE=explore` draws new ones, to look for what nobody has thought of.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The files that take longest, longest first: two processes are handed file after file, and whoever is given one of these
# last is waited for. Those that mostly wait stand between those that mostly compute.
LONG = (
    "dashboards/test_browser.py",
    "faultloop/test_up.py",
    "dashboards/test_accessible.py",
    "pipelines/test_kill.py",
    "dashboards/test_tools.py",
    "pipelines/test_refresh.py",
    "faultloop/test_cli.py",
    "pipelines/test_flows.py",
    "pipelines/test_schedule.py",
    "fracas/test_register.py",
    "fracas/test_workflow.py",
    "docs/test_methods.py",
    "warehouse/test_settle.py",
)

settings.register_profile("check", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "check"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, the others as they stand."""
    rank = {name: number for number, name in enumerate(LONG)}
    here = Path(__file__).parent
    items.sort(key=lambda item: rank.get(item.path.relative_to(here).as_posix(), len(LONG)))
