"""FRACAS reports: what they say of a failure agrees with the fault and the ticket."""

from bilingual.text import Text
from expectations.check import delivered, in_order, not_ahead, of_entity, rows, same
from expectations.drift import volume_drift

SUITE = of_entity(
    "fracas_report",
    *in_order("occurred_at", "submitted_at", "closed_at"),
    *not_ahead("submitted_at"),
    rows(
        "closed_has_closing_time",
        "state = 'closed' AND closed_at IS NULL",
        "closed_at",
        Text(en="Every report in the state closed has a closing time.", zh="状态为归零关闭的报告都有归零时间。"),
    ),
    rows(
        "closed_has_root_cause",
        f"state = 'closed' AND root_cause IS NULL AND {delivered('root_cause')}",
        "root_cause",
        Text(en="Every report in the state closed has a root cause.", zh="状态为归零关闭的报告都有根本原因。"),
    ),
    same(
        "asset_id",
        "fault",
        "fault_id",
        Text(en="A report is about the machine of its fault.", zh="报告的设备与其故障的设备一致。"),
    ),
    same(
        "ticket_id",
        "fault",
        "fault_id",
        Text(en="A report names the ticket of its fault.", zh="报告的工单与其故障的工单一致。"),
    ),
    volume_drift("submitted_at"),
)
