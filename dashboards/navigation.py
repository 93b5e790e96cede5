"""What the navigation leads to: the dashboards' pages and the register's, in one order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bilingual.text import Text
from dashboards.pages import pages
from dashboards.register.views import views
from dashboards.viewer import Viewer


@dataclass(frozen=True)
class Entry:
    """One line of the navigation. is_dash: whether it is opened without leaving the application in the browser."""

    path: str
    title: Text
    group: Text
    permission: str
    order: int
    has_filters: bool = False
    is_dash: bool = False


def entries() -> list[Entry]:
    """All of them, in order."""
    found = [
        Entry(p.path, p.title, p.group, p.permission, p.order, p.has_filters, is_dash=True)
        for p in pages().values()
        if p.group is not None
    ]
    found += [
        Entry(v.rule, v.title, v.group, v.permission, v.order)
        for v in views()
        if v.title is not None and v.group is not None
    ]
    return sorted(found, key=lambda entry: entry.order)


def seen_by(viewer: Viewer) -> Iterator[tuple[Text, list[Entry]]]:
    """Groups of what somebody may open."""
    groups: dict[Text, list[Entry]] = {}
    for entry in entries():
        if viewer.may(entry.permission):
            groups.setdefault(entry.group, []).append(entry)
    yield from groups.items()
