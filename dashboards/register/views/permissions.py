"""Who may do what, as a table that everybody can read: it is the matrix that the server asks."""

from __future__ import annotations

from flask import Response

from bilingual.text import Text
from dashboards.register.view import View, Visit
from dashboards.register.views.people import OPERATE
from fracas.permissions import MATRIX, OF_EVERYBODY, ROLES

_TITLE = Text(en="Permissions", zh="权限")


def _permissions(v: Visit) -> Response:
    people = [person for person in v.house.staff.everybody(v.actor) if person.is_active]
    return v.page(
        "permissions.html",
        _TITLE,
        matrix=list(MATRIX.values()),
        of_everybody=OF_EVERYBODY,
        having={
            p.name: [one.name for one in people if p.name in OF_EVERYBODY or not p.roles.isdisjoint(one.roles)]
            for p in MATRIX.values()
        },
        holders={role: [one.name for one in people if role in one.roles] for role in ROLES},
    )


VIEWS = (View("permissions", "/permissions", "report.read", _permissions, title=_TITLE, group=OPERATE, order=46),)
