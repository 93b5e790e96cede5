"""The register's lists: what one has to do, the reports that one looks for, and all of them by state; as a file too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, request

from bilingual.text import Text
from dashboards.export import attached_csv, book, sent
from dashboards.register.shown import shown
from dashboards.register.view import View, Visit
from fracas import lists, notices
from fracas.columns import COLUMNS
from fracas.lists import ORDERS, Asked
from fracas.states import PATH, State

GROUP = Text(en="Register", zh="故障登记")
_TASKS = Text(en="My tasks", zh="我的任务")
_REPORTS = Text(en="Reports", zh="故障报告")
_BOARD = Text(en="Reports by state", zh="报告看板")
_EACH = 50
_LONGEST = 200
# Rows of a file at most.
_CAP = 100_000
_EXPORTED = (
    "number", "state", "severity", "serial_no", "asset_id", "model", "product_line", "region", "component", "part_no", "lot",
    "occurred_at", "symptom", "failure_mode", "cause", "root_cause", "reporter_id", "owner_id", "submitted_at", "closed_at",
    "verdict",
)  # fmt: skip


def asked() -> Asked:
    """What the address asks for; what it says wrongly is left out."""

    def one(name: str) -> str | None:
        return request.args.get(name, "")[:_LONGEST].strip() or None

    states = tuple(s for s in request.args.getlist("state") if s in set(State))
    order = request.args.get("order", "changed")
    return Asked(
        states=states,
        severity=one("severity"),
        product_line=one("product_line"),
        region=one("region"),
        owner_id=one("owner_id"),
        text=one("text"),
        which=request.args.get("which", ""),
        order=order if order in ORDERS else "changed",
    )


def _address(path: str, page: int | None = None) -> str:
    """This address on another path or page, its filters as they are."""
    kept = [(k, v) for k, v in request.args.items(multi=True) if k not in ("page", "lang") and v]
    said = [*kept, ("page", str(page))] if page and page > 1 else kept
    return f"{path}?{urlencode(said)}" if said else path


def _choices(v: Visit) -> dict[str, Any]:
    people = v.house.staff.everybody(v.actor)
    return {
        "product_lines": lists.values(v.register, v.actor, "product_line"),
        "regions": lists.values(v.register, v.actor, "region"),
        "people": [person for person in people if person.is_active],
    }


def _tasks(v: Visit) -> Response:
    return v.page(
        "tasks.html",
        _TASKS,
        tasks=lists.tasks(v.register, v.actor),
        notices=notices.unseen(v.house.engine, v.actor),
        today=v.register.today(),
    )


def _reports(v: Visit) -> Response:
    given = request.args.get("page", "1")
    number = int(given) if given.isdecimal() and len(given) < 6 else 1
    lines, total = lists.found(v.register, v.actor, asked(), (max(number, 1) - 1) * _EACH, _EACH)
    last = max(1, -(-total // _EACH))
    return v.page(
        "reports.html",
        _REPORTS,
        lines=lines,
        total=total,
        number=number,
        last=last,
        asked=asked(),
        orders=ORDERS,
        address=_address,
        today=v.register.today(),
        **_choices(v),
    )


def _board(v: Visit) -> Response:
    columns = lists.by_state(v.register, v.actor, asked())
    order = [*PATH, *(state for state in State if state not in PATH)]
    return v.page(
        "board.html",
        _BOARD,
        columns=[(state, *columns[state]) for state in order if state in columns],
        asked=asked(),
        address=_address,
        today=v.register.today(),
        **_choices(v),
    )


def _exported(v: Visit, kind: str) -> Response:
    if kind not in ("csv", "xlsx"):
        return abort(404)
    lines, total = lists.found(v.register, v.actor, replace(asked(), order="number"), 0, _CAP)
    head = [v.say(COLUMNS[name].label) for name in _EXPORTED]
    rows = [head, *([shown(v, COLUMNS[name], getattr(line.report, name)) for name in _EXPORTED] for line in lines)]
    name = f"reports-{v.register.today()}"
    if kind == "csv":
        return attached_csv(rows, f"{name}.csv")
    about = [
        (v.house.home.settings.organisation, ""),
        (v.say(Text(en="Exported by", zh="导出人")), v.actor.name),
        (v.say(Text(en="Exported at", zh="导出时间")), v.now()),
        (v.say(Text(en="Reports", zh="报告数")), total),
        (v.say(Text(en="Address", zh="地址")), request.url),
    ]
    return sent(book((v.say(Text(en="About", zh="说明")), about), (v.say(_REPORTS), rows)), f"{name}.xlsx")


def _seen(v: Visit, notice_id: str) -> Any:
    notices.seen(v.house.engine, v.actor, notice_id)
    return v.back("/tasks")


VIEWS = (
    View("tasks", "/tasks", "report.read", _tasks, title=_TASKS, group=GROUP, order=31),
    View("reports", "/reports", "report.read", _reports, title=_REPORTS, group=GROUP, order=32),
    View("board", "/reports/board", "report.read", _board, title=_BOARD, group=GROUP, order=33),
    View("reports_file", "/reports/export.<kind>", "report.read", _exported),
    View("notice_seen", "/notices/<notice_id>/seen", "report.read", _seen, methods=("POST",)),
)
