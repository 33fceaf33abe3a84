"""One approved sentence to many conversations: who gets it, in which words and when, who gets nothing and why; and sending it."""

from __future__ import annotations

from bot.desk.bulk.chosen import MOST, Chosen, Talk, newest
from bot.desk.bulk.looking import look, mark, sentences
from bot.desk.bulk.sending import send

__all__ = ["MOST", "Chosen", "Talk", "look", "mark", "newest", "send", "sentences"]
