"""Sources: as new as they promise, landed whole, and holding what they say they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bilingual.text import Text
from expectations.check import FRESH, Context, Suite, overdue, query
from warehouse.database import literal, quote
from warehouse.entities import Entity, entities
from warehouse.told import ROWS


def _newest(entity: Entity) -> str:
    """SQL: each source's newest instant in an entity; planned ones, beyond their own reading, left out."""
    instants = [quote(f.name) for f in entity.fields.values() if f.type == "instant"]
    latest = [f"max({instant}) FILTER ({instant} <= _extracted_at)" for instant in instants]
    # The tickets of a source that has any are its clock, and asked for with them.
    others = "_source IN (SELECT s.source FROM meta.source AS s WHERE s.fresh_within_hours IS NOT NULL)"
    tickets = "_source NOT IN (SELECT t._source FROM core.ticket AS t)"
    return (
        f"SELECT _source, greatest({', '.join(latest)}) AS newest FROM core.{entity.name} "
        f"WHERE {others} AND {tickets} GROUP BY _source"
    )


_DATED = [e for e in entities().values() if any(f.type == "instant" for f in e.fields.values())]


def _silent(context: Context) -> str:
    return (
        f"SELECT s.source, max(n.newest) AS latest FROM {{batch}} AS s "
        f"JOIN ({' UNION ALL '.join(map(_newest, _DATED))}) AS n ON n._source = s.source "
        f"GROUP BY s.source, s.fresh_within_hours HAVING max(n.newest) < {overdue(context)}"
    )


def _held(told: Mapping[str, Any]) -> str:
    """SQL: what a source said of an entity, and what the warehouse has of it: a row in quarantine is there, too."""
    source, stream, entity, total = (literal(told[part]) for part in ("source", "stream", "entity", "total"))
    mine = f"SELECT source_key FROM core.{told['entity']} WHERE _source = {source} AND _stream = {stream}"
    held = f"""
        SELECT count(*) FROM (
            {mine} UNION
            SELECT coalesce(source_key, batch || ' ' || row_no) FROM meta.quarantine
            WHERE entity = {entity} AND source = {source} AND stream = {stream}
        )"""
    if told["total"] != ROWS:
        held = mine.replace("source_key", f"coalesce(sum({quote(told['total'])}), 0)", 1)
    return (
        f"SELECT {source} AS source, {stream} AS stream, {entity} AS entity, {total} AS total, "
        f"CAST({float(told['value'])!r} AS DOUBLE) AS told, CAST(({held}) AS DOUBLE) AS held"
    )


def _differing(context: Context, *, is_rows: bool) -> str | None:
    several = [_held(told) for told in context.told if (told["total"] == ROWS) is is_rows]
    if not several:
        return None
    return f"SELECT * FROM ({' UNION ALL '.join(several)}) WHERE abs(told - held) > {{limit}} * greatest(abs(told), 1)"


SUITE = Suite(
    "source",
    "meta.source",
    (
        query("fresh", _silent, FRESH),
        query(
            "every_delivery_landed",
            "SELECT * FROM meta.rejected",
            Text(en="Every delivery could be read and landed.", zh="每次送达的数据均可读取并入库。"),
        ),
        query(
            "rows_as_told",
            lambda context: _differing(context, is_rows=True),
            Text(
                en="A source has as many rows, shown or in quarantine, as it says itself (up to a share of {limit:g}).",
                zh="来源的行数（含隔离行）与其自报总数一致（相差不超过 {limit:g}）。",
            ),
            limit=0.0,
        ),
        query(
            "sums_as_told",
            lambda context: _differing(context, is_rows=False),
            Text(
                en="The sums of a source are those that it says itself, up to a share of {limit:g}.",
                zh="来源的合计值与其自报合计一致（相差不超过 {limit:g}）。",
            ),
            limit=0.001,
        ),
    ),
)
