"""Whatever is edited, and however the mail mixes it up: each calendar ends with exactly what its owner should have."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.calendar.itip import ItipMessage, event_from_ics, event_to_ics, plan
from integrations.calendar.itip.event import Attendee, Entry, Event, Moment, Organizer
from integrations.calendar.itip.rule import starts_of
from integrations.calendar.itip.views import date_of, tidy, view
from integrations.calendar.lint import lint
from tests.fakes.calendar_client import CalendarClient, Shown

NOW = datetime(2026, 9, 1, 2, 0, tzinfo=UTC)
PEOPLE = ["a@so.example", "b@huyen.example", "c@xa.example"]
HOP = Organizer("hop@hop.example", "Sở Nội vụ")


def first(zone: str) -> Event:
    starts = Moment(datetime(2026, 10, 5, 8, 0), zone)  # noqa: DTZ001 -- wall time
    people = tuple(Attendee(mail, "Trần B") for mail in PEOPLE[:2])
    return Event(
        "5b0c0c0e@hop.example",
        Entry(
            starts, starts.plus(timedelta(hours=1)), summary="Giao ban", rule="FREQ=WEEKLY;COUNT=6", organizer=HOP,
            attendees=people,
        ),
    )  # fmt: skip


def edited(event: Event, kind: str, which: int, who: str) -> Event | None:
    """One edit as people make it; None for cancelling everything."""
    master = event.master
    assert master is not None
    dates = starts_of(master) or []
    at = dates[which % len(dates)]
    gone = {one.instant() for one in master.exdates}
    apart = [one for one in event.overrides if not at.same(one.recurrence_id)]
    one = event.override(at) or date_of(master, at.instant())
    if kind == "title":
        return replace(event, master=replace(master, summary=f"{master.summary[:40]}+"))
    if kind == "later":
        moved = replace(
            master, starts=master.starts.plus(timedelta(hours=1)), ends=master.ends.plus(timedelta(hours=1))
        )
        return replace(event, master=replace(moved, exdates=()), overrides=())
    if kind in ("join", "leave"):
        others = tuple(each for each in master.attendees if each.mail != who)
        joined = (*others, Attendee(who)) if kind == "join" else others
        return replace(event, master=replace(master, attendees=joined)) if joined else event
    if kind == "cancel all":
        return None
    if kind == "cancel date":
        return replace(event, master=replace(master, exdates=(*master.exdates, at)), overrides=tuple(apart))
    if kind == "put back":
        kept = tuple(each for each in master.exdates if not each.same(at))
        return replace(event, master=replace(master, exdates=kept))
    if at.instant() in gone:
        return event
    if kind == "dissolve":
        return replace(event, overrides=tuple(apart))
    if kind == "move date":
        one = replace(one, starts=one.starts.plus(timedelta(minutes=30)), ends=one.ends.plus(timedelta(minutes=30)))
    elif kind == "retitle date":
        one = replace(one, summary=f"{one.summary[:40]}!")
    else:
        people = tuple(each for each in one.attendees if each.mail != who)
        people = (*people, Attendee(who)) if kind == "join date" else people
        one = replace(one, attendees=people or one.attendees)
    return replace(event, overrides=(*apart, one))


KINDS = [
    "title", "later", "join", "leave", "cancel all", "cancel date", "put back", "dissolve", "move date",
    "retitle date", "join date", "leave date",
]  # fmt: skip
edits = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 5), st.sampled_from(PEOPLE)), max_size=12)


def expected(event: Event, mail: str) -> set[Shown]:
    mine = view(tidy(event), mail)
    found = {(at, one.starts.instant(), one.ends.instant(), one.summary) for at, one in mine.dates.items()}
    if mine.master:
        gone = {at.instant() for at in mine.entries[0].exdates} | set(mine.dates)
        for at in starts_of(mine.master) or []:
            if at.instant() not in gone:
                one = date_of(mine.master, at.instant())
                found.add((at.instant(), one.starts.instant(), one.ends.instant(), one.summary))
    return found


def course(steps: list[Any], zone: str, *, by_file: bool) -> tuple[Event, list[ItipMessage]]:
    made = plan(None, first(zone), NOW)
    state, sent = made.events[0], list(made.messages)
    for number, (kind, which, who) in enumerate(steps, start=1):
        new = edited(replace(state, master=replace(state.master, status="CONFIRMED")), kind, which, who)  # type: ignore[type-var]
        step = plan(state, new, NOW + timedelta(seconds=number % 3))
        state = step.events[0]
        if by_file:
            state = event_from_ics(event_to_ics(state))
        sent += step.messages
    return state, sent


def check(steps: list[Any], seed: int, zone: str, *, by_file: bool = False) -> None:
    state, sent = course(steps, zone, by_file=by_file)
    mixed = random.Random(seed)
    for mail in PEOPLE:
        mine = [one for one in sent if one.recipient == f"mailto:{mail}"]
        numbers = [(one.sequence, one.dtstamp) for one in mine]
        assert len(set(numbers)) == len(numbers), "two messages to one person with the same numbers"
        assert [one.dtstamp for one in mine] == sorted(one.dtstamp for one in mine)
        for order in (mine, mine[::-1], mixed.sample([*mine, *mine], 2 * len(mine))):
            client = CalendarClient(mail)
            for one in order:
                client.receive(one.ics)
            assert client.shown() == expected(state, mail), (mail, steps)
        for one in mine[-2:]:
            assert lint(one.ics, method=one.method, recipient=mail) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits, st.integers(0, 10**6))
def test_each_calendar_ends_with_our_state(steps: list[Any], seed: int) -> None:
    check(steps, seed, "Asia/Ho_Chi_Minh")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits, st.integers(0, 10**6))
def test_also_where_clocks_change_and_the_state_lives_in_a_file(steps: list[Any], seed: int) -> None:
    check(steps, seed, "Europe/Berlin", by_file=True)


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["Asia/Ho_Chi_Minh", "America/New_York", "Africa/Casablanca", "UTC"])
def test_for_many_courses(zone: str) -> None:
    @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(edits, st.integers(0, 10**6))
    def many(steps: list[Any], seed: int) -> None:
        check(steps, seed, zone)

    many()
