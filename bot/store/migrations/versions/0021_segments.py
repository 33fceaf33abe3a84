"""How many segments a text takes stands beside it, what was sent before is counted by a worker, which can read it; who waits is found
among all who ever did"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("communication", sa.Column("segments", sa.Integer(), nullable=True))
    op.drop_index("waiting_line", "waiting")
    op.create_index("waiting_line", "waiting", ["clinic_id", "status", "service", "since"])


def downgrade() -> None:
    op.drop_index("waiting_line", "waiting")
    op.create_index("waiting_line", "waiting", ["clinic_id", "service", "status", "since"])
    with op.batch_alter_table("communication") as batch:
        batch.drop_column("segments")
