"""Let go of what is old, keep the database in shape, make a backup."""

from __future__ import annotations

from bilingual.text import Text
from fracas.watch.runs import Ended
from pipelines import maintenance
from pipelines.jobs import Outcome, Place

_DONE = Text(en="{forgotten} old records let go; backup {backup}.", zh="已清理 {forgotten} 条旧记录；备份：{backup}。")
_NO_REGISTER = Text(en="The register was not begun: nothing to look after.", zh="登记库尚未启用：无需维护。")


def job(place: Place) -> Outcome:
    """The three, each a step."""
    home, record = place.home, place.record
    with record.step("retention"):
        forgotten = maintenance.forget(home)
        record.rows(forgotten)
    with record.step("vacuum"):
        maintenance.vacuum(home)
    with record.step("backup"):
        made = maintenance.back_up(home)
    if made.missing is not None:
        record.say(made.missing.en, "WARNING")
    text = _DONE.format(forgotten=f"{forgotten:,}", backup=made.file.name)
    if made.missing is not None:
        text = Text(en=f"{text.en} {made.missing.en}", zh=f"{text.zh}{made.missing.zh}")
    return Outcome(Ended.DONE, text, summary={"backup": made.file.name, "forgotten": forgotten})
