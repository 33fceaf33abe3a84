"""A text that the provider took twice"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("twin_sid", sa.String(length=64), nullable=True))
    known = sa.text("twin_sid IS NOT NULL")
    op.create_index("outbox_twin", "outbox", ["clinic_id"], sqlite_where=known, postgresql_where=known)


def downgrade() -> None:
    op.drop_index("outbox_twin", table_name="outbox")
    op.drop_column("outbox", "twin_sid")
