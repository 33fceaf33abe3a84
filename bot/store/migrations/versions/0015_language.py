"""The language in which each member of staff sees the pages"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_user", sa.Column("language", sa.String(length=12), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("staff_user", "language")
