"""Overdue corrective actions per owner."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from warehouse.actions import Action, Due


@dataclass(frozen=True)
class Owner:
    """One owner ('' where nobody says): the overdue actions, the longest first, with their days."""

    owner: str
    late: tuple[tuple[Action, int], ...]

    @property
    def longest(self) -> tuple[Action, int]:
        return self.late[0]


def late_by_owner(found: Due) -> tuple[Owner, ...]:
    """Everybody with an overdue action: most of them first, then who is late for longest."""
    by: defaultdict[str, list[tuple[Action, int]]] = defaultdict(list)
    for action, days in found.late:
        by[action.owner].append((action, days))
    owners = (Owner(owner, tuple(late)) for owner, late in by.items())
    return tuple(sorted(owners, key=lambda o: (-len(o.late), -o.longest[1], o.owner)))
