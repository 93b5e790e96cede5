"""Reports and known solutions that sound like what somebody writes."""

from __future__ import annotations

from typing import Any

from dashboards.house import House
from fracas.people import Actor


def similar_to(house: House, actor: Actor, text: str, report_id: str | None) -> list[Any]:
    return []
