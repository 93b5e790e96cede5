"""A corrective action after which the failures did not become rarer as they should have."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.effectiveness import Verdict
from bilingual.text import Text
from fracas.watch.alerts import Problem
from pipelines.rules.address import page
from pipelines.rules.rule import Rule, When
from warehouse.actions import Rules, effects
from warehouse.filters import Filters
from warehouse.metrics.wording import UNKNOWN, count
from warehouse.reading import Reading
from warehouse.settings import Settings

_WORDS = Text(
    en="Action {action} of {owner} on {what} did not work: {after} failures after it, {before} before; the rate is {ratio} times as high (95 %: {low} – {high}), {goal} is asked for.",
    zh="措施 {action}（责任人 {owner}，{what}）无效：实施后故障 {after} 次，此前 {before} 次；故障率为此前的 {ratio} 倍（95%：{low} – {high}），目标为 {goal}。",
)


class ActionsIneffectiveRule(Rule):
    """Judged as the page of repeat failures judges it, by the settings effect_window_days, effect_trigger_days and effect_goal."""

    when: When = "nightly"

    def find(self, reading: Reading, settings: Settings, /) -> Iterator[Problem]:
        """Each action that is proven not to have worked."""
        for effect in effects(reading, Filters(), Rules.of(settings)).judged:
            if effect.verdict is not Verdict.NOT_EFFECTIVE:
                continue
            action = effect.action
            text = _WORDS.format(
                action=action.action_id,
                owner=action.owner or UNKNOWN,
                what=action.component or action.failure_mode,
                after=count(effect.after.failures),
                before=count(effect.before.failures),
                ratio=_number(effect.ratio),
                low=_number(effect.low),
                high=_number(effect.high),
                goal=f"{settings.effect_goal:g}",
            )
            row = {"action": action.action_id, "component": action.component, "implemented_on": action.implemented_on}
            yield self.problem(
                action.action_id,
                text,
                address=page("/repeats", Filters(), look=action.action_id),
                owner=action.owner,
                product_line=action.product_line,
                samples=[row],
            )


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f}"


KIND = ActionsIneffectiveRule
