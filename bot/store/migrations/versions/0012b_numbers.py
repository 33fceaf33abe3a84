"""When a person last asked whether a number is still the patient's"""

import sqlalchemy as sa
from alembic import op

import bot.store.models

revision = "0012b"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("phone", sa.Column("verified_at", bot.store.models.Moment(), nullable=True))


def downgrade() -> None:
    op.drop_column("phone", "verified_at")
