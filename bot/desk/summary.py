"""A conversation in plain lines, for a coordinator to copy into the patient's record."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.core import Bot
from bot.desk.meaning import meaning
from bot.desk.staff import CALLS
from bot.desk.told import detail, heading
from bot.desk.words import ENGLISH, Words
from bot.desk.work import OUTCOMES
from bot.store.inbox import Conversation, Entry

SINCE = timedelta(days=14)
DID = {"call": "Phone call: %(how)s (%(who)s)", "note": "Note (%(who)s)", "resolved": "Closed: %(how)s (%(who)s)"}


def record(bot: Bot, talk: Conversation, words: Words = ENGLISH) -> str:
    """The last two weeks: who, what was said and meant, what people did, what is open. Times are the clinic's."""

    def at(moment: datetime) -> str:
        return words.moment(moment.astimezone(bot.clinic.zone))

    now, clinic = bot.clock(), bot.clinic.clinic.name
    told = {"who": words(talk.who), "language": words.language_name(talk.language), "now": at(now), "clinic": clinic}
    lines = [words("Text messages with %(who)s, %(language)s, until %(now)s (%(clinic)s)", **told)]
    lines += [f"{at(entry.at)}  {line}" for entry in talk.timeline if entry.at > now - SINCE and (line := _line(entry, words))]
    for item in talk.items:
        beside = detail(item.kind, item.detail, words)
        what = heading(item.kind, item.detail, words) + (f" ({beside})" if beside else "")
        lines.append(words("Open: %(what)s, by %(due)s", what=what, due=at(item.due)))
    return "\n".join(lines)


def _line(entry: Entry, words: Words) -> str:
    if entry.kind == "in":
        read = words(" [read as: %(meaning)s]", meaning=meaning(entry.reading, words)) if entry.reading else ""
        return words("Patient: %(words)s", words=entry.words) + read
    if entry.kind == "out":
        return f"{words('Coordinator') if entry.who == 'staff' else words('Automatic reply')}: {entry.words}"
    told = {"who": entry.who, "how": words(CALLS.get(entry.detail) or OUTCOMES.get(entry.detail) or entry.detail)}
    if entry.kind != "did" or entry.what not in DID:
        return ""
    line = words(DID[entry.what], **told)
    return f"{line}: {entry.words}" if entry.words else line
