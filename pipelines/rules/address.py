"""The addresses of the pages that show what a rule found; the application reads them back (`dashboards.address`)."""

from __future__ import annotations

from urllib.parse import urlencode

from warehouse.filters import PLACES, Filters


def page(path: str, filters: Filters, **arguments: str) -> str:
    """A page with its period and places, and what it is to look at."""
    pairs = list(arguments.items())
    pairs.append(("from", filters.start.isoformat() if filters.start else "all"))
    if filters.end:
        pairs.append(("to", filters.end.isoformat()))
    pairs += [(place, value) for place in PLACES for value in getattr(filters, place)]
    return f"{path}?{urlencode(pairs)}"


def thing(path: str, **arguments: str) -> str:
    """One thing: only what names it."""
    return f"{path}?{urlencode(arguments)}"
