"""Make a report of the last whole period for everybody who is to have it."""

from __future__ import annotations

from bilingual.text import Text
from fracas.outflow import is_begun
from fracas.watch.issues import MADE
from fracas.watch.runs import Ended
from pipelines import reporting, watching
from pipelines.jobs import Outcome, Place

_DONE = Text(en="{made} made, {withheld} withheld.", zh="生成 {made} 份，暂缓 {withheld} 份。")
_NO_REGISTER = Text(en="The register was not begun: nobody is to have it.", zh="登记库尚未启用：没有收件人。")


def job(place: Place, *, name: str) -> Outcome:
    """Issue the report of that name."""
    if not is_begun(place.home.register_url):
        return Outcome(Ended.DONE, _NO_REGISTER)
    with place.record.step("report"), watching.book(place.home) as engine:
        issued = reporting.issue(place.home, engine, name)
        made = [one for one in issued if one.state == MADE]
        place.record.rows(len(made))
    for one in issued:
        if one.reason_en:
            place.record.say(f"{one.en}: {one.reason_en}", "WARNING")
    summary = {"made": len(made), "withheld": len(issued) - len(made)}
    return Outcome(Ended.DONE, _DONE.format(**summary), summary=summary)
