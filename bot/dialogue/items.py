"""The kinds of items in the coordinators' inbox: what stands first, and what the patient is promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class ItemKind:
    """rank: consequence, 0 first. title: what a coordinator reads. promised: the patient was told that a person will answer.

    lead: how long before the visit it can still be fixed (a ride needs two days' notice).
    """

    rank: int
    title: str
    promised: bool = True
    lead: timedelta = timedelta(0)


_DAY = timedelta(days=1)

KINDS: dict[str, ItemKind] = {
    "urgent_medical": ItemKind(0, "Medical emergency: call now", promised=False),
    "urgent_self_harm": ItemKind(0, "Thoughts of suicide or self-harm: call now", promised=False),
    "urgent_abuse": ItemKind(0, "Abuse disclosed: do NOT text or leave a message, use a safe contact"),
    "urgent_opted_out": ItemKind(0, "In danger and opted out: texts do not arrive, phone now", promised=False),
    "distress": ItemKind(1, "In distress: phone today"),
    "cancel_keyword": ItemKind(1, "Called off and opted out: see to the visit", promised=False),
    "opted_out_message": ItemKind(1, "Opted out, but wrote: phone", promised=False),
    "opt_out_words": ItemKind(4, "Wants no more texts, in their own words: read why, see to the visits", promised=False),
    "failed_turn": ItemKind(2, "The bot failed on this message: answer it"),
    "barrier": ItemKind(3, "Something stands in the way", lead=2 * _DAY),
    "declined": ItemKind(4, "Cannot come: call the visit off"),
    "unclear_cancel": ItemKind(4, "May want to cancel, did not answer"),
    "no_fit": ItemKind(4, "No free time fits"),
    "reschedule_unfinished": ItemKind(5, "Wants another time, did not choose one"),
    "booking": ItemKind(5, "Wants a visit"),
    "changed_visit": ItemKind(5, "Answered about a visit that has changed"),
    "late": ItemKind(2, "Running late", promised=False),
    "arrived": ItemKind(2, "Is here", promised=False),
    "not_understood": ItemKind(5, "Not understood after asking back"),
    "human": ItemKind(5, "Wants a call"),
    "held_message": ItemKind(1, "Wrote while automation is held"),
    "paused_message": ItemKind(4, "Wrote in a conversation that you took over", promised=False),
    "question": ItemKind(5, "Question"),
    "clinical_question": ItemKind(4, "Question for the care team"),
    "refill": ItemKind(4, "Asks for a refill"),
    "not_taken": ItemKind(5, "Medicine not taken"),
    "missed_doses": ItemKind(4, "Nurse: medicine not taken several times in a row"),
    "side_effects": ItemKind(3, "Nurse: feels bad from a medicine"),
    "no_answers": ItemKind(5, "Does not answer the questions of a programme, which is paused: phone", promised=False),
    "tentative": ItemKind(6, "Said maybe: ask again", promised=False),
    "update_info": ItemKind(6, "New details"),
    "complaint": ItemKind(5, "Complaint"),
    "language": ItemKind(5, "Needs an interpreter or another language"),
    "wrong_number": ItemKind(4, "Wrong number: find another contact", promised=False),
    "unknown_sender": ItemKind(6, "From a number that is on no record"),
    "death": ItemKind(3, "Tells of a death or a lost pregnancy"),
    "hospital": ItemKind(3, "Tells of a stay in hospital"),
    "custody": ItemKind(3, "Tells of somebody in jail"),
    "life_event": ItemKind(3, "See to the visits that are still booked, so that nobody is waited for", promised=False),
    "not_told": ItemKind(3, "Was not told that a visit was booked, moved or called off: phone", promised=False),
    "reply_held": ItemKind(4, "A reply for later did not go: look again", promised=False),
    "whose_number": ItemKind(
        3, "Not heard from for a year: ask whether the number is still theirs, no text goes before", promised=False, lead=2 * _DAY
    ),
    "not_delivered": ItemKind(3, "A text could not be delivered: reach the patient otherwise", promised=False),
    "bad_number": ItemKind(3, "This number cannot get texts (a landline, or wrong): find another way", promised=False),
    "unconfirmed": ItemKind(5, "Sent, but nobody says that it arrived: make sure they know", promised=False),
    "unreadable": ItemKind(5, "Words that cannot be read any more: tell whoever runs the server", promised=False),
    "silenced": ItemKind(4, "Got no answer, since texts were switched off"),
    "mention": ItemKind(5, "A colleague asks you to look", promised=False),
    "to_translate": ItemKind(5, "Words to translate", promised=False),
    "translated": ItemKind(4, "Translated: send it", promised=False),
    "media": ItemKind(6, "Sent a picture or file"),
    "loop": ItemKind(6, "The same message again and again, perhaps from a machine: the bot is silent", promised=False),
    "unreviewed_text": ItemKind(7, "Emergency text that no translator has read: have it read", promised=False),
    "other": ItemKind(6, "Message to read"),
}
