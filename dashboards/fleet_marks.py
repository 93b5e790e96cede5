"""Changes of the fleet and its configuration as marks of a time axis, each a way to what shows it."""

from __future__ import annotations

from dataclasses import replace

from bilingual.text import Text
from dashboards.action_words import about, rules
from dashboards.address import link
from dashboards.context import Context
from dashboards.figures.marks import Mark
from dashboards.repeat_words import PATH
from dashboards.trends_look import month
from warehouse.actions import CORRECTIVE
from warehouse.filters import Filters
from warehouse.fleet_changes import Change, fleet_changes
from warehouse.metrics.wording import UNKNOWN, count
from warehouse.records import Selection

CHANGES = Text(en="actions, new models, large deliveries", zh="措施、新型号、集中交付")
_ACTION = Text(
    en="{day}: {kind} {action} implemented<br>{about}<br>{what}",
    zh="{day}：实施{kind}措施 {action}<br>{about}<br>{what}",
)
_MODEL = Text(en="{day}: first {name} installed", zh="{day}：型号 {name} 首次装机")
_DELIVERY = Text(en="{day}: {n} units of {name} installed in the month", zh="{day}：当月 {name} 装机 {n} 台")


def _mark(c: Context, filters: Filters, change: Change) -> Mark:
    action = change.action
    if action is not None:
        kind = c.coded("action_kind", action.kind) if action.kind else ""
        words = _ACTION.format(
            day=change.on, kind=kind, action=action.action_id, about=about(action), what=action.description
        )
        looked_at = {"look": action.action_id} if action.kind in CORRECTIVE else {}
        return Mark(month(change.on), c.say(words), link(PATH, filters, None, **looked_at))
    name = change.name or c.say(UNKNOWN)
    if change.kind == "model":
        chosen = Selection(model=change.name)
        return Mark(month(change.on), c.say(_MODEL.format(day=change.on, name=name)), link("/records", filters, chosen))
    words = _DELIVERY.format(day=month(change.on), n=count(change.n), name=name)
    of_line = replace(filters, product_line=(change.name,))
    return Mark(month(change.on), c.say(words), link("/records", of_line))


def marks(c: Context, filters: Filters, months: list[str], item: str | None = None) -> list[Mark]:
    """The marks of an axis of months: what was done about an item, or all corrective actions; new models, large deliveries."""
    found = [_mark(c, filters, change) for change in fleet_changes(c.reading, filters, rules(c).zone, item)]
    return [mark for mark in found if mark.month in months]
