"""Which types a column's texts can be read as, by the casts that staging uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from warehouse.database import literal, open_in_memory
from warehouse.stage import define_macros


def readable(columns: Mapping[str, Sequence[str]], dates: Sequence[str] = ()) -> dict[str, dict[str, float]]:
    """For each column the share of its texts, none of them blank, that each type reads; `dates` are tried first.

    The types are instant, day, number, integer, boolean and time.
    """
    local = f"local_time(v, [{', '.join(literal(d) for d in dates)}])" if dates else "plain_local_time(v)"
    instant = f"plausible(CASE WHEN states_offset(v) THEN offset_time(v) ELSE {local} END)"
    reads = {
        "instant": instant,
        "day": f"plausible({local})",
        "number": "finite(any_number(v))",
        "integer": "whole(any_number(v))",
        "boolean": "to_boolean(v)",
        "time": "try_cast(v AS TIME)",
    }
    counted = ", ".join(f"count({sql}) / count(*)" for sql in reads.values())
    found = {}
    with open_in_memory(Path("/nowhere")) as con:
        define_macros(con)
        for name, texts in columns.items():
            row = (
                con.execute(f"SELECT {counted} FROM (SELECT unnest($1) AS v)", [list(texts)]).fetchone()
                if texts
                else None
            )
            found[name] = dict(zip(reads, row or [0.0] * len(reads), strict=True))
    return found
