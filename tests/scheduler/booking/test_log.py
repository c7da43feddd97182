"""In-person meetings are registered afterwards and hold nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid
from scheduler.booking.log import SECRET_TITLE, Logged, log_in_person
from scheduler.models import Attendance, Conference, Effect, Reservation
from tests.scheduler.booking.offices import NOW, offices

DONE = Logged(
    title="Hội nghị tổng kết", kind="final_review", host_unit_id=2, starts=NOW - timedelta(days=1),
    ends=NOW - timedelta(hours=21), unit_ids=(11, 12), reason="content", place="Hội trường", letter_number="05/GM",
)  # fmt: skip


def test_it_is_ended_at_once_and_binds_nothing(database: Database) -> None:
    offices(database)
    booked = database.write_now(log_in_person, DONE, actor="account:1", now=NOW)

    def read(db: Session) -> None:
        row = db.get_one(Conference, booked.id)
        assert (row.state, row.origin, row.outcome, row.outcome_evidence, row.due) == (
            "ended",
            "logged",
            "held",
            "declared",
            NOW,
        )
        assert [(a.mode, a.extent, a.seconds) for a in db.scalars(select(Attendance))] == [
            ("in_person", "full", 10800)
        ] * 2
        assert db.scalars(select(Reservation)).all() == []
        assert db.scalars(select(Effect)).all() == []

    database.read_now(read)


def test_a_secret_meeting_leaves_no_content(sqlite_url: str) -> None:
    database = offices(Database(sqlite_url))
    secret = replace(DONE, reason="secret", title="", note="abc", place="phòng 2")
    booked = database.write_now(log_in_person, secret, actor="account:1", now=NOW)
    row = database.read_now(lambda db: db.get_one(Conference, booked.id))
    assert (row.title, row.note, row.place) == (SECRET_TITLE, "", "")
    database.close()


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"title": ""}, {"title"}),
        ({"starts": NOW, "ends": NOW + timedelta(hours=1)}, {"starts"}),
        ({"starts": NOW - timedelta(days=2000), "ends": NOW - timedelta(days=1999, hours=20)}, {"starts"}),
        ({"unit_ids": ()}, {"units"}),
        ({"unit_ids": (11, 99)}, {"units.1"}),
        ({"reason": "", "kind": "x"}, {"kind"}),
        ({"reason": ""}, {"reason"}),
        ({"reason": "other"}, {"reason_note"}),
        ({"ends": DONE.starts}, {"ends"}),
    ],
)
def test_every_wrong_field_is_named(sqlite_url: str, changes: dict[str, Any], fields: set[str]) -> None:
    database = offices(Database(sqlite_url))
    with pytest.raises(Invalid) as refusal:
        database.write_now(log_in_person, replace(DONE, **changes), actor="account:1", now=NOW)
    assert {e.field for e in refusal.value.errors} == fields
    database.close()
