"""Suppliers, as far as the records tell: how their parts fail, how often they were at hand, what came back to the workshop."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from analysis.rates import poisson_rate
from bilingual.text import Text
from warehouse.filters import Filters
from warehouse.metrics.evaluate import first_day
from warehouse.metrics.wording import count, share
from warehouse.questions import question
from warehouse.reading import Reading, remembered
from warehouse.service_findings import Finding, Share, share_of

_DAYS_IN_YEAR = 365.25
# A supplier of fewer pieces is not judged.
FEWEST = 20


@dataclass(frozen=True)
class Supplier:
    """One supplier: its parts, their stated lead time (median), pieces used in the period, lines filled at once.

    failures: pieces replaced per 100 pieces installed and year with bounds (exact Poisson), of the parts_installed whose
    positions are on record; None where none are. returned: units back in the workshop with a verdict.
    """

    supplier: str
    name: str
    parts: int
    lead_time_days: float | None
    used: float
    at_once: Share
    parts_installed: int
    installed: int
    replaced: float
    failures: tuple[float, float, float] | None
    returned: int
    scrapped: Share
    nothing_found: Share


@remembered
def suppliers(reading: Reading, filters: Filters, time_zone: str) -> tuple[Supplier, ...]:
    """All suppliers of parts, those with most pieces used first. Places narrow what was used, not what is installed."""
    start = filters.start or first_day(reading) or reading.as_of_on
    end = min(filters.end or reading.as_of_on, reading.as_of_on)
    years = max((end - start) / dt.timedelta(days=_DAYS_IN_YEAR), 0.0)
    where, parameters = filters.where("used_on")
    sql = question("suppliers").format(where=where)
    found = []
    for row in reading.rows(sql, [*parameters, *parameters, time_zone, start, end]):
        supplier, name, parts, lead, used, asked, at_once, fitted, installed, replaced, back, scrapped, nothing = row
        rate = poisson_rate(replaced, installed * years / 100)
        found.append(
            Supplier(
                supplier,
                name,
                parts,
                lead,
                used,
                share_of(at_once, asked),
                fitted,
                installed,
                replaced,
                (rate.value, rate.low, rate.high) if rate.value is not None else None,
                back,
                share_of(scrapped, back),
                share_of(nothing, back),
            )
        )
    return tuple(found)


_WORST = Text(
    en="Parts of {name} are replaced most: {rate} of 100 installed a year (95 %: {low} – {high}); all suppliers {all}. Their parts differ, so this is a question, not a verdict.",
    zh="{name} 的备件更换最多：每百件每年 {rate} 件（95%：{low} – {high}）；全部供应商 {all}。各家备件不同，宜查证而非定论。",
)
_WAITED = Text(
    en="{name} was least at hand: {share} of {n} lines were filled at once, {all} of all.",
    zh="{name} 现货最少：{n} 行中 {share} 即时满足，总体 {all}。",
)


def findings(found: tuple[Supplier, ...]) -> tuple[Finding, ...]:
    """Whose parts are replaced most, and whose were least at hand, beyond chance."""
    sentences = []
    installed, replaced = sum(s.installed for s in found), sum(s.replaced for s in found)
    fitted = [s for s in found if s.failures and s.supplier and s.replaced >= FEWEST]
    if len(fitted) > 1 and installed:
        worst = max(fitted, key=lambda s: s.failures[0] if s.failures else 0.0)
        rate, low, high = worst.failures or (0.0, 0.0, 0.0)
        all_of = rate * (replaced / installed) / (worst.replaced / worst.installed)
        if low > all_of:
            words = _WORST.format(
                name=worst.name, rate=f"{rate:,.1f}", low=f"{low:,.1f}", high=f"{high:,.1f}", all=f"{all_of:,.1f}"
            )
            sentences.append(Finding(words, int(worst.replaced)))
    whole = share_of(sum(s.at_once.k for s in found), sum(s.at_once.n for s in found))
    asked = [s for s in found if s.supplier and s.at_once.n >= FEWEST and s.at_once.is_below(whole.value or 0.0)]
    if asked:
        least = min(asked, key=lambda s: s.at_once.value or 0.0)
        words = _WAITED.format(
            name=least.name,
            share=share(least.at_once.value or 0.0),
            n=count(least.at_once.n),
            all=share(whole.value or 0.0),
        )
        sentences.append(Finding(words, least.at_once.n))
    return tuple(sentences)
