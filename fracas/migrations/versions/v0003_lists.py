"""What the lists of a register with a hundred thousand reports are found by."""

from alembic import op

revision = "0003"
down_revision = "0002"

_SIGHT = ["state", "region", "product_line", "severity", "owner_id", "reporter_id", "analyst_id"]


def upgrade() -> None:
    op.create_index("ix_report_sight", "report", _SIGHT)
    op.create_index(op.f("ix_report_state_changed_at"), "report", ["state", "changed_at"])
    op.drop_index(op.f("ix_report_state"), "report")
    op.create_index(
        op.f("ix_action_report_id_implemented_at_withdrawn_at_due_on"),
        "action",
        ["report_id", "implemented_at", "withdrawn_at", "due_on"],
    )
    for column in ("occurred_at", "submitted_at", "reporter_id", "owner_id", "analyst_id"):
        op.create_index(op.f(f"ix_report_{column}"), "report", [column])
