"""What each column of a report is called and what is written into it: forms, pages, prints and history read it here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bilingual.text import Text

Kind = Literal[
    "line", "words", "instant", "day", "number", "whole", "yes_no", "code", "person", "lines", "bones", "report"
]


@dataclass(frozen=True)
class Column:
    """One column. kind: what is written into it; codes: the list that a code is chosen from; hint: what helps to fill it in."""

    label: Text
    kind: Kind = "line"
    codes: str | None = None
    hint: Text | None = None


def _(en: str, zh: str, kind: Kind = "line", codes: str | None = None, hint: Text | None = None) -> Column:
    return Column(Text(en=en, zh=zh), kind, codes, hint)


# The bones of a fishbone: where causes are looked for (人机料法环测).
BONES: dict[str, Text] = {
    "people": Text(en="People", zh="人"),
    "machine": Text(en="Machine", zh="机"),
    "material": Text(en="Material", zh="料"),
    "method": Text(en="Method", zh="法"),
    "environment": Text(en="Environment", zh="环"),
    "measurement": Text(en="Measurement", zh="测"),
}

COLUMNS: dict[str, Column] = {
    # What it is called and where it stands.
    "number": _("Report no.", "报告编号"),
    "state": _("State", "状态", "code", "fracas_state"),
    "reporter_id": _("Reporter", "上报人", "person"),
    "owner_id": _("Owner", "责任人", "person"),
    "created_at": _("Begun", "创建时间", "instant"),
    "changed_at": _("Last change", "最近修改", "instant"),
    "submitted_at": _("Submitted", "上报时间", "instant"),
    "closed_at": _("Closed", "归零时间", "instant"),
    "duplicate_of_id": _("Duplicate of", "与之重复的报告", "report"),
    # What failed, and where it comes from.
    "ticket_id": _("Ticket no.", "工单号"),
    "fault_id": _("Fault no.", "故障编号"),
    "asset_id": _("Asset no.", "设备编号"),
    "serial_no": _("Serial number", "序列号"),
    "model": _("Model", "型号"),
    "product_line": _("Product line", "产品线"),
    "region": _("Region", "区域"),
    "customer_id": _("Customer no.", "客户编号"),
    "site": _("Site", "地点"),
    "position": _("Position in the bill of materials", "BOM 位置"),
    "component": _("Component", "部件"),
    "part_no": _("Part no.", "备件号"),
    "part_serial": _("Serial number of the part", "部件序列号"),
    "lot": _("Lot", "批次"),
    # When and how it was found, what was seen, what it did.
    "occurred_at": _("Time of failure", "故障时间", "instant"),
    "detected_at": _("Time of detection", "发现时间", "instant"),
    "found_during": _("Found during", "发现时机", "code", "found_during"),
    "usage_at_failure": _("Reading at failure", "故障时用量", "number"),
    "usage_unit": _("Unit of the reading", "用量单位", "code", "usage_unit"),
    "symptom_code": _("Symptom code", "现象代码", "code", "symptom"),
    "symptom": _(
        "Symptom", "故障现象", "words", None,
        Text(en="What was seen, heard, measured; in your own words and language.", zh="看到、听到、测到了什么；可用任一语言描述。"),
    ),
    "failure_mode": _("Failure mode", "故障模式", "code", "failure_mode"),
    "effect": _("Effect on the service", "对运营的影响", "words"),
    "severity": _("Severity", "严重度", "code", "severity"),
    "delay_minutes": _("Delay (minutes)", "晚点（分钟）", "number"),
    "is_out_of_service": _("Taken out of service", "是否停用", "yes_no"),
    "handling": _("Immediate handling", "现场处理", "words"),
    # Verified.
    "is_failure": _("It is a failure", "确认为故障", "yes_no"),
    "failed_item": _("Failed item", "故障件"),
    "is_segregated": _("Failed item segregated", "故障件已隔离", "yes_no"),
    # Why it failed.
    "analyst_id": _("Analyst", "分析人", "person"),
    "location": _("Location of the fault", "故障定位", "words"),
    "mechanism": _("Failure mechanism", "故障机理", "words"),
    "is_reproduced": _("Reproduced", "问题复现", "yes_no"),
    "reproduction": _("How it was reproduced, or why it could not be", "复现方法，或未能复现的理由", "words"),
    "cause": _("Cause", "故障原因", "words"),
    "root_cause": _("Root cause", "根本原因", "words"),
    "escape_cause": _("Why it escaped", "流出原因", "words"),
    "five_whys": _("Five whys", "五个为什么", "lines", None, Text(en="One answer a line, each to why the one above.", zh="每行一个回答，逐层追问。")),
    "ishikawa": _("Fishbone", "鱼骨图", "bones"),
    "fault_tree": _("Notes on the fault tree", "故障树要点", "words"),
    # Where management was the cause (管理归零).
    "is_management_cause": _("Management was a cause", "存在管理原因", "yes_no"),
    "management_process": _("Process", "过程清楚", "words"),
    "management_responsibility": _("Responsibility", "责任明确", "words"),
    "management_measures": _("Measures", "措施落实", "words"),
    "management_discipline": _("Discipline", "严肃处理", "words"),
    "management_rules": _("Rules", "完善规章", "words"),
    # Before the actions are approved.
    "new_risks": _("New risks of the actions", "措施的新风险评估", "words"),
    "like_items": _("Like items", "举一反三", "words"),
    "configuration_change": _("Configuration change", "技术状态更改", "words"),
    # Whether it worked.
    "monitored_from": _("Monitored from", "效果验证开始", "day"),
    "monitored_days": _("Window of verification (days)", "效果验证期（天）", "whole"),
    "verdict": _("Verdict on the effect", "效果结论", "code", "effectiveness_verdict"),
    "verdict_at": _("Time of the verdict", "结论时间", "instant"),
}  # fmt: skip

_PART = {
    "position": _("Position", "位置"),
    "part_no": _("Part no.", "备件号"),
    "quantity": _("Quantity", "数量", "number"),
    "old_serial": _("Old serial no.", "旧件序列号"),
    "old_lot": _("Old lot", "旧件批次"),
    "new_serial": _("New serial no.", "新件序列号"),
    "new_lot": _("New lot", "新件批次"),
}
_ACTION = {
    "kind": _("Kind", "类型", "code", "action_kind"),
    "description": _("Action", "措施", "words"),
    "owner_id": _("Owner", "责任人", "person"),
    "author_id": _("Proposed by", "提出人", "person"),
    "made_at": _("Proposed", "提出时间", "instant"),
    "original_due_on": _("Original due date", "原定期限", "day"),
    "due_on": _("Due", "当前期限", "day"),
    "evidence": _("Evidence", "实施证据", "words"),
    "effective_serials": _("Holds for serials", "适用序列号", "lines"),
    "effective_lots": _("Holds for lots", "适用批次", "lines"),
    "implemented_at": _("Implemented", "实施时间", "instant"),
    "withdrawn_at": _("Withdrawn", "撤回时间", "instant"),
}
_UNIT = {
    "asset_id": _("Asset no.", "设备编号"),
    "serial_no": _("Serial number", "序列号"),
    "lot": _("Lot", "批次"),
    "site": _("Site", "地点"),
    "checked_at": _("Checked", "排查时间", "instant"),
    "checked_by_id": _("Checked by", "排查人", "person"),
    "is_affected": _("Affected", "受影响", "yes_no"),
    "finding": _("Finding", "排查结果", "words"),
}
_SIGNATURE = {
    "act": _("What was signed", "签署事项"),
    "name": _("Name", "姓名"),
    "functions": _("Speaks for", "代表职能", "lines"),
    "meaning_en": _("Meaning (English)", "含义（英文）"),
    "meaning_zh": _("Meaning (Chinese)", "含义（中文）"),
    "digest": _("Hash of what was signed", "签署内容的哈希"),
    "signed_at": _("Signed", "签署时间", "instant"),
    "remark": _("Remark", "备注", "words"),
}
_FILE = {
    "name": _("File", "文件"),
    "kind": _("Kind", "类型"),
    "size": _("Size (bytes)", "大小（字节）", "whole"),
    "sha256": _("SHA-256", "SHA-256"),
    "added_by_id": _("Added by", "添加人", "person"),
    "added_at": _("Added", "添加时间", "instant"),
}
_RETURNED = {
    "repair_no": _("Repair no.", "维修单号"),
    "part_no": _("Part no.", "备件号"),
    "serial_no": _("Serial number", "序列号"),
    "description": _("Item", "部件"),
    "started_at": _("Repair started", "送修时间", "instant"),
    "started_by_id": _("Started by", "送修人", "person"),
    "received_at": _("Received", "收到时间", "instant"),
    "inspected_at": _("Inspected", "检验时间", "instant"),
    "inspection": _("Finding", "检验结果", "words"),
    "repaired_at": _("Repaired", "修复时间", "instant"),
    "repair": _("Repair", "维修内容", "words"),
    "verdict": _("Verdict", "结论", "code", "unit_verdict"),
    "released_at": _("Inspected after repair", "修后检验时间", "instant"),
    "final_inspection": _("Finding after repair", "修后检验结果", "words"),
    "sent_at": _("Sent back", "发回时间", "instant"),
    "sent_to": _("Sent to", "发往"),
}
_LESSON = {
    "author_id": _("Author", "作者", "person"),
    "made_at": _("Written", "编写时间", "instant"),
    "symptom_en": _("Symptom (English)", "现象（英文）", "words"),
    "symptom_zh": _("Symptom (Chinese)", "现象（中文）", "words"),
    "cause_en": _("Cause (English)", "原因（英文）", "words"),
    "cause_zh": _("Cause (Chinese)", "原因（中文）", "words"),
    "solution_en": _("Solution (English)", "解决办法（英文）", "words"),
    "solution_zh": _("Solution (Chinese)", "解决办法（中文）", "words"),
}
_SAME = {"other_id": _("Same fault as", "同一故障", "report")}

# Everything that is told of, by its table: what a row of it is called, and its columns.
TABLES: dict[str, tuple[Text, dict[str, Column]]] = {
    "report": (Text(en="Report", zh="报告"), COLUMNS),
    "replaced_part": (Text(en="Replaced part", zh="更换部件"), _PART),
    "action": (Text(en="Action", zh="措施"), _ACTION),
    "like_unit": (Text(en="Like unit", zh="同类设备"), _UNIT),
    "signature": (Text(en="Signature", zh="签署"), _SIGNATURE),
    "file": (Text(en="File", zh="文件"), _FILE),
    "same_fault": (Text(en="Same fault", zh="同一故障"), _SAME),
    "returned_unit": (Text(en="Returned part", zh="返修件"), _RETURNED),
    "lesson": (Text(en="Lesson", zh="知识条目"), _LESSON),
}
