"""What happens in a patient's life and stops every text about them: a death, a loss, a hospital."""

from __future__ import annotations

from enum import StrEnum


class LifeEvent(StrEnum):
    """LOSS: of somebody near, or of a pregnancy. HOSPITAL: or hospice."""

    DIED = "died"
    LOSS = "loss"
    HOSPITAL = "hospital"


# Why nothing is started by text about somebody, in a few words behind their name.
HAPPENED: dict[str, str] = {
    LifeEvent.DIED: "has died",
    LifeEvent.LOSS: "has lost somebody or a pregnancy",
    LifeEvent.HOSPITAL: "is in hospital or hospice",
}
FOR_GOOD = frozenset({LifeEvent.DIED})  # what has no last day
