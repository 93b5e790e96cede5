"""The 8D report, D0 to D8."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.register.prints.actions import action_grid
from dashboards.register.prints.files import files
from dashboards.register.prints.forms import Form
from dashboards.register.prints.record import Record, grid, plain
from dashboards.register.prints.sheet import Grid, Section
from dashboards.register.prints.signatures import signature_blocks, signatures
from fracas.columns import COLUMNS
from fracas.gates import REVIEW

_D0 = Text(en="D0 Symptom and emergency response", zh="D0 故障现象与应急处理")
_D1 = Text(en="D1 Team", zh="D1 小组")
_D2 = Text(en="D2 Description of the problem", zh="D2 问题描述")
_D3 = Text(en="D3 Interim containment", zh="D3 临时遏制措施")
_D4 = Text(en="D4 Root cause and escape point", zh="D4 根本原因与流出原因")
_D5 = Text(en="D5 Chosen corrective actions", zh="D5 选定的永久纠正措施")
_D6 = Text(en="D6 Implemented and validated", zh="D6 实施与验证")
_D7 = Text(en="D7 Prevention of recurrence", zh="D7 预防再发生")
_D8 = Text(en="D8 Closure, with thanks to the team", zh="D8 关闭并肯定小组贡献")
_PART = Text(en="Role", zh="角色")
_NAME = Text(en="Name", zh="姓名")
_ACTION_OWNER = Text(en="Action owner", zh="措施责任人")
_SIGNED = Text(en="Signed", zh="签署人")


def _team(r: Record) -> Grid:
    """Everybody who had a part in it, once in each."""
    report = r.report
    parts = [
        (COLUMNS[name].label, r.v.person(getattr(report, name))) for name in ("owner_id", "analyst_id", "reporter_id")
    ]
    parts += [(_ACTION_OWNER, r.v.person(action.owner_id)) for action in report.actions]
    parts += [(_SIGNED, signature.name) for signature in report.signatures]
    said = dict.fromkeys((r.say(part), plain(name)) for part, name in parts if name)
    return grid((r.say(_PART), r.say(_NAME)), said, (1, 2))


def _sections(r: Record) -> tuple[Section, ...]:
    closing = [s for s in r.report.signatures if s.act in (REVIEW, "close")]
    return (
        Section(
            r.say(_D0),
            (
                r.facts(
                    "occurred_at", "detected_at", "found_during", "symptom", "effect", "severity", "delay_minutes",
                    "is_out_of_service", "handling",
                ),
            ),
        ),
        Section(r.say(_D1), (_team(r),)),
        Section(
            r.say(_D2),
            (
                r.facts(
                    "asset_id", "serial_no", "model", "product_line", "site", "position", "component", "part_no",
                    "part_serial", "lot", "symptom_code", "failure_mode", "usage_at_failure", "usage_unit", "is_failure",
                    "failed_item", "is_segregated",
                ),
            ),
        ),
        Section(
            r.say(_D3),
            (
                action_grid(r, r.actions("containment")),
                r.grid(
                    "replaced_part", r.report.parts,
                    "position", "part_no", "quantity", "old_serial", "old_lot", "new_serial", "new_lot",
                ),
            ),
        ),
        Section(
            r.say(_D4),
            (
                r.facts(
                    "location", "mechanism", "is_reproduced", "reproduction", "cause", "root_cause", "escape_cause",
                    "five_whys", "ishikawa", "fault_tree",
                ),
            ),
        ),
        Section(
            r.say(_D5),
            (
                r.grid("action", r.actions("corrective"), "description", "owner_id", "author_id", "original_due_on", "due_on"),
                r.facts("new_risks"),
            ),
        ),
        Section(
            r.say(_D6),
            (
                r.grid(
                    "action", r.actions("corrective"),
                    "description", "implemented_at", "evidence", "effective_serials", "effective_lots",
                ),
                r.facts("configuration_change", "monitored_from", "monitored_days", "verdict", "verdict_at"),
            ),
        ),
        Section(
            r.say(_D7),
            (
                action_grid(r, r.actions("preventive")),
                r.facts("like_items"),
                r.grid(
                    "like_unit", r.report.like_units,
                    "asset_id", "serial_no", "lot", "site", "checked_at", "is_affected", "finding",
                ),
                r.facts("is_management_cause", "management_measures", "management_rules"),
            ),
        ),
        Section(r.say(_D8), (r.facts("closed_at"), signature_blocks(r, closing)[0])),
        signatures(r),
        *files(r),
    )  # fmt: skip


FORM = Form("8d", Text(en="8D report", zh="8D 报告"), 2, _sections)
