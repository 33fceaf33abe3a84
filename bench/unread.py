"""Attend whose reading costs nothing: what each of the bench's own sentences means is looked up. It tells what the rest costs."""

from __future__ import annotations

import webhook
from flask import Flask

import app
from bot.core import Bot
from bot.understand.reader import Reader
from bot.understand.types import Context, Message, Understanding


def serve() -> Flask:
    """The application, when it has read all of them."""
    served = app.serve()
    bot: Bot = served.extensions["attend"].bot
    read, now = Reader.read, bot.clock().astimezone(bot.clinic.zone)
    sentences = webhook.own_texts()
    known = {text: read(bot.reader, Message(text=text, context=Context.REMINDER, now=now, language=code)) for code, text in sentences}

    def look_up(reader: Reader, message: Message) -> Understanding:
        return known.get(message.text) or read(reader, message)

    Reader.read = look_up  # type: ignore[assignment, method-assign]
    return served
