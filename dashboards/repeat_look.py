"""Which section the page of repeat failures looks at, from its address, and the addresses of its sections.

`look` names a section, or a thing within one: a class by which failures are counted, or a corrective action.
"""

from __future__ import annotations

from typing import Literal, get_args

from bilingual.text import Text
from dashboards.action_words import found_effects
from dashboards.address import link
from dashboards.context import Context
from dashboards.repeat_words import LOOKS, PATH

Section = Literal["often", "what", "chains", "actions"]
SECTIONS: tuple[Section, ...] = get_args(Section)
SECTION_NAMES: dict[Section, Text] = {
    "often": Text(en="How often", zh="重复频度"),
    "what": Text(en="What and where", zh="部件与设备"),
    "chains": Text(en="Chains and texts", zh="重复链与描述"),
    "actions": Text(en="Corrective actions", zh="纠正措施"),
}


def section(c: Context) -> Section:
    """The section that the address asks for, by its name or by a thing that it shows; else the first."""
    asked = c.query.argument("look")
    if not asked:
        return SECTIONS[0]
    if asked in LOOKS:
        return "what"
    named = next((s for s in SECTIONS if s == asked), None)
    if named is None and any(effect.action.action_id == asked for effect in found_effects(c).judged):
        return "actions"
    return named or SECTIONS[0]


def here(c: Context, look: Section) -> str:
    """The page looking at a section; its window of days is kept."""
    return link(PATH, c.filters, c.query.selection, **{**c.query.choices, "look": look})
