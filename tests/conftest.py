"""Property tests draw the same cases every time, so that a check says the same of the same code.

`HYPOTHESIS_PROFILE=explore` draws new ones, to look for what nobody has thought of.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# The files that take longest, longest first: two processes are handed file after file, and whoever is given one of these
# last is waited for. Those that mostly wait stand between those that mostly compute.
LONG = (
    "faultloop/test_up.py",
    "dashboards/test_browser.py",
    "pipelines/test_refresh.py",
    "dashboards/test_accessible.py",
    "pipelines/test_kill.py",
    "dashboards/test_tools.py",
    "faultloop/test_cli.py",
    "dashboards/register/test_walk.py",
    "pipelines/test_register_source.py",
    "pipelines/test_effectiveness.py",
    "pipelines/test_real_data.py",
    "pipelines/test_flows.py",
    "dashboards/test_asset.py",
    "pipelines/test_schedule.py",
    "pipelines/test_bad_input.py",
    "fracas/test_register.py",
    "warehouse/test_settle.py",
    "fracas/test_workflow.py",
    "docs/test_methods.py",
    "dashboards/test_overview.py",
    "expectations/test_suites.py",
    "demo/test_delivery.py",
    "warehouse/test_technicians.py",
    "dashboards/test_parts_page.py",
)

# In memory, where there is enough of it: a build and a database have each of their statements reach the disk, and tests
# would wait for that a third of their time.
MEMORY = Path("/dev/shm")
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 8_000_000_000:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

# Compiled once: many tests start processes, and each would compile the code base again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# As many test processes as cores: the threads of each one's linear algebra would only wait for each other, spinning.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

settings.register_profile("check", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "check"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, the others as they stand."""
    rank = {name: number for number, name in enumerate(LONG)}
    here = Path(__file__).parent
    items.sort(key=lambda item: rank.get(item.path.relative_to(here).as_posix(), len(LONG)))
