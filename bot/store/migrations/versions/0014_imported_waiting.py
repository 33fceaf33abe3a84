"""What the last import said of somebody on the waiting list"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("waiting", sa.Column("said", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("waiting", "said")
