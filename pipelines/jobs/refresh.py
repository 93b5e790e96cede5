"""Fetch what is new, rebuild, check, publish; then look what is wrong with what people see now."""

from __future__ import annotations

import traceback
from dataclasses import asdict
from typing import Any

from bilingual.errors import UserError
from bilingual.text import Text
from fracas.outflow import is_begun
from fracas.watch.runs import Ended
from pipelines import refresh as steps
from pipelines.jobs import Outcome, Place
from pipelines.refresh import Progress, Refreshed, Unwatched, call
from pipelines.running import Record, Runner
from warehouse import results
from warehouse.mapping import MAILBOX, load_all
from warehouse.publish import TakenError
from warehouse.settings import Home

_PUBLISHED = Text(
    en="Published snapshot {snapshot}: {rows} new rows in {batches} batches.",
    zh="已发布快照 {snapshot}：{batches} 个批次，{rows} 行新数据。",
)
_FORCED = Text(
    en="Published snapshot {snapshot} in spite of critical checks that failed ({checks}).",
    zh="已强制发布快照 {snapshot}，尽管关键检查未通过（{checks}）。",
)
_NOTHING_NEW = Text(en="Nothing new; snapshot {snapshot} stands.", zh="没有新数据；当前快照仍为 {snapshot}。")
_NOTHING = Text(en="Nothing was delivered yet.", zh="尚未收到任何数据。")
_BLOCKED = Text(en="Not published: critical checks failed ({checks}).", zh="未发布：关键检查未通过（{checks}）。")
_SKIPPED = Text(
    en="Another refresh was at it, which does the same; nothing was left to do.",
    zh="已有另一次刷新正在进行，结果相同；本次无需执行。",
)
_WITHDRAWN = Text(
    en="Nothing published: these rows and rules were rolled back by hand; `--force` publishes them again.",
    zh="未发布：同样的数据与规则此前已被手动回滚；使用 `--force` 可再次发布。",
)


def job(place: Place, *, force: bool = False) -> Outcome:
    """One refresh; where another is at it this one is skipped: that other does the same."""
    try:
        done = watched(place.home, place.record, run=place.step, force=force)
    except TakenError:
        return Outcome(Ended.SKIPPED, _SKIPPED)
    outcome = told(done)
    if is_begun(place.home.register_url):
        _follow(place)
    return outcome


def _follow(place: Place) -> None:
    """What a refresh makes possible: alerts of what is wrong now, and reports that were withheld until it is not."""
    from pipelines import reporting, watching  # noqa: PLC0415  # not at the terminal, which has neither

    with watching.book(place.home) as engine:
        with place.record.step("alerts"):
            watching.after_refresh(place.home, engine)
        error = None
        with place.record.step("report"):
            try:
                made = reporting.catch_up(place.home, engine)
                place.record.rows(len(made))
            except UserError as broken:
                # The snapshot is published; the report is tried again after the next refresh.
                error = broken.text
                place.record.say(error.en, "ERROR")
        watching.after_run(place.home, engine, "reports.catch_up", error)


def watched(
    home: Home, record: Record, *, run: Runner = call, progress: Progress | None = None, force: bool = False
) -> Refreshed:
    """One refresh whose steps are recorded with what each counted."""
    watch = _Watch(record, progress or Unwatched())
    done = steps.refresh(home, run=record.around(run, _rows), progress=watch, force=force)
    for rejected in done.extraction.rejected:
        record.say(f"{rejected.file}: {rejected.en}", "WARNING")
    for change in done.drift:
        record.say(change.en, "WARNING")
    for failed in done.blocked_by:
        record.say(
            f"{failed.suite}.{failed.name} failed ({failed.severity}): {failed.error or f'{failed.failed} rows'}",
            "WARNING",
        )
    _answer(home, record)
    return done


def _answer(home: Home, record: Record) -> None:
    """Tell the senders of mails what became of them: wherever the refresh was started, they wait for it."""
    sources = [source for source in load_all(home.sources) if source.kind == MAILBOX]
    if not sources or not is_begun(home.register_url):
        return
    from pipelines import answering, watching  # noqa: PLC0415  # not where nobody mails

    try:
        with watching.book(home) as engine, record.step("reply"):
            record.rows(answering.answer(home, engine, sources))
    except Exception:  # what is published stays so; who was not answered is at the next run
        record.say(traceback.format_exc(), "ERROR")


class _Watch:
    """Who watches, and beside them the log of the run: what is long tells where it is."""

    def __init__(self, record: Record, other: Progress) -> None:
        self._record, self._other = record, other

    def step(self, name: str, part: str = "") -> None:
        """A step begins, or a part of it; the step itself is recorded by who runs it."""
        self._other.step(name, part)
        if part and name == "build":
            self._record.say(f"{name}: {part} …")

    def rows(self, count: int) -> None:
        """So many more rows were landed."""
        self._other.rows(count)


def _rows(step: str, found: Any) -> int | None:
    """What a step counts: rows landed of a source, rows of all entities built, checks run."""
    match step.partition(" ")[0]:
        case "extract":
            return int(found.rows)
        case "build":
            return sum(results.row_counts(found).values())
        case "check":
            return len(found)
    return None


def told(done: Refreshed) -> Outcome:
    """How a refresh ended, in words."""
    checks = ", ".join(f"{o.suite}.{o.name}" for o in done.blocked_by)
    snapshot = done.snapshot.id if done.snapshot else None
    extraction = done.extraction
    summary = {
        "snapshot": snapshot,
        "is_new": done.is_new,
        "batches": extraction.batches,
        "rows": extraction.rows,
        "rejected": [asdict(r) for r in extraction.rejected],
        "drift": [c.en for c in done.drift],
    }
    if done.is_new:
        text = _FORCED.format(snapshot=snapshot, checks=checks) if checks else _PUBLISHED.format(
            snapshot=snapshot, rows=f"{extraction.rows:,}", batches=extraction.batches
        )  # fmt: skip
    elif done.blocked_by:
        return Outcome(Ended.BLOCKED, _BLOCKED.format(checks=checks), snapshot, summary)
    elif done.is_withdrawn:
        text = _WITHDRAWN
    else:
        text = _NOTHING_NEW.format(snapshot=snapshot) if snapshot else _NOTHING
    return Outcome(Ended.DONE, text, snapshot, summary)
