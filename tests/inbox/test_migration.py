"""Migration 0006 on a clinic that has been at work: old items find their place in the worklist."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from cryptography.fernet import Fernet
from sqlalchemy import select, text

from bot.dialogue.items import KINDS
from bot.store.database import MIGRATIONS, Store
from bot.store.models import TaskRow

OLD = (
    ("urgent_medical", None),
    ("barrier", "2026-03-04 15:00:00"),
    ("human", None),
    ("media", None),
)


def test_old_items_get_their_rank_and_a_deadline_and_the_way_back_works() -> None:
    """What had no deadline is due since it was made; the migration can be taken back and done again."""
    store, config = Store(url="sqlite://", keys=(Fernet.generate_key(),)), Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        for there in ("0006", "0005"):
            (command.upgrade if there == "0006" else command.downgrade)(config, there)
        connection.execute(text("insert into clinic (id, slug) values (1, 'demo')"))
        for kind, due in OLD:
            values = {"kind": kind, "due": due}
            columns = "clinic_id, kind, detail, status, created_at, due_at"
            row = "1, :kind, '', 'requested', '2026-03-03 15:00:00', :due"
            connection.execute(text(f"insert into task ({columns}) values ({row})"), values)  # noqa: S608 - ours
        command.upgrade(config, "0006")
    with store.session() as session:
        columns = TaskRow.rank, TaskRow.due_at, TaskRow.fix_by  # the table of that time has no others to read
        tasks = session.execute(select(*columns).order_by(TaskRow.id)).all()
    assert [task.rank for task in tasks] == [KINDS[kind].rank for kind, _ in OLD]
    assert [f"{task.due_at:%d %H:%M}" for task in tasks] == ["03 15:00", "04 15:00", "03 15:00", "03 15:00"]
    assert [task.fix_by is not None for task in tasks] == [due is not None for _, due in OLD]
