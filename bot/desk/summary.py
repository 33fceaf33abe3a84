"""A conversation in plain lines, for a coordinator to copy into the patient's record."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.desk.meaning import meaning
from bot.moments import language_name
from bot.store.inbox import Conversation, Entry
from bot.turn import Bot

SINCE = timedelta(days=14)


def record(bot: Bot, talk: Conversation) -> str:
    """The last two weeks: who, what was said and meant, what people did, what is open. Times are the clinic's."""

    def at(moment: datetime) -> str:
        return f"{moment.astimezone(bot.clinic.zone):%b %-d %-I:%M %p}"

    now = bot.clock()
    lines = [f"Text messages with {talk.who}, {language_name(talk.language)}, until {at(now)} ({bot.clinic.clinic.name})"]
    lines += [f"{at(entry.at)}  {told}" for entry in talk.timeline if entry.at > now - SINCE and (told := _line(entry))]
    lines += [f"Open: {item.title}{f' ({item.detail})' if item.detail else ''}, by {at(item.due)}" for item in talk.items]
    return "\n".join(lines)


def _line(entry: Entry) -> str:
    if entry.kind == "in":
        read = f" [read as: {meaning(entry.reading)}]" if entry.reading else ""
        return f"Patient: {entry.words}{read}"
    if entry.kind == "out":
        return f"{'Coordinator' if entry.who == 'staff' else 'Automatic reply'}: {entry.words}"
    if entry.kind == "did" and entry.what in ("call", "note", "resolved"):
        told = {"call": f"Phone call, {entry.detail.replace('_', ' ')}", "note": "Note", "resolved": f"Closed: {entry.detail}"}
        return f"{told[entry.what]} ({entry.who}){f': {entry.words}' if entry.words else ''}"
    return ""
