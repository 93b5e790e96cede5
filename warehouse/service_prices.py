"""Prices approved and waived, held against who has to approve them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from warehouse.filters import Filters
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.settings import Settings


@dataclass(frozen=True)
class Rules:
    """From which amount which role has to approve a price out of warranty, and a waiver; least first."""

    prices: tuple[tuple[str, float], ...]
    waivers: tuple[tuple[str, float], ...]

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """The rules of an installation."""
        prices, waivers = (
            tuple(sorted(rule.items(), key=lambda one: one[1]))
            for rule in (settings.price_approval_from, settings.waiver_approval_from)
        )
        return cls(prices, waivers)

    def roles(self) -> tuple[str, ...]:
        """Everybody who approves, the highest last."""
        limits: dict[str, float] = {}
        for role, amount in (*self.prices, *self.waivers):
            limits[role] = max(limits.get(role, 0.0), amount)
        return tuple(sorted(limits, key=lambda role: limits[role]))

    def needed(self, amount: float, *, is_waived: bool) -> str:
        """Who has to approve at least; '' where no rule says."""
        asked = [role for role, least in (self.waivers if is_waived else self.prices) if amount >= least]
        return asked[-1] if asked else ""


@dataclass(frozen=True)
class Approval:
    """One price: who approved it, and who had to (`needed`, '' where no rule asks: a price within warranty, not waived)."""

    ticket_id: str
    amount: float
    in_warranty: bool
    role: str
    is_waived: bool
    decided_on: dt.date
    needed: str

    def fits(self, order: tuple[str, ...]) -> bool:
        """Whether the approver is high enough; `order` are the roles, the highest last."""
        if not self.needed:
            return True
        return self.role in order and order.index(self.role) >= order.index(self.needed)


@remembered
def approvals(reading: Reading, filters: Filters, time_zone: str, rules: Rules) -> tuple[Approval, ...]:
    """The prices decided on in the period, the largest first."""
    where, parameters = filters.where("decided_on")
    sql = f"{question('price_approvals')}{where} ORDER BY amount DESC, ticket_id"
    found = []
    for ticket, amount, in_warranty, role, is_waived, day in reading.rows(sql, [time_zone, *parameters]):
        ruled = is_waived or not in_warranty
        needed = rules.needed(amount, is_waived=is_waived) if ruled else ""
        found.append(Approval(ticket, amount, in_warranty, role, is_waived, day, needed))
    return tuple(found)


def misfits(found: tuple[Approval, ...], rules: Rules) -> tuple[Approval, ...]:
    """Those whose approver was not high enough, or that nobody approved."""
    order = rules.roles()
    return tuple(a for a in found if not a.fits(order))


@dataclass(frozen=True)
class Band:
    """Prices or waivers between two amounts: how many each role approved, their sum, and how many do not fit the rule."""

    is_waived: bool
    low: float
    high: float | None
    needed: str
    by_role: tuple[int, ...]
    amount: float
    misfits: int


def bands(found: tuple[Approval, ...], rules: Rules) -> tuple[tuple[str, ...], tuple[Band, ...]]:
    """The roles (the last '' is anybody else), and the bands of the rule with what was approved in each."""
    order = rules.roles()
    shown = []
    for is_waived, rule in ((False, rules.prices), (True, rules.waivers)):
        for i, (needed, low) in enumerate(rule):
            high = rule[i + 1][1] if i + 1 < len(rule) else None
            mine = [
                a
                for a in found
                if a.needed and a.is_waived is is_waived and a.amount >= low and (high is None or a.amount < high)
            ]
            roles = [*(sum(a.role == r for a in mine) for r in order), sum(a.role not in order for a in mine)]
            wrong = sum(not a.fits(order) for a in mine)
            shown.append(Band(is_waived, low, high, needed, tuple(roles), sum(a.amount for a in mine), wrong))
    return (*order, ""), tuple(shown)
