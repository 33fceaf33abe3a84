"""How many texts a phone wants; who waits for a time, and which free times were offered to whom"""

import sqlalchemy as sa
from alembic import op

from bot.store.models import Moment

revision = "0009"
down_revision = "0012b"
branch_labels = None
depends_on = None

WAITS = sa.text("status = 'waiting'")


def upgrade() -> None:
    op.add_column("phone", sa.Column("wants", sa.String(length=10), nullable=False, server_default="all"))
    op.add_column("slot", sa.Column("offer_at", Moment(), nullable=True))
    op.create_index("slot_offer_at", "slot", ["clinic_id", "offer_at"])
    op.create_table(
        "waiting",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("patient_id", sa.Integer(), sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("appointment_id", sa.Integer(), sa.ForeignKey("appointment.id"), nullable=True),
        sa.Column("service", sa.String(length=40), nullable=False),
        sa.Column("wishes", sa.String(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("closed_at", Moment(), nullable=True),
    )
    op.create_index("waiting_line", "waiting", ["clinic_id", "service", "status", "since"])
    op.create_index("waiting_once", "waiting", ["patient_id", "service"], unique=True, sqlite_where=WAITS, postgresql_where=WAITS)
    op.create_table(
        "offer",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("waiting_id", sa.Integer(), sa.ForeignKey("waiting.id"), nullable=False),
        sa.Column("slot_id", sa.Integer(), sa.ForeignKey("slot.id"), nullable=False),
        sa.Column("start", Moment(), nullable=False),
        sa.Column("phone_id", sa.Integer(), sa.ForeignKey("phone.id"), nullable=False),
        sa.Column("communication_id", sa.Integer(), sa.ForeignKey("communication.id"), nullable=False, unique=True),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.UniqueConstraint("waiting_id", "slot_id", "start"),
    )
    op.create_index("offer_slot", "offer", ["slot_id", "status"])
    op.create_index("offer_phone", "offer", ["phone_id", "at"])


def downgrade() -> None:
    op.drop_table("offer")
    op.drop_table("waiting")
    op.drop_index("slot_offer_at", "slot")
    op.drop_column("slot", "offer_at")
    op.drop_column("phone", "wants")
