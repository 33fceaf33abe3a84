"""Days that are over, counted for the pictures; locks that hold are found among all that have lapsed"""

import sqlalchemy as sa
from alembic import op

import bot.store.moment

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tally",
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), primary_key=True),
        sa.Column("picture", sa.String(length=20), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("counts", sa.String(), nullable=False),
        sa.Column("at", bot.store.moment.Moment(), nullable=False),
    )
    op.drop_index("ix_claim_clinic_id", "claim")
    op.create_index("claim_until", "claim", ["clinic_id", "until"])


def downgrade() -> None:
    op.drop_index("claim_until", "claim")
    op.create_index("ix_claim_clinic_id", "claim", ["clinic_id"])
    op.drop_table("tally")
