"""What was not done, why, and what one had written, so that nothing is lost: a conflict, a closed gate, a refusal."""

from __future__ import annotations

from flask import Response, request

from bilingual.errors import UserError
from bilingual.text import Text
from dashboards.components.states import FORBIDDEN, FORBIDDEN_TITLE
from dashboards.register.history import told
from dashboards.register.view import Visit, inside
from fracas.database import ConflictError, FullError
from fracas.people import RefusedError
from fracas.refusals import GateError, MeanwhileError, NotThereError

_TITLES = {
    404: Text(en="Not found", zh="未找到"),
    403: Text(en="Not done", zh="未执行"),
    409: Text(en="Changed in between", zh="内容已被他人修改"),
    400: Text(en="Not done", zh="未执行"),
    507: Text(en="No room", zh="空间不足"),
}
# What is sent with every form and says nothing to its reader, and what nobody should read on a screen.
_NOT_SHOWN = frozenset({"csrf_token", "version", "password", "back"})


def _status(error: UserError) -> int:
    match error:
        case NotThereError():
            return 404
        case RefusedError():
            return 403
        case ConflictError():
            return 409
        case FullError():
            return 507
    return 400


_STOPPED = {
    403: (FORBIDDEN_TITLE, FORBIDDEN),
    404: (
        Text(en="There is no such page", zh="没有此页面"),
        Text(
            en="The address may have been cut off, or what it names is not yours to see.",
            zh="地址可能不完整，或您无权查看其内容。",
        ),
    ),
}


def stopped(v: Visit, status: int) -> Response:
    """The page of an address that is not there, or not for who asks."""
    title, words = _STOPPED[status]
    return v.page("stopped.html", title, status, said=v.say(words))


def refused(v: Visit, error: UserError) -> Response:
    """The page that says so."""
    status = _status(error)
    written = [(name, text) for name, text in request.form.items(multi=True) if name not in _NOT_SHOWN and text.strip()]
    events = told(v, error.events) if isinstance(error, MeanwhileError) else []
    missing = [m.text[v.language] for m in error.missing] if isinstance(error, GateError) else []
    back = request.form.get("back") or request.path
    return v.page(
        "refused.html",
        _TITLES[status],
        status,
        said=error[v.language],
        written=written,
        events=events,
        missing=missing,
        back=inside(back) or "/reports",
    )
