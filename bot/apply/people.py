"""What people want of texts: in which language, which at all, and what they answer to the questions of programmes."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from bot.apply.scope import Scope
from bot.dialogue.effects import EndProgramme, OptIn, OptOut, Prefer, RecordAnswer, SetDetails, SetLanguage
from bot.store import care, news, programmes
from bot.store.models import ConsentRow
from bot.store.programme_models import CarePlanRow
from bot.store.sending_models import OutboxRow
from bot.store.turns import PEOPLE, PERSON, REACHED, REACHES, TEXT, TEXTS, table

CONSENTS, OUTBOX, PLAN = table(ConsentRow), table(OutboxRow), table(CarePlanRow).c


def set_language(scope: Scope, effect: SetLanguage) -> None:
    """The language is the phone's when several people share it, else the patient's own."""
    who = _people(scope)
    if len(who) == 1:
        scope.execute(update(PEOPLE).where(PERSON.id == who[0]), language=effect.language)


def set_details(scope: Scope, effect: SetDetails) -> None:
    """The choice holds for everybody reached on the phone, since any of them may read it."""
    scope.execute(update(PEOPLE).where(PERSON.id.in_(_people(scope))), details_ok=effect.allowed)


def _people(scope: Scope) -> list[int]:
    """Whom the conversation reaches: who is a patient here no more does not count, as in the decision."""
    who = select(PERSON.id).join(REACHES, REACHED.patient_id == PERSON.id).where(REACHED.phone_id == scope.phone.id, PERSON.active)
    return list(scope.connection.scalars(who))


def opt_out(scope: Scope, effect: OptOut) -> None:
    """What waits for this phone is dropped (O-10): news of a visit are told by a person, programmes must be agreed to anew."""
    scope.phone.opted_out_at = scope.now
    _consent(scope, "opt_out", effect.source)
    texts = select(TEXT.id).where(TEXT.phone_id == scope.phone.id, TEXT.sender != "safety")
    waiting = update(OUTBOX).where(OUTBOX.c.status == "waiting", OUTBOX.c.communication_id.in_(texts))
    dropped = waiting.values(status="dropped", reason=care.OPTED_OUT).returning(OUTBOX.c.communication_id)
    if ids := list(scope.execute(dropped).scalars()):
        scope.execute(update(TEXTS).where(TEXT.id.in_(ids)), status="canceled")
        news.by_phone(scope.session, news.take_back(scope.session, ids), scope.now)
    programmes.close(scope.connection, PLAN.phone_id == scope.phone.id, status="revoked", reason=care.OPTED_OUT, now=scope.now)


def opt_in(scope: Scope, effect: OptIn) -> None:
    """Texts may be sent again."""
    scope.phone.opted_out_at = None
    _consent(scope, "opt_in", effect.source)
    care.look_again(scope.connection, scope.phone.id, scope.now)


def record_answer(scope: Scope, effect: RecordAnswer) -> None:
    """What was answered to a question of a programme."""
    given = {"answer": effect.answer, "statement": effect.statement}
    programmes.record(scope.connection, effect.check_in, text=scope.text, now=scope.now, **given)


def end_programme(scope: Scope, effect: EndProgramme) -> None:
    """Nothing more is asked; who leaves takes their consent to it back."""
    how = {"status": "revoked", "reason": "left"} if effect.left else {"status": "completed", "reason": "answered"}
    programmes.close(scope.connection, PLAN.id == effect.plan, now=scope.now, **how)
    if effect.left:
        _consent(scope, "opt_out", "answer to a question", effect.programme)


def prefer(scope: Scope, effect: Prefer) -> None:
    """More or fewer texts from now on: what waits is looked at again."""
    scope.phone.wants = str(effect.wants)
    _consent(scope, "limit", effect.source, scope.phone.wants)
    care.look_again(scope.connection, scope.phone.id, scope.now)


def _consent(scope: Scope, decision: str, source: str, category: str = "all") -> None:
    about = {"clinic_id": scope.phone.clinic_id, "phone_id": scope.phone.id, "communication_id": scope.text}
    scope.execute(insert(CONSENTS), **about, decision=decision, category=category, source=source, at=scope.now)
