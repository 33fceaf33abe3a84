"""The audit trail, which only grows; the clinic's own numbers for people, visits and free times, for imports"""

import sqlalchemy as sa
from alembic import op

import bot.store.crypto
import bot.store.models

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

REFUSAL = "the audit trail is only added to"


def upgrade() -> None:
    op.create_table(
        "secret",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("value", bot.store.crypto.EncryptedText(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    for table in ("patient", "appointment"):
        op.add_column(table, sa.Column("identifier", bot.store.crypto.EncryptedText(), nullable=True))
        op.add_column(table, sa.Column("identifier_key", sa.String(length=64), nullable=True))
        op.add_column(table, sa.Column("source", bot.store.crypto.EncryptedText(), nullable=True))
        op.create_index(f"{table}_identifier", table, ["clinic_id", "identifier_key"], unique=True)
    op.add_column("slot", sa.Column("identifier", sa.String(length=64), nullable=True))
    op.create_index("slot_identifier", "slot", ["clinic_id", "identifier"], unique=True)
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("clinic_id", sa.Integer(), nullable=False),
        sa.Column("at", bot.store.models.Moment(), nullable=False),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=80), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("request", sa.String(length=36), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("previous"),
    )
    op.create_index("ix_audit_clinic_id", "audit", ["clinic_id"])
    op.create_index("ix_audit_about", "audit", ["about"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb} BEFORE {verb.upper()} ON audit BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION audit_refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$ LANGUAGE plpgsql"
    )
    op.execute("CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuse()")
    op.execute("CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()")


def downgrade() -> None:
    op.drop_table("audit")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION audit_refuse()")
    op.drop_index("slot_identifier", "slot")
    op.drop_column("slot", "identifier")
    for table in ("appointment", "patient"):
        op.drop_index(f"{table}_identifier", table)
        for column in ("source", "identifier_key", "identifier"):
            op.drop_column(table, column)
    op.drop_table("secret")
