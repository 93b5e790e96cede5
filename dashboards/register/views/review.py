"""The review board's sitting: what is due, decided and signed with one password; and the minutes of a day."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from flask import abort, flash, redirect, request

from bilingual.text import Text
from dashboards.export import sent
from dashboards.register.prints.minutes import sheet_of_day
from dashboards.register.prints.writers import writers
from dashboards.register.view import View, Visit
from dashboards.register.views.lists import GROUP
from fracas import board
from fracas.board import Decision
from fracas.permissions import FUNCTIONS
from fracas.states import LABELS, State

_TITLE = Text(en="Review board", zh="评审会")
_DONE = Text(en="{number}: now “{state}”.", zh="{number}：现为“{state}”。")
_NOT = Text(en="{number}: not decided. {why}", zh="{number}：未作决定。{why}")


def _day(v: Visit) -> dt.date:
    try:
        return dt.date.fromisoformat(request.args.get("on", ""))
    except ValueError:
        return v.register.today()


def _sitting(v: Visit) -> Any:
    day = _day(v)
    due = board.due(v.register, v.actor)
    may_decide = {move: v.may(f"report.{move}") for move in ("approve", "close")}
    return v.page(
        "review.html",
        _TITLE,
        due=due,
        day=day,
        minutes=board.minutes(v.register, v.actor, day),
        functions_of=[v.say(FUNCTIONS[f]) for f in sorted(v.actor.functions)],
        may_decide=may_decide,
        can_decide=any(may_decide[d.move] and not d.missing and not d.has_signed for d in due),
    )


def _decide(v: Visit) -> Any:
    sent = request.form
    decisions = {}
    for name, move in sent.items():
        report_id = name.removeprefix("decision.")
        if not name.startswith("decision.") or not move:
            continue
        version = sent.get(f"version.{report_id}", "")
        words = sent.get(f"words.{report_id}", "").strip()[:20_000]
        decisions[report_id] = Decision(move, int(version) if version.isdecimal() and len(version) < 9 else -1, words)
    for outcome in board.decide(v.register, v.actor, sent.get("password", ""), decisions):
        state = LABELS[State(outcome.state)] if outcome.state else None
        words_of = _DONE.format(number=outcome.number, state=state) if state else None
        refused = _NOT.format(number=outcome.number, why=outcome.refused) if outcome.refused else None
        flash(v.say(words_of or refused or _TITLE))
    return redirect("/review")


def _minutes(v: Visit, kind: str) -> Any:
    """The decisions of a day as a document."""
    writer = writers().get(kind)
    if writer is None:
        return abort(404)
    day = _day(v)
    sheet = sheet_of_day(v, day, board.minutes(v.register, v.actor, day))
    response = sent(io.BytesIO(writer.write(sheet)), f"minutes-{day}.{writer.ending}")
    response.mimetype = writer.media
    return response


VIEWS = (
    View("minutes", "/review/minutes.<kind>", "report.read", _minutes),
    View("review_board", "/review", "report.read", _sitting, title=_TITLE, group=GROUP, order=35),
    View("decide", "/review/decide", "report.read", _decide, methods=("POST",)),
)
