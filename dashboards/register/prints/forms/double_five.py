"""双五归零: five points of technique and five of management, each with what the report says to it."""

from __future__ import annotations

from bilingual.text import Text
from dashboards.register.prints.actions import action_grid
from dashboards.register.prints.files import files
from dashboards.register.prints.forms import Form
from dashboards.register.prints.record import Record
from dashboards.register.prints.sheet import Facts, Section
from dashboards.register.prints.signatures import signatures

_PROBLEM = Text(en="The problem", zh="问题概述")
_LOCATED = Text(en="Technical 1 Located exactly", zh="技术归零 1 定位准确")
_MECHANISM = Text(en="Technical 2 Mechanism clear", zh="技术归零 2 机理清楚")
_REPRODUCED = Text(en="Technical 3 Problem reproduced", zh="技术归零 3 问题复现")
_EFFECTIVE = Text(en="Technical 4 Measures effective", zh="技术归零 4 措施有效")
_LIKE = Text(en="Technical 5 Like items looked at", zh="技术归零 5 举一反三")
_MANAGEMENT = Text(en="Management: does it apply", zh="管理归零：是否适用")
_APPLIES = Text(en="What follows", zh="结论")
_NEEDED = Text(en="The five points of management are to be met.", zh="须完成管理归零五条。")
_NOT_NEEDED = Text(en="Not applicable: management was no cause.", zh="不适用：不存在管理原因。")
_UNDECIDED = Text(en="Not decided yet.", zh="尚未判定。")
# Each point of management and the column that answers it.
_POINTS = (
    (Text(en="Management 1 Process clear", zh="管理归零 1 过程清楚"), "management_process"),
    (Text(en="Management 2 Responsibility clear", zh="管理归零 2 责任明确"), "management_responsibility"),
    (Text(en="Management 3 Measures carried out", zh="管理归零 3 措施落实"), "management_measures"),
    (Text(en="Management 4 Dealt with seriously", zh="管理归零 4 严肃处理"), "management_discipline"),
    (Text(en="Management 5 Rules completed", zh="管理归零 5 完善规章"), "management_rules"),
)


def _sections(r: Record) -> tuple[Section, ...]:
    was_cause = r.report.is_management_cause
    follows = _UNDECIDED if was_cause is None else _NEEDED if was_cause else _NOT_NEEDED
    return (
        Section(
            r.say(_PROBLEM),
            (
                r.facts(
                    "asset_id", "serial_no", "model", "product_line", "site", "occurred_at", "detected_at", "found_during",
                    "symptom", "failure_mode", "effect", "severity", "handling",
                ),
            ),
        ),
        Section(
            r.say(_LOCATED),
            (
                r.facts(
                    "location", "failed_item", "position", "component", "part_no", "part_serial", "lot", "is_failure",
                    "is_segregated",
                ),
            ),
        ),
        Section(
            r.say(_MECHANISM),
            (
                r.facts(
                    "mechanism", "cause", "root_cause", "escape_cause", "five_whys", "ishikawa", "fault_tree", "analyst_id",
                ),
            ),
        ),
        Section(r.say(_REPRODUCED), (r.facts("is_reproduced", "reproduction"),)),
        Section(
            r.say(_EFFECTIVE),
            (
                action_grid(r, r.actions("containment", "corrective", "preventive")),
                r.facts(
                    "new_risks", "configuration_change", "monitored_from", "monitored_days", "verdict", "verdict_at",
                ),
            ),
        ),
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
        Section(
            r.say(_MANAGEMENT), (Facts((*r.facts("is_management_cause").rows, (r.say(_APPLIES), r.say(follows)))),)
        ),
        *(Section(r.say(title), (r.facts(column),)) for title, column in _POINTS),
        signatures(r),
        *files(r),
    )  # fmt: skip


FORM = Form("double-five", Text(en="Double-five zeroing report", zh="双五归零报告"), 3, _sections)
