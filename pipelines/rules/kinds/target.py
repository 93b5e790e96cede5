"""A target whose period runs and that is behind what is due by now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from fracas.watch.alerts import Problem
from pipelines.rules.address import page
from pipelines.rules.rule import Rule
from warehouse.filters import Filters
from warehouse.reading import Reading
from warehouse.service_targets import Pace, findings, paces
from warehouse.settings import Settings


class TargetRule(Rule):
    """after_days: days of its period after which a target is judged; least_n: things that its value must rest on."""

    after_days: Annotated[int, Field(ge=1)] = 28
    least_n: Annotated[int, Field(ge=1)] = 30

    def find(self, reading: Reading, _settings: Settings, /) -> Iterator[Problem]:
        """Each target that is behind."""
        for pace in paces(reading, Filters()):
            is_judged = pace.is_running and pace.days[0] >= self.after_days and pace.so_far.n >= self.least_n
            if is_judged and pace.is_met is False:
                yield self._told(pace)

    def _told(self, pace: Pace) -> Problem:
        target, (finding,), at = pace.target, findings((pace,)), dict(pace.target.places)
        places = ";".join(f"{place}={value}" for place, value in sorted(at.items()))
        period = Filters(target.start, target.end, **{place: (value,) for place, value in at.items()})
        row = {"measure": target.measure, "period": target.period, "target": target.value, "value": pace.so_far.value}
        return self.problem(
            f"{target.measure}/{target.period}/{places}",
            finding.text,
            address=page("/service", period, look="targets", window=finding.window),
            region=at.get("region", ""),
            product_line=at.get("product_line", ""),
            samples=[{**row, **at}],
            measures=[pace.measure.label],
        )


KIND = TargetRule
