"""Sending it, each conversation by itself as a single reply."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError, TimeoutError
from sqlalchemy.orm import Session

from bot.actor import Actor
from bot.core import Bot
from bot.desk import later, staff, work
from bot.desk.bulk.against import against
from bot.desk.bulk.chosen import Chosen, Talk
from bot.desk.bulk.looking import look, mark
from bot.desk.work import Refused
from bot.store.database import Conflict
from bot.store.models import PhoneRow


def send(bot: Bot, chosen: Chosen, *, seen: str, close: bool, back: bool, by: Actor) -> int:
    """Sends it, each conversation by itself as a single reply; gives to how many it could not be sent after all.

    seen: the mark of what was looked at. close: the items are closed, answered by text. back: the bot goes on where it was at work, as
    far as the text goes at once. Raises Refused where the sentence has changed; sqlalchemy.exc.OperationalError if nothing was sent.
    """
    talks = look(bot, chosen, by=by)
    if seen != mark(talks, bot, chosen.key):
        raise Refused("Nothing was sent: somebody has changed this sentence meanwhile. Look at it again.")
    to, done = [talk for talk in talks if talk.text], 0
    for talk in to:
        try:
            _answer(bot, chosen, talk, by=by)
            done += 1
            _after(bot, talk, close=close, back=back, by=by)
        except (Refused, Conflict):  # somebody was there at the same moment; the page tells how it stands now
            continue
        except (OperationalError, TimeoutError):
            if done == 0:
                raise
            return len(to) - done
    tried = {talk.phone_id for talk in to} if done < len(to) else set()  # a copy of this form may have been faster
    return sum(talk.phone_id in tried and not talk.status for talk in look(bot, chosen, by=by)) if tried else 0


def _answer(bot: Bot, chosen: Chosen, talk: Talk, *, by: Actor) -> None:
    """The reply, if nothing has come between since it was looked at."""
    phone_id = talk.phone_id or 0

    def still(session: Session, phone: PhoneRow) -> None:
        if why := against(bot, session, chosen, [phone], by=by).get(phone_id):
            raise Refused(why)

    if talk.at is None:
        staff.reply(bot, phone_id, talk.text, by=by, key=chosen.key, unless=still)
    else:
        later.plan(bot, phone_id, talk.text, at=talk.at, by=by, key=chosen.key, unless=still)


def _after(bot: Bot, talk: Talk, *, close: bool, back: bool, by: Actor) -> None:
    """What else was asked for; and the conversation is locked only if it was before."""
    phone_id = talk.phone_id or 0
    if close and talk.items:
        work.resolve(bot, talk.items, outcome="answered", by=by, heard=talk.at is None)
    if back and not talk.paused and talk.at is None:
        staff.hand_back(bot, phone_id, by=by)
    if not talk.mine:
        work.let_go(bot, phone_id, by=by)
