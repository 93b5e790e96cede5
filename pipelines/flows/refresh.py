"""The refresh as a Prefect flow: each step a task, retried where trying again helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Failed

from pipelines import refresh as steps
from warehouse.settings import Home

# Only fetching meets passing faults (a share that is away, a server that restarts); building and checking the same
# rows again gives the same answer.
_RETRIED = {"extract": {"retries": 3, "retry_delay_seconds": [5, 30, 120]}}


def run_as_task(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Run one step of a refresh as a task of the running flow."""
    options = _RETRIED.get(name.split(" ", maxsplit=1)[0], {})
    step = task(
        name=name.split(" ", maxsplit=1)[0], task_run_name=name, cache_policy=NO_CACHE, persist_result=False, **options
    )
    return step(function)(*arguments)


class Logged:
    """Writes the steps of a refresh into the run's log."""

    def __init__(self) -> None:
        self._log = get_run_logger()

    def step(self, name: str, part: str = "") -> None:
        """A step begins, or a part of it."""
        self._log.info("%s %s", name, part) if not part or name == "extract" else self._log.debug("%s %s", name, part)

    def rows(self, count: int) -> None:
        """So many more rows were landed."""
        self._log.info("%d rows landed", count)


@flow(name="refresh", persist_result=False, log_prints=False)
def refresh(home: str | None = None, force: bool = False) -> dict[str, Any] | State[Any]:
    """Fetch, build aside, check, publish. The run fails, so that it is seen, when a critical check forbids publishing."""
    done = steps.refresh(Home.find(Path(home) if home else None), run=run_as_task, progress=Logged(), force=force)
    log = get_run_logger()
    for rejected in done.extraction.rejected:
        log.warning("%s: %s", rejected.file, rejected.en)
    if done.blocked_by and not done.is_new:
        names = ", ".join(f"{o.suite}.{o.name}" for o in done.blocked_by)
        return Failed(message=f"Not published: critical checks failed ({names}).")
    summary = {
        "snapshot": done.snapshot.id if done.snapshot else None,
        "is_new": done.is_new,
        "batches": done.extraction.batches,
        "rows": done.extraction.rows,
        "rejected": [asdict(r) for r in done.extraction.rejected],
    }
    log.info("%s", summary)
    return summary
