"""What is scheduled, as `prefect.yaml` has it: read by whoever serves the schedules and by whoever shows when the next run is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from cronsim import CronSim

from bilingual.clock import at_home

_ROOT = Path(__file__).parents[2]
# Files below the home that the scheduler and the courier touch while they run.
SCHEDULER_ALIVE, COURIER_ALIVE = "scheduler.alive", "courier.alive"


@dataclass(frozen=True)
class Timed:
    """One deployment with its schedule: a cron line in the house's zone, or seconds between two runs, counted from an anchor.

    key: what its runs are kept under, the flow and, where one flow makes several things, which of them.
    """

    flow: str
    deployment: str
    description: str
    entrypoint: str
    cron: str | None = None
    interval: int | None = None
    anchor: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return run_key(self.flow, self.parameters)

    def next(self, at: dt.datetime, zone: str) -> dt.datetime:
        """The next run after an instant; both UTC and naive."""
        if self.cron is not None:
            return next(CronSim(self.cron, at_home(at, zone))).astimezone(dt.UTC).replace(tzinfo=None)
        anchor, each = self.anchored_at.replace(tzinfo=None), dt.timedelta(seconds=self.interval or 0)
        return anchor + ((at - anchor) // each + 1) * each

    @property
    def anchored_at(self) -> dt.datetime:
        """From when on an interval is counted."""
        return dt.datetime.fromisoformat(self.anchor or "2020-01-01T00:00:00Z")


def run_key(flow: str, options: dict[str, Any]) -> str:
    """What the runs of a flow with such options are kept under."""
    name = options.get("name")
    return f"{flow}.{name}" if name else flow


def deployments_file() -> Path:
    """`prefect.yaml` of the checkout, or the copy that a wheel carries."""
    for file in (_ROOT / "prefect.yaml", _ROOT / "pipelines" / "prefect.yaml"):
        if file.exists():
            return file
    raise FileNotFoundError("prefect.yaml")


@cache
def timetable() -> tuple[Timed, ...]:
    """Every deployment, in the file's order."""
    raw = yaml.safe_load(deployments_file().read_text(encoding="utf-8"))
    return tuple(_timed(one) for one in raw["deployments"])


def _timed(raw: dict[str, Any]) -> Timed:
    (schedule,) = raw["schedules"]
    return Timed(
        flow=raw["entrypoint"].split(":")[1],
        deployment=raw["name"],
        description=raw["description"],
        entrypoint=raw["entrypoint"],
        cron=schedule.get("cron"),
        interval=schedule.get("interval"),
        anchor=schedule.get("anchor_date"),
        parameters=raw.get("parameters", {}),
    )
