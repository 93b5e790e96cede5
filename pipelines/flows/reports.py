"""Reports that are sent regularly as a Prefect flow."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from pipelines.flows.states import performed


@flow(name="reports", persist_result=False)
def reports(
    name: str,
    on: str | None = None,
    is_sent: bool = True,
    asked_by: str | None = None,
    home: str | None = None,
    wish: str | None = None,
) -> dict[str, Any] | State[Any]:
    """Make a report of the last whole period, or of the one of a day, for everybody who is to have it or for who asked."""
    return performed("reports", home, wish, name=name, on=on, is_sent=is_sent, asked_by=asked_by)
