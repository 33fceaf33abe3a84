"""The care schedule: when a visit is looked at next, what was sent about it, and who must not be texted"""

import sqlalchemy as sa
from alembic import op

from bot.store.models import LOOK_NOW, Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("patient", sa.Column("zone", sa.String(length=40), nullable=True))
    op.add_column("patient", sa.Column("do_not_text", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("appointment", sa.Column("confidential", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("appointment", sa.Column("told_at", Moment(), nullable=True))
    op.add_column("appointment", sa.Column("next_text_at", Moment(), nullable=True))
    op.create_index("appointment_next_text", "appointment", ["clinic_id", "next_text_at"])
    op.add_column("outbox", sa.Column("useless_at", Moment(), nullable=True))
    op.create_table(
        "communication_request",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("phone_id", sa.Integer(), sa.ForeignKey("phone.id"), nullable=False),
        sa.Column("appointment_id", sa.Integer(), sa.ForeignKey("appointment.id"), nullable=False),
        sa.Column("start", Moment(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("communication_id", sa.Integer(), sa.ForeignKey("communication.id"), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.UniqueConstraint("phone_id", "appointment_id", "start", "step"),
    )
    op.create_index("communication_request_visit", "communication_request", ["appointment_id"])
    op.create_index("communication_request_phone", "communication_request", ["phone_id", "at"])
    op.create_index("ix_communication_request_communication_id", "communication_request", ["communication_id"])
    visits = sa.table("appointment", sa.column("next_text_at", Moment()))
    op.execute(visits.update().values(next_text_at=LOOK_NOW))  # the planner looks at each once


def downgrade() -> None:
    op.drop_table("communication_request")
    op.drop_column("outbox", "useless_at")
    op.drop_index("appointment_next_text", "appointment")
    for column in ("next_text_at", "told_at", "confidential"):
        op.drop_column("appointment", column)
    for column in ("do_not_text", "zone"):
        op.drop_column("patient", column)
