"""The nightly follow-up of closed loops as a Prefect flow."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from pipelines.flows.states import performed


@flow(name="effectiveness", persist_result=False)
def effectiveness(home: str | None = None, wish: str | None = None) -> dict[str, Any] | State[Any]:
    """Judge the reports in monitoring and reopen those whose failure came back."""
    return performed("effectiveness", home, wish)
