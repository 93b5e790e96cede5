"""ISO 13485 CAPA: corrective (8.5.2) and preventive (8.5.3) action, in the order of the clauses."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.register.prints.actions import action_grid
from dashboards.register.prints.files import files
from dashboards.register.prints.forms import Form
from dashboards.register.prints.record import Record
from dashboards.register.prints.sheet import Section
from dashboards.register.prints.signatures import signature_blocks, signatures

_IDENTIFIED = Text(
    en="1 Identification of the nonconformity (8.5.2 a, 8.5.3 a)", zh="1 不合格的识别（8.5.2 a、8.5.3 a）"
)
_NEED = Text(en="2 Investigation and need for action (8.5.2 c, 8.5.3 b)", zh="2 调查与措施需求评价（8.5.2 c、8.5.3 b）")
_CAUSE = Text(en="3 Cause (8.5.2 b, 8.5.3 a)", zh="3 原因确定（8.5.2 b、8.5.3 a）")
_PLAN = Text(en="4 Action plan (8.5.2 d, 8.5.3 c)", zh="4 措施计划（8.5.2 d、8.5.3 c）")
_NO_HARM = Text(
    en="5 Verification that the action has no adverse effect (8.5.2 e, 8.5.3 d)",
    zh="5 验证措施无不利影响（8.5.2 e、8.5.3 d）",
)
_DONE = Text(en="6 Implementation (8.5.2 d, 8.5.3 c)", zh="6 措施实施（8.5.2 d、8.5.3 c）")
_EFFECT = Text(en="7 Effectiveness of the action taken (8.5.2 f, 8.5.3 e)", zh="7 措施有效性评审（8.5.2 f、8.5.3 e）")


def _sections(r: Record) -> tuple[Section, ...]:
    lasting = r.actions("corrective", "preventive")
    approvals = [s for s in r.report.signatures if s.act == "approve"]
    return (
        Section(
            r.say(_IDENTIFIED),
            (
                r.facts(
                    "asset_id", "serial_no", "model", "product_line", "customer_id", "site", "component", "part_no", "lot",
                    "occurred_at", "detected_at", "found_during", "symptom_code", "symptom", "failure_mode", "reporter_id",
                    "submitted_at",
                ),
            ),
        ),
        Section(
            r.say(_NEED),
            (
                r.facts(
                    "severity", "effect", "is_failure", "failed_item", "is_segregated", "handling", "like_items",
                ),
                r.grid(
                    "like_unit", r.report.like_units,
                    "asset_id", "serial_no", "lot", "site", "checked_at", "is_affected", "finding",
                ),
                action_grid(r, r.actions("containment")),
            ),
        ),
        Section(
            r.say(_CAUSE),
            (
                r.facts(
                    "analyst_id", "location", "mechanism", "is_reproduced", "reproduction", "cause", "root_cause",
                    "escape_cause", "five_whys", "ishikawa", "fault_tree", "is_management_cause",
                ),
            ),
        ),
        Section(
            r.say(_PLAN),
            (r.grid("action", lasting, "kind", "description", "owner_id", "author_id", "original_due_on", "due_on"),),
        ),
        Section(r.say(_NO_HARM), (r.facts("new_risks"), signature_blocks(r, approvals)[0])),
        Section(
            r.say(_DONE),
            (
                r.grid(
                    "action", lasting,
                    "description", "implemented_at", "evidence", "effective_serials", "effective_lots",
                ),
                r.facts("configuration_change"),
            ),
        ),
        Section(
            r.say(_EFFECT), (r.facts("monitored_from", "monitored_days", "verdict", "verdict_at", "closed_at"),)
        ),
        signatures(r),
        *files(r),
    )  # fmt: skip


FORM = Form("capa", Text(en="CAPA report (ISO 13485)", zh="CAPA 报告（ISO 13485）"), 4, _sections)
