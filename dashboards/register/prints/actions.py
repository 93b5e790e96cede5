"""Actions as a table: who, until when, what was done, what shows it, and for what it holds."""

from __future__ import annotations

from collections.abc import Iterable

from bilingual.text import Text
from dashboards.register.prints.record import Record, grid, plain
from dashboards.register.prints.sheet import Grid
from fracas.columns import TABLES
from fracas.model import Action

_HOLDS_FOR = Text(en="Holds for", zh="适用范围")
_LOT = Text(en="Lot {lot}", zh="批次 {lot}")
_FIRST = Text(en="first {day}", zh="原定 {day}")
_WITHDRAWN = Text(en="Withdrawn {at}", zh="已撤回 {at}")


def action_grid(r: Record, actions: Iterable[Action]) -> Grid:
    """Actions with who, until when, what was done and what shows it."""
    of = TABLES["action"][1]

    def due(action: Action) -> str:
        first = r.say(_FIRST.format(day=action.original_due_on))
        return f"{action.due_on}" if action.due_on == action.original_due_on else f"{action.due_on}\n({first})"

    def done(action: Action) -> str:
        if action.withdrawn_at is not None:
            return r.say(_WITHDRAWN.format(at=r.v.local(action.withdrawn_at)))
        return r.words(of["implemented_at"], action.implemented_at)

    def holds_for(action: Action) -> str:
        lots = (r.say(_LOT.format(lot=lot)) for lot in action.effective_lots)
        return plain("\n".join([*action.effective_serials, *lots]))

    heads = [
        r.say(of[name].label) for name in ("kind", "description", "owner_id", "due_on", "implemented_at", "evidence")
    ]
    rows = (
        (
            r.words(of["kind"], action.kind),
            r.words(of["description"], action.description),
            r.words(of["owner_id"], action.owner_id),
            due(action),
            done(action),
            r.words(of["evidence"], action.evidence),
            holds_for(action),
        )
        for action in actions
    )
    return grid((*heads, r.say(_HOLDS_FOR)), rows, (3, 6, 3, 3, 3, 5, 3))
