"""What the flows do, one file each, without Prefect: `job(place, run, **options)` does it and says how it ended.

`perform` records a job as a run and alerts when it breaks. Prefect performs them on schedule, `python -m pipelines.now` at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from bilingual.errors import UserError
from bilingual.text import Text
from fracas.outflow import is_begun
from fracas.watch.runs import Ended
from fracas.watch.timetable import run_key
from pipelines.refresh import call
from pipelines.running import Record, Runner, log, recorded
from warehouse.settings import Home

_BROKE = Text(en="{kind}: {error}", zh="{kind}：{error}")


@dataclass(frozen=True)
class Outcome:
    """How a job ended, in words; summary: the same as data, for who asked."""

    state: Ended
    text: Text
    snapshot: str | None = None
    summary: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """Where a job works and what it works with. step: runs one named step of it."""

    home: Home
    record: Record
    step: Runner


def jobs() -> frozenset[str]:
    """The names of all jobs."""
    return frozenset(module.name for module in iter_modules(__path__))


def perform(
    name: str,
    home: Home,
    /,
    *,
    trigger: str = "schedule",
    wish: str | None = None,
    run: Runner = call,
    **options: Any,
) -> Outcome:
    """Do a job as a recorded run. What breaks it is raised, after it was written down and put among the alerts."""
    flow = run_key(name, options)
    job: Callable[..., Outcome] = import_module(f"{__name__}.{name}").job
    try:
        with recorded(home, flow, trigger=trigger, wish=wish) as record:
            outcome = job(Place(home, record, run), **options)
            record.ended(outcome.state, outcome.text, outcome.snapshot)
    except UserError as broken:
        _alert(home, flow, broken.text)
        raise
    except Exception as broken:
        _alert(home, flow, _BROKE.format(kind=type(broken).__name__, error=broken))
        raise
    if outcome.state is not Ended.SKIPPED:  # of which nobody learns whether it would have gone well
        _alert(home, flow, None)
    return outcome


def _alert(home: Home, flow: str, error: Text | None) -> None:
    """Put a run that broke among the alerts, or take it out again; where that fails the run has ended all the same."""
    from pipelines import watching  # noqa: PLC0415

    if not is_begun(home.register_url):
        return
    try:
        with watching.book(home) as engine:
            watching.after_run(home, engine, flow, error)
    except Exception:  # a database that is away must not hide why the run broke
        log.exception("The run %s could not be put among the alerts", flow)
