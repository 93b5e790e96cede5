"""What forms on a report's page do: each is one operation of the register, and then the page again."""

from __future__ import annotations

from typing import Any

from flask import abort, request

from bilingual.errors import UserError
from bilingual.text import Text
from dashboards.register.forms import read, read_parts
from dashboards.register.sent import version
from dashboards.register.view import View, Visit
from fracas import returned
from fracas.columns import COLUMNS, TABLES
from fracas.fields import GROUPS
from fracas.gates import REVIEW
from fracas.register import Planned, Rejoinder
from fracas.states import LABELS, MOVES, State
from warehouse import report_facts

_GROUPS = {group.name: group for group in GROUPS}
_ACTION, _UNIT = TABLES["action"][1], TABLES["like_unit"][1]
_SAVED = Text(en="Saved.", zh="已保存。")
_MOVED = Text(en="The report is now “{state}”.", zh="报告现为“{state}”。")
_SIGNED = Text(en="Your signature was noted; others still have to sign.", zh="已记录您的签署；尚待其他职能签署。")
_REVIEWED = Text(en="Your review was signed.", zh="审查已签署。")
_LISTED = Text(en="Units listed: {n}.", zh="已列出 {n} 台设备。")
_NONE_LISTED = Text(en="The records know no other unit like this.", zh="记录中没有其他同类设备。")


def _checked(v: Visit, names: tuple[str, ...], columns: Any = COLUMNS) -> dict[str, Any]:
    """What a form says of some columns; UserError for what cannot be read."""
    found = read(v, request.form, names, columns)
    if found.wrong:
        said = [f"{v.say(columns[name].label)}: {v.say(text)}" for name, text in found.wrong.items()]
        raise UserError(en="{said}", zh="{said}", said=" ".join(said))
    return found.values


def _here(v: Visit, report_id: str, said: Text, anchor: str = "") -> Any:
    return v.back(f"/reports/{report_id}{anchor}", said)


def _save(v: Visit, report_id: str, group: str) -> Any:
    if group not in _GROUPS:
        return abort(404)
    v.register.save(v.actor, report_id, version(), _checked(v, _GROUPS[group].columns))
    return _here(v, report_id, _SAVED)


def _move(v: Visit, report_id: str, name: str) -> Any:
    if name not in MOVES:
        return abort(404)
    sent = request.form
    said = Rejoinder(
        reason=sent.get("reason"),
        password=sent.get("password"),
        remark=sent.get("remark"),
        duplicate_of=v.id_of(sent["duplicate_of"]) if sent.get("duplicate_of") else None,
    )
    before = v.register.look(v.actor, report_id).state
    state = v.register.move(v.actor, report_id, version(), name, said)
    words = _SIGNED if state == before else _MOVED.format(state=LABELS[State(state)])
    return _here(v, report_id, words)


def _review(v: Visit, report_id: str) -> Any:
    sent = request.form
    v.register.review(v.actor, report_id, version(), sent.get("password", ""), sent.get("remark"))
    return _here(v, report_id, _REVIEWED)


def _plan(v: Visit, report_id: str) -> Any:
    said = _checked(v, ("description", "owner_id", "due_on"), _ACTION)
    kind = request.form.get("kind", "")
    if kind not in ("containment", "corrective", "preventive"):
        raise UserError(en="Say of which kind the action is.", zh="请选择措施类型。")
    if not said.get("owner_id") or not said.get("due_on"):
        raise UserError(en="An action needs an owner and a due date.", zh="措施须有责任人和期限。")
    planned = Planned(kind, said.get("description") or "", said["owner_id"], said["due_on"])
    v.register.plan(v.actor, report_id, version(), planned)
    return _here(v, report_id, _SAVED, "#actions")


def _action(v: Visit, report_id: str, action_id: str, deed: str) -> Any:
    sent = request.form
    match deed:
        case "postpone":
            said = _checked(v, ("due_on",), _ACTION)
            if not said.get("due_on"):
                raise UserError(en="Say the new due date.", zh="请填写新的期限。")
            v.register.postpone(v.actor, action_id, version(), said["due_on"], sent.get("reason", ""))
        case "implemented":
            said = _checked(v, ("evidence", "effective_serials", "effective_lots"), _ACTION)
            v.register.implemented(
                v.actor,
                action_id,
                version(),
                said.get("evidence") or "",
                said.get("effective_serials") or (),
                said.get("effective_lots") or (),
            )
        case "withdraw":
            v.register.withdraw(v.actor, action_id, version(), sent.get("reason", ""))
        case _:
            return abort(404)
    return _here(v, report_id, _SAVED, "#actions")


def _list_units(v: Visit, report_id: str) -> Any:
    """Units that share the part (or the model), from the records; or those that somebody names, one a line."""
    report = v.register.look(v.actor, report_id)
    reading = v.desk.reading()
    by = request.form.get("by", "")
    if by == "named":
        names = [line.strip() for line in request.form.get("units", "").splitlines() if line.strip()][:500]
        known = [report_facts.of_asset(reading, name) if reading else {} for name in names]
        units = [
            {k: k_of.get(k) for k in ("asset_id", "serial_no", "site")} if k_of else {"serial_no": name[:200]}
            for name, k_of in zip(names, known, strict=True)
        ]
    elif reading is None:
        units = []
    else:
        found = report_facts.like_units(
            reading,
            asset_id=report.asset_id,
            part_no=report.part_no if by == "part" else None,
            lot=report.lot if by == "part" else None,
            model=report.model if by == "model" else None,
        )
        units = [
            {"asset_id": u["asset_id"], "serial_no": u["serial_no"], "site": u["site"], "lot": report.lot}
            for u in found
        ]
    if not units:
        return _here(v, report_id, _NONE_LISTED, "#units")
    v.register.list_units(v.actor, report_id, version(), units)
    return _here(v, report_id, _LISTED.format(n=len(units)), "#units")


def _check_unit(v: Visit, report_id: str, unit_id: str) -> Any:
    said = _checked(v, ("is_affected", "finding"), _UNIT)
    if said.get("is_affected") is None:
        raise UserError(en="Say whether the unit is affected.", zh="请说明该设备是否受影响。")
    v.register.check_unit(v.actor, unit_id, is_affected=said["is_affected"], finding=said.get("finding") or "")
    return _here(v, report_id, _SAVED, "#units")


def _parts(v: Visit, report_id: str) -> Any:
    v.register.replace_parts(v.actor, report_id, version(), read_parts(request.form) or [])
    return _here(v, report_id, _SAVED, "#parts")


def _same(v: Visit, report_id: str) -> Any:
    v.register.same_fault(v.actor, report_id, v.id_of(request.form.get("other", "")))
    return _here(v, report_id, _SAVED, "#same")


def _start_repair(v: Visit, report_id: str) -> Any:
    names = ("repair_no", "part_no", "serial_no", "description")
    returned.start(v.register, v.actor, report_id, version(), _checked(v, names, TABLES["returned_unit"][1]))
    return _here(v, report_id, _SAVED, "#returned")


def _go_on(v: Visit, report_id: str, unit_id: str, step: str) -> Any:
    sent = request.form
    returned.go_on(v.register, v.actor, unit_id, version(), step, sent.get("said", "")[:20_000], sent.get("verdict"))
    return _here(v, report_id, _SAVED, "#returned")


# The door asks for the least that any of these needs; the register asks for what each of them does.
_POST = ("POST",)
VIEWS = (
    View("save", "/reports/<report_id>/save/<group>", "report.read", _save, _POST),
    View("move", "/reports/<report_id>/move/<name>", "report.read", _move, _POST),
    View(REVIEW, "/reports/<report_id>/review", "report.review", _review, _POST),
    View("plan", "/reports/<report_id>/actions", "report.contain", _plan, _POST),
    View("action", "/reports/<report_id>/actions/<action_id>/<deed>", "report.read", _action, _POST),
    View("list_units", "/reports/<report_id>/units", "report.analyse", _list_units, _POST),
    View("check_unit", "/reports/<report_id>/units/<unit_id>", "report.read", _check_unit, _POST),
    View("parts", "/reports/<report_id>/parts", "report.read", _parts, _POST),
    View("same", "/reports/<report_id>/same", "report.read", _same, _POST),
    View("start_repair", "/reports/<report_id>/returned", "report.read", _start_repair, _POST),
    View("go_on", "/reports/<report_id>/returned/<unit_id>/<step>", "report.read", _go_on, _POST),
)
