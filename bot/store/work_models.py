"""The tables of the coordinators' work: locks, what was done, what was promised, what the bot should learn."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.crypto import EncryptedText
from bot.store.models import Base


class ClaimRow(Base):
    """Who works on a conversation, until when: a lock that lapses by itself."""

    __tablename__ = "claim"
    __table_args__ = (Index("claim_until", "clinic_id", "until"),)
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"), primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    actor_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime]


class ViewingRow(Base):
    """Who has a conversation open. until: an open page says so again before then; one that was left does not."""

    __tablename__ = "viewing"
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"), primary_key=True)
    actor_id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    actor: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime]


class ActionRow(Base):
    """Something that a person did with a conversation. kind: a name from `bot/desk/work.py`; detail: a code, never words of people.

    words: the note, or what was said on the telephone.
    """

    __tablename__ = "staff_action"
    __table_args__ = (Index("staff_action_thread", "phone_id", "id"), Index("staff_action_task", "task_id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"), index=True)
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("phone.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    actor_id: Mapped[int | None]
    actor: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(String(120), default="")
    words: Mapped[str | None] = mapped_column(EncryptedText)
    at: Mapped[datetime]


class PromiseRow(Base):
    """A patient was told that a person will answer, and by when that must be. kept_at: when somebody did.

    apologised_at: when the patient was told that it is late.
    """

    __tablename__ = "promise"
    __table_args__ = (
        Index("promise_phone", "phone_id", "kept_at"),
        Index("promise_due", "clinic_id", "kept_at", "due_at"),
        Index("promise_made", "clinic_id", "made_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"))
    communication_id: Mapped[int | None] = mapped_column(ForeignKey("communication.id"))
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    kept_at: Mapped[datetime | None]
    apologised_at: Mapped[datetime | None]


class SavedViewRow(Base):
    """A view of the worklist that one person keeps. name: what they call it; whose, kind, language: as of `worklist.View`."""

    __tablename__ = "saved_view"
    __table_args__ = (Index("saved_view_actor", "clinic_id", "actor_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    actor_id: Mapped[int]
    name: Mapped[str] = mapped_column(EncryptedText)
    whose: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(12))


class PaperRow(Base):
    """A paper that is there for a visit. name: of `papers` in the clinic's file; actor: who ticked it."""

    __tablename__ = "paper"
    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    actor: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class AlertRow(Base):
    """An urgent item that somebody must take on (S-13). since: when danger was last told; acknowledged_at, actor: when and by whom.

    told: how many people outside the inbox have been told, because nobody had; place: who of the clinic's list is next. tries: tells
    one try to reach somebody from the next; failed, error: how many in a row reached nobody, and the last one's kind of error.
    next_at: when the next one is told, None: as long after `since` as the clinic says; while somebody is being told, the lease's end.
    """

    __tablename__ = "alert"
    __table_args__ = (Index("alert_open", "clinic_id", "acknowledged_at", "since"),)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    since: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    actor_id: Mapped[int | None]
    actor: Mapped[str | None] = mapped_column(String(80))
    told: Mapped[int] = mapped_column(default=0, server_default="0")
    place: Mapped[int] = mapped_column(default=0, server_default="0")
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    failed: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str | None] = mapped_column(String(40))
    next_at: Mapped[datetime | None]


class CandidateRow(Base):
    """A text that was read wrongly, with the reading that a coordinator chose: a phrase to learn and a case to test, once reviewed.

    read_as, means: labels, joined by commas. phrase: the wording to learn, without names and dates, which a reviewer writes.
    status: proposed, accepted, rejected.
    """

    __tablename__ = "candidate"
    __table_args__ = (Index("candidate_status", "clinic_id", "status"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"))
    communication_id: Mapped[int] = mapped_column(ForeignKey("communication.id"), unique=True)
    words: Mapped[str] = mapped_column(EncryptedText)
    language: Mapped[str] = mapped_column(String(12))
    context: Mapped[str] = mapped_column(String(12))
    read_as: Mapped[str] = mapped_column(String(200))
    means: Mapped[str] = mapped_column(String(200))
    phrase: Mapped[str | None] = mapped_column(EncryptedText)
    status: Mapped[str] = mapped_column(String(10), default="proposed")
    proposed_by: Mapped[str] = mapped_column(String(80))
    reviewed_by: Mapped[str | None] = mapped_column(String(80))
    at: Mapped[datetime]


class WordRow(Base):
    """A keyed hash of a folded word that a text, or a person's name, has: encrypted words are found by it."""

    __tablename__ = "word"
    __table_args__ = (Index("word_phone", "phone_id"),)
    clinic_id: Mapped[int] = mapped_column(ForeignKey("clinic.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(22), primary_key=True)
    phone_id: Mapped[int] = mapped_column(ForeignKey("phone.id"), primary_key=True)


class IndexedRow(Base):
    """How far the texts and notes are in `word`. what: text, action; last: the id."""

    __tablename__ = "indexed"
    what: Mapped[str] = mapped_column(String(10), primary_key=True)
    last: Mapped[int]
