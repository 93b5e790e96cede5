"""A report as a file of some form and kind."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.register.prints.forms import Form
from dashboards.register.prints.record import Record, plain
from dashboards.register.prints.sheet import Facts, Sheet
from fracas.columns import COLUMNS
from fracas.states import LABELS, State

_DRAFT = Text(en="Draft", zh="草稿")
_HOUSE = Text(en="Organisation", zh="组织")
_PRINTED = Text(en="Printed", zh="打印")
_BY = Text(en="{who}, {at} ({zone})", zh="{who}，{at}（{zone}）")
_FOOT = Text(en="Printed by {who}, {at}", zh="{who} 打印于 {at}")


def number_of(r: Record) -> str:
    """What the report is called; one that was never submitted has no number yet."""
    return r.report.number or f"{r.say(_DRAFT)} {r.report.id[:8]}"


def sheet_of(r: Record, form: Form) -> Sheet:
    """A report as a form has it."""
    v = r.v
    house, who, at = plain(v.house.home.settings.organisation), plain(v.actor.name), v.now()
    about = Facts(
        (
            (r.say(COLUMNS["number"].label), number_of(r)),
            (r.say(COLUMNS["state"].label), r.say(LABELS[State(r.report.state)])),
            (r.say(COLUMNS["changed_at"].label), v.local(r.report.changed_at)),
            (r.say(_HOUSE), house),
            (r.say(_PRINTED), _BY[v.language].format(who=who, at=at, zone=v.zone.key)),
        )
    )
    return Sheet(
        language=v.language,
        house=house,
        title=r.say(form.title),
        number=number_of(r),
        about=about,
        sections=form.sections(r),
        foot=_FOOT[v.language].format(who=who, at=at),
    )
