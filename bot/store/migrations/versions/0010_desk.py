"""The desk: who has a conversation open, replies that go later, apologies, items that were handed on, papers, saved views"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "viewing",
        sa.Column("phone_id", sa.Integer(), sa.ForeignKey("phone.id"), primary_key=True),
        sa.Column("actor_id", sa.Integer(), primary_key=True),
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "planned_reply",
        sa.Column("communication_id", sa.Integer(), sa.ForeignKey("communication.id"), primary_key=True),
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("phone_id", sa.Integer(), sa.ForeignKey("phone.id"), nullable=False),
        sa.Column("actor_id", sa.Integer()),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("done_at", sa.DateTime()),
        sa.Index("planned_reply_open", "clinic_id", "done_at"),
        sa.Index("planned_reply_phone", "phone_id"),
    )
    op.add_column("promise", sa.Column("apologised_at", sa.DateTime()))
    op.add_column("task", sa.Column("escalated_from", sa.String(80)))
    op.create_table(
        "paper",
        sa.Column("appointment_id", sa.Integer(), sa.ForeignKey("appointment.id"), primary_key=True),
        sa.Column("name", sa.String(30), primary_key=True),
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("whose", sa.String(12), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Index("saved_view_actor", "clinic_id", "actor_id"),
    )


def downgrade() -> None:
    op.drop_table("saved_view")
    op.drop_table("paper")
    op.drop_column("task", "escalated_from")
    op.drop_column("promise", "apologised_at")
    op.drop_table("planned_reply")
    op.drop_table("viewing")
