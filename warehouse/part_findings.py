"""What stands out among the spare parts, in sentences with their numbers, and what shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bilingual.text import Text
from warehouse.filters import Filters
from warehouse.metrics.wording import count, share
from warehouse.part_forecast import part_forecast
from warehouse.parts import Costs, Plan, plan, use
from warehouse.reading import Reading, remembered

Subject = Literal["out", "order", "obsolescent", "dead", "excess", "waited", "part"]

_MOST = 4
_OUT = Text(
    en="{n} of {all} parts more likely than not run short before a delivery ordered today arrives, first {first}.",
    zh="{all} 种备件中有 {n} 种在今日下单到货前很可能短缺，首先是 {first}。",
)
_ORDER = Text(
    en="At or below the reorder point for {service} % service: {n} of {all} parts, first {first}: {hand} on hand, reorder point {point}.",
    zh="{all} 种备件中有 {n} 种不高于 {service}% 服务水平的订货点，首先是 {first}：现存 {hand}，订货点 {point}。",
)
_DYING = Text(
    en="{part} is dying out: lines in the last 12 months {recent}, in the {months} before {earlier}; on hand {hand}.",
    zh="{part} 需求趋于消亡：最近 12 个月 {recent} 行，此前 {months} 个月 {earlier} 行；现存 {hand}。",
)
_DYING_MORE = Text(en=" Others likewise: {n}.", zh="另有 {n} 种同样如此。")
_EXCESS = Text(
    en="{value} of the {all} on the shelves ({share}) is more than a year needs (parts: {n}).",
    zh="库存金额 {all} 中有 {value}（{share}）超过一年需求，涉及 {n} 种备件。",
)
_SEASONAL = Text(
    en="{part} is seasonal: {peak} expected in {high}, {low_n} in {low}.",
    zh="{part} 有季节性：预计 {high} {peak} 件，{low} {low_n} 件。",
)
_DEAD = Text(
    en="Stock worth {value} ({share} of all) has not moved for {months} months (parts: {n}).",
    zh="金额 {value}（占 {share}）的库存已 {months} 个月未动，涉及 {n} 种备件。",
)
_WAITED = Text(
    en="{share} of {n} lines were not filled at once, though no part is short over all stores together: look at where the pieces lie.",
    zh="{n} 行换件中有 {share} 未即时满足，但各库房合计并无短缺：问题可能在库存分布。",
)
# Below these shares of the value on the shelves stock that is too much, or dead, is not worth a sentence.
_MUCH, _SOME = 0.05, 0.01
_WELL_FILLED, _LEAST_LINES = 0.95, 30


@dataclass(frozen=True)
class Finding:
    """One sentence, whether it is good (or only to know), and what shows it: the parts of a flag, or one of them."""

    text: Text
    is_good: bool
    subject: Subject
    part_no: str = ""


@remembered
def findings(reading: Reading, filters: Filters, service: float, costs: Costs, dead_months: int) -> tuple[Finding, ...]:
    """At most four findings for a level of service, what is urgent first."""
    whole = plan(reading, service, costs, dead_months)
    judged = sum(p.risk is not None for p in whole.parts)
    found = [
        _many(whole, "out", judged, service),
        _many(whole, "order", judged, service),
        _dying(whole),
        _seasonal(reading, whole),
        _waited(reading, filters, whole, judged),
        _excess(whole),
        _dead(whole, dead_months),
    ]
    return tuple(f for f in found if f)[:_MOST]


def _many(whole: Plan, flag: Literal["out", "order"], judged: int, service: float) -> Finding | None:
    parts = whole.flagged(flag)
    if not parts:
        return None
    first = parts[0]
    text = (_OUT if flag == "out" else _ORDER).format(
        n=count(len(parts)),
        all=count(judged),
        first=first.title,
        service=f"{service * 100:.0f}",
        hand=count(first.on_hand or 0),
        point=count(first.reorder or 0),
    )
    return Finding(text, is_good=False, subject=flag)


def _dying(whole: Plan) -> Finding | None:
    parts = sorted(whole.flagged("obsolescent"), key=lambda p: -(p.value or 0.0))
    if not parts:
        return None
    p = parts[0]
    text = _DYING.format(
        part=p.title,
        recent=count(p.recent),
        earlier=count(p.earlier),
        months=whole.months - 12,
        hand="—" if p.on_hand is None else count(p.on_hand),
    )
    if len(parts) > 1:
        more = _DYING_MORE.format(n=count(len(parts) - 1))
        text = Text(en=text.en + more.en, zh=text.zh + more.zh)
    return Finding(text, False, "part", p.part_no) if len(parts) == 1 else Finding(text, False, "obsolescent")


def _seasonal(reading: Reading, whole: Plan) -> Finding | None:
    parts = whole.flagged("seasonal")
    if not parts:
        return None
    p = max(parts, key=lambda part: part.per_month or 0.0)
    f = part_forecast(reading, p.part_no)
    if f is None or not f.expected:
        return None
    order = sorted(range(len(f.expected)), key=lambda i: f.expected[i])
    high, low = f.ahead[order[-1]], f.ahead[order[0]]
    text = _SEASONAL.format(
        part=p.title,
        peak=count(f.expected[order[-1]]),
        low_n=count(f.expected[order[0]]),
        high=Text(en=high.strftime("%B %Y"), zh=f"{high.year} 年 {high.month} 月"),
        low=Text(en=low.strftime("%B %Y"), zh=f"{low.year} 年 {low.month} 月"),
    )
    return Finding(text, True, "part", p.part_no)


def _waited(reading: Reading, filters: Filters, whole: Plan, judged: int) -> Finding | None:
    now = use(reading, filters)
    if not judged or whole.flagged("out") or now.known < _LEAST_LINES or (now.fill_rate or 0.0) >= _WELL_FILLED:
        return None
    text = _WAITED.format(share=share(1 - (now.fill_rate or 0.0)), n=count(now.known))
    return Finding(text, is_good=False, subject="waited")


def _excess(whole: Plan) -> Finding | None:
    parts = [p for p in whole.flagged("excess") if p.surplus_value]
    value, all_value = sum(p.surplus_value or 0.0 for p in parts), whole.value()[0]
    if not all_value or value < _MUCH * all_value:
        return None
    text = _EXCESS.format(value=count(value), all=count(all_value), share=share(value / all_value), n=count(len(parts)))
    return Finding(text, is_good=False, subject="excess")


def _dead(whole: Plan, months: int) -> Finding | None:
    parts = whole.flagged("dead")
    (value, _), (everything, _) = whole.value("dead"), whole.value()
    if not everything or value < _SOME * everything:
        return None
    part = share(value / everything)
    text = _DEAD.format(n=count(len(parts)), value=count(value), share=part, months=months)
    return Finding(text, is_good=False, subject="dead")
