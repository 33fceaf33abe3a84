"""What people did about an item is found by it"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("staff_action_task", "staff_action", ["task_id"])


def downgrade() -> None:
    op.drop_index("staff_action_task", table_name="staff_action")
