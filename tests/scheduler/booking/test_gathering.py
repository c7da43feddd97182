"""Edits within ten minutes go out as one; what must be known at once does; lesser changes may go untold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from confsvc.database import Database
from scheduler.booking.book import book
from scheduler.booking.booking import Booked, GuestWish
from scheduler.booking.edit import cancel, change
from scheduler.booking.invitations import gathered
from scheduler.models import Edition, Effect
from scheduler.outbox import claim, settle
from scheduler.outcomes import Done, Later
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

MINUTE = timedelta(minutes=1)
TEN = 10 * MINUTE
GUEST = (GuestWish("Khách", "k@x.vn"),)


class Box:
    """A conference whose letters are looked at."""

    def __init__(self, database: Database) -> None:
        self.database = database
        offices(database)
        made: Booked = database.write_now(lambda db: book(db, wish(guests=GUEST), actor="cli", now=NOW, rules=RULES))
        self.key, self.version = made.key, 1

    def change(self, at: datetime, *, quiet: bool = False, **what: Any) -> None:
        wanted = replace(wish(guests=GUEST), **what)
        self.database.write_now(
            change, self.key, wanted, version=self.version, actor="cli", now=at, rules=RULES, quiet=quiet
        )
        self.version += 1

    def deliver(self, at: datetime) -> list[tuple[str, int]]:
        """Who gets what now: what the edition says and its number, of the guest."""
        found = []
        while claimed := self.database.write_now(claim, now=at, limit=50, lease_seconds=60, kinds=["letter"]):
            for one in claimed:
                self.database.write_now(settle, one, Done({"message_id": f"<{one.id}@x.vn>"}), now=at)
                found += [one] if one.payload["mail"] == "k@x.vn" else []
        return [(self.said(one.payload["edition"]), one.payload["number"]) for one in found]

    def said(self, edition: int) -> str:
        return str(self.database.read_now(lambda db: db.get_one(Edition, edition)).content["what"])

    def owed(self) -> list[tuple[int, datetime]]:
        query = select(Effect).where(Effect.state == "owed", Effect.kind == "letter").order_by(Effect.id)
        rows = self.database.read_now(lambda db: list(db.scalars(query)))
        return [(one.payload["number"], one.due) for one in rows if one.payload["mail"] == "k@x.vn"]


@pytest.fixture
def box(database: Database) -> Box:
    return Box(database)


def test_edits_within_ten_minutes_go_out_as_one(box: Box) -> None:
    assert box.deliver(NOW) == [("booked", 1)], "an invitation goes at once"
    box.change(NOW + MINUTE, title="Một")
    box.change(NOW + 8 * MINUTE, title="Hai")
    assert box.owed() == [(3, NOW + MINUTE + TEN)], "the later edit takes the earlier one's time"
    assert box.deliver(NOW + TEN) == []
    assert box.deliver(NOW + MINUTE + TEN) == [("changed", 3)]


def test_what_was_not_even_invited_does_not_wait(box: Box) -> None:
    box.change(NOW + MINUTE, title="Một")
    assert box.owed() == [(2, NOW + MINUTE)]


def test_one_that_was_tried_has_had_its_time(box: Box) -> None:
    (first, *_) = [
        one for one in box.database.write_now(claim, now=NOW, limit=50, lease_seconds=60)
        if one.payload.get("mail") == "k@x.vn"
    ]  # fmt: skip
    box.database.write_now(settle, first, Later(error="refused"), now=NOW)
    box.change(NOW + MINUTE, title="Một")
    assert box.owed() == [(2, NOW + MINUTE)]


def test_a_cancellation_goes_at_once_in_place_of_what_waits(box: Box) -> None:
    box.deliver(NOW)
    box.change(NOW + MINUTE, title="Một")
    box.database.write_now(
        cancel, box.key, version=box.version, reason="Thôi", actor="cli", now=NOW + 2 * MINUTE
    )  # fmt: skip
    assert box.deliver(NOW + 2 * MINUTE) == [("cancelled", 3)]


def test_a_removal_goes_at_once_and_who_is_new_is_invited_at_once(box: Box) -> None:
    box.deliver(NOW)
    box.change(NOW + MINUTE, title="Một", guests=(GuestWish("Mới", "m@x.vn"),))
    assert box.deliver(NOW + MINUTE) == [("removed", 2)]
    new = box.database.read_now(
        lambda db: [e.state for e in db.scalars(select(Effect)) if e.payload.get("mail") == "m@x.vn"]
    )
    assert new == ["done"]


@pytest.mark.parametrize(
    ("starts", "due"),
    [
        ([NOW + timedelta(days=1)], NOW + TEN),
        ([NOW + timedelta(hours=2) + 4 * MINUTE], NOW + 4 * MINUTE),
        ([NOW + timedelta(hours=1)], NOW),
        ([NOW + timedelta(hours=1), NOW + timedelta(days=9)], NOW),  # moved away from soon
        ([NOW - timedelta(days=7), NOW + timedelta(days=1)], NOW + TEN),  # a series that has begun
        ([NOW - timedelta(days=7)], NOW),
    ],
)
def test_within_two_hours_nothing_waits(starts: list[datetime], due: datetime) -> None:
    assert gathered(NOW, 10, starts) == due


def test_a_lesser_change_may_go_untold_and_is_there_for_later_ones(box: Box) -> None:
    box.deliver(NOW)
    box.change(NOW + MINUTE, quiet=True, title="Tên đúng")
    assert box.owed() == []
    added = (*GUEST, GuestWish("Mới", "m@x.vn"))
    box.change(NOW + 2 * MINUTE, quiet=True, title="Tên đúng", guests=added)
    query = select(Edition).order_by(Edition.number)
    editions = box.database.read_now(
        lambda db: [(e.content["what"], e.content["title"], e.sequence) for e in db.scalars(query)]
    )
    assert editions[1:] == [("changed", "Tên đúng", 1), ("booked", "Tên đúng", 1)]


def test_who_waits_for_a_letter_anyway_gets_the_last_state(box: Box) -> None:
    box.deliver(NOW)
    box.change(NOW + MINUTE, starts=START + timedelta(hours=1), ends=START + timedelta(hours=3))
    box.change(
        NOW + 2 * MINUTE, quiet=True, starts=START + timedelta(hours=1), ends=START + timedelta(hours=3), title="Tên"
    )
    assert box.owed() == [(3, NOW + MINUTE + TEN)]


@pytest.mark.parametrize(
    "what",
    [{"starts": START + timedelta(hours=1), "ends": START + timedelta(hours=3)}, {"room_ids": (2, 11)},
     {"chair_name": "Người khác"}],
)  # fmt: skip
def test_time_sites_and_chair_are_always_told(box: Box, what: dict[str, Any]) -> None:
    box.deliver(NOW)
    box.change(NOW + MINUTE, quiet=True, **what)
    assert [number for number, _ in box.owed()] == [2 if "room_ids" not in what else 3]
