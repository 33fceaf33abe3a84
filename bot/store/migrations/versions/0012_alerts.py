"""Urgent items that somebody must take on, and who has been told because nobody did"""

import sqlalchemy as sa
from alembic import op

import bot.store.models

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Integer(), nullable=False),
        sa.Column("since", bot.store.models.Moment(), nullable=False),
        sa.Column("acknowledged_at", bot.store.models.Moment(), nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=True),
        sa.Column("told", sa.Integer(), server_default="0", nullable=False),
        sa.Column("place", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.String(length=40), nullable=True),
        sa.Column("next_at", bot.store.models.Moment(), nullable=True),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"]),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"]),
        sa.PrimaryKeyConstraint("task_id"),
    )
    op.create_index("alert_open", "alert", ["clinic_id", "acknowledged_at", "since"])
    op.execute(
        "INSERT INTO alert (task_id, clinic_id, since) SELECT id, clinic_id, created_at FROM task"
        " WHERE rank = 0 AND status = 'requested' AND owner_id IS NULL"
    )


def downgrade() -> None:
    op.drop_table("alert")
