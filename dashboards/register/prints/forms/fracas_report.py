"""The FRACAS report: all that the register knows of a failure, in the order in which it came to be known."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.register.history import told
from dashboards.register.prints.actions import action_grid
from dashboards.register.prints.files import files
from dashboards.register.prints.forms import Form
from dashboards.register.prints.record import Record, grid, plain
from dashboards.register.prints.sheet import Grid, Section
from dashboards.register.prints.signatures import signatures

_REPORT = Text(en="Report", zh="报告")
_ITEM = Text(en="What failed", zh="故障对象")
_FOUND = Text(en="When and how it was found, and its effect", zh="故障发生、发现与影响")
_PARTS = Text(en="Configuration record: replaced parts", zh="技术状态记录：更换部件")
_VERIFIED = Text(en="Verification of the failure", zh="故障核实")
_CAUSE = Text(en="Analysis of the cause", zh="原因分析")
_MANAGEMENT = Text(en="Management causes", zh="管理原因")
_ACTIONS = Text(en="Actions", zh="措施")
_LIKE = Text(en="Like items", zh="举一反三")
_EFFECT = Text(en="Verification of the effect", zh="效果验证")
_REPAIR = Text(en="Repair of the failed item", zh="故障件返修")
_HISTORY = Text(en="History", zh="历史记录")
_HEADS = (
    Text(en="Time", zh="时间"),
    Text(en="Who", zh="人员"),
    Text(en="What", zh="事项"),
    Text(en="State", zh="状态变化"),
    Text(en="Reason", zh="理由"),
)


def _history(r: Record) -> Grid:
    rows = (tuple(map(plain, (e.at, e.who, e.what, e.way, e.reason))) for e in reversed(told(r.v, r.events)))
    return grid(tuple(r.say(head) for head in _HEADS), rows, (3, 2, 3, 4, 4))


def _sections(r: Record) -> tuple[Section, ...]:
    return (
        Section(
            r.say(_REPORT),
            (
                r.facts(
                    "reporter_id", "owner_id", "created_at", "submitted_at", "closed_at", "duplicate_of_id", "ticket_id",
                    "fault_id",
                ),
            ),
        ),
        Section(
            r.say(_ITEM),
            (
                r.facts(
                    "asset_id", "serial_no", "model", "product_line", "region", "customer_id", "site", "position",
                    "component", "part_no", "part_serial", "lot",
                ),
            ),
        ),
        Section(
            r.say(_FOUND),
            (
                r.facts(
                    "occurred_at", "detected_at", "found_during", "usage_at_failure", "usage_unit", "symptom_code", "symptom",
                    "failure_mode", "effect", "severity", "delay_minutes", "is_out_of_service", "handling",
                ),
            ),
        ),
        Section(
            r.say(_PARTS),
            (
                r.grid(
                    "replaced_part", r.report.parts,
                    "position", "part_no", "quantity", "old_serial", "old_lot", "new_serial", "new_lot",
                ),
                r.facts("configuration_change"),
            ),
        ),
        Section(r.say(_VERIFIED), (r.facts("is_failure", "failed_item", "is_segregated"),)),
        Section(
            r.say(_CAUSE),
            (
                r.facts(
                    "analyst_id", "location", "mechanism", "is_reproduced", "reproduction", "cause", "root_cause",
                    "escape_cause", "five_whys", "ishikawa", "fault_tree",
                ),
            ),
        ),
        Section(
            r.say(_MANAGEMENT),
            (
                r.facts(
                    "is_management_cause", "management_process", "management_responsibility", "management_measures",
                    "management_discipline", "management_rules",
                ),
            ),
        ),
        Section(r.say(_ACTIONS), (action_grid(r, r.report.actions), r.facts("new_risks"))),
        Section(
            r.say(_LIKE),
            (
                r.facts("like_items"),
                r.grid(
                    "like_unit", r.report.like_units,
                    "asset_id", "serial_no", "lot", "site", "checked_at", "checked_by_id", "is_affected", "finding",
                ),
            ),
        ),
        Section(r.say(_EFFECT), (r.facts("monitored_from", "monitored_days", "verdict", "verdict_at"),)),
        Section(
            r.say(_REPAIR),
            (
                r.grid(
                    "returned_unit", r.report.returned_units,
                    "repair_no", "description", "serial_no", "received_at", "inspection", "repair", "final_inspection",
                    "verdict", "sent_at",
                ),
            ),
        ),
        signatures(r),
        *files(r),
        Section(r.say(_HISTORY), (_history(r),)),
    )  # fmt: skip


FORM = Form("fracas", Text(en="FRACAS report", zh="FRACAS 故障报告"), 1, _sections)
