"""Who may open what: every route of the staff's pages has a line here, and one without is closed to everybody."""

from __future__ import annotations

from dataclasses import dataclass

from bot.accounts.types import ROLES

EVERYBODY = frozenset(ROLES)
CARE = EVERYBODY - {"translator"}  # who may act for patients
ENROLS = frozenset({"coordinator", "nurse", "manager"})  # who may put patients into a programme
TEXTS = frozenset({"translator", "manager", "admin"})  # who answers for what the bot says
EDITORS = frozenset({"manager", "admin"})  # who answers for what the clinic says and when
ADMIN = frozenset({"admin"})


@dataclass(frozen=True)
class Rule:
    """Which roles a route is open to. passive: a page asks by itself, so it is no sign that a person is there (H-09)."""

    roles: frozenset[str]
    passive: bool = False


# Doors without a person behind them: the webhook verifies signatures of its own, metrics ask for a token or this machine, a calendar
# for the secret in its address, the rest tells nothing of anybody.
OPEN = frozenset({
    "static", "webhook.sms", "webhook.status", "webhook.healthz", "webhook.readyz", "metrics.index", "calendar.index",
})  # fmt: skip
# Doors on the way in, for whoever is not signed in yet.
ENTRANCE = frozenset({
    "home", "account.login", "account.code", "account.second_factor", "account.invitation", "account.logout",
    "single.start", "single.back",
})  # fmt: skip

RULES: dict[str, Rule] = {
    "inbox.index": Rule(EVERYBODY),
    "inbox.items": Rule(CARE),
    "inbox.me": Rule(frozenset()),  # the demo's switch
    "inbox.bulk.index": Rule(CARE),
    "inbox.bulk.send": Rule(CARE),
    "inbox.languages.index": Rule(TEXTS),
    "inbox.languages.language": Rule(TEXTS),
    "inbox.learn.index": Rule(EVERYBODY),
    "inbox.learn.file": Rule(EVERYBODY),
    "inbox.learn.review": Rule(EVERYBODY),
    "inbox.live.events": Rule(EVERYBODY, passive=True),
    "inbox.live.mark": Rule(EVERYBODY, passive=True),
    "inbox.media.again": Rule(CARE),
    "inbox.media.picture": Rule(CARE),
    "inbox.person.add": Rule(CARE),
    "inbox.person.correct": Rule(CARE),
    "inbox.person.undo": Rule(CARE),
    "inbox.pictures.day": Rule(CARE),
    "inbox.pictures.index": Rule(CARE),
    "inbox.pictures.svg": Rule(CARE),
    "inbox.pictures.table": Rule(CARE),
    "inbox.programmes.change": Rule(ENROLS),
    "inbox.programmes.enrol": Rule(ENROLS),
    "inbox.search.index": Rule(EVERYBODY),  # it finds the conversations that each of them may open
    "inbox.settings.index": Rule(EVERYBODY),
    "inbox.settings.file": Rule(EVERYBODY),
    "inbox.settings.section": Rule(EVERYBODY),
    "inbox.settings.change": Rule(EDITORS),
    "inbox.settings.back": Rule(EDITORS),
    "inbox.settings.default": Rule(EDITORS),
    "inbox.talk.conversation": Rule(EVERYBODY),
    "inbox.talk.act": Rule(CARE),
    "inbox.talk.check": Rule(CARE),
    "inbox.talk.corrected": Rule(EVERYBODY),
    "inbox.translating.ask": Rule(CARE),
    "inbox.translating.send": Rule(CARE),
    "inbox.translating.write": Rule(EVERYBODY),
    "inbox.views.change": Rule(EVERYBODY),
    "inbox.views.following": Rule(EVERYBODY),
    "inbox.visits.book": Rule(CARE),
    "inbox.visits.call_off": Rule(CARE),
    "inbox.visits.move": Rule(CARE),
    "inbox.catchup.index": Rule(EDITORS),
    "inbox.catchup.act": Rule(EDITORS),
    "inbox.closing.index": Rule(EDITORS),
    "inbox.closing.close": Rule(EDITORS),
    "inbox.waitlist.index": Rule(CARE),
    "inbox.waitlist.add": Rule(CARE),
    "inbox.waitlist.remove": Rule(CARE),
    "account.own": Rule(EVERYBODY),
    "account.language": Rule(EVERYBODY),
    "account.password": Rule(EVERYBODY),
    "account.recovery": Rule(EVERYBODY),
    "account.end_others": Rule(EVERYBODY),
    "calendar.make": Rule(CARE),
    "calendar.stop": Rule(EVERYBODY),
    "admin.index": Rule(ADMIN),
    "admin.invite": Rule(ADMIN),
    "admin.withdraw": Rule(ADMIN),
    "admin.change": Rule(ADMIN),
}
