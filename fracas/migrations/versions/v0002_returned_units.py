"""Returned units, lessons, notices, and who people are to the house's single sign-on."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "lesson",
        sa.Column("report_id", sa.String(length=32), nullable=False),
        sa.Column("author_id", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("symptom_en", sa.Text(), nullable=False),
        sa.Column("symptom_zh", sa.Text(), nullable=False),
        sa.Column("cause_en", sa.Text(), nullable=False),
        sa.Column("cause_zh", sa.Text(), nullable=False),
        sa.Column("solution_en", sa.Text(), nullable=False),
        sa.Column("solution_zh", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["person.id"], name=op.f("fk_lesson_author_id")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_lesson_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson")),
        sa.UniqueConstraint("report_id", name=op.f("uq_lesson_report_id")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("report_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("en", sa.Text(), nullable=False),
        sa.Column("zh", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_notice_person_id")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_notice_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notice_person_id_seen_at"), ["person_id", "seen_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notice_report_id"), ["report_id"], unique=False)

    op.create_table(
        "returned_unit",
        sa.Column("report_id", sa.String(length=32), nullable=False),
        sa.Column("repair_no", sa.Text(), nullable=True),
        sa.Column("part_no", sa.Text(), nullable=True),
        sa.Column("serial_no", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("started_by_id", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.DateTime(), nullable=True),
        sa.Column("inspected_at", sa.DateTime(), nullable=True),
        sa.Column("inspection", sa.Text(), nullable=True),
        sa.Column("repaired_at", sa.DateTime(), nullable=True),
        sa.Column("repair", sa.Text(), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=True),
        sa.Column("released_at", sa.DateTime(), nullable=True),
        sa.Column("final_inspection", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("sent_to", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_returned_unit_report_id")),
        sa.ForeignKeyConstraint(["started_by_id"], ["person.id"], name=op.f("fk_returned_unit_started_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_unit")),
    )
    with op.batch_alter_table("returned_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_returned_unit_report_id"), ["report_id"], unique=False)

    # Not in a batch: that would make the table anew, and SQLite lets go of none that others refer to.
    op.add_column("person", sa.Column("subject", sa.String(length=400), nullable=True))
    op.create_index(op.f("ix_person_subject"), "person", ["subject"], unique=True)
