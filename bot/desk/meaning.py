"""What a patient's text means, in plain English: built from the bot's reading, so it is no translation."""

from __future__ import annotations

from datetime import date, timedelta

from bot.moments import language_name
from bot.understand.types import Understanding, Wish

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
MANY = 8  # days that are told one by one at most


def meaning(read: Understanding) -> str:
    """One line, e.g. "Wants another time: Thu Mar 5, noon to 5 PM; no ride"."""
    if read.urgent:
        return URGENT.get(read.urgent, "May be in danger")
    if read.keyword in KEYWORDS:
        return KEYWORDS[read.keyword]
    parts = [_act(act, read) for act in ACTS if act in read.acts]
    if read.when and not read.acts & {"reschedule", "choose"}:
        parts.append(f"speaks of {_when(read)}")
    if "ask" in read.acts:
        topics = [TOPICS.get(topic, topic) for topic in sorted(read.topics)]
        parts.append(f"asks {', '.join(topics) or 'a question'}")
    parts += [BARRIERS.get(barrier, barrier) for barrier in sorted(read.barriers)]
    parts += [f"visit {each.number}: {ACTS[each.act][1] if each.act in ACTS else each.act}" for each in read.answers]
    if doubtful := [ACTS[act][1] for act in ACTS if act in read.doubtful]:
        parts.append(f"perhaps {' or '.join(doubtful)}")
    line = "; ".join(parts) or (f"Answers “{read.number}”" if read.number is not None else "Not understood")
    return line[0].upper() + line[1:]


def _act(act: str, read: Understanding) -> str:
    words = ACTS[act][0]
    if act == "reschedule" and read.when:
        return f"{words}: {_when(read)}"
    if act == "choose" and read.choice is not None:
        return f"Takes the offered time number {read.choice}"
    if act == "language" and read.language_to:
        return f"Wants {language_name(read.language_to)}"
    return words


def wished(wishes: tuple[Wish, ...]) -> str:
    """What somebody would take, e.g. "Tue Mar 10, noon to 5 PM"."""
    return " or ".join(_wish(wish) for wish in wishes)


def _when(read: Understanding) -> str:
    told = wished(read.when.wishes if read.when else ())
    return f"{told} (unsure)" if read.when and read.when.doubtful else told


def _wish(wish: Wish) -> str:
    days = "any day" if wish.days is None else _days(wish.days)
    window = _window(wish.start, wish.end)
    return f"{days}, {window}" if window else days


def _days(days: tuple[date, ...]) -> str:
    if len(days) > 2 and days[-1] - days[0] == timedelta(days=len(days) - 1):
        return f"{_day(days[0])} to {_day(days[-1])}"
    if len(days) <= MANY:
        return ", ".join(_day(day) for day in days)
    if len(weekdays := sorted({day.weekday() for day in days})) < 7:
        names = [f"{days[0] + timedelta(days=(weekday - days[0].weekday()) % 7):%A}s" for weekday in weekdays]
        return ", ".join(names)
    return f"one of {len(days)} days from {_day(days[0])}"


def _day(day: date) -> str:
    return f"{day:%a %b} {day.day}"


def _window(start: int | None, end: int | None) -> str:
    if start is not None and start == end:
        return f"at {_clock(start)}"
    if start is not None and end is not None:
        return f"{_clock(start)} to {_clock(end)}"
    if start is not None:
        return f"from {_clock(start)}"
    return f"until {_clock(end)}" if end is not None else ""


def _clock(minutes: int) -> str:
    hour, minute = divmod(minutes, 60)
    if (hour, minute) == (12, 0):
        return "noon"
    return f"{(hour - 1) % 12 + 1}{f':{minute:02}' if minute else ''} {'PM' if 12 <= hour < 24 else 'AM'}"
