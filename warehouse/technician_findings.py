"""What stands out among technicians, in sentences: who lies outside of what chance allows, and where raw rates mislead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bilingual.text import Text
from warehouse.metrics.wording import count, share
from warehouse.technician_standing import Ratio, Standing
from warehouse.technicians import Misled, Team

_MOST = 3
_ABOVE = Text(
    en="{name} had {observed} repeats where colleagues would have had {expected} on the same kinds of jobs: {ratio} times as many, above the 99.8 % limit of chance.",
    zh="{name} 有 {observed} 次重复故障，同类工作由同事承担时应为 {expected} 次：{ratio} 倍，超出 99.8% 偶然界限。",
)
_BELOW = Text(
    en="{name} had {observed} repeats where colleagues would have had {expected} on the same kinds of jobs: {ratio} times as many, below the 99.8 % limit of chance. Worth learning from.",
    zh="{name} 有 {observed} 次重复故障，同类工作由同事承担时应为 {expected} 次：{ratio} 倍，低于 99.8% 偶然界限，值得学习。",
)
_NOBODY = Text(
    en="None of the {n} technicians with enough jobs lies outside the 99.8 % limits: how their repeats differ is what chance and the mix of jobs make of it.",
    zh="工单量足够的 {n} 名技术员均未超出 99.8% 界限：重复故障的差异可由偶然和工作组合解释。",
)
_TOO_FEW = Text(
    en="No technician has {least} closed failures in this selection that are old enough to judge: too few to say.",
    zh="当前筛选下没有技术员的成熟关闭故障达到 {least} 件：数量过少，无法判断。",
)
UNTOLD = Text(
    en="No job completed in this selection says who did it: visits (entity `visit`) or a technician on tickets (field `technician_id`) would.",
    zh="当前筛选下完成的工单均未注明由谁完成：提供上门记录（实体 visit）或工单的技术员（字段 technician_id）后即可显示。",
)
_MISLED = Text(
    en="The raw repeat rate would mislead: {better} has a higher one than {worse} ({raw_better} against {raw_worse} of closed failures), but harder jobs: {ratio_better} times the repeats that colleagues would have had with them, against {ratio_worse} times.",
    zh="原始重复率会误导：{better} 的重复率高于 {worse}（{raw_better} 对 {raw_worse}），但承担的工作更难：重复次数为同事期望值的 {ratio_better} 倍，后者为 {ratio_worse} 倍。",
)


@dataclass(frozen=True)
class Finding:
    """One sentence; is_good None judges nobody. person: whom it is about, None for everybody."""

    text: Text
    n: int
    is_good: bool | None
    person: str | None = None


def findings(found: Team) -> tuple[Finding, ...]:
    """At most three people outside of the outer limits, the worst first, or that there is none; then what misleads."""
    return (*_outside(found), *(_misled(found.misled) if found.misled else ()))


def _outside(found: Team) -> Iterator[Finding]:
    judged = found.judged
    if not found.people:
        yield Finding(UNTOLD, 0, None)
        return
    if not judged:
        yield Finding(_TOO_FEW.format(least=found.least), sum(p.jobs for p in found.people), None)
        return
    outside = sorted((p for p in judged if abs(p.outside) == 2), key=lambda p: -(p.ratio.value or 0))
    for person in outside[:_MOST]:
        words = (_ABOVE if person.outside > 0 else _BELOW).format(
            name=called(person),
            observed=count(person.observed),
            expected=f"{person.expected:,.1f}",
            ratio=interval(person.ratio),
        )
        yield Finding(words, person.ratio.n, person.outside < 0, person.who.technician_id)
    if not outside:
        yield Finding(_NOBODY.format(n=len(judged)), sum(p.ratio.n for p in judged), True)


def _misled(pair: Misled) -> Iterator[Finding]:
    better, worse = pair.better, pair.worse
    words = _MISLED.format(
        better=called(better),
        worse=called(worse),
        raw_better=share(better.raw or 0.0),
        raw_worse=share(worse.raw or 0.0),
        ratio_better=f"{better.ratio.value:.2f}",
        ratio_worse=f"{worse.ratio.value:.2f}",
    )
    yield Finding(words, better.watched + worse.watched, None, better.who.technician_id)


def called(person: Standing) -> str:
    """Name and number."""
    who = person.who
    return f"{who.name} ({who.technician_id})" if who.name != who.technician_id else who.name


def interval(ratio: Ratio) -> str:
    """A ratio with its bounds, alike in both languages; a dash where there is none."""
    if ratio.value is None:
        return "—"
    if ratio.low is None or ratio.high is None:
        return f"{ratio.value:.2f}"
    return f"{ratio.value:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"
