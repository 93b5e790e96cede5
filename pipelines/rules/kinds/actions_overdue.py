"""An action that is not implemented and past its due date, with its owner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from bilingual.text import Text
from fracas.watch.alerts import Problem
from pipelines.rules.address import page
from pipelines.rules.rule import Rule
from warehouse.actions import OVERDUE, due
from warehouse.filters import Filters
from warehouse.metrics.wording import UNKNOWN, count
from warehouse.reading import Reading
from warehouse.settings import Settings

_WORDS = Text(
    en="Action {action} of {owner} was due on {due} and is {days} days overdue: {what}",
    zh="措施 {action}（责任人 {owner}）应于 {due} 完成，已逾期 {days} 天：{what}",
)


class ActionsOverdueRule(Rule):
    """days: how many days past its due date an action is told; from 1."""

    days: Annotated[int, Field(ge=1)] = 1

    def find(self, reading: Reading, settings: Settings, /) -> Iterator[Problem]:
        """Each action, the longest overdue first."""
        for action, days in due(reading, Filters(), settings.time_zone).late:
            if days < self.days:
                continue
            text = _WORDS.format(
                action=action.action_id,
                owner=action.owner or UNKNOWN,
                due=action.due_on,
                days=count(days),
                what=action.description or action.component or action.failure_mode or UNKNOWN,
            )
            row = {
                "action": action.action_id,
                "owner": action.owner,
                "due_on": action.due_on,
                "component": action.component,
            }
            yield self.problem(
                action.action_id,
                text,
                address=page("/repeats", Filters(), look="actions"),
                size=float(days),
                owner=action.owner,
                product_line=action.product_line,
                samples=[row],
                measures=[OVERDUE.label],
            )


KIND = ActionsOverdueRule
