"""The models of machines that the records know."""

from __future__ import annotations

from warehouse.reading import Reading

_MOST = 500


def models(reading: Reading) -> list[str]:
    """By their names; where there are many, those of which there are most machines."""
    sql = f"SELECT model FROM core.asset WHERE model <> '' GROUP BY ALL ORDER BY count(*) DESC LIMIT {_MOST}"
    return sorted(model for (model,) in reading.rows(sql))
