"""The address of a page: what its query string says, and the query string that says it. The URL is the only state.

Whatever comes in is judged here: a value that is not known is left out and named, so that nothing behind this module
meets a surprise.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode

from dashboards.comparison import chosen
from warehouse.comparison import COMPARISONS, Comparison
from warehouse.filters import PLACES, Filters
from warehouse.metrics.closure import AGES
from warehouse.records import BEHIND, DATED, Selection

_EARLIEST, _LATEST = dt.date(1900, 1, 1), dt.date(2200, 12, 31)
_LONGEST = 200
_MOST_FIELDS = 400
_YES_NO = {"yes": True, "no": False}
_FLAGS = {"open": "is_open", "met": "response_met", "reopened": "is_reopened"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
ALL = "all"
# What a page is looking at of its own (a component, a part, a person; a window; a level of service): kept when filters change.
CHOICES = ("look", "window", "service")
# Parameters that name a thing to look at; they are no filters.
ARGUMENTS = (*CHOICES, "ticket", "entity", "key", "source", "stream", "batch", "file", "row", "lang")
_BEHIND = tuple(column for columns in BEHIND.values() for column in columns)


@dataclass(frozen=True)
class Known:
    """What an address may name: the last day on record and the values of each place filter.

    A filter that is not in `places` takes any value (there may be a million customers).
    """

    last_day: dt.date
    places: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Query:
    """One address, understood. `arguments` name a ticket or a source row; `ignored` are the parameters left out."""

    filters: Filters
    selection: Selection = field(default_factory=Selection)
    arguments: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()
    compare: Comparison = "before"

    def argument(self, name: str) -> str | None:
        return dict(self.arguments).get(name)

    @property
    def choices(self) -> dict[str, str]:
        """What the page is looking at, to be passed on in its links."""
        return {name: value for name, value in self.arguments if name in CHOICES}


def default_period(last_day: dt.date) -> tuple[dt.date, dt.date]:
    """Twelve months that start with a month, the last of them that of `last_day`."""
    index = last_day.year * 12 + last_day.month - 12
    return dt.date(index // 12, index % 12 + 1, 1), last_day


def parse(search: str | None, known: Known) -> Query:
    """What a query string (with or without `?`) asks for. Never raises: unknown values are named in `ignored`."""
    ignored: list[str] = []
    given: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl((search or "").lstrip("?"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        pairs, ignored = [], ["?"]
    for name, value in pairs:
        if len(value) > _LONGEST or _CONTROL.search(value):
            ignored.append(name if name.isidentifier() else "?")
        else:
            given.setdefault(name, []).append(value)
    start, end = _period(given, known, ignored)
    places: dict[str, tuple[str, ...]] = {}
    for place in PLACES:
        values = list(dict.fromkeys(given.get(place, [])))
        allowed = known.places.get(place)
        kept = tuple(v for v in values if allowed is None or v in allowed)
        places[place] = kept
        ignored += [place] * (len(kept) < len(values))
    selection = _selection(given, known, ignored)
    compare = next((c for c in COMPARISONS if given.get("compare", ["before"])[0] == c), None)
    ignored += ["compare"] * (compare is None)
    arguments = tuple((name, given[name][0]) for name in ARGUMENTS if name in given)
    left_out = tuple(dict.fromkeys(ignored))
    return Query(Filters(start, end, **places), selection, arguments, left_out, compare or "before")


def _period(given: Mapping[str, list[str]], known: Known, ignored: list[str]) -> tuple[dt.date | None, dt.date | None]:
    default = default_period(known.last_day)
    texts = {name: given[name][0] for name in ("from", "to") if given.get(name)}
    days: dict[str, dt.date] = {}
    for name, text in texts.items():
        if name == "from" and text == ALL:
            continue
        try:
            day = dt.date.fromisoformat(text)
        except ValueError:
            ignored.append(name)
            continue
        if _EARLIEST <= day <= _LATEST:
            days[name] = day
        else:
            ignored.append(name)
    if texts.get("from") == ALL:
        return None, days.get("to")
    if "from" not in days:
        start, end = (default[0], default[1]) if "to" not in days else (None, days["to"])
    else:
        start, end = days["from"], days.get("to", max(known.last_day, days["from"]))
    if start and end and start > end:
        ignored += ["from", "to"]
        return default
    return start, end


def _selection(given: Mapping[str, list[str]], known: Known, ignored: list[str]) -> Selection:
    selection = Selection()
    for name in ("dated", "age", "zone", "backlog", *_FLAGS, *_BEHIND):
        if name not in given:
            continue
        value = given[name][0]
        if name == "dated" and value in DATED:
            selection = replace(selection, dated=next(d for d in DATED if d == value))
        elif name == "age" and value in {str(i) for i in range(len(AGES))}:
            selection = replace(selection, age=int(value))
        elif name == "zone" and value in known.places.get("zone", {value}):
            selection = replace(selection, zone=value)
        elif name in _BEHIND:
            selection = Selection(**{**selection.__dict__, name: value})
        elif name == "backlog" and value == "end":
            selection = replace(selection, at_end=True)
        elif name in _FLAGS and value in _YES_NO:
            selection = Selection(**{**selection.__dict__, _FLAGS[name]: _YES_NO[value]})
        else:
            ignored.append(name)
    return selection


def to_search(query: Query) -> str:
    """The query string of an address, with `?`; `parse` reads it back. The period is always written out."""
    pairs: list[tuple[str, str]] = list(query.arguments)
    filters, selection = query.filters, query.selection
    pairs.append(("from", filters.start.isoformat() if filters.start else ALL))
    if filters.end:
        pairs.append(("to", filters.end.isoformat()))
    if query.compare != "before":
        pairs.append(("compare", query.compare))
    pairs += [(place, value) for place in PLACES for value in getattr(filters, place)]
    if selection.dated != Selection().dated:
        pairs.append(("dated", selection.dated))
    if selection.age is not None:
        pairs.append(("age", str(selection.age)))
    if selection.at_end:
        pairs.append(("backlog", "end"))
    if selection.zone is not None:
        pairs.append(("zone", selection.zone))
    pairs += [(name, value) for name in _BEHIND if (value := getattr(selection, name)) is not None]
    pairs += [
        (name, "yes" if value else "no")
        for name, attribute in _FLAGS.items()
        if (value := getattr(selection, attribute)) is not None
    ]
    return "?" + urlencode(pairs)


def link(path: str, filters: Filters, selection: Selection | None = None, **arguments: str) -> str:
    """An address inside the application; it keeps the comparison of the part that is being made."""
    query = Query(filters, selection or Selection(), tuple(sorted(arguments.items())), compare=chosen())
    return path + to_search(query)


def thing(path: str, **arguments: object) -> str:
    """The address of one thing (a ticket, a source row): only what names it."""
    return path + "?" + urlencode({name: str(value) for name, value in arguments.items()})


def without(values: Iterable[str], value: str) -> tuple[str, ...]:
    """All values but one."""
    return tuple(v for v in values if v != value)
