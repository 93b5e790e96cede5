"""What people search for, in the records and, by number, in the register as it stands this moment."""

from __future__ import annotations

from dashboards.context import Context
from fracas.looking import numbered
from fracas.states import LABELS, State
from warehouse.mapping import REGISTER
from warehouse.search import Found, Hit, search, squeezed


def found(c: Context, text: str, most: int) -> tuple[Found, ...]:
    """Up to `most` things of each kind; reports of the register come from itself, not from what was pulled of it."""
    kinds = {of.kind: of for of in search(c.reading, text, most)}
    if c.register is None or c.viewer.actor is None:
        return tuple(kinds.values())
    live = [
        Hit(
            "fracas_report",
            report.id,
            report.number or "",
            tuple(words for words in (c.say(LABELS[State(report.state)]), report.component) if words),
            squeezed(report.number or "") == squeezed(text),
            REGISTER,
        )
        for report in numbered(c.register, c.viewer.actor, text, most + 1)
    ]
    pulled = kinds.pop("fracas_report", Found("fracas_report", (), has_more=False))
    others = [hit for hit in pulled.hits if hit.source != REGISTER or not live]
    hits = (*live, *others)
    if hits:
        kinds["fracas_report"] = Found("fracas_report", hits[:most], has_more=len(hits) > most or pulled.has_more)
    return tuple(sorted(kinds.values(), key=lambda of: not of.hits[0].is_exact))
