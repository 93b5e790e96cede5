"""The person a page looks at: named in the address, known to the snapshot, or nobody in particular."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote_plus

from bilingual.text import Text
from dashboards.address import link
from dashboards.context import Context
from warehouse.filters import Filters
from warehouse.rating import Scale
from warehouse.records import Selection
from warehouse.technician_standing import Technician
from warehouse.technicians import Team, team, technicians

PATH = "/technicians"
# A number that nobody has, and that an address writes as it is.
_ANYBODY = "0anybody0"
EVERYBODY = Text(en="The whole team", zh="全体人员")


def sees_team(c: Context) -> bool:
    """Whether who asks may see others than themselves."""
    return c.viewer.may("team.read")


def looked_at(c: Context) -> Technician | None:
    """Whom the address asks for; None for the whole team, also where it names somebody unknown.

    Who may not see the team looks at themselves, whatever the address says.
    """
    asked = c.query.argument("look") if sees_team(c) else c.viewer.technician_id
    return technicians(c.reading).get(asked or "")


def person_id(c: Context) -> str | None:
    """The number of whom the address asks for."""
    person = looked_at(c)
    return person.technician_id if person else None


def scale(c: Context) -> Scale:
    """What each grade of a return visit scores in this installation."""
    return tuple(c.home.settings.rating_scale.items())


def compared(c: Context) -> Team:
    """Everybody against colleagues with the same jobs, by the settings of this installation."""
    return team(c.reading, c.filters, c.home.settings.least_jobs, scale(c))


def full_name(technician_id: str, known: dict[str, Technician]) -> str:
    """Name and number; the number alone where nobody says a name."""
    name = known[technician_id].name if technician_id in known else technician_id
    return f"{name} · {technician_id}" if name != technician_id else name


def subject(c: Context) -> str:
    """Whom the numbers are about, in words."""
    person = looked_at(c)
    return full_name(person.technician_id, technicians(c.reading)) if person else c.say(EVERYBODY)


def look(c: Context, technician_id: str | None) -> str:
    """The address of this page looking at a person, or at all; the other choices stay."""
    kept = {name: value for name, value in c.query.choices.items() if name != "look"}
    return link(PATH, c.filters, None, **kept, **({"look": technician_id} if technician_id else {}))


def looks(c: Context) -> Callable[[str], str]:
    """The same for many people: an address is written once, and each one's number put in its place."""
    before, _, after = look(c, _ANYBODY).partition(_ANYBODY)
    return lambda technician_id: before + quote_plus(technician_id) + after


def records(filters: Filters, technician_id: str | None) -> str:
    """The address of the jobs completed in a period, of one person or all."""
    return link("/records", filters, Selection("completed_on", technician_id=technician_id))
