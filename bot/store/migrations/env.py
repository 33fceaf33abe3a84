"""Runs Alembic's migrations on the connection that the caller hands over."""

from alembic import context

from bot.store import (  # noqa: F401
    account_models,
    media_models,
    programme_models,
    sending_models,
    setting_models,
    tally_models,
    waiting_models,
    work_models,
)
from bot.store.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
