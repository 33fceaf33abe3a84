"""Runs Alembic's migrations on the connection that the caller hands over."""

from alembic import context

from bot.store import account_models, programme_models, sending_models, setting_models, waiting_models, work_models  # noqa: F401
from bot.store.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
