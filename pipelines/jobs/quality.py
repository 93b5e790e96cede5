"""Look at the published snapshot again with today's eyes."""

from __future__ import annotations

from bilingual.text import Text
from fracas.outflow import is_begun
from fracas.watch.runs import Ended
from pipelines.jobs import Outcome, Place
from pipelines.quality import recheck

_FAIL = Text(en="{n} checks fail on the published snapshot.", zh="已发布快照有 {n} 项检查未通过。")
_HOLD = Text(en="All {n} checks hold on the published snapshot.", zh="已发布快照的 {n} 项检查全部通过。")


def job(place: Place) -> Outcome:
    """Run every suite on the published snapshot as of now; checks that fail fail the run, so that it is seen."""
    with place.record.step("check"):
        outcomes = recheck(place.home)
        place.record.rows(len(outcomes))
    failed = [outcome for outcome in outcomes if not outcome.passed]
    for one in failed:
        # No sample rows: who reads the log may not be meant to see those of other regions.
        place.record.say(
            f"{one.suite}.{one.name} failed ({one.severity}): {one.error or f'{one.failed} rows'}", "WARNING"
        )
    if is_begun(place.home.register_url):
        from pipelines import watching  # noqa: PLC0415

        with place.record.step("alerts"), watching.book(place.home) as engine:
            watching.after_recheck(place.home, engine, outcomes)
    if failed:
        return Outcome(Ended.FAILED, _FAIL.format(n=len(failed)), summary={"failed": len(failed)})
    return Outcome(Ended.DONE, _HOLD.format(n=len(outcomes)), summary={"failed": 0})
