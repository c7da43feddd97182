"""A request waits, holding its rooms or not; it is approved, returned, answered by another one, or falls back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.errors import Invalid
from rooms.models import Change
from scheduler.booking.approving.approval import approve, return_
from scheduler.booking.approving.needs import approval_needs, letter_due
from scheduler.booking.approving.queries import Scope, count_waiting, list_open_approvals, list_waiting
from scheduler.booking.book import book
from scheduler.booking.booking import Booked, Booking, Rules
from scheduler.booking.edit import booking_of, cancel, change, submit
from scheduler.conduct.advance import advance
from scheduler.errors import NotAsked, OwnRequest, RoomTaken, Stale, WrongMove
from scheduler.models import Approval, Conference, Edition, Effect, Opening, Reservation
from scheduler.rulebook import RuleBook, RuleRow
from scheduler.timing import Timing
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

CLERK, HEAD = "account:1", "account:2"


def rules(**values: str) -> Rules:
    """The usual rules with these for everybody."""
    rows = [
        RuleRow(number, what, None, None, value, "", date(2020, 1, 1), None)
        for number, (what, value) in enumerate(values.items())
    ]
    return replace(RULES, book=RuleBook(rows))


HEADS = rules(approval_by="own_head")
LOOSE = rules(approval_by="own_head", pending_holds="no")


def asked(database: Database, by: Rules = HEADS, **changes: Any) -> Booked:
    return database.write_now(lambda db: book(db, wish(**changes), actor=CLERK, now=NOW, rules=by))


def deciders(db: Session, booked: Booked) -> dict[int, str | None]:
    return {one.id: None for one in list_open_approvals(db, booked.id)}


def says_yes(database: Database, booked: Booked, by: Rules = HEADS, **changes: Any) -> Booked:
    def work(db: Session) -> Booked:
        given = {"version": booked.version, "actor": HEAD, "now": NOW, "deciders": deciders(db, booked), **changes}
        return approve(db, booked.key, rules=by, **given)

    return database.write_now(work)


def state(database: Database, booked: Booked) -> str | None:
    return database.read_now(lambda db: db.scalar(select(Conference.state).where(Conference.id == booked.id)))


def count(database: Database, what: Any, *where: Any) -> int:
    return database.read_now(lambda db: db.scalar(select(func.count()).select_from(what).where(*where)) or 0)


def test_a_request_holds_its_rooms_and_tells_nobody(database: Database) -> None:
    offices(database)
    booked = asked(database)
    assert state(database, booked) == "pending"
    assert (count(database, Edition), count(database, Opening)) == (0, 0)
    assert count(database, Effect, Effect.kind != "asked") == 0, "only whoever decides is told"
    assert count(database, Reservation, Reservation.holds.is_(True)) == 5
    with pytest.raises(RoomTaken) as refused:
        asked(database)
    assert refused.value.taken[0].unit == "Sở TT&TT"
    heads = Scope(heads={2}, hall=False, operator=False)
    assert database.read_now(lambda db: [one.key for one in list_waiting(db, heads, 10)]) == [booked.key]
    assert database.read_now(count_waiting, Scope({11}, True, True)) == 0


def test_a_request_that_does_not_hold_excludes_nobody(database: Database) -> None:
    offices(database)
    first = asked(database, LOOSE)
    second = asked(database, LOOSE)
    free = database.write_now(lambda db: book(db, wish(), actor=CLERK, now=NOW, rules=RULES))
    assert [state(database, one) for one in (first, second, free)] == ["pending", "pending", "planned"]
    assert count(database, Reservation, Reservation.holds.is_(True)) == 5


def test_approving_binds_as_a_booking_does(database: Database) -> None:
    offices(database)
    booked = asked(database)
    done = says_yes(database, booked, note="đồng ý")

    def look(db: Session) -> None:
        row = db.get_one(Conference, booked.id)
        assert (row.state, row.version, row.approved_at) == ("planned", done.version, NOW)
        assert row.uid is not None
        assert row.secrecy_by == CLERK
        one = db.scalars(select(Approval)).one()
        assert (one.verdict, one.by, one.for_by, one.reason) == ("approved", HEAD, None, "đồng ý")

    database.read_now(look)
    assert count(database, Effect, Effect.kind == "letter") == 4
    assert count(database, Effect, Effect.kind == "notice") == 1
    assert count(database, Opening) == 1
    assert count(database, Change, Change.act == "approved") == 1
    with pytest.raises(WrongMove):
        says_yes(database, done, deciders={1: None})


def test_a_substitute_is_recorded_with_the_one_he_stands_in_for(database: Database) -> None:
    offices(database)
    booked = asked(database)
    says_yes(database, booked, deciders={1: "account:9"})
    assert database.read_now(lambda db: db.scalars(select(Approval.for_by)).one()) == "account:9"


def test_nobody_decides_on_his_own_request_unless_the_rule_lets_him(database: Database) -> None:
    offices(database)
    booked = asked(database)
    with pytest.raises(OwnRequest):
        says_yes(database, booked, actor=CLERK)
    assert state(database, booked) == "pending"
    says_yes(database, booked, rules(approval_by="own_head", self_approval="yes"), actor=CLERK)
    assert state(database, booked) == "planned"


def test_a_substitute_does_not_agree_to_the_request_of_the_absent_one(database: Database) -> None:
    offices(database)
    booked = asked(database)
    with pytest.raises(OwnRequest):
        says_yes(database, booked, deciders={1: CLERK})
    assert state(database, booked) == "pending"


def test_somebody_who_was_not_asked_decides_nothing(database: Database) -> None:
    offices(database)
    with pytest.raises(NotAsked):
        says_yes(database, asked(database), deciders={99: None})


def test_two_functions_are_asked_and_both_must_agree(database: Database) -> None:
    offices(database)
    both = rules(approval_by="hall", operator_above="3")
    booked = asked(database, both)
    questions = database.read_now(lambda db: {one.function: one.id for one in list_open_approvals(db, booked.id)})
    assert set(questions) == {"hall", "operator"}
    half = says_yes(database, booked, both, deciders={questions["operator"]: None})
    assert state(database, booked) == "pending"
    assert count(database, Effect, Effect.kind != "asked") == 0
    says_yes(database, half, both)
    assert state(database, booked) == "planned"


def test_a_leader_in_the_chair_asks_the_halls_and_an_emergency_nobody() -> None:
    by_rule = wish(chair_level="leader")
    assert [(need.function, need.reasons) for need in approval_needs(by_rule, RULES)] == [("hall", ("leader",))]
    assert approval_needs(replace(by_rule, kind="emergency"), rules(approval_by="own_head")) == ()
    row = RuleRow(1, "approval_by", "emergency", None, "hall", "", date(2020, 1, 1), None)
    named = replace(RULES, book=RuleBook([row]))
    assert [need.function for need in approval_needs(replace(by_rule, kind="emergency"), named)] == ["hall"]
    assert approval_needs(wish(), RULES) == ()


def test_returning_needs_a_reason_gives_the_rooms_back_and_tells_the_host(database: Database) -> None:
    offices(database)
    booked = asked(database)

    def work(db: Session, reason: str) -> Booked:
        who = {"version": booked.version, "actor": HEAD, "now": NOW, "deciders": deciders(db, booked)}
        return return_(db, booked.key, reason=reason, **who)

    with pytest.raises(Invalid):
        database.write_now(work, "  ")
    back = database.write_now(work, "Trùng lịch tiếp dân")
    assert state(database, booked) == "draft"
    assert count(database, Reservation) == 0
    notices = database.read_now(lambda db: db.scalars(select(Effect.payload).where(Effect.kind == "notice")).all())
    assert [(one["what"], one["mail"], one["reason"]) for one in notices] == [
        ("returned", "u2@hop.example", "Trùng lịch tiếp dân")
    ]
    again = database.write_now(
        lambda db: submit(db, booked.key, version=back.version, actor=CLERK, now=NOW, rules=HEADS)
    )
    assert state(database, booked) == "pending"
    says_yes(database, again)
    assert state(database, booked) == "planned"


def test_accepting_one_answers_the_others_that_wanted_its_rooms(database: Database) -> None:
    offices(database)
    first, second = asked(database, LOOSE), asked(database, LOOSE)
    elsewhere = asked(database, LOOSE, room_ids=(14, 15))
    says_yes(database, first, LOOSE)
    assert [state(database, one) for one in (first, second, elsewhere)] == ["planned", "draft", "pending"]
    rows = database.read_now(lambda db: db.execute(select(Approval.conference_id, Approval.verdict, Approval.reason)))
    said = {row[0]: (row[1], row[2]) for row in rows}
    assert said[second.id] == ("answered", "Sở TT&TT")
    assert count(database, Reservation, Reservation.conference_id == second.id) == 0


def test_a_place_that_was_taken_meanwhile_is_explained(database: Database) -> None:
    offices(database)
    waiting = asked(database, LOOSE)
    database.write_now(lambda db: book(db, wish(), actor=CLERK, now=NOW, rules=RULES))
    with pytest.raises(RoomTaken) as refused:
        says_yes(database, waiting, LOOSE)
    assert {taken.unit for taken in refused.value.taken} == {"Sở TT&TT"}
    assert state(database, waiting) == "pending"


@pytest.mark.parametrize("round_", range(4))
def test_of_two_approvals_at_once_one_wins_and_the_other_is_explained(database: Database, round_: int) -> None:
    offices(database)
    requests = [asked(database, LOOSE), asked(database, LOOSE)]
    start, came = threading.Barrier(2), dict[int, object]()

    def decide(number: int) -> None:
        start.wait()
        try:
            came[number] = says_yes(database, requests[number], LOOSE)
        except (RoomTaken, Stale) as problem:  # Stale: the winner had answered it by then
            came[number] = problem

    threads = [threading.Thread(target=decide, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(one, Booked) for one in came.values()) == 1
    loser = next(one for one in came.values() if not isinstance(one, Booked))
    if isinstance(loser, RoomTaken):
        assert loser.taken[0].unit == "Sở TT&TT"
    assert sorted(str(state(database, one)) for one in requests)[1] == "planned"
    assert count(database, Reservation, Reservation.holds.is_(True)) == 5


def _changed(**changes: Any) -> Callable[[Session, Booked, Rules], Booked]:
    def work(db: Session, booked: Booked, by: Rules) -> Booked:
        wanted = replace(booking_of(db, db.get_one(Conference, booked.id)), **changes)
        return change(db, booked.key, wanted, version=booked.version, actor=CLERK, now=NOW, rules=by)

    return work


def test_what_was_approved_waits_again_when_it_moves_and_people_hear_once(database: Database) -> None:
    offices(database)
    planned = says_yes(database, asked(database))
    same = database.write_now(_changed(note="mang theo tài liệu"), planned, HEADS)
    assert state(database, same) == "planned"
    letters = count(database, Effect, Effect.kind == "letter")
    later = START + timedelta(hours=4)
    moved = database.write_now(_changed(starts=later, ends=later + timedelta(hours=2)), same, HEADS)
    assert state(database, moved) == "pending"
    assert count(database, Effect, Effect.kind == "letter") == letters
    assert count(database, Opening, Opening.until.is_(None)) == 0
    again = says_yes(database, moved)
    newest = database.read_now(lambda db: db.scalars(select(Edition).order_by(Edition.id.desc())).first())
    assert newest is not None
    assert (newest.method, newest.content["what"], newest.content["starts"]) == (
        "REQUEST",
        "changed",
        later.isoformat(),
    )
    assert count(database, Opening, Opening.until.is_(None)) == 1
    assert state(database, again) == "planned"


def test_a_waiting_request_that_moves_is_asked_anew_and_may_be_cancelled(database: Database) -> None:
    offices(database)
    booked = asked(database)
    renamed = database.write_now(_changed(title="Tập huấn khác"), booked, HEADS)
    assert count(database, Approval) == 1
    moved = database.write_now(_changed(room_ids=(2, 15)), renamed, HEADS)
    verdicts = database.read_now(lambda db: db.scalars(select(Approval.verdict).order_by(Approval.id)).all())
    assert verdicts == ["withdrawn", None]
    assert count(database, Reservation, Reservation.room_id.is_not(None)) == 2
    who = {"version": moved.version, "actor": CLERK, "now": NOW}
    database.write_now(lambda db: cancel(db, booked.key, reason="thôi", **who))
    assert state(database, booked) == "cancelled"
    assert (count(database, Reservation), count(database, Effect, Effect.kind != "asked")) == (0, 0)


def steps(database: Database, booked: Booked, now: datetime) -> None:
    database.write_now(advance, booked.id, now=now, timing=Timing())


def test_a_request_that_nobody_decides_falls_back_at_its_start(database: Database) -> None:
    offices(database)
    booked = asked(database)
    steps(database, booked, START - timedelta(minutes=1))
    assert state(database, booked) == "pending"
    steps(database, booked, START)
    assert state(database, booked) == "draft"
    notice = database.read_now(lambda db: db.scalars(select(Effect.payload).where(Effect.kind == "notice")).one())
    assert (notice["what"], notice["reason"]) == ("lapsed", "not_decided")


def test_without_the_number_of_its_letter_it_is_warned_of_and_falls_free(database: Database) -> None:
    offices(database)
    numbered = rules(letter_by_days="1")
    booked = asked(database, numbered)
    until = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)  # Monday 17:00, START is Tuesday
    assert database.read_now(lambda db: db.scalars(select(Conference.hold_until)).one()) == until
    for _ in range(2):
        steps(database, booked, until - timedelta(hours=24))
    what = Effect.payload["what"].as_string()
    assert count(database, Effect, Effect.kind == "notice", what == "letter_wanted") == 1
    steps(database, booked, until)
    assert state(database, booked) == "postponed"
    assert count(database, Reservation) == 0
    cancels = Effect.payload["method"].as_string() == "CANCEL"
    assert count(database, Effect, cancels) == 4

    def put_back(db: Session) -> Booked:
        row = db.get_one(Conference, booked.id)
        wanted = replace(booking_of(db, row), letter_number="15/GM-STTTT")
        who = {"actor": CLERK, "now": until, "rules": numbered}
        kept = change(db, row.key, wanted, version=row.version, **who)  # type: ignore[arg-type]
        return submit(db, row.key, version=kept.version, **who)  # type: ignore[arg-type]

    database.write_now(put_back)
    newest = database.read_now(lambda db: db.scalars(select(Edition).order_by(Edition.id.desc())).first())
    assert newest is not None
    assert (state(database, booked), newest.method, newest.sequence) == ("planned", "REQUEST", 2)


def test_who_needs_no_letter(database: Database) -> None:
    numbered = rules(letter_by_days="1")

    def due(booking: Booking) -> datetime | None:
        return letter_due(booking, now=NOW, rules=numbered)

    assert due(wish()) is not None
    for free in (
        wish(letter_number="5/GM-UBND"), wish(verbal_order="Phó Chủ tịch UBND tỉnh"), wish(kind="emergency"),
        wish(starts=NOW + timedelta(hours=20), ends=NOW + timedelta(hours=22)),
    ):  # fmt: skip
        assert due(free) is None
    assert letter_due(wish(), now=NOW, rules=RULES) is None


def test_a_request_that_lapses_before_its_letter_becomes_a_draft(database: Database) -> None:
    offices(database)
    booked = asked(database, rules(approval_by="own_head", letter_by_days="1"))
    database.write_now(lambda db: db.execute(update(Conference).values(due=START - timedelta(days=1), hold_until=NOW)))
    steps(database, booked, START - timedelta(days=1))
    assert state(database, booked) == "draft"
