"""What a conference does next: a table, and properties that hold whatever was missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.conduct.lifecycle import GIVE_BACK, NOBODY_SEEN, Step, View, ending_steps, next_step, settled_by
from scheduler.moves import MOVES
from scheduler.timing import Timing

START = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
END = START + timedelta(hours=2)
TIMING = Timing()
PLANNED = View("planned", START, END, END, START - timedelta(minutes=60))

ONCE = (NOBODY_SEEN, GIVE_BACK, *ending_steps())
OPEN = replace(PLANNED, state="open")


def at(minutes: float, base: datetime = START) -> datetime:
    return base + timedelta(minutes=minutes)


SITES = {"nobody_seen": at(10), "give_back": at(15)}
TABLE = [
    (PLANNED, at(-71), Step(None, "wait", at(-70))),
    (PLANNED, at(-70), Step("provisioned", "provision", START)),
    (PLANNED, at(-1), Step("provisioned", "provision", START)),
    (PLANNED, at(15, END), Step("ended", "end", at(20, END))),
    (replace(PLANNED, state="provisioned"), at(-1), Step(None, "wait", START)),
    (replace(PLANNED, state="provisioned", first_joined=at(-14)), at(-14), Step("open", "open", at(10))),
    (replace(PLANNED, state="provisioned"), START, Step("open", "open", at(10))),
    (OPEN, at(9), Step(None, "wait", at(10))),
    (OPEN, at(10), Step(None, "nobody_seen", at(15))),
    (replace(OPEN, steps={"nobody_seen": at(13)}), at(15), Step(None, "wait", at(18))),
    (replace(OPEN, steps={"nobody_seen": at(13)}), at(18), Step(None, "give_back", at(-10, END))),
    (replace(OPEN, steps=SITES), at(-10, END), Step(None, "ending_10", at(-5, END))),
    (replace(OPEN, steps=SITES), at(-4, END), Step(None, "ending_5", at(-1, END))),
    (replace(OPEN, steps=SITES), at(-1, END), Step(None, "ending_1", at(15, END))),
    (replace(OPEN, steps=SITES | {"ending_10": at(-10, END)}), at(-6, END), Step(None, "wait", at(-5, END))),
    (replace(OPEN, ends=at(8)), at(1), Step(None, "ending_10", at(3))),
    (replace(OPEN, steps=SITES), END, Step(None, "wait", at(15, END))),
    (replace(PLANNED, state="open"), at(14, END), Step(None, "wait", at(15, END))),
    (replace(PLANNED, state="open"), at(15, END), Step("ended", "end", at(20, END))),
    (replace(PLANNED, state="ended"), at(19, END), Step(None, "wait", at(20, END))),
    (replace(PLANNED, state="ended"), at(20, END), Step("recorded", "record", None)),
    (replace(PLANNED, state="ended", ended_by="organiser"), at(5, END), Step("recorded", "record", None)),
    (replace(PLANNED, state="recorded"), at(60, END), Step(None, "wait", None)),
    (replace(PLANNED, state="recorded", due=at(60, END)), at(60, END), Step(None, "rederive", None)),
    (replace(PLANNED, state="cancelled"), at(60, END), Step(None, "wait", None)),
    (replace(PLANNED, state="draft"), at(60, END), Step(None, "wait", None)),
]


@pytest.mark.parametrize(("view", "now", "step"), TABLE)
def test_next_step(view: View, now: datetime, step: Step) -> None:
    assert next_step(view, now, TIMING) == step


@given(
    state=st.sampled_from(sorted(MOVES)),
    minutes=st.integers(-500, 1000),
    joined=st.booleans(),
    ended_by=st.sampled_from([None, "time", "organiser"]),
)
def test_every_step_is_a_move_and_looks_ahead(state: str, minutes: int, joined: bool, ended_by: str | None) -> None:
    now = at(minutes)
    view = replace(PLANNED, state=state, first_joined=now if joined else None, ended_by=ended_by)
    step = next_step(view, now, TIMING)
    while step.to is None and step.act in ONCE:
        assert not view.steps.keys() & settled_by(step.act), "no step is taken twice"
        view = replace(view, steps={**view.steps, **dict.fromkeys(settled_by(step.act), now)})
        step = next_step(view, now, TIMING)
    if step.to is not None:
        assert step.to in MOVES[state]
    elif step.due is not None:
        assert step.due > now, "a conference that waits would be looked at for ever"


@given(st.lists(st.integers(0, 700), min_size=1, max_size=40))
def test_whatever_ticks_are_missed_it_ends_recorded(minutes: list[int]) -> None:
    view = PLANNED
    for minute in [*sorted(minutes), 701]:
        now = at(minute - 120)
        while (step := next_step(view, now, TIMING)).act != "wait":
            taken = dict.fromkeys(settled_by(step.act), now) if step.to is None else {}
            view = replace(view, state=step.to or view.state, steps={**view.steps, **taken})
        assert step.due is None or step.due > now
    assert view.state == "recorded"
