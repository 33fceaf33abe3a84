"""Programmes: who is in one, what they were asked, and what they answered"""

import sqlalchemy as sa
from alembic import op

import bot.store.models

revision = "0008"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = bot.store.models.Moment
    op.create_table(
        "care_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Integer(), nullable=False),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("start", moment(), nullable=False),
        sa.Column("since", moment(), nullable=False),
        sa.Column("ended_at", moment(), nullable=True),
        sa.Column("appointment_id", sa.Integer(), nullable=True),
        sa.Column("consent_id", sa.Integer(), nullable=True),
        sa.Column("again_step", sa.String(length=20), nullable=True),
        sa.Column("again_at", moment(), nullable=True),
        sa.Column("next_text_at", moment(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"]),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"]),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"]),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("appointment_id", "programme"),
    )
    op.create_index("care_plan_patient", "care_plan", ["patient_id", "status"])
    op.create_index("care_plan_phone", "care_plan", ["phone_id"])
    op.create_index("care_plan_next", "care_plan", ["clinic_id", "next_text_at"])
    op.create_table(
        "check_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Integer(), nullable=False),
        sa.Column("care_plan_id", sa.Integer(), nullable=False),
        sa.Column("phone_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("due", moment(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("communication_id", sa.Integer(), nullable=True),
        sa.Column("at", moment(), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("statement", sa.String(length=12), nullable=False),
        sa.Column("answered_at", moment(), nullable=True),
        sa.Column("answer_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["answer_id"], ["communication.id"]),
        sa.ForeignKeyConstraint(["care_plan_id"], ["care_plan.id"]),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"]),
        sa.ForeignKeyConstraint(["communication_id"], ["communication.id"]),
        sa.ForeignKeyConstraint(["phone_id"], ["phone.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("care_plan_id", "step", "due"),
    )
    op.create_index("ix_check_in_communication_id", "check_in", ["communication_id"])
    op.create_index("check_in_phone", "check_in", ["phone_id", "at"])


def downgrade() -> None:
    op.drop_table("check_in")
    op.drop_table("care_plan")
