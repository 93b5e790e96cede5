"""Follow up closed loops: judge the reports in monitoring, reopen those whose failure came back."""

from __future__ import annotations

from bilingual.text import Text
from fracas.watch.runs import Ended
from pipelines.effectiveness import follow_up, register_of
from pipelines.jobs import Outcome, Place

_DONE = Text(
    en="{judged} reports judged, {proposed} can be closed, {reopened} are open again.",
    zh="已评定 {judged} 份报告，{proposed} 份可关闭，{reopened} 份重新打开。",
)
_NO_REGISTER = Text(en="The register was not begun: nothing to follow up.", zh="登记库尚未启用：无需跟踪。")


def job(place: Place) -> Outcome:
    """Judge and reopen; a second run on the same snapshot changes nothing."""
    with register_of(place.home) as register:
        if register is None:
            return Outcome(Ended.DONE, _NO_REGISTER, summary={"judged": 0, "proposed": 0, "reopened": 0})
        with place.record.step("judge"):
            done = follow_up(place.home, register)
            place.record.rows(len(done.judged))
    for _, why in done.reopened:
        place.record.say(why.en, "WARNING")
    summary = {
        "judged": len(done.judged),
        "proposed": sum(one.is_proposed for one in done.judged),
        "reopened": len(done.reopened),
    }
    return Outcome(Ended.DONE, _DONE.format(**summary), summary=summary)
