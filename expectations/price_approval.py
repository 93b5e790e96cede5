"""Price approvals: an amount, and who decided."""

from bilingual.text import Text
from expectations.check import delivered, not_ahead, not_negative, of_entity, rows
from expectations.drift import volume_drift

SUITE = of_entity(
    "price_approval",
    *not_negative("amount"),
    *not_ahead("decided_at"),
    rows(
        "waiver_has_approver",
        f"waived AND approver_role IS NULL AND {delivered('approver_role')}",
        "approver_role",
        Text(en="Every waiver says who approved it.", zh="每项减免都注明审批人。"),
    ),
    volume_drift("decided_at"),
)
