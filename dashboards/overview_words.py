"""What the overview looks at, judged from its address: the measure whose change is taken apart, and what it is held against."""

from __future__ import annotations

from dataclasses import dataclass

from bilingual.text import Text
from dashboards.comparison import NAMES
from dashboards.context import Context
from warehouse.contributions import comes_apart, most_changed
from warehouse.filters import Filters
from warehouse.metrics import measures

PATH = "/"
# Themes as a manager asks for them, the page that analyses each, and their measures; the catalogue's other measures follow.
THEMES: tuple[tuple[Text, str, tuple[str, ...]], ...] = (
    (
        Text(en="Closure", zh="关闭"),
        "/closure",
        ("opened", "closed", "backlog", "closure_rate", "closure_flow", "reopened"),
    ),
    (
        Text(en="Time to close", zh="关闭历时"),
        "/closure",
        ("time_to_close_median", "time_to_close_p90", "time_to_close_mean"),
    ),
    (
        Text(en="Response", zh="响应"),
        "/closure",
        ("response_within_target", "response_time", "sla_as_reported"),
    ),
    (
        Text(en="Quality of repair", zh="维修质量"),
        "/repeats",
        ("first_time_fix", "repeat_rate", "no_fault_found"),
    ),
    (
        Text(en="Time to repair", zh="修复时间"),
        "/closure",
        ("mttr_ticket", "mttr_repair", "time_to_resolve", "time_to_resolve_median", "downtime"),
    ),
    (Text(en="Parts", zh="备件"), "/parts", ("fill_rate",)),
    (Text(en="Cost", zh="成本"), "/service", ("cost_per_unit_month",)),
    (Text(en="Satisfaction", zh="满意度"), "/service", ("satisfaction", "return_rate")),
    (Text(en="Data", zh="数据"), "/quality", ("coding_completeness",)),
)
_MORE = Text(en="More", zh="其他")
# A cohort that is younger had less time to close; a backlog carries what it was; closing follows opening. They can be looked
# at, but do not compete for the largest change.
_NOT_COMPARED = {"closure_rate", "closure_flow", "backlog", "closed"}


# Standard errors from which a change is more than a measure's usual movement.
_UNUSUAL = 2.0


def themes() -> list[tuple[Text, str, tuple[str, ...]]]:
    """The themes with the measures that the catalogue has; those of no theme come last."""
    known = measures()
    found = [(label, path, tuple(n for n in names if n in known)) for label, path, names in THEMES]
    named = {name for _, _, names in found for name in names}
    rest = tuple(name for name in known if name not in named)
    return [theme for theme in (*found, (_MORE, "/closure", rest)) if theme[2]]


@dataclass(frozen=True)
class Look:
    """The measure that is taken apart. strength: of the change by which it was found, in standard errors; None where the
    reader chose it, or where no measure changed by much and by more than it usually moves."""

    measure: str
    is_chosen: bool
    strength: float | None = None


def offered() -> tuple[str, ...]:
    """The measures whose change can be taken apart, in the order of the themes."""
    return tuple(n for _, _, names in themes() for n in names if comes_apart(measures()[n], "region"))


def look(c: Context, before: Filters) -> Look:
    """The measure of the address, if it is one that comes apart; else the one that changed most for how it usually moves;
    else the tickets opened."""
    asked = c.query.argument("look")
    if asked in offered():
        return Look(asked, True)
    compared = tuple(name for name in offered() if name not in _NOT_COMPARED)
    ranked = most_changed(c.reading, compared, before, c.filters)
    if ranked and not ranked[0].is_little and abs(ranked[0].strength) >= _UNUSUAL:
        return Look(ranked[0].measure, False, abs(ranked[0].strength))
    return Look("opened", False)


def against(c: Context, before: Filters) -> Text:
    """The period compared with, in words and days."""
    return Text(en="{name}, {start} to {end}", zh="{name}（{start} 至 {end}）").format(
        name=NAMES[c.query.compare], start=before.start, end=before.end
    )
