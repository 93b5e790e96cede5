"""How people describe the failures of a component: the most frequent wordings, those that say the same taken together."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.text import near_duplicates
from warehouse.filters import Filters
from warehouse.reading import Reading, remembered

# Wordings so alike say the same; of a component only the most frequent are compared.
ALIKE = 0.8
_COMPARED = 500


@dataclass(frozen=True)
class Wording:
    """One description, the most frequent of those like it: how many failures it stands for, in how many wordings."""

    text: str
    failures: int
    wordings: int


@dataclass(frozen=True)
class Described:
    """A component's failures of the period that have a description, and their most frequent wordings."""

    component: str
    described: int
    wordings: tuple[Wording, ...]


@remembered
def descriptions(reading: Reading, filters: Filters, components: tuple[str, ...], most: int) -> tuple[Described, ...]:
    """The `most` most frequent descriptions of each of these components."""
    if not components:
        return ()
    where, parameters = filters.where("failed_on")
    marks = ", ".join("?" * len(components))
    rows = reading.rows(
        f"""
        SELECT f.component, t.symptom, count(*) AS n
        FROM (
            SELECT ticket_id, component FROM marts.failure{where}{" AND" if where else " WHERE"} component IN ({marks})
        ) AS f
        JOIN (SELECT ticket_id, symptom FROM marts.ticket WHERE symptom IS NOT NULL AND symptom <> '') AS t
            ON t.ticket_id = f.ticket_id
        GROUP BY f.component, t.symptom ORDER BY n DESC, t.symptom
        """,
        [*parameters, *components],
    )
    found = []
    for component in components:
        mine = [(str(text), int(n)) for name, text, n in rows if name == component]
        if mine:
            found.append(Described(component, sum(n for _, n in mine), _together(mine[:_COMPARED])[:most]))
    return tuple(found)


def _together(described: list[tuple[str, int]]) -> tuple[Wording, ...]:
    """Wordings by how many failures they stand for; `described` is most frequent first."""
    clusters: dict[int, list[tuple[str, int]]] = {}
    for cluster, pair in zip(
        near_duplicates([text for text, _ in described], threshold=ALIKE).cluster.tolist(), described, strict=True
    ):
        clusters.setdefault(cluster, []).append(pair)
    taken = [Wording(group[0][0], sum(n for _, n in group), len(group)) for group in clusters.values()]
    return tuple(sorted(taken, key=lambda w: -w.failures))
