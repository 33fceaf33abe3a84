"""What has happened in a patient's life, and what was told when consent was given"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("patient", sa.Column("life_event", sa.String(length=10), nullable=False, server_default=""))
    op.add_column("patient", sa.Column("life_event_until", sa.Date(), nullable=True))
    op.create_index("patient_life_event", "patient", ["clinic_id", "life_event_until"])
    op.add_column("consent", sa.Column("told", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("consent", "told")
    op.drop_index("patient_life_event", table_name="patient")
    op.drop_column("patient", "life_event_until")
    op.drop_column("patient", "life_event")
