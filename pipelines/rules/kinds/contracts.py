"""A contract or warranty that ends soon without another that follows: on the list first, then to be contacted, every week again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from bilingual.text import Text
from fracas.watch.alerts import Problem
from pipelines.rules.address import page
from pipelines.rules.rule import Rule
from pipelines.rules.words import place_of
from warehouse.contracts import DUE, SOON, Due, Rules, due
from warehouse.filters import Filters
from warehouse.metrics.wording import UNKNOWN, money
from warehouse.reading import Reading
from warehouse.service_findings import named
from warehouse.settings import Settings

_LISTED = Text(
    en="{kind} {contract} of {customer}{where} ends on {ends} (price {price}), and nothing follows it; contact them from {on}.",
    zh="{customer}{where}的{kind} {contract} 将于 {ends} 到期（价格 {price}），尚无后续；自 {on} 起联系客户。",
)
_CONTACT = Text(
    en="{kind} {contract} of {customer}{where} ends on {ends} (price {price}): contact {n} was due on {on}.",
    zh="{customer}{where}的{kind} {contract} 将于 {ends} 到期（价格 {price}）：第 {n} 次联系应于 {on} 进行。",
)


class ContractsRule(Rule):
    """step: told from when a contract is on the list (settings contract_list_months), or from its first contact on
    (contract_contact_months). kinds: of contracts; all where none is named."""

    kinds: tuple[str, ...] = ()
    step: Literal["list", "first"] = "list"

    def find(self, reading: Reading, settings: Settings, /) -> Iterator[Problem]:
        """Each contract, the next to end first."""
        for one in due(reading, Filters(), Rules.of(settings)):
            if one.step in ("first", "weekly", self.step) and (not self.kinds or one.kind in self.kinds):
                yield self._told(reading, one)

    def _told(self, reading: Reading, one: Due) -> Problem:
        text = (_CONTACT if one.contact else _LISTED).format(
            kind=named(reading, "contract_kind", one.kind),
            contract=one.contract_id,
            customer=one.customer_name or one.customer_id or UNKNOWN,
            where=place_of(reading, one.region),
            ends=one.ends_on,
            price=money(one.price),
            n=one.contact,
            on=one.on,
        )
        row = {"contract": one.contract_id, "customer": one.customer_id, "asset": one.asset_id, "model": one.model}
        return self.problem(
            one.contract_id,
            text,
            address=page("/service", Filters(), look="contracts", window="soon" if one.contact else "list"),
            # Each contact that is due is told again, whatever `worse_by` says.
            size=100.0**one.contact,
            region=one.region,
            samples=[row],
            measures=[(SOON if one.contact else DUE).label],
        )


KIND = ContractsRule
