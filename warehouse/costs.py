"""What service costs: parts, labour and travel per machine and month by warranty and by stage of life, and by service kind.

Repairs are added up in `marts.cost`; the months of the machines are worked out from the lives of all of them.
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise, zip_longest

import numpy as np

from bilingual.text import Text
from warehouse.failure_months import DAYS_PER_MONTH
from warehouse.filters import Filters
from warehouse.metrics.cost import PER_UNIT
from warehouse.metrics.measure import Count, Measure, Quotient
from warehouse.metrics.wording import count, money, share
from warehouse.reading import Reading, remembered
from warehouse.records import Selection
from warehouse.service_findings import Finding
from warehouse.service_units import units
from warehouse.settings import Settings
from warehouse.unit_costs import FEWEST, Cost, costs_of, lives, named_cost, overlap, per_unit_month, span

__all__ = ["FEWEST", "PER_UNIT", "Cost", "money"]

NATURES = ("parts", "labour", "travel")
WARRANTY = ("in", "out", "")
KINDS = ("paid", "contract", "warranty", "internal")
# Name of the stage, and the age in months from which it begins.
Stages = tuple[tuple[str, float], ...]

COST = Measure(
    "service_cost",
    Text(en="Service cost", zh="服务成本"),
    Text(
        en="Parts, labour and travel of the repairs of the period, in the currency of the records, dated by the resolution of their tickets.",
        zh="期内维修的备件、人工与差旅费用合计（币种同记录），以工单解决日期为准。",
    ),
    Text(en="cost of repairs", zh="维修费用"),
    None,
    "money",
    Count("cost"),
)
PER_JOB = Measure(
    "cost_per_repair",
    Text(en="Cost per repair", zh="单次维修成本"),
    Text(
        en="Parts, labour and travel over the repairs of which any cost is on record. 95 % interval: normal, from the spread of the repairs; from 20 on.",
        zh="备件、人工与差旅费用除以有费用记录的维修次数。95% 区间：正态近似，取自各次维修的离散程度，至少 20 次。",
    ),
    Text(en="cost of repairs", zh="维修费用"),
    Text(en="repairs with a cost on record", zh="有费用记录的维修"),
    "money",
    Quotient("cost", "known"),
    "lower",
)


def stages_of(settings: Settings) -> Stages:
    """The stages of an installation, youngest first."""
    return tuple(sorted(settings.unit_stages.items(), key=lambda one: one[1]))


@remembered
def whole(reading: Reading, filters: Filters) -> Cost:
    """All of the period."""
    return per_unit_month(reading, filters, None, [None])[0]


@remembered
def by_warranty(reading: Reading, filters: Filters) -> tuple[Cost, ...]:
    """In warranty, out of it, and machines of which nobody says: a repair by its day, a machine's months likewise."""
    start, end = span(reading, filters)
    machines = lives(reading, filters)
    low, over, known = np.maximum(machines["watched"], start), machines["warranty"] + 1, machines["warranty"] >= 0
    months = (
        overlap(low[known], np.minimum(over[known], end)),
        overlap(np.maximum(low[known], over[known]), end),
        overlap(low[~known], end),
    )
    found = costs_of(reading, filters, "is_in_warranty")
    groups = zip((True, False, None), WARRANTY, months, strict=True)
    return tuple(named_cost(found, state, name, months) for state, name, months in groups)


@remembered
def by_stage(reading: Reading, filters: Filters, stages: Stages) -> tuple[Cost, ...]:
    """By the age of the machine at the repair; the last group holds those whose installation nobody says."""
    start, end = span(reading, filters)
    machines = lives(reading, filters)
    edges = [months * DAYS_PER_MONTH for _, months in stages]
    known = machines["installed"] >= 0
    low, born = np.maximum(machines["watched"], start)[known], machines["installed"][known]
    months = [
        overlap(np.maximum(low, born + edge), end if until is None else np.minimum(born + until, end))
        for edge, until in zip_longest(edges, edges[1:])
    ]
    unknown = overlap(np.maximum(machines["watched"], start)[~known], end)
    # How many of the later stages a machine has entered is the number of its own.
    entered = " + ".join(["CAST(age_days >= ? AS INTEGER)"] * (len(edges) - 1)) or "CAST(age_days AS INTEGER) * 0"
    found = costs_of(reading, filters, entered, *edges[1:])
    named = [named_cost(found, i, name, span) for i, ((name, _), span) in enumerate(zip(stages, months, strict=True))]
    return (*named, named_cost(found, None, "", unknown))


@remembered
def by_kind(reading: Reading, filters: Filters) -> tuple[Cost, ...]:
    """By service kind A to D, then what else there is; machines have no service kind."""
    found = costs_of(reading, filters, "service_kind")
    rank = {kind: i for i, kind in enumerate(KINDS)}
    ordered = sorted(found, key=lambda name: (rank.get(name, len(KINDS) + (name == "")), name))
    return tuple(named_cost(found, name, name, None) for name in ordered)


@remembered
def by_product_line(reading: Reading, filters: Filters) -> tuple[Cost, ...]:
    """By product line, the dearest per machine-month first."""
    start, end = span(reading, filters)
    held = units(reading)
    rows = held.chosen(filters) & (held.watched >= 0)
    lines = held.values["product_line"]
    watched = np.maximum(end - np.maximum(held.watched[rows], start), 0)
    days = dict(zip(lines, np.bincount(held.codes["product_line"][rows], watched, len(lines)).tolist(), strict=True))
    found = costs_of(reading, filters, "product_line")
    known = [named_cost(found, line, line, days.get(line, 0.0) / DAYS_PER_MONTH) for line in found if line]
    return tuple(sorted(known, key=lambda c: (-(c.per_unit_month or 0.0), c.name)))


@remembered
def by_month(reading: Reading, filters: Filters) -> tuple[tuple[dt.date, ...], tuple[Cost, ...]]:
    """By month of resolution, with the machine-months of each."""
    start, end = span(reading, filters)
    if end <= start:
        return (), ()
    epoch = np.datetime64("1970-01-01")
    first, last = ((epoch + day).astype("datetime64[M]") for day in (start, end - 1))
    months = np.arange(first, last + 1)
    edges = np.append((months.astype("datetime64[D]") - epoch).astype(np.int64), end)
    edges[0] = start
    watched = lives(reading, filters)["watched"]
    exposed = [overlap(np.maximum(watched, a), int(b)) for a, b in pairwise(edges)]
    starts = tuple(month.astype("datetime64[D]").item() for month in months)
    # What is dated beyond the last day of the records belongs to the last month.
    month = "least(greatest(CAST(date_trunc('month', day) AS DATE), ?), ?)"
    found = costs_of(reading, filters, month, starts[0], starts[-1])
    if not found:
        return (), ()
    return starts, tuple(named_cost(found, m, f"{m:%Y-%m}", e) for m, e in zip(starts, exposed, strict=True))


_STATE = Text(
    en="A machine-month in warranty costs {within}, out of warranty {out}: {ratio} times as much ({n} repairs).",
    zh="保修期内单台月成本 {within}，保修期外 {out}，为 {ratio} 倍（{n} 次维修）。",
)
_STAGE = Text(
    en="Machines are dearest in the stage “{stage}”: {cost} per machine-month, all together {all}.",
    zh="“{stage}”阶段的设备成本最高：单台月 {cost}，总体 {all}。",
)
_LINE = Text(
    en="{line} costs most per machine-month: {cost}; {part} of its cost is {nature}.",
    zh="{line} 单台月成本最高：{cost}；其中{nature}占 {part}。",
)
STAGES = {
    "commissioning": Text(en="commissioning", zh="调试期"),
    "early": Text(en="early life", zh="早期"),
    "normal": Text(en="normal life", zh="正常期"),
    "late": Text(en="late life", zh="后期"),
    "": Text(en="age unknown", zh="役龄未知"),
}
NATURE_NAMES = {
    "parts": Text(en="parts", zh="备件"),
    "labour": Text(en="labour", zh="人工"),
    "travel": Text(en="travel", zh="差旅"),
}


def findings(reading: Reading, filters: Filters, stages: Stages) -> tuple[Finding, ...]:
    """The dearest product line and stage, and warranty against no warranty."""
    everything = whole(reading, filters)
    if not everything.known or everything.per_unit_month is None:
        return ()
    done, sentences = Selection("resolved_on"), []
    lines = [c for c in by_product_line(reading, filters) if c.repairs >= FEWEST]
    if len(lines) > 1:
        dearest = lines[0]
        nature = max(NATURES, key=dearest.of)
        words = _LINE.format(
            line=dearest.name,
            cost=money(dearest.per_unit_month),
            part=share(dearest.of(nature) / dearest.total),
            nature=NATURE_NAMES[nature],
        )
        at = Filters(**{**filters.__dict__, "product_line": (dearest.name,)})
        sentences.append(Finding(words, dearest.repairs, None, at, done))
    within, out, _ = by_warranty(reading, filters)
    if within.per_unit_month and out.per_unit_month and min(within.repairs, out.repairs) >= FEWEST:
        words = _STATE.format(
            within=money(within.per_unit_month),
            out=money(out.per_unit_month),
            ratio=f"{out.per_unit_month / within.per_unit_month:.2f}",
            n=count(within.repairs + out.repairs),
        )
        sentences.append(Finding(words, within.repairs + out.repairs, None, filters, done))
    aged = [s for s in by_stage(reading, filters, stages)[:-1] if s.per_unit_month and s.repairs >= FEWEST]
    if len(aged) > 1:
        dearest = max(aged, key=lambda s: s.per_unit_month or 0.0)
        words = _STAGE.format(
            stage=STAGES[dearest.name], cost=money(dearest.per_unit_month), all=money(everything.per_unit_month)
        )
        sentences.append(Finding(words, dearest.repairs, None, filters, done))
    return tuple(sentences)
