"""Notices to a host stay of use when the time of its conference has passed."""

from __future__ import annotations

from datetime import timedelta

from confsvc.database import Database
from scheduler import outbox
from tests.scheduler.booking.approving.test_approval import asked, state, steps
from tests.scheduler.booking.offices import START, offices


def test_the_host_hears_of_a_lapse_that_was_seen_only_after_the_end(database: Database) -> None:
    """The service was down for the day; its first step is the lapse, and the mail server is down for hours more."""
    offices(database)
    booked = asked(database)
    late = START + timedelta(hours=9)
    steps(database, booked, late)
    assert state(database, booked) == "draft"
    (notice,) = database.write_now(
        outbox.claim, now=late + timedelta(hours=5), limit=10, lease_seconds=60, kinds=["notice"]
    )
    assert notice.payload["what"] == "lapsed"
    assert database.write_now(outbox.expire, now=late + timedelta(hours=25)) == 1, "not for ever"
