"""The nightly rules as a Prefect flow."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from pipelines.flows.states import performed


@flow(name="early_warning", persist_result=False)
def early_warning(home: str | None = None, wish: str | None = None) -> dict[str, Any] | State[Any]:
    """Look at the house's rules that take longer, and put what is news among the alerts."""
    return performed("early_warning", home, wish)
