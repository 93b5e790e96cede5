"""The nightly follow-up of closed loops as a Prefect flow."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, get_run_logger

from pipelines.effectiveness import follow_up, register_of
from warehouse.settings import Home


@flow(name="effectiveness", persist_result=False)
def effectiveness(home: str | None = None) -> dict[str, int]:
    """Judge the reports in monitoring and reopen those whose failure came back."""
    place, log = Home.find(Path(home) if home else None), get_run_logger()
    with register_of(place) as register:
        if register is None:
            return {"judged": 0, "proposed": 0, "reopened": 0}
        done = follow_up(place, register)
    for _, why in done.reopened:
        log.warning("%s", why.en)
    summary = {
        "judged": len(done.judged),
        "proposed": sum(one.is_proposed for one in done.judged),
        "reopened": len(done.reopened),
    }
    log.info("%s", summary)
    return summary
