"""The refresh as a Prefect flow: each step a task, retried where trying again helps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State

from pipelines.flows.states import performed

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


@flow(name="refresh", persist_result=False, log_prints=False)
def refresh(home: str | None = None, force: bool = False, wish: str | None = None) -> dict[str, Any] | State[Any]:
    """Fetch, build aside, check, publish. The run fails, so that it is seen, when a critical check forbids publishing."""
    return performed("refresh", home, wish, run=run_as_task, force=force)
