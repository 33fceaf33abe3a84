"""What a patient's text means, in the words of whoever reads it: built from the bot's reading, so it is no translation."""

from __future__ import annotations

from datetime import date, time, timedelta

from bot.desk.words import ENGLISH, Words
from bot.understand.types import Understanding, Wish

DANGER = "May be in danger"
URGENT = {
    "medical": "May be in danger: a medical emergency",
    "self_harm": "May be in danger: thoughts of suicide or self-harm",
    "abuse": "May be in danger: violence or abuse",
}
KEYWORDS = {
    "opt_out": "Sent the carriers' word for no more texts",
    "opt_out_cancel": "Sent CANCEL, the carriers' word for no more texts: may have meant the visit",
    "opt_in": "Sent the carriers' word for texts again",
    "help": "Asks what this is",
    "undo": "Takes the last change back",
    "status": "Asks what is booked",
    "docs": "Asks which papers are missing",
    "new": "Wants a visit",
    "fewer": "Wants fewer texts: one reminder before each visit",
    "visits_only": "Wants texts about visits only",
    "all_texts": "Wants all texts again",
}
# act → (what it means, what it may mean); in the order in which they are told.
ACTS = {
    "cancel": ("Cannot come", "cannot come"),
    "reschedule": ("Wants another time", "wants another time"),
    "confirm": ("Is coming", "is coming"),
    "tentative": ("May come, is not sure", "is not sure to come"),
    "choose": ("Takes one of the offered times", "takes one of the offered times"),
    "late": ("Is running late", "is running late"),
    "arrived": ("Is here", "is here"),
    "human": ("Wants to talk to a person", "wants to talk to a person"),
    "refill": ("Asks for a refill", "asks for a refill"),
    "taken": ("Took the medicine", "took the medicine"),
    "not_taken": ("Did not take the medicine", "did not take the medicine"),
    "language": ("Wants another language", "wants another language"),
    "update_info": ("Has new details: insurance, address, phone, name or pharmacy", "has new details"),
    "complaint": ("Is upset with the clinic", "is upset with the clinic"),
    "wrong_number": ("Is not the patient: wrong number", "is not the patient"),
    "opt_out": ("Wants no more texts", "wants no more texts"),
    "opt_in": ("Wants texts again", "wants texts again"),
    "help": ("Asks what this is", "asks what this is"),
    "other": ("About care, none of what the bot knows: please read", "something about care"),
    "social": ("Greets or thanks", "greets or thanks"),
    "noise": ("Nothing that the bot can make sense of", "nothing in particular"),
}
TOPICS = {
    "when": "when the visit is", "location": "where the clinic is", "parking": "where to park", "hours": "when the clinic is open",
    "prep": "how to prepare", "bring": "what to bring", "cost": "what it costs", "insurance": "about insurance",
    "duration": "how long it takes", "provider": "who they will see", "telehealth": "how to join the video visit",
    "companion": "whether somebody may come along", "results": "about test results", "medication": "about a medicine",
    "procedure": "what will be done", "interpreter": "about an interpreter", "transport": "about rides or buses",
    "other": "something else",
}  # fmt: skip
BARRIERS = {
    "transport": "no ride", "cost": "money or no insurance", "work": "job or school", "childcare": "has to care for somebody",
    "language": "the language", "understanding": "does not understand the instructions", "fear": "afraid or ashamed",
    "illness": "too sick, or a symptom", "mobility": "walking, stairs or a wheelchair", "housing_food": "home, food or power",
    "phone_tech": "phone or video does not work", "memory": "forgets", "side_effects": "the medicine makes ill",
    "other": "something stands in the way",
}  # fmt: skip
TOLD = {
    "custody": "in jail", "death": "tells of a death or a lost pregnancy", "distress": "in distress", "hospital": "in hospital",
}  # fmt: skip
EVERY = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
MANY = 8  # days that are told one by one at most


def meaning(read: Understanding, words: Words = ENGLISH) -> str:
    """One line, e.g. "Wants another time: Thu, Mar 5, noon to 5 PM; no ride"."""
    if read.urgent:
        return words(URGENT.get(read.urgent, DANGER))
    if read.keyword in KEYWORDS:
        return words(KEYWORDS[read.keyword])
    parts = [words(TOLD[each]) for each in sorted(read.told)]
    parts += [_act(act, read, words) for act in ACTS if act in read.acts]
    if read.when and not read.acts & {"reschedule", "choose"}:
        parts.append(words("speaks of %(when)s", when=_when(read, words)))
    if "ask" in read.acts:
        topics = [words(TOPICS.get(topic, topic)) for topic in sorted(read.topics)]
        parts.append(words("asks %(what)s", what=", ".join(topics) or words("a question")))
    parts += [words(BARRIERS.get(barrier, barrier)) for barrier in sorted(read.barriers)]
    for each in read.answers:
        parts.append(words("visit %(number)s: %(answer)s", number=each.number, answer=_act_in_line(each.act, words)))
    if doubtful := [_act_in_line(act, words) for act in ACTS if act in read.doubtful]:
        parts.append(words("perhaps %(what)s", what=words(" or ").join(doubtful)))
    answers = words("Answers “%(number)s”", number=read.number) if read.number is not None else words("Not understood")
    line = "; ".join(parts) or answers
    return line[0].upper() + line[1:]


def beyond(line: str, heading: str) -> str:
    """What a meaning tells that a heading does not say already."""
    rest = "; ".join(part for part in line.split("; ") if part.lower() not in heading.lower())
    return rest[:1].upper() + rest[1:]


def _act_in_line(act: str, words: Words) -> str:
    return words(ACTS[act][1] if act in ACTS else act)


def _act(act: str, read: Understanding, words: Words) -> str:
    if act == "reschedule" and read.when:
        return words("Wants another time: %(when)s", when=_when(read, words))
    if act == "choose" and read.choice is not None:
        return words("Takes the offered time number %(number)s", number=read.choice)
    if act == "language" and read.language_to:
        return words("Wants %(language)s", language=words.language_name(read.language_to))
    return words(ACTS[act][0])


def wished(wishes: tuple[Wish, ...], words: Words = ENGLISH) -> str:
    """What somebody would take, e.g. "Tue, Mar 10, noon to 5 PM"."""
    return words(" or ").join(_wish(wish, words) for wish in wishes)


def _when(read: Understanding, words: Words) -> str:
    told = wished(read.when.wishes if read.when else (), words)
    return words("%(when)s (unsure)", when=told) if read.when and read.when.doubtful else told


def _wish(wish: Wish, words: Words) -> str:
    days = words("any day") if wish.days is None else _days(wish.days, words)
    window = _window(wish.start, wish.end, words)
    return f"{days}, {window}" if window else days


def _days(days: tuple[date, ...], words: Words) -> str:
    if len(days) > 2 and days[-1] - days[0] == timedelta(days=len(days) - 1):
        return words("%(first)s to %(last)s", first=words.day(days[0]), last=words.day(days[-1]))
    if len(days) <= MANY:
        return ", ".join(words.day(day) for day in days)
    if len(weekdays := sorted({day.weekday() for day in days})) < 7:
        return ", ".join(words(EVERY[weekday]) for weekday in weekdays)
    return words("one of %(number)s days from %(first)s", number=len(days), first=words.day(days[0]))


def _window(start: int | None, end: int | None, words: Words) -> str:
    told = {"start": _clock(start, words), "end": _clock(end, words)}
    if start is not None and start == end:
        return words("at %(start)s", **told)
    if start is not None and end is not None:
        return words("%(start)s to %(end)s", **told)
    if start is not None:
        return words("from %(start)s", **told)
    return words("until %(end)s", **told) if end is not None else ""


def _clock(minutes: int | None, words: Words) -> str:
    hour, minute = divmod(minutes or 0, 60)
    return words("noon") if (hour, minute) == (12, 0) else words.clock(time(hour % 24, minute))
