"""Make a report of the last whole period for everybody who is to have it."""

from __future__ import annotations

import datetime as dt

from bilingual.text import Text
from fracas.outflow import is_begun
from fracas.watch.issues import MADE
from fracas.watch.runs import Ended
from pipelines import reporting, watching
from pipelines.jobs import Outcome, Place

_DONE = Text(en="{made} made, {withheld} withheld.", zh="生成 {made} 份，暂缓 {withheld} 份。")
_NO_REGISTER = Text(en="The register was not begun: nobody is to have it.", zh="登记库尚未启用：没有收件人。")


def job(
    place: Place, *, name: str, on: str | None = None, is_sent: bool = True, asked_by: str | None = None
) -> Outcome:
    """Issue the report of that name; on: a day of the period, as 2026-03-01; is_sent False: a preview for who asked."""
    if not is_begun(place.home.register_url):
        return Outcome(Ended.DONE, _NO_REGISTER)
    with place.record.step("report"), watching.book(place.home) as engine:
        day = dt.date.fromisoformat(on) if on else None
        issued = reporting.issue(place.home, engine, name, on=day, is_sent=is_sent, asked_by=asked_by)
        made = [one for one in issued if one.state == MADE]
        place.record.rows(len(made))
    for one in issued:
        if one.reason_en:
            place.record.say(f"{one.en}: {one.reason_en}", "WARNING")
    summary = {"made": len(made), "withheld": len(issued) - len(made)}
    return Outcome(Ended.DONE, _DONE.format(**summary), summary=summary)
