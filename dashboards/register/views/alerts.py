"""Alerts: what is wrong now and was wrong lately, each with its rows and what became of it; somebody says that they see to it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import abort, request

from bilingual.text import Text
from dashboards.register.view import View, Visit
from dashboards.register.views.people import OPERATE
from fracas.database import reading, writing
from fracas.model import Person, now
from fracas.watch import alerts, outbox
from fracas.watch.letters import KINDS, SEVERITIES
from fracas.watch.model import Alert
from fracas.watch.topics import TOPICS

_TITLE = Text(en="Alerts", zh="告警")
_SEEN_TO = Text(en="Acknowledged: it says on this page that you see to it.", zh="已确认：页面注明由您处理。")
_MOST_OPEN, _MOST_OVER = 100, 50


def _alerts(v: Visit) -> Any:
    topic = request.args.get("topic") or None
    if topic not in (None, *TOPICS):
        abort(404)
    with reading(v.house.engine) as session:
        everything = alerts.listed(session, v.actor.scope, is_open=True)
        over = alerts.listed(session, v.actor.scope, is_open=False, topic=topic)[:_MOST_OVER]
        waiting = outbox.waiting(session)
    found = [seen for seen in everything if topic in (None, seen.alert.topic)]
    return v.page(
        "alerts.html",
        _TITLE,
        opened=found[:_MOST_OPEN],
        n=len(found),
        by_topic=Counter(seen.alert.topic for seen in everything),
        over=over,
        waiting=waiting,
        topic=topic,
        topics=TOPICS,
        severities=SEVERITIES,
    )


def _alert(v: Visit, alert_id: str) -> Any:
    with reading(v.house.engine) as session:
        alert = session.get(Alert, alert_id)
        if alert is None or not alerts.concerns(alert, v.actor.scope):
            abort(404)
        person = session.get(Person, alert.acknowledged_by_id) if alert.acknowledged_by_id else None
        history = alerts.history(session, alert_id)
    samples = alert.facts.get("samples", [])
    return v.page(
        "alert.html",
        _TITLE,
        alert=alert,
        acknowledged_by=person.name if person else None,
        history=history,
        samples=samples,
        columns_of=list(dict.fromkeys(name for row in samples for name in row)),
        measures=[measure[v.language] for measure in alert.facts.get("measures", [])],
        topics=TOPICS,
        severities=SEVERITIES,
        kinds=KINDS,
    )


def _acknowledge(v: Visit, alert_id: str) -> Any:
    with writing(v.house.engine) as session:
        alerts.acknowledge(session, v.actor, alert_id, now(), request.form.get("remark", ""))
    return v.back(f"/alerts/{alert_id}", _SEEN_TO)


VIEWS = (
    View("alerts", "/alerts", "watch.read", _alerts, title=_TITLE, group=OPERATE, order=38),
    View("alert", "/alerts/<alert_id>", "watch.read", _alert),
    View("acknowledge", "/alerts/<alert_id>/acknowledge", "watch.acknowledge", _acknowledge, ("POST",)),
)
