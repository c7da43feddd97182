"""The answer at the door, for every state and moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.conduct.admission import Admit, Deny, decide
from scheduler.timing import Timing

START = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
END = START + timedelta(hours=2)
OPENS = START - timedelta(minutes=60)
TIMING = Timing()


@dataclass(frozen=True)
class Room:
    key: str = "k7m2"
    generation: int = 1
    current: bool = True
    state: str = "provisioned"
    form: str = "online"
    starts: datetime = START
    ends: datetime = END
    booked_ends: datetime = END
    opens: datetime = OPENS
    latest_end: datetime = END + timedelta(minutes=120)


YES = Admit("k7m2-1", START, timedelta(hours=4))


@pytest.mark.parametrize(
    ("room", "minutes", "answer"),
    [
        (None, 0, Deny("not_booked")),
        (Room(), -63, Deny("too_early", OPENS)),
        (Room(), -62, YES),
        (Room(state="planned"), -62, YES),
        (Room(state="open"), 134, YES),
        (Room(state="open"), 135, Deny("too_late")),
        (Room(state="ended"), 60, Deny("too_late")),
        (Room(state="recorded"), 60, Deny("too_late")),
        (Room(state="cancelled"), 0, Deny("cancelled")),
        (Room(state="draft"), 0, Deny("not_booked")),
        (Room(form="in_person"), 0, Deny("not_online")),
        (Room(form="hybrid", state="open"), 0, YES),
        (Room(current=False, state="open"), 0, Deny("not_booked")),
        (Room(state="open", ends=END + timedelta(hours=1)), 160, YES),
    ],
)
def test_decide(room: Room | None, minutes: int, answer: Admit | Deny) -> None:
    assert decide(room, START + timedelta(minutes=minutes), TIMING) == answer


def test_the_length_reaches_the_latest_end_whenever_it_is_asked() -> None:
    late = decide(replace(Room(), state="open"), START + timedelta(minutes=100), TIMING)
    assert isinstance(late, Admit)
    assert late.starts + late.duration == END + timedelta(minutes=120)
