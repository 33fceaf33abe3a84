"""The coordinators' work: an order that is read from an index, locks, actions, promises, candidates, words to search"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The ranks of bot/dialogue/items.py at the time of this migration; what is not named here had 5.
RANKS = {
    0: ("urgent_medical", "urgent_self_harm", "urgent_abuse", "urgent_opted_out"),
    1: ("cancel_keyword", "opted_out_message", "held_message"),
    2: ("failed_turn", "late", "arrived"),
    3: ("barrier", "not_delivered"),
    4: ("declined", "unclear_cancel", "no_fit", "paused_message", "clinical_question", "refill", "wrong_number"),
    6: ("tentative", "update_info", "unknown_sender", "media", "loop", "other"),
}


def upgrade() -> None:
    with op.batch_alter_table("task") as task:
        task.add_column(sa.Column("rank", sa.Integer(), nullable=False, server_default="5"))
        task.add_column(sa.Column("fix_by", sa.DateTime()))
        task.add_column(sa.Column("snoozed_until", sa.DateTime()))
        task.add_column(sa.Column("owner_id", sa.Integer()))
        task.add_column(sa.Column("owner", sa.String(80)))
        task.add_column(sa.Column("stage", sa.String(10), nullable=False, server_default=""))
        task.drop_index("task_open")
    task = sa.table("task", *(sa.column(name) for name in ("kind", "rank", "due_at", "fix_by", "created_at")))
    for rank, kinds in RANKS.items():
        op.execute(task.update().where(task.c.kind.in_(kinds)).values(rank=rank))
    op.execute(task.update().values(fix_by=task.c.due_at))
    op.execute(task.update().where(task.c.due_at.is_(None)).values(due_at=task.c.created_at))
    with op.batch_alter_table("task") as task:
        task.alter_column("due_at", existing_type=sa.DateTime(), nullable=False)
        task.alter_column("rank", existing_type=sa.Integer(), server_default=None)
        task.create_index("task_worklist", ["clinic_id", "status", "rank", "due_at", "id"])
        task.create_index("task_closed", ["clinic_id", "status", "closed_at"])
        task.create_index("task_kind", ["clinic_id", "kind", "status", "created_at"])
    op.create_index("appointment_day", "appointment", ["clinic_id", "start"])
    op.create_table(
        "claim",
        sa.Column("phone_id", sa.Integer(), sa.ForeignKey("phone.id"), primary_key=True),
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), nullable=False, index=True),
        sa.Column("actor_id", sa.Integer()),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "staff_action",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), nullable=False, index=True),
        sa.Column("phone_id", sa.Integer(), sa.ForeignKey("phone.id")),
        sa.Column("task_id", sa.Integer(), sa.ForeignKey("task.id")),
        sa.Column("actor_id", sa.Integer()),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("detail", sa.String(120), nullable=False),
        sa.Column("words", sa.LargeBinary()),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Index("staff_action_thread", "phone_id", "id"),
    )
    op.create_table(
        "promise",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("phone_id", sa.Integer(), sa.ForeignKey("phone.id"), nullable=False),
        sa.Column("communication_id", sa.Integer(), sa.ForeignKey("communication.id")),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("kept_at", sa.DateTime()),
        sa.Index("promise_phone", "phone_id", "kept_at"),
        sa.Index("promise_due", "clinic_id", "kept_at", "due_at"),
        sa.Index("promise_made", "clinic_id", "made_at"),
    )
    op.create_table(
        "candidate",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("communication_id", sa.Integer(), sa.ForeignKey("communication.id"), nullable=False, unique=True),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(12), nullable=False),
        sa.Column("context", sa.String(12), nullable=False),
        sa.Column("read_as", sa.String(200), nullable=False),
        sa.Column("means", sa.String(200), nullable=False),
        sa.Column("phrase", sa.LargeBinary()),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("proposed_by", sa.String(80), nullable=False),
        sa.Column("reviewed_by", sa.String(80)),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Index("candidate_status", "clinic_id", "status"),
    )
    op.create_table(
        "word",
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), primary_key=True),
        sa.Column("key", sa.String(22), primary_key=True),
        sa.Column("phone_id", sa.Integer(), sa.ForeignKey("phone.id"), primary_key=True),
        sa.Index("word_phone", "phone_id"),
    )
    op.create_table("indexed", sa.Column("what", sa.String(10), primary_key=True), sa.Column("last", sa.Integer(), nullable=False))


def downgrade() -> None:
    for name in ("indexed", "word", "candidate", "promise", "staff_action", "claim"):
        op.drop_table(name)
    op.drop_index("appointment_day", "appointment")
    with op.batch_alter_table("task") as task:
        task.drop_index("task_kind")
        task.drop_index("task_closed")
        task.drop_index("task_worklist")
        task.create_index("task_open", ["clinic_id", "status"])
        task.alter_column("due_at", existing_type=sa.DateTime(), nullable=True)
        for name in ("rank", "fix_by", "snoozed_until", "owner_id", "owner", "stage"):
            task.drop_column(name)
