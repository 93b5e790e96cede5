"""The knowledge base: confirmed causes and what helped, found in either language; lessons are written on a report's page."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from bilingual.errors import UserError
from bilingual.text import Text
from dashboards.register.alike import told
from dashboards.register.forms import read
from dashboards.register.sent import version
from dashboards.register.view import View, Visit
from dashboards.register.views.lists import GROUP
from fracas import lessons
from fracas.columns import TABLES
from fracas.lessons import Words

_TITLE = Text(en="Knowledge base", zh="知识库")
_SAVED = Text(en="The lesson was kept.", zh="知识条目已保存。")
_COLUMNS = TABLES["lesson"][1]
_NAMES = tuple(Words.__dataclass_fields__)


def _search(v: Visit) -> Response:
    text = request.args.get("text", "")[:500]
    found = lessons.search(v.house.engine, v.actor, text, most=30)
    return v.page("knowledge.html", _TITLE, text=text, found=told(found, v.language))


def _write(v: Visit, report_id: str) -> Any:
    found = read(v, request.form, _NAMES, _COLUMNS)
    if found.wrong:
        raise UserError(en="A text is too long; shorten it.", zh="文字过长；请缩短。")
    words = Words(**{name: found.values.get(name) or "" for name in _NAMES})
    lessons.write(v.register, v.actor, report_id, version(), words)
    return v.back(f"/reports/{report_id}#lesson", _SAVED)


VIEWS = (
    View("knowledge", "/knowledge", "report.read", _search, title=_TITLE, group=GROUP, order=37),
    View("lesson", "/reports/<report_id>/lesson", "report.analyse", _write, methods=("POST",)),
)
