"""Who looks at a page, as far as pages need to know: what they may, and who they are in the warehouse."""

from __future__ import annotations

from dataclasses import dataclass

from flask import has_request_context
from flask_login import current_user

from fracas.people import Actor
from warehouse.extent import WHOLE, Extent


@dataclass(frozen=True)
class Viewer:
    """Somebody who looks. actor None is the platform itself, which sees everything: it warms up and writes reports."""

    actor: Actor | None = None

    def may(self, permission: str) -> bool:
        """Whether they have a permission of fracas.permissions."""
        return self.actor is None or self.actor.may(permission)

    @property
    def extent(self) -> Extent:
        """The part of the house that they see."""
        if self.actor is None:
            return WHOLE
        return Extent(self.actor.scope.regions, self.actor.scope.product_lines)

    @property
    def technician_id(self) -> str | None:
        """Who they are in the warehouse."""
        return self.actor.technician_id if self.actor else None


PLATFORM = Viewer()


def viewer() -> Viewer:
    """Who asks: the person behind the request. Outside of one it is the platform. LookupError for a stranger's request."""
    if not has_request_context():
        return PLATFORM
    actor = getattr(current_user, "actor", None)
    if actor is None:
        raise LookupError("a stranger asks for a page: the door let them in")
    return Viewer(actor)
