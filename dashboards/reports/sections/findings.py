"""What stands out, in the sentences of the pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bilingual.text import Text
from dashboards.charts import service_complaints, service_satisfaction, service_sla
from dashboards.context import Context
from dashboards.part_words import costs_of, service_of
from dashboards.reports.blocks import Block, Sentence
from dashboards.reports.ground import Ground
from dashboards.reports.sections import judged
from warehouse import closure_findings, part_findings, repeat_findings
from warehouse.closure_rules import rules_of
from warehouse.metrics.findings import findings
from warehouse.quality import verdict
from warehouse.repeats import house_window

TITLE = Text(en="What stands out", zh="值得注意")
_NOTHING = Text(
    en="Nothing stands out: no change or place differs by more than chance and a tenth.",
    zh="没有值得注意之处：各项变化与各处差异均未超出偶然波动和一成。",
)
_QUALITY = Text(
    en="This snapshot: {failed} checks failed, {quarantined} rows in quarantine, {rejected} deliveries rejected.",
    zh="本快照：{failed} 项检查未通过，{quarantined} 行被隔离，{rejected} 份文件被拒收。",
)

# A sentence, how many it rests on, and whether it is good.
_Found = tuple[Text, int | None, bool | None]


def _repeats(c: Context) -> Iterator[_Found]:
    for f in repeat_findings.findings(c.reading, c.filters, c.before, house_window(c.reading)):
        yield f.text, f.n, f.is_good


def _closure(c: Context) -> Iterator[_Found]:
    for f in closure_findings.findings(c.reading, c.filters, rules_of(c.home.settings)):
        yield f.text, f.n, False


def _service(c: Context) -> Iterator[_Found]:
    for view in (service_sla.VIEW, service_satisfaction.VIEW, service_complaints.VIEW):
        if view.silent(c) is None:
            for f in view.findings(c):
                yield f.text, f.n, f.is_good


def _said(g: Ground, found: Sequence[_Found]) -> Iterator[Block]:
    if not found:
        yield Sentence(g.say(_NOTHING), tone="quiet")
    # What is bad first; as the pages have it otherwise.
    for text, n, is_good in sorted(found, key=lambda f: bool(f[2])):
        yield judged(g, text, n, is_good)


def of_the_whole(g: Ground) -> Iterator[Block]:
    """What the overview says."""
    found: list[_Found] = [(f.text, f.n, f.is_good) for f in findings(g.c.reading, g.c.filters, g.c.before)]
    yield from _said(g, found)


def of_everything(g: Ground) -> Iterator[Block]:
    """What the overview says, and the pages of closure, repeats and service; then how good the data are."""
    c = g.c
    found: list[_Found] = [(f.text, f.n, f.is_good) for f in findings(c.reading, c.filters, c.before)]
    yield from _said(g, [*found, *_closure(c), *_repeats(c), *_service(c)])
    if g.is_of_the_house:
        yield from _quality(g)


def _quality(g: Ground) -> Iterator[Block]:
    found = verdict(g.c.reading)
    words = _QUALITY.format(failed=found.failed, quarantined=f"{found.quarantined:,}", rejected=found.rejected)
    yield judged(g, words, None, found.state == "good" or None)


def of_parts(g: Ground) -> Iterator[Block]:
    """What the page of spare parts says."""
    c = g.c
    costs, dead = costs_of(c), c.home.settings.dead_stock_months
    for f in part_findings.findings(c.reading, c.filters, service_of(c), costs, dead):
        # What is not bad there is only to know.
        yield judged(g, f.text, None, None if f.is_good else False)
