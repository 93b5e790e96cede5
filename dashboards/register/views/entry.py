"""Writing a report: five screens, each sent and kept; what is written is kept while one types too. One address for all of it.

The address has an id of its own, made before anything is written: however often a form is sent, it is one report.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, jsonify, redirect, request

from bilingual.text import Text
from dashboards.register.forms import read, read_parts
from dashboards.register.view import View, Visit
from dashboards.register.views.lists import GROUP
from fracas import looking
from fracas.columns import COLUMNS, TABLES
from fracas.fields import WITH_REPORTER
from fracas.gates import Missing
from fracas.model import Report
from fracas.refusals import GateError
from warehouse import report_facts
from warehouse.search import assets, tidy

_NEW = Text(en="New report", zh="新建报告")
_COMPLETE = Text(en="Complete the report", zh="补充报告")
_SUBMITTED = Text(
    en="Submitted as {number}. Thank you: it is in the hands of the quality engineers.",
    zh="已上报，编号 {number}。感谢上报，质量工程师将跟进处理。",
)
_LATER = Text(en="Kept as a draft; you find it under “My tasks”.", zh="已保存为草稿；可在“我的任务”中继续。")
_ID = re.compile(r"^[0-9a-zA-Z_-]{16,64}$")
# What a report is begun from: a ticket, a fault, a unit.
_FROM = ("ticket", "fault", "asset", "serial")


@dataclass(frozen=True)
class Step:
    """One screen. names: its columns; folded: those that most reports do without."""

    title: Text
    names: tuple[str, ...]
    folded: tuple[str, ...] = ()


STEPS = (
    Step(
        Text(en="What failed", zh="什么坏了"),
        ("serial_no", "position", "component"),
        ("asset_id", "model", "product_line", "region", "site", "customer_id", "part_no", "part_serial", "lot"),
    ),
    Step(
        Text(en="When and how it was found", zh="何时、如何发现"),
        ("occurred_at", "found_during"),
        ("detected_at", "usage_at_failure", "usage_unit", "ticket_id", "fault_id"),
    ),
    Step(Text(en="What was seen", zh="故障现象"), ("symptom", "symptom_code", "failure_mode")),
    Step(
        Text(en="What it did", zh="影响与处理"),
        ("severity", "effect", "handling"),
        ("delay_minutes", "is_out_of_service"),
    ),
    Step(Text(en="Parts and photos", zh="换件与照片"), ()),
)
_PART = TABLES["replaced_part"][1]


def _new(_v: Visit) -> Any:
    kept = {name: request.args[name][:200] for name in _FROM if request.args.get(name)}
    return redirect(f"/reports/write/{secrets.token_urlsafe(18)}{'?' + urlencode(kept) if kept else ''}")


def _begun_from(v: Visit) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the records know of what the address names: facts, and the parts that were replaced."""
    reading = v.desk.reading()
    if reading is None:
        return {}, []
    asked = {name: request.args.get(name, "") for name in _FROM}
    if asked["fault"]:
        facts = report_facts.of_fault(reading, asked["fault"])
    elif asked["ticket"]:
        facts = report_facts.of_ticket(reading, asked["ticket"])
    else:
        number = asked["asset"] or asked["serial"]
        facts = report_facts.of_asset(reading, number) if number else {}
    if asked["serial"] and "serial_no" not in facts:
        facts["serial_no"] = asked["serial"]
    ticket = facts.get("ticket_id")
    return facts, report_facts.parts_of(reading, ticket) if ticket else []


def _found(v: Visit, submission_id: str) -> Report | None:
    """The report of an address, while it lies with its reporter."""
    if not _ID.match(submission_id):
        return abort(404)
    report = looking.by_submission(v.register, v.actor, submission_id)
    if report is not None and report.state not in WITH_REPORTER:
        return abort(redirect(f"/reports/{report.number or report.id}"))
    return report


def _step() -> int:
    given = request.values.get("step", "1")
    return min(max(int(given), 1), len(STEPS)) if given.isdecimal() and len(given) < 3 else 1


def _write(v: Visit, submission_id: str) -> Any:
    report = _found(v, submission_id)
    if request.method == "POST":
        return _sent(v, submission_id, report)
    return _form(v, submission_id, report, _step())


def _form(
    v: Visit,
    submission_id: str,
    report: Report | None,
    step: int,
    written: Mapping[str, Any] | None = None,
    wrong: Mapping[str, Text] | None = None,
    missing: tuple[Missing, ...] = (),
) -> Response:
    facts, parts = _begun_from(v) if report is None else ({}, report.parts)
    values = {
        name: getattr(report, name) if report else facts.get(name) for s in STEPS for name in (*s.names, *s.folded)
    }
    reading = v.desk.reading()
    model = values["model"]
    return v.page(
        "entry.html",
        _COMPLETE if report is not None and report.number else _NEW,
        400 if wrong or missing else 200,
        id=submission_id,
        report=report,
        step=step,
        steps=STEPS,
        values=values | dict(written or {}),
        parts=list(parts),
        part_columns=_PART,
        wrong=wrong or {},
        missing=missing,
        step_of=_step_of,
        mandatory=v.register.rules.mandatory,
        query=urlencode({k: request.args[k] for k in _FROM if request.args.get(k)}),
        bom=v.house.base.bom(model) if model else (),
        suggested={
            name: report_facts.known(reading, name) if reading is not None else []
            for name in ("component", "failure_mode")
        },
        already=looking.reported(v.register, v.actor, values["ticket_id"], values["fault_id"])
        if report is None
        else (),
        similar=v.similar(values.get("symptom") or "", report.id if report else None) if step >= 3 else [],
    )


def _step_of(name: str | None) -> int:
    """The screen on which a column is filled in."""
    return next((i for i, s in enumerate(STEPS, 1) if name in (*s.names, *s.folded)), len(STEPS))


def _kept(v: Visit, submission_id: str, report: Report | None, values: dict[str, Any]) -> Report:
    """Write what was sent; what the records know of the unit is filled in where nobody said otherwise."""
    if report is None:
        facts, known_parts = _begun_from(v)
        begun = facts | {name: value for name, value in values.items() if value is not None or name in facts}
        report_id = v.register.draft(v.actor, submission_id, _completed(v, begun, None))
        report = v.register.look(v.actor, report_id)
        if known_parts and not report.parts:
            v.register.replace_parts(v.actor, report.id, report.version, known_parts)
    else:
        v.register.save(v.actor, report.id, _version(report), _completed(v, values, report))
    parts = read_parts(request.form)
    report = v.register.look(v.actor, report.id)
    if parts is not None and parts != [{name: getattr(part, name) for name in _PART} for part in report.parts]:
        v.register.replace_parts(v.actor, report.id, report.version, parts)
    return v.register.look(v.actor, report.id)


def _version(report: Report) -> int:
    """The version of the report that the sender had before them."""
    given = request.form.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 9 else report.version


def _completed(v: Visit, values: dict[str, Any], report: Report | None) -> dict[str, Any]:
    """The values, with what is known of a unit that was just named."""
    named = values.get("serial_no") or values.get("asset_id")
    before = (report.serial_no or report.asset_id) if report else None
    reading = v.desk.reading()
    if not named or named == before or reading is None:
        return values
    known = report_facts.of_asset(reading, named)
    return values | {name: value for name, value in known.items() if name in COLUMNS and not values.get(name)}


def _sent(v: Visit, submission_id: str, report: Report | None) -> Any:
    step = _step()
    this = STEPS[step - 1]
    found = read(v, request.form, (*this.names, *this.folded))
    if found.wrong:
        as_written = found.values | {name: request.form.get(name) for name in found.wrong}
        return _form(v, submission_id, report, step, as_written, found.wrong)
    report = _kept(v, submission_id, report, found.values)
    go = request.form.get("go", "next")
    if go == "submit":
        try:
            v.register.move(v.actor, report.id, report.version, "submit")
        except GateError as error:
            first = _step_of(error.missing[0].field)
            return _form(v, submission_id, report, first, None, None, error.missing)
        number = v.register.look(v.actor, report.id).number or ""
        return v.back(f"/reports/{number}", _SUBMITTED.format(number=number))
    if go == "later":
        return v.back("/tasks", _LATER)
    to = int(go) if go.isdecimal() and len(go) < 3 else step + (-1 if go == "back" else 1)
    return redirect(f"/reports/write/{submission_id}?step={min(max(to, 1), len(STEPS))}")


def _autosave(v: Visit, submission_id: str) -> Any:
    """Keep what is written so far; what cannot be read yet stays in the browser."""
    report = _found(v, submission_id)
    this = STEPS[_step() - 1]
    found = read(v, request.form, (*this.names, *this.folded))
    report = _kept(v, submission_id, report, found.values)
    return jsonify(version=report.version, at=v.now()[-5:], wrong={k: t[v.language] for k, t in found.wrong.items()})


def _units(v: Visit) -> Any:
    """Units for a text that somebody types or scans."""
    reading = v.desk.reading()
    text = tidy(request.args.get("text", ""))
    hits = assets(reading, text, 8).hits if reading is not None and text else ()
    return jsonify([{"value": hit.name, "words": " · ".join(hit.more)} for hit in hits])


def _similar(v: Visit) -> Any:
    """Reports and known solutions that sound alike, as a piece of the page."""
    text, other = request.args.get("text", "")[:2_000], request.args.get("report", "")
    return v.page("similar.html", "", similar=v.similar(text, other or None), report_id=other)


VIEWS = (
    View("new", "/reports/new", "report.create", _new, title=_NEW, group=GROUP, order=34),
    View("write", "/reports/write/<submission_id>", "report.create", _write, methods=("GET", "POST")),
    View("autosave", "/reports/write/<submission_id>/autosave", "report.create", _autosave, methods=("POST",)),
    View("units", "/reports/units.json", "report.create", _units),
    View("similar", "/reports/similar", "report.read", _similar),
)
