"""What stands out in the quality of the data this morning, in sentences with their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bilingual.text import Text
from warehouse.entities import entities
from warehouse.filters import Filters
from warehouse.metrics.wording import count, share
from warehouse.quality import accounts, checks, sources
from warehouse.quality_completeness import completeness
from warehouse.quality_history import Change, history
from warehouse.reading import Reading, remembered
from warehouse.settings import Home

State = Literal["good", "warning", "bad"]
_LEAST_CHANGE = 0.02

_ALL_ROWS = Text(en="Account of rows", zh="行数核对")
_SOURCES = Text(en="Sources", zh="数据来源")
_UNACCOUNTED = Text(
    en="{entity}: {n} rows are unaccounted for; {staged} were staged, {found} are in the warehouse, quarantined or superseded.",
    zh="{entity}：有 {n} 行去向不明；暂存 {staged} 行，入库、隔离与被取代合计 {found} 行。",
)
_CHANGED: dict[Change, Text] = {
    "new": Text(en="New since the snapshot before: {what} ({n} rows).", zh="较上一快照新出现：{what}（{n} 行）。"),
    "worse": Text(en="Worse than in the snapshot before: {what} ({n} rows).", zh="较上一快照加重：{what}（{n} 行）。"),
    "recovered": Text(en="Recovered since the snapshot before: {what}", zh="较上一快照已恢复：{what}"),
}
_STATES: dict[Change, State] = {"new": "bad", "worse": "warning", "recovered": "good"}
_VOLUME = Text(
    en="{entity}: {change} rows in the warehouse than in the snapshot before ({before} → {now}).",
    zh="{entity}：入库行数较上一快照{change}（{before} → {now}）。",
)
_MORE, _LESS = Text(en="{p} more", zh="增加 {p}"), Text(en="{p} fewer", zh="减少 {p}")
_FELL = Text(
    en="{field} ({entity}, {source}) was filled in {last} of the rows of {month}, in {before} of those before (n = {n} and {n_before}).",
    zh="{field}（{entity}，{source}）在 {month} 的填写率为 {last}，此前为 {before}（n = {n} 与 {n_before}）。",
)


@dataclass(frozen=True)
class Finding:
    """One sentence; `about` is the part of the page that shows it."""

    text: Text
    state: State
    about: Literal["account", "checks", "sources", "completeness"]


def label(suite: str) -> Text:
    """What the checks of a suite, or rows, are about: an entity, the sources, or the account of all rows."""
    return entities()[suite].label if suite in entities() else _SOURCES if suite == "source" else _ALL_ROWS


@remembered
def findings(reading: Reading, home: Home, filters: Filters) -> tuple[Finding, ...]:
    """What stands out, the worst first: rows lost, checks that changed, volumes that jumped, fields left empty."""
    return (
        *_unaccounted(reading),
        *_changed(reading, home),
        *_volumes(reading, home),
        *_falls(reading, filters, home.settings.time_zone),
    )


def unaccounted(account: dict[str, int]) -> int:
    """Staged rows of an entity that are in none of the places where they can be; below 0 where there are too many."""
    return account["staged"] - account["core"] - account["quarantined"] - account["superseded"]


def _unaccounted(reading: Reading) -> list[Finding]:
    found = []
    for a in accounts(reading):
        if n := unaccounted(a):
            words = _UNACCOUNTED.format(
                entity=label(a["entity"]), n=count(n), staged=count(a["staged"]), found=count(a["staged"] - n)
            )
            found.append(Finding(words, "bad", "account"))
    return found


def _changed(reading: Reading, home: Home) -> list[Finding]:
    courses, found = history(reading, home).courses, []
    for kind, state in _STATES.items():
        for check in checks(reading):
            if courses[check["suite"], check["name"]].changes[-1] == kind:
                what = Text(
                    en=f"{label(check['suite']).en}: {check['en']}", zh=f"{label(check['suite']).zh}：{check['zh']}"
                )
                text = _CHANGED[kind].format(what=what, n=count(check["failed"] or 0))
                found.append(Finding(text, state, "checks"))
    return found


def _volumes(reading: Reading, home: Home) -> list[Finding]:
    noted = history(reading, home).before
    found: list[tuple[float, Finding]] = []
    for now in accounts(reading):
        before = (noted.accounts.get(now["entity"]) if noted else None) or {"core": 0}
        ratio = now["core"] / before["core"] - 1 if before["core"] else 0.0
        if abs(ratio) >= _LEAST_CHANGE:
            words = _VOLUME.format(
                entity=label(now["entity"]),
                change=(_MORE if ratio > 0 else _LESS).format(p=share(abs(ratio))),
                before=count(before["core"]),
                now=count(now["core"]),
            )
            found.append((ratio, Finding(words, "warning", "sources")))
    return [finding for _, finding in sorted(found, key=lambda f: f[0])]


def _falls(reading: Reading, filters: Filters, zone: str) -> list[Finding]:
    falling = [(f, f.fall) for f in completeness(reading, filters, zone) if f.fall]
    found = []
    for f, fell in sorted(falling, key=lambda pair: pair[1].z):
        title = sources(reading)[f.source]
        words = _FELL.format(
            field=entities()[f.entity].fields[f.field].label,
            entity=label(f.entity),
            source=Text(en=title["en"], zh=title["zh"]),
            month=fell.month.strftime("%Y-%m"),
            last=share(fell.share),
            before=share(fell.share_before),
            n=count(fell.n),
            n_before=count(fell.n_before),
        )
        found.append(Finding(words, "warning", "completeness"))
    return found
