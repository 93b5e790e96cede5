"""The house's rules that take longer than a refresh may: early warnings, control charts, stock."""

from __future__ import annotations

from bilingual.text import Text
from fracas.outflow import is_begun
from fracas.watch.runs import Ended
from pipelines.jobs import Outcome, Place

_DONE = Text(en="The nightly rules were looked at.", zh="夜间规则已检查。")
_NO_REGISTER = Text(en="The register was not begun: nobody is told.", zh="登记库尚未启用：无人接收告警。")


def job(place: Place) -> Outcome:
    """Look at them, and put what is news among the alerts."""
    from pipelines import watching  # noqa: PLC0415

    if not is_begun(place.home.register_url):
        return Outcome(Ended.DONE, _NO_REGISTER)
    with place.record.step("rules"), watching.book(place.home) as engine:
        watching.nightly(place.home, engine)
    return Outcome(Ended.DONE, _DONE)
