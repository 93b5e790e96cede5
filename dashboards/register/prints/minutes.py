"""The minutes of the review board: what was decided on a day, report by report, and who signed what it means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import groupby

from bilingual.text import Text
from dashboards.register.history import PLATFORM
from dashboards.register.prints.record import plain
from dashboards.register.prints.sheet import NOTHING, Facts, Grid, Section, Sheet
from dashboards.register.view import Visit
from fracas.board import Minute
from fracas.columns import COLUMNS
from fracas.gates import REVIEW
from fracas.permissions import FUNCTIONS, Function
from fracas.states import LABELS, MOVES, State

_TITLE = Text(en="Minutes of the review board", zh="评审会纪要")
_DAY = Text(en="Day", zh="日期")
_REPORTS = Text(en="Reports decided on", zh="评审报告数")
_PRESENT = Text(en="Decided by", zh="决定人")
_REVIEWED = Text(en="Reviewed independently", zh="独立审查")
_NONE = Text(en="Nothing was decided", zh="当日没有决定")
_FOOT = Text(en="Printed by {who}, {at}", zh="{who} 打印于 {at}")
_TIME = Text(en="Time", zh="时间")
_DECISION = Text(en="Decision", zh="决定")
_BY = Text(en="By", zh="决定人")
_FOR = Text(en="For", zh="代表职能")
_WORDS = Text(en="Reason, remark", zh="理由、备注")
_SIGNED = Text(en="What was signed (hash)", zh="签署内容（哈希）")


def _section(v: Visit, minutes: Sequence[Minute]) -> Section:
    """One report: what it is, and each decision on it."""
    report = minutes[0].report
    facts = [(name, getattr(report, name)) for name in ("symptom", "cause", "root_cause", "new_risks", "like_items")]
    rows = [(v.say(COLUMNS[name].label), plain(value)) for name, value in facts if value]
    rows.append((v.say(COLUMNS["state"].label), v.say(LABELS[State(report.state)])))
    heads = tuple(v.say(text) for text in (_TIME, _DECISION, _BY, _FOR, _WORDS, _SIGNED))
    lines = tuple(_line(v, minute) for minute in minutes)
    return Section(report.number or "", (Facts(tuple(rows)), Grid(heads, lines, (3, 3, 3, 4, 6, 5))))


def _line(v: Visit, minute: Minute) -> tuple[str, ...]:
    event, signature = minute.event, minute.signature
    label = _REVIEWED if event.kind == REVIEW else MOVES[event.kind].label
    speaks = [v.say(FUNCTIONS[Function(name)]) for name in signature.functions] if signature else []
    words = event.reason or (signature.remark if signature else "") or NOTHING
    meaning = (signature.meaning_zh if v.language == "zh" else signature.meaning_en) if signature else ""
    return (
        v.local(event.at)[-5:],
        v.say(label),
        plain(v.person(event.actor_id) or v.say(PLATFORM)),
        ", ".join(speaks) or NOTHING,
        plain(words),
        f"{meaning}\n{signature.digest[:16]}" if signature else NOTHING,
    )


def sheet_of_day(v: Visit, day: dt.date, minutes: Sequence[Minute]) -> Sheet:
    """The minutes of a day."""
    ordered = sorted(minutes, key=lambda m: (m.report.number or "", m.event.seq))
    by_report = [list(of) for _, of in groupby(ordered, key=lambda m: m.report.id)]
    people = dict.fromkeys(v.person(m.event.actor_id) or v.say(PLATFORM) for m in minutes)
    who = plain(v.actor.name)
    return Sheet(
        language=v.language,
        house=plain(v.house.home.settings.organisation),
        title=v.say(_TITLE),
        number=str(day),
        about=Facts(
            (
                (v.say(_DAY), str(day)),
                (v.say(_REPORTS), str(len(by_report)) if by_report else v.say(_NONE)),
                (v.say(_PRESENT), plain(", ".join(people)) or NOTHING),
            )
        ),
        sections=tuple(_section(v, of) for of in by_report),
        foot=v.say(_FOOT).format(who=who, at=v.now()),
    )
