"""Several workers share the outbox: priorities, leases, the sender's state; what became of replies; numbers without texts"""

import sqlalchemy as sa
from alembic import op

from bot.store.models import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sender",
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), primary_key=True),
        sa.Column("free_at", Moment()),
        sa.Column("paused_at", Moment()),
        sa.Column("stopped_at", Moment()),
        sa.Column("stopped_code", sa.Integer()),
    )
    op.execute("INSERT INTO sender (clinic_id) SELECT id FROM clinic")
    op.add_column("phone", sa.Column("unusable_at", Moment()))
    op.add_column("communication", sa.Column("reply_sid", sa.String(64)))
    op.add_column("communication", sa.Column("reply_status", sa.String(20)))
    op.add_column("communication", sa.Column("error", sa.Integer()))
    known = sa.text("reply_sid IS NOT NULL")
    op.create_index("communication_reply", "communication", ["reply_sid"], sqlite_where=known, postgresql_where=known)
    op.drop_index("outbox_waiting", "outbox")
    with op.batch_alter_table("outbox") as outbox:
        outbox.alter_column("leased_until", new_column_name="look_at", existing_type=sa.DateTime(), existing_nullable=True)
        outbox.add_column(sa.Column("priority", sa.Integer(), nullable=False, server_default="2"))
        outbox.add_column(sa.Column("reason", sa.String(80)))
    op.create_index("outbox_waiting", "outbox", ["status", "priority", "send_at"])
    op.create_index("outbox_look", "outbox", ["look_at"])
    # Replies from before this version have no status of their own: they are taken as they were until now, as sent.
    op.execute("UPDATE communication SET reply_status = 'sent' WHERE answered_via = 'twiml'")


def downgrade() -> None:
    op.drop_index("outbox_look", "outbox")
    op.drop_index("outbox_waiting", "outbox")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_column("reason")
        outbox.drop_column("priority")
        outbox.alter_column("look_at", new_column_name="leased_until", existing_type=sa.DateTime(), existing_nullable=True)
    op.create_index("outbox_waiting", "outbox", ["status", "send_at"])
    op.drop_index("communication_reply", "communication")
    for name in ("error", "reply_status", "reply_sid"):
        op.drop_column("communication", name)
    op.drop_column("phone", "unusable_at")
    op.drop_table("sender")
