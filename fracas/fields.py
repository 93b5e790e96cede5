"""Which columns of a report people fill in, in groups: who may change each, and while the report stands where."""

from __future__ import annotations

from dataclasses import dataclass

from bilingual.text import Text
from fracas.states import FOLLOWED, State

S = State


@dataclass(frozen=True)
class Group:
    """Columns that are filled in together. permission: what their person must be allowed; states: while they may.

    is_reporters: whether the reporter may too, while the report lies with them.
    """

    name: str
    label: Text
    columns: tuple[str, ...]
    permission: str
    states: frozenset[State]
    is_reporters: bool = False


# In the hands of the reporter: nobody else works on it.
WITH_REPORTER = frozenset({S.DRAFT, S.RETURNED})
_BEFORE_APPROVAL = frozenset({S.VERIFIED, S.CONTAINED, S.ANALYSING, S.CAUSE_CONFIRMED, S.REOPENED})

GROUPS: tuple[Group, ...] = (
    Group(
        "facts",
        Text(en="Facts", zh="故障事实"),
        (
            "ticket_id", "fault_id", "asset_id", "serial_no", "model", "product_line", "region", "customer_id", "site",
            "position", "component", "part_no", "part_serial", "lot", "occurred_at", "detected_at", "found_during",
            "usage_at_failure", "usage_unit", "symptom_code", "symptom", "failure_mode", "effect", "severity",
            "delay_minutes", "is_out_of_service", "handling",
        ),
        "report.edit",
        FOLLOWED,
        is_reporters=True,
    ),
    Group("owner", Text(en="Owner", zh="责任人"), ("owner_id",), "report.edit", FOLLOWED),
    Group(
        "verification",
        Text(en="Verification", zh="核实"),
        ("is_failure", "failed_item", "is_segregated"),
        "report.verify",
        frozenset({S.SUBMITTED, S.VERIFIED}),
    ),
    Group(
        "analysis",
        Text(en="Cause", zh="原因分析"),
        (
            "analyst_id", "location", "mechanism", "is_reproduced", "reproduction", "cause", "root_cause", "escape_cause",
            "five_whys", "ishikawa", "fault_tree",
        ),
        "report.analyse",
        frozenset({S.CONTAINED, S.ANALYSING}),
    ),
    Group(
        "assessment",
        Text(en="Risks and like items", zh="风险与举一反三"),
        ("new_risks", "like_items", "configuration_change"),
        "report.analyse",
        _BEFORE_APPROVAL,
    ),
    Group(
        "management",
        Text(en="Management cause", zh="管理归零"),
        (
            "is_management_cause", "management_process", "management_responsibility", "management_measures",
            "management_discipline", "management_rules",
        ),
        "report.analyse",
        FOLLOWED - {S.SUBMITTED},
    ),
    Group(
        "monitoring",
        Text(en="Verification of the effect", zh="效果验证"),
        ("monitored_days",),
        "report.monitor",
        frozenset({S.ACTION_APPROVED, S.IMPLEMENTED, S.MONITORING}),
    ),
)  # fmt: skip
GROUP_OF: dict[str, Group] = {column: group for group in GROUPS for column in group.columns}
# While these stand, what was signed must not change under the signature: actions are added before approval only.
ACTIONS_OPEN = FOLLOWED - {S.SUBMITTED, S.MONITORING}
