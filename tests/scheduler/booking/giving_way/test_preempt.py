"""Emergencies: what they take from whom, what is confirmed first, and what becomes of those that gave way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Change
from scheduler.booking.book import book, check
from scheduler.booking.booking import Booked, Booking, GuestWish
from scheduler.booking.edit import booking_of, change
from scheduler.booking.giving_way.displaced import accept, refuse
from scheduler.booking.giving_way.preempt import Preempted, Rehearsed, preempt, rehearse
from scheduler.booking.giving_way.preempt_queries import list_displacements, list_open_displacements
from scheduler.booking.giving_way.rank import rank_of
from scheduler.booking.giving_way.rivals import Consent, Preview
from scheduler.booking.place.capacity import BridgeLimit
from scheduler.booking.queries import find_conference
from scheduler.conduct.advance import advance
from scheduler.errors import GivesWay, NoCapacity, NotAsked, RoomTaken
from scheduler.models import Closure, Conference, Displacement, Edition, Effect, Reservation
from scheduler.rulebook import RuleBook
from scheduler.timing import Timing, spans, squeezed
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

TWO_HOURS = timedelta(hours=2)


def emergency(**changes: Any) -> Booking:
    return wish(title="Họp khẩn phòng, chống lũ", kind="emergency", chair_level="leader", **changes)


def training(db: Session, **changes: Any) -> Booked:
    booking = wish(guests=(GuestWish("Khách", "khach@hop.example"),), clash_confirmed=True, **changes)
    return book(db, booking, actor="account:2", now=NOW, rules=RULES)


def take(db: Session, booking: Booking, consent: Consent | None = None, now: datetime = NOW) -> Preempted:
    return preempt(db, booking, consent, actor="account:1", now=now, rules=RULES)


def consent_to(*booked: Booked, many: bool = False, **choices: str) -> Consent:
    return Consent(frozenset(one.key for one in booked), choices, many)


def the(db: Session, booked: Booked) -> Conference:
    found = find_conference(db, booked.key)
    assert found is not None
    return found


def holds(db: Session, booked: Booked) -> set[tuple[int, datetime]]:
    query = select(Reservation.room_id, Reservation.starts).where(
        Reservation.conference_id == booked.id, Reservation.room_id.is_not(None), Reservation.holds.is_(True)
    )
    return {(row[0], row[1]) for row in db.execute(query)}


def letters(db: Session, booked: Booked) -> list[tuple[str, str]]:
    """What the guest's calendar was sent, in order: method and what."""
    query = select(Edition.method, Edition.content).where(Edition.uid == the(db, booked).uid).order_by(Edition.number)
    return [(method, content["what"]) for method, content in db.execute(query)]


def no_overlap(db: Session) -> None:
    query = select(Reservation.room_id, Reservation.starts, Reservation.ends).where(
        Reservation.holds.is_(True), Reservation.room_id.is_not(None)
    )
    rows = sorted(tuple(row) for row in db.execute(query))
    for (room, _, ends), (other, starts, _) in pairwise(rows):
        assert room != other or ends <= starts


@pytest.fixture
def province(database: Database) -> Database:
    return offices(database)


def test_rank_goes_by_kind_chair_and_host() -> None:
    day, rules = START.date(), RuleBook()
    ranks = [
        rank_of("emergency", "chairman", "province", day=day, book=rules),
        rank_of("emergency", "leader", "province", day=day, book=rules),
        rank_of("emergency", "", "province", day=day, book=rules),
        rank_of("working", "chairman", "province_agency", day=day, book=rules),
        rank_of("working", "leader", "province_agency", day=day, book=rules),
        rank_of("working", "", "province", day=day, book=rules),
        rank_of("working", "", "province_agency", day=day, book=rules),
        rank_of("training", "", "province_agency", day=day, book=rules),
    ]
    assert ranks == sorted(ranks, reverse=True) and len(set(ranks)) == 8


def test_buffers_shrink_to_what_neighbours_leave() -> None:
    times = spans(START, START + TWO_HOURS, Timing(room_clear=10))
    before = (START - TWO_HOURS, START - timedelta(minutes=5))
    after = (START + TWO_HOURS, START + 2 * TWO_HOURS)
    found = squeezed(times, [before, after, (START, START + TWO_HOURS)])
    assert (found.room_from, found.room_until) == (before[1], after[0])
    assert squeezed(times, []) == times


def test_an_emergency_on_sunday_in_ten_minutes_shrinks_its_buffers(province: Database) -> None:
    sunday = datetime(2026, 11, 29, 1, 0, tzinfo=UTC)
    asked = sunday - timedelta(minutes=10)

    def work(db: Session) -> None:
        before = wish(starts=sunday - TWO_HOURS, ends=sunday, room_ids=(11,), host_unit_id=11, short_notice_reason="lũ")
        first = book(db, before, actor="account:2", now=NOW, rules=RULES)
        booking = emergency(starts=sunday, ends=sunday + TWO_HOURS)
        found = check(db, booking, now=asked, rules=RULES)
        assert found.ok and found.times is not None and found.times.room_from == sunday
        made = book(db, booking, actor="account:1", now=asked, rules=RULES)
        assert (11, sunday) in holds(db, made)
        assert the(db, first).state == "planned"
        with pytest.raises(RoomTaken):  # what is not urgent keeps its buffer
            book(db, replace(before, starts=sunday + TWO_HOURS, ends=sunday + 2 * TWO_HOURS, room_ids=(2,)),
                 actor="account:2", now=NOW, rules=replace(RULES, timing=Timing(room_setup=20)))  # fmt: skip

    province.write_now(work)


def test_who_is_displaced_keeps_the_rest_and_waits_with_a_time_held(province: Database) -> None:
    def work(db: Session) -> None:
        lost = training(db)
        made = take(db, emergency(room_ids=(12, 14)), consent_to(lost))
        conference = the(db, lost)
        assert conference.state == "pending" and conference.starts == START
        asked = list_open_displacements(db, None)[0].displacement
        assert asked.room_ids == [12] and asked.by_id == made.booked.id and asked.alternative_starts is not None
        assert asked.answer_until is not None and conference.due == asked.answer_until <= NOW + timedelta(hours=24)
        there = holds(db, lost)
        assert {room for room, at in there if at < asked.alternative_starts - timedelta(minutes=15)} <= {2, 11, 13}
        setup = asked.alternative_starts - timedelta(minutes=15)
        assert {(room, setup) for room in (2, 11, 12, 13)} <= there
        assert letters(db, lost) == [("REQUEST", "booked")]  # nobody but the host hears of it yet
        notices = db.scalars(select(Effect.payload).where(Effect.kind == "notice")).all()
        assert [(one["what"], one["outcome"], one["mail"]) for one in notices] == [
            ("displaced", "asked", "u2@hop.example")
        ]
        acts = set(db.scalars(select(Change.act).where(Change.subject_kind == "conference")))
        assert {"displaced", "displaced_others"} <= acts
        no_overlap(db)

    province.write_now(work)


def test_accepting_sends_one_request_and_refusing_one_cancel(province: Database) -> None:
    def work(db: Session) -> None:
        first, second = training(db), training(db, starts=START + 2 * TWO_HOURS, ends=START + 3 * TWO_HOURS)
        take(db, emergency(), consent_to(first))
        take(db, emergency(starts=START + 2 * TWO_HOURS, ends=START + 3 * TWO_HOURS), consent_to(second))
        there = list_displacements(db, first.id)[0].displacement.alternative_starts
        later = NOW + timedelta(hours=1)
        accept(db, first.key, version=the(db, first).version, actor="account:2", now=later, rules=RULES)
        refuse(db, second.key, version=the(db, second).version, actor="account:2", now=later)
        assert the(db, first).state == "planned" and the(db, first).starts == there
        assert the(db, second).state == "postponed" and holds(db, second) == set()
        assert letters(db, first) == [("REQUEST", "booked"), ("REQUEST", "changed")]
        assert letters(db, second) == [("REQUEST", "booked"), ("CANCEL", "postponed")]
        outcomes = db.scalars(select(Displacement.outcome).order_by(Displacement.id)).all()
        assert outcomes == ["accepted", "refused"]
        with pytest.raises(NotAsked):
            accept(db, first.key, version=the(db, first).version, actor="account:2", now=later, rules=RULES)
        no_overlap(db)

    province.write_now(work)


def test_nobody_answers_and_it_is_postponed(province: Database) -> None:
    def work(db: Session) -> None:
        lost = training(db)
        take(db, emergency(), consent_to(lost))
        until = the(db, lost).due
        assert until is not None
        assert advance(db, lost.id, now=until - timedelta(seconds=1), timing=RULES.timing) is None
        advance(db, lost.id, now=until, timing=RULES.timing)
        assert the(db, lost).state == "postponed" and the(db, lost).due is None and holds(db, lost) == set()
        assert letters(db, lost)[1:] == [("CANCEL", "postponed")]
        assert db.scalars(select(Displacement.outcome)).all() == ["unanswered"]

    province.write_now(work)


def test_the_host_may_keep_the_time_without_the_room(province: Database) -> None:
    def work(db: Session) -> None:
        lost = training(db)
        take(db, emergency(room_ids=(13, 14)), consent_to(lost))
        conference = the(db, lost)
        smaller = replace(booking_of(db, conference), room_ids=(2, 11, 12))
        change(db, lost.key, smaller, version=conference.version, actor="account:2", now=NOW, rules=RULES)
        assert the(db, lost).state == "planned" and {room for room, _ in holds(db, lost)} == {2, 11, 12}
        assert db.scalars(select(Displacement.outcome)).all() == ["changed"]

    province.write_now(work)


def test_the_chairman_displaces_a_leaders_emergency_and_another_of_his_own_never(province: Database) -> None:
    def work(db: Session) -> None:
        first = book(db, emergency(room_ids=(11,), host_unit_id=11), actor="account:3", now=NOW, rules=RULES)
        chairman = replace(emergency(), chair_level="chairman")
        take(db, chairman, consent_to(first))
        assert the(db, first).state in ("pending", "postponed")
        with pytest.raises(RoomTaken):
            take(db, chairman)

    province.write_now(work)


def test_equal_rank_and_closures_never_give_way(province: Database) -> None:
    def work(db: Session) -> None:
        book(db, emergency(room_ids=(11,), host_unit_id=11), actor="account:3", now=NOW, rules=RULES)
        with pytest.raises(RoomTaken):
            take(db, emergency())
        span = {"starts": START + 3 * TWO_HOURS, "ends": START + 4 * TWO_HOURS}
        db.execute(insert(Closure).values(id=1, key="x", kind="maintenance", reason="Sơn hội trường", made_by="a",
                                          made_at=NOW, **span))  # fmt: skip
        db.execute(insert(Reservation).values(room_id=12, closure_id=1, holds=True, **span))
        with pytest.raises(RoomTaken) as refused:
            take(db, emergency(**span))
        assert [taken.unit for taken in refused.value.taken] == ["Sơn hội trường"]

    province.write_now(work)


def test_what_was_not_shown_or_chosen_or_is_many_asks_again(province: Database) -> None:
    def work(db: Session) -> list[Booked]:
        return [
            training(db, room_ids=(11 + n,), host_unit_id=11 + n, starts=START, ends=START + TWO_HOURS)
            for n in range(4)
        ]

    lost = province.write_now(work)
    booking = emergency(room_ids=(2, 11, 12, 13, 14))

    def wanted(consent: Consent) -> Any:
        with pytest.raises(GivesWay) as refused:
            province.write_now(take, booking, consent)
        return refused.value.data

    assert wanted(Consent())["wanted"] == ["keys", "many"]
    seen = wanted(consent_to(*lost))
    assert seen["wanted"] == ["many"] and len(seen["displaced"]) == 4 and seen["sites"] == 4
    assert province.read_now(lambda db: db.scalars(select(Displacement.id)).all()) == []
    assert len(province.write_now(take, booking, consent_to(*lost, many=True)).preview.ways) == 4


def test_a_rehearsal_says_it_all_and_writes_nothing(province: Database) -> None:
    lost = province.write_now(training)
    with pytest.raises(Rehearsed) as done:
        province.write_now(lambda db: rehearse(db, emergency(), actor="account:1", now=NOW, rules=RULES))
    found: Preview = done.value.preview
    assert [(way.key, way.outcome, way.sites, way.people) for way in found.ways] == [(lost.key, "asked", 4, 5)]
    assert found.ways[0].alternative is not None

    def untouched(db: Session) -> None:
        assert the(db, lost).state == "planned" and len(holds(db, lost)) == 4
        assert db.scalars(select(Conference.kind)).all() == ["training"]

    province.read_now(untouched)


@pytest.mark.parametrize("choice", ["end", "sites_out"])
def test_a_running_one_gives_way_only_as_chosen(province: Database, choice: str) -> None:
    now = START + timedelta(minutes=20)
    booking = emergency(room_ids=(13, 14), starts=now + timedelta(minutes=10), ends=now + TWO_HOURS)

    def begin(db: Session) -> Booked:
        lost = training(db)
        for at in (START - timedelta(minutes=70), START):
            advance(db, lost.id, now=at, timing=RULES.timing)
        assert the(db, lost).state == "open"
        return lost

    lost = province.write_now(begin)
    with pytest.raises(GivesWay) as refused:
        province.write_now(take, booking, consent_to(lost), now)
    assert refused.value.data["wanted"] == ["choices"]
    consent = Consent(frozenset([lost.key]), {lost.key: choice})
    made = province.write_now(take, booking, consent, now)

    def after(db: Session) -> None:
        state, rooms = the(db, lost).state, {room for room, _ in holds(db, lost)}
        assert (state, 13 in rooms) == (("ended", True) if choice == "end" else ("open", False))
        assert 13 in {room for room, _ in holds(db, made.booked)}
        assert db.scalars(select(Displacement.outcome)).all() == ["ended" if choice == "end" else "sites_out"]
        no_overlap(db)

    province.read_now(after)


def test_a_full_video_host_is_freed_by_the_lowest_rank_which_keeps_its_rooms(province: Database) -> None:
    rules = replace(RULES, bridge_limits={1: BridgeLimit(seats=6)})

    def work(db: Session) -> None:
        meeting = book(db, wish(room_ids=(11, 12), kind="working"), actor="a", now=NOW, rules=rules)
        lost = book(db, wish(room_ids=(13, 14), host_unit_id=13), actor="a", now=NOW, rules=rules)
        booking = emergency(room_ids=(2, 15, 16), host_unit_id=15)
        with pytest.raises(NoCapacity):
            book(db, booking, actor="a", now=NOW, rules=rules)
        made = preempt(db, booking, consent_to(lost), actor="account:1", now=NOW, rules=rules)
        assert [(way.key, way.rooms) for way in made.preview.ways] == [(lost.key, ())]
        assert the(db, meeting).state == "planned" and the(db, lost).state == "pending"
        setup = START - timedelta(minutes=15)
        assert {(13, setup), (14, setup)} <= holds(db, lost)

    province.write_now(work)


def test_who_gave_way_may_have_to_again_and_is_asked_about_a_new_time(province: Database) -> None:
    def work(db: Session) -> None:
        lost = training(db)
        take(db, emergency(), consent_to(lost))
        first = list_open_displacements(db, None)[0].displacement
        starts, ends = first.alternative_starts, first.alternative_ends
        assert starts is not None and ends is not None
        take(db, emergency(starts=starts, ends=ends, clash_confirmed=True), consent_to(lost))
        (again,) = list_open_displacements(db, None)
        assert again.displacement.alternative_starts not in (None, starts)
        assert the(db, lost).state == "pending"
        assert db.scalars(select(Displacement.outcome).order_by(Displacement.id)).all() == ["changed", None]
        assert letters(db, lost) == [("REQUEST", "booked")]
        no_overlap(db)

    province.write_now(work)


def test_without_any_other_time_it_is_postponed_at_once(province: Database) -> None:
    def work(db: Session) -> None:
        lost = training(db)
        span = {"starts": START + timedelta(hours=3), "ends": START + timedelta(days=2)}
        for number in range(12):
            shift = timedelta(days=2 * number)
            db.execute(insert(Closure).values(id=number + 1, key=f"k{number}", kind="closed", reason="Lũ", made_by="a",
                                              made_at=NOW, starts=span["starts"] + shift,
                                              ends=span["ends"] + shift + timedelta(hours=3)))  # fmt: skip
            db.execute(insert(Reservation).values(room_id=13, closure_id=number + 1, holds=True,
                                                  starts=span["starts"] + shift,
                                                  ends=span["starts"] + shift + timedelta(days=2)))  # fmt: skip
        made = take(db, emergency(), consent_to(lost))
        assert [way.outcome for way in made.preview.ways] == ["no_alternative"]
        assert the(db, lost).state == "postponed" and holds(db, lost) == set()
        assert letters(db, lost)[1:] == [("CANCEL", "postponed")]

    province.write_now(work)
