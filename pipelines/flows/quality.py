"""The daily look at the published snapshot as a Prefect flow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Failed

from pipelines.quality import recheck
from warehouse.settings import Home


@flow(name="quality", persist_result=False)
def quality(home: str | None = None) -> int | State[Any]:
    """Run every suite on the published snapshot as of now; the run fails, so that it is seen, when one does."""
    failed = [o for o in recheck(Home.find(Path(home) if home else None)) if not o.passed]
    log = get_run_logger()
    for outcome in failed:
        log.warning(
            "%s.%s failed (%s): %s", outcome.suite, outcome.name, outcome.severity, outcome.error or outcome.samples[:3]
        )
    if failed:
        return Failed(message=f"{len(failed)} checks fail on the published snapshot.")
    return 0
