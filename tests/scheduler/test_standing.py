"""What people call a conference's state: one word from state and columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.conduct.lifecycle import LETTER_WARNING, Step, View, next_due, next_step
from scheduler.models import STATES
from scheduler.standing import STANDINGS, standing
from scheduler.timing import Timing

START = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
END = START + timedelta(hours=2)


@dataclass(frozen=True)
class One:
    state: str
    outcome: str = "unknown"
    letter_number: str = ""
    approved_at: datetime | None = None
    starts: datetime = START
    ends: datetime = END


@pytest.mark.parametrize(
    ("one", "now", "word"),
    [
        (One("draft"), START, "draft"),
        (One("pending"), START, "pending"),
        (One("pending", letter_number="5/GM-UBND"), START, "pending"),
        (One("planned"), START, "scheduled"),
        (One("planned", approved_at=START), START, "approved"),
        (One("planned", approved_at=START, letter_number="5/GM-UBND"), START, "invited"),
        (One("planned", letter_number="5/GM-UBND"), START, "invited"),
        (One("provisioned", letter_number="5/GM-UBND"), START, "ready"),
        (One("open"), START - timedelta(minutes=1), "ready"),
        (One("open"), START, "live"),
        (One("open"), END, "ended"),
        (One("ended"), END, "ended"),
        (One("recorded"), END, "unconfirmed"),
        (One("recorded", "held"), END, "held"),
        (One("cancelled"), START, "cancelled"),
        (One("postponed"), START, "postponed"),
    ],
)
def test_one_word_for_each(one: One, now: datetime, word: str) -> None:
    assert standing(one, now) == word


def test_every_state_has_a_word() -> None:
    assert {standing(One(state), START) for state in STATES} <= set(STANDINGS)


def view(state: str, *, hold: datetime | None = None, warned: bool = False) -> View:
    opens = START - timedelta(hours=1)
    return View(state, START, END, END, opens, hold_until=hold, warned=warned)


HOLD = START - timedelta(hours=15)


@pytest.mark.parametrize(
    ("seen", "now", "step"),
    [
        (view("pending"), START - timedelta(seconds=1), Step(None, "wait", START)),
        (view("pending"), START, Step("draft", "lapse", None)),
        (view("pending", hold=HOLD), HOLD, Step("draft", "lapse", None)),
        (view("planned", hold=HOLD), HOLD, Step("postponed", "lapse", None)),
        (view("planned", hold=HOLD), HOLD - LETTER_WARNING, Step(None, "warn", HOLD)),
        (view("planned", hold=HOLD, warned=True), HOLD - LETTER_WARNING, Step(None, "wait", HOLD)),
        (view("planned", hold=HOLD), HOLD - timedelta(days=3), Step(None, "wait", HOLD - LETTER_WARNING)),
        (view("draft", hold=HOLD), START, Step(None, "wait", None)),
    ],
)
def test_what_waits_is_warned_of_and_falls_back(seen: View, now: datetime, step: Step) -> None:
    assert next_step(seen, now, Timing()) == step


def test_without_a_letter_to_wait_for_it_is_looked_at_when_its_room_opens() -> None:
    assert next_due(view("planned"), Timing()) == START - timedelta(minutes=70)
