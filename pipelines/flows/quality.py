"""The daily look at the published snapshot as a Prefect flow."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from pipelines.flows.states import performed


@flow(name="quality", persist_result=False)
def quality(home: str | None = None, wish: str | None = None) -> dict[str, Any] | State[Any]:
    """Run every suite on the published snapshot as of now; the run fails, so that it is seen, when one does."""
    return performed("quality", home, wish)
