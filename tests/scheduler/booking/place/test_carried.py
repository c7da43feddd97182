"""What lines carried in their last conferences bounds what their rooms are given again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Endpoint
from scheduler.booking.book import book, check
from scheduler.booking.booking import Rules
from scheduler.booking.place.capacity import DEFAULT_PROFILES
from scheduler.booking.place.carried import LAST, Carried, carried_of, carried_top
from scheduler.conduct.facts import NewFact, add_fact
from tests.scheduler.booking.offices import NOW, RULES, offices, wish

WISH = NOW + timedelta(days=20)


def reports(*told_loss_up: tuple[str, float, float]) -> list[Carried]:
    """Newest first, one a day at the hour of the wish."""
    return [
        Carried(WISH - timedelta(days=n + 1), told, up, 2 * up, loss) for n, (told, loss, up) in enumerate(told_loss_up)
    ]


@pytest.mark.parametrize(
    ("found", "top"),
    [
        ([], ""),
        (reports(("720p", 0, 1800)), "720p"),
        (reports(("360p", 1, 700)), "360p"),
        (reports(*[("360p", 1, 700)] * LAST), "720p"),  # as many good ones in a row: one step better is tried
        (reports(("720p", 30, 900)), "360p"),
        (reports(("720p", 30, 300), ("180p", 0, 250)), "180p"),
        (reports(("360p", 30, 10)), "audio"),
        (reports(("720p", 30, 900), ("720p", 0, 1800)), "720p"),  # never more than it carried, but that much
        (reports(*[("180p", 0, 250)] * LAST, ("360p", 50, 90)), "360p"),  # five conferences ago is forgotten
        (reports(("no such", 0, 1)), ""),
    ],
)
def test_never_more_than_the_last_four_carried(found: list[Carried], top: str) -> None:
    assert carried_top(DEFAULT_PROFILES, found, WISH) == top


def test_only_conferences_at_that_hour_count() -> None:
    (bad,) = reports(("720p", 40, 300))
    assert carried_top(DEFAULT_PROFILES, [bad], WISH + timedelta(hours=1)) == "180p"
    assert carried_top(DEFAULT_PROFILES, [bad], WISH + timedelta(hours=2)) == ""


@pytest.mark.parametrize("said", [{}, {"picture": 7, "up": 1, "down": 1, "loss": 0}, {"picture": "x", "up": "1"},
                                  {"picture": "360p", "up": -1, "down": 1, "loss": 0}])  # fmt: skip
def test_what_is_no_report_is_passed_over(said: dict[str, object]) -> None:
    assert carried_of(NOW, said) is None


def test_a_booking_gives_a_room_what_its_device_reported(database: Database) -> None:
    offices(database)
    rules = replace(RULES, profiles=DEFAULT_PROFILES)
    wanted = replace(wish(), room_ids=(11, 12))
    before = database.read_now(check, wanted, now=NOW, rules=rules).profiles
    assert set(before) == {11, 12}
    _report(database, rules, wanted.starts)
    after = database.read_now(check, wanted, now=NOW, rules=rules).profiles
    assert after == {**before, 11: "audio"}


def _report(database: Database, rules: Rules, hour: datetime) -> None:
    """Room 11 had a conference at that hour some days earlier, and lost half of it."""
    starts = hour - timedelta(days=3)
    earlier = replace(wish(), starts=starts, ends=starts + timedelta(hours=1), room_ids=(11, 12))
    key = database.write_now(book, earlier, actor="account:1", now=NOW, rules=rules).key

    def work(db: Session) -> None:
        db.execute(insert(Endpoint).values(id=77, key="device77", room_id=11, paired_at=NOW))
        said = {"picture": "360p", "up": 20, "down": 40, "loss": 50}
        add_fact(
            db,
            NewFact(key="ep:77:b:1", kind="endpoint.quality", source="endpoint:77", at=starts, data={"said": said},
                    conference_key=key, endpoint_id=77),
            now=starts,
        )  # fmt: skip

    database.write_now(work)
