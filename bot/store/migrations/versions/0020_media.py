"""Files that patients sent are fetched by a worker and kept encrypted; those that came before are fetched, too"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


BEFORE = sa.text(
    "INSERT INTO media (clinic_id, phone_id, communication_id, number, status, look_at, attempts) "
    "SELECT clinic_id, phone_id, id, CAST(:number AS INTEGER), 'waiting', at, 0 FROM communication "
    "WHERE media > :number AND phone_id IS NOT NULL AND length(body) > 0"
)


def upgrade() -> None:
    op.create_table(
        "media",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("clinic_id", sa.Integer(), sa.ForeignKey("clinic.id"), nullable=False),
        sa.Column("phone_id", sa.Integer(), sa.ForeignKey("phone.id"), nullable=False),
        sa.Column("communication_id", sa.Integer(), sa.ForeignKey("communication.id"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("look_at", sa.DateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
    )
    op.create_index("media_text", "media", ["communication_id"])
    op.create_index("media_phone", "media", ["phone_id", "id"])
    op.create_index("media_look", "media", ["look_at"])
    for number in range(10):
        op.execute(BEFORE.bindparams(number=number))


def downgrade() -> None:
    op.drop_table("media")
