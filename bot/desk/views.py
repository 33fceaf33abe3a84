"""Views of the worklist that a person keeps under a name of their own."""

from __future__ import annotations

from sqlalchemy import delete, select

from bot.actor import Actor
from bot.core import Bot
from bot.desk.work import Refused
from bot.store.work_models import SavedViewRow
from bot.store.worklist import View

MOST = 9
LONGEST = 40  # letters of a name


def mine(bot: Bot, by: Actor) -> list[SavedViewRow]:
    """The views of a person, in the order in which they were saved."""
    with bot.store.session() as session:
        own = SavedViewRow.clinic_id == by.clinic_id, SavedViewRow.actor_id == by.id
        return list(session.scalars(select(SavedViewRow).where(*own).order_by(SavedViewRow.id)))


def save(bot: Bot, view: View, name: str, *, by: Actor) -> None:
    """Keeps a view; one of the same name is replaced. Raises Refused without a name, or when there are MOST already."""
    called = " ".join(name.split())[:LONGEST]
    if not called or by.id is None:
        raise Refused("Give the view a name.")
    others = mine(bot, by)
    same = [each.id for each in others if each.name.casefold() == called.casefold()]
    if len(others) - len(same) >= MOST:
        raise Refused("You have %(most)s views already: take one away first.", most=MOST)
    with bot.store.begin() as session:
        session.execute(delete(SavedViewRow).where(SavedViewRow.id.in_(same)))
        filters = {"whose": view.whose, "kind": view.kind, "language": view.language}
        session.add(SavedViewRow(clinic_id=by.clinic_id, actor_id=by.id, name=called, **filters))


def forget(bot: Bot, view_id: int, *, by: Actor) -> None:
    """Takes one of one's own views away."""
    own = SavedViewRow.id == view_id, SavedViewRow.clinic_id == by.clinic_id, SavedViewRow.actor_id == by.id
    with bot.store.begin() as session:
        session.execute(delete(SavedViewRow).where(*own))
