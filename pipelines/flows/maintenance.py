"""The nightly maintenance as a Prefect flow."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from pipelines.flows.states import performed


@flow(name="maintenance", persist_result=False)
def maintenance(home: str | None = None, wish: str | None = None) -> dict[str, Any] | State[Any]:
    """Let go of what is old, keep the database in shape, make a backup."""
    return performed("maintenance", home, wish)
