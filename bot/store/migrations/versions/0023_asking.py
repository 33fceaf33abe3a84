"""What a text that waits will ask"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("asks", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("outbox", "asks")
