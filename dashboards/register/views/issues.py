"""Reports that are sent regularly: what was made or withheld, as it was mailed, its files, sending it again, having one made."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

from flask import abort, request, send_file

from bilingual.text import Text
from dashboards.register.view import View, Visit
from dashboards.register.views.people import OPERATE
from fracas.database import reading, writing
from fracas.model import now
from fracas.watch import issues, outbox, runs
from fracas.watch.model import Issue
from fracas.watch.timetable import timetable
from fracas.watch.topics import REPORT, TOPICS

_TITLE = Text(en="Regular reports", zh="定期报告")
_ASKED = Text(
    en="It is being made; it stands on this page in a minute, and is sent to nobody.",
    zh="正在生成，约一分钟后显示在本页；不会发送给任何人。",
)
_SENT = Text(en="{n} messages are on their way.", zh="{n} 条消息已进入发送队列。")
_FILES = {
    "report.pdf": "application/pdf",
    "report.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_PICTURE = re.compile(r'src="cid:([A-Za-z0-9_.-]+\.png)"')


def _issues(v: Visit) -> Any:
    with reading(v.house.engine) as session:
        found = issues.listed(session, v.actor)
    at, zone = now(), v.house.home.settings.time_zone
    regular = [
        (timed, TOPICS[f"{REPORT}{timed.parameters['name']}"].label, timed.next(at, zone))
        for timed in timetable()
        if timed.flow == "reports"
    ]
    return v.page("issues.html", _TITLE, issues=found, regular=regular)


def _folder(v: Visit, issue: Issue) -> Path | None:
    """Where a report's files are; None where it has none any more."""
    folder = v.house.home.path / issue.folder if issue.folder else None
    return folder if folder is not None and folder.is_dir() else None


def _issue(v: Visit, issue_id: str) -> Any:
    with reading(v.house.engine) as session:
        issue = issues.find(session, v.actor, issue_id)
    folder = _folder(v, issue)
    return v.page(
        "issue.html",
        _TITLE,
        issue=issue,
        mail=_shown(folder) if folder else None,
        files=[name for name in _FILES if folder and (folder / name).is_file()],
    )


def _shown(folder: Path) -> str:
    """The mail as it was sent, its pictures in it."""

    def picture(found: re.Match[str]) -> str:
        file = folder / found[1]
        data = base64.b64encode(file.read_bytes()).decode() if file.is_file() else ""
        return f'src="data:image/png;base64,{data}"'

    return _PICTURE.sub(picture, (folder / "mail.html").read_text(encoding="utf-8"))


def _file(v: Visit, issue_id: str, name: str) -> Any:
    with reading(v.house.engine) as session:
        issue = issues.find(session, v.actor, issue_id)
    folder = _folder(v, issue)
    if folder is None or name not in _FILES or not (folder / name).is_file():
        abort(404)
    called = f"{issue.name}-{issue.first_on}{Path(name).suffix}"
    return send_file(folder / name, mimetype=_FILES[name], as_attachment=True, download_name=called)


def _send(v: Visit, issue_id: str) -> Any:
    with writing(v.house.engine) as session:
        issue = issues.find(session, v.actor, issue_id)
        folder = _folder(v, issue)
        letter = issues.letter(v.house.home.path, issue) if folder else outbox.Letter("", "")
        to_all = request.form.get("to") == "all"
        n = issues.send_again(session, v.actor, issue_id, letter, now(), to_all=to_all)
    return v.back(f"/issues/{issue_id}", _SENT.format(n=n))


def _make(v: Visit) -> Any:
    timed = next((one for one in timetable() if one.flow == "reports" and one.key == request.form.get("report")), None)
    if timed is None:
        abort(404)
    with writing(v.house.engine) as session:
        options = {"is_sent": False, "asked_by": v.actor.id}
        runs.wish(session, timed.key, v.actor.id, now(), options)
    return v.back("/issues", _ASKED)


VIEWS = (
    View("issues", "/issues", "issues.read", _issues, title=_TITLE, group=OPERATE, order=41),
    View("issue", "/issues/<issue_id>", "issues.read", _issue),
    View("issue_file", "/issues/<issue_id>/files/<name>", "issues.read", _file),
    View("send_issue", "/issues/<issue_id>/send", "issues.send", _send, ("POST",)),
    View("make_issue", "/issues/make", "issues.read", _make, ("POST",)),
)
