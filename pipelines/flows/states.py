"""How a job that ended looks to Prefect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from fracas.watch.runs import Ended
from pipelines.jobs import Outcome, perform
from warehouse.settings import Home


def performed(job: str, home: str | None, wish: str | None, /, **options: Any) -> dict[str, Any] | State[Any]:
    """Perform a job as the flow that runs now: red where people do not see what was delivered, skipped where another is at it."""
    outcome: Outcome = perform(job, Home.find(Path(home) if home else None), wish=wish, **options)
    match outcome.state:
        case Ended.FAILED | Ended.BLOCKED:
            return Failed(message=outcome.text.en)
        case Ended.SKIPPED:
            return Completed(name="Skipped", message=outcome.text.en)
    return outcome.summary
