"""An agenda that is kept is the one that would be made: after every act, at every moment, byte by byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from confsvc.agendas import MOST_KEPT, AgendaSource, Made
from confsvc.database import Database
from rooms.errors import NotFound
from rooms.models import Endpoint, UnitName
from rooms.place_queries import RoomOn, list_rooms
from rooms.places import change_room, move_room
from rooms.queries import find_unit
from rooms.units import rename_unit
from scheduler.booking.book import book
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.edit import cancel
from scheduler.booking.place.capacity import DEFAULT_PROFILES
from scheduler.conduct.agenda import BridgeFace, Rows, agenda, agenda_bytes, etag, iso
from scheduler.conduct.agenda_queries import Place, Sitting
from scheduler.models import Bridge, Conference, Done, Opening, Site
from scheduler.rulebook import RuleBook, RuleRow
from scheduler.timing import Timing
from scheduler.work_calendar import SpecialDay, WorkCalendar
from tests.directory import NOW

TODAY = NOW.date()
SOON = NOW + timedelta(hours=2)
FAR = NOW + timedelta(days=5, hours=1)  # without a ticket yet


def _mint(bridge_id: int, jitsi_name: str, endpoint: str, name: str, nbf: datetime, exp: datetime) -> str:
    return f"{bridge_id}.{jitsi_name}.{endpoint}.{name}.{iso(nbf)}.{iso(exp)}"


@dataclass
class World:
    """One hall with three conferences; ``rules`` as they stand, ``made`` as the service answers."""

    database: Database
    room: RoomOn
    other: RoomOn
    host: int
    bridge: int
    rules: Rules
    keys: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        faces = {self.bridge: BridgeFace("main", "meet.example", "https://meet.example/a.js", "https://meet.example")}
        self.source = AgendaSource(lambda: self.rules, _mint, faces, "113")
        self.keys += [self.book(starts) for starts in (SOON, SOON + timedelta(minutes=75), FAR)]

    def book(self, starts: datetime) -> str:
        booking = Booking(
            title="Giao ban", kind="briefing", form="online", host_unit_id=self.host, starts=starts,
            ends=starts + timedelta(hours=1), room_ids=(self.room.id, self.other.id), contact_name="An",
            contact_phone="0204", short_notice_reason="gấp", no_secrets=True, clash_confirmed=True,
        )  # fmt: skip
        rules = replace(self.rules, mail_domain="bacgiang.example")
        return self.database.write_now(book, booking, actor="account:1", now=NOW, rules=rules).key

    @property
    def endpoint_id(self) -> int:
        assert self.room.endpoint_id is not None
        return self.room.endpoint_id

    def made(self, now: datetime = NOW) -> Made:
        return self.database.read_now(self.source.made, self.endpoint_id, now)

    def fresh(self, now: datetime = NOW) -> bytes:
        """What is made from nothing."""
        body = self.database.read_now(
            agenda, self.endpoint_id, now=now, timing=self.rules.timing, mint=_mint, bridges=self.source.faces,
            operator_phone="113", calendar=self.rules.calendar, book=self.rules.book, profiles=self.rules.profiles,
        )  # fmt: skip
        return agenda_bytes(body)

    def set(self, model: Any, *where: Any, **values: Any) -> None:
        self.database.write_now(lambda db: db.execute(update(model).where(*where).values(**values)))

    def first(self, **values: Any) -> None:
        self.set(Conference, Conference.key == self.keys[0], **values)


def _world(database: Database) -> World:
    rooms = {room.unit_code: room for room in database.read_now(list_rooms, TODAY)}
    host = database.read_now(find_unit, "STTTT", TODAY)
    assert host is not None
    row = insert(Bridge).values(name="main", base_url="https://meet.example").returning(Bridge.id)
    bridge: int = database.write_now(lambda db: db.execute(row).scalar_one())
    return World(database, rooms["HHOA"], rooms["STTTT"], host.id, bridge, Rules(bridges=(bridge,)))


@pytest.fixture
def world(directory: Database) -> Iterator[World]:
    yield _world(directory)


def _opened_again(world: World) -> None:
    """As after a revocation: another name on the video host."""

    def again(db: Session) -> None:
        old = db.query(Opening).join(Conference).filter(Conference.key == world.keys[0]).one()
        row = {"conference_id": old.conference_id, "bridge_id": old.bridge_id, "generation": 2, "since": NOW}
        old.until = NOW
        db.flush()
        db.execute(insert(Opening).values(jitsi_name="h0123456789", **row))

    world.database.write_now(again)


def _warned(world: World, step: str = "ending_5", **data: Any) -> None:
    """It runs, ends in four minutes, and was warned."""

    def warn(db: Session) -> None:
        row = db.query(Conference).filter(Conference.key == world.keys[0]).one()
        row.state, row.starts, row.ends = "open", NOW - timedelta(hours=1), NOW + timedelta(minutes=4)
        row.opens = row.starts
        db.flush()
        at = {"ending_10": 6, "ending_5": 1, "ending_1": 0}[step]
        db.execute(
            insert(Done).values(
                conference_id=row.id, step=step, for_starts=row.starts, at=NOW - timedelta(minutes=at), data=data
            )
        )

    world.database.write_now(warn)


def _act(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[[World], None]:
    return lambda world: world.database.write_now(work, *args, actor="account:1", now=NOW, **kwargs)


def _with_rules(**changes: Any) -> Callable[[World], None]:
    return lambda world: setattr(world, "rules", replace(world.rules, **changes))


def _lead() -> RuleBook:
    return RuleBook([RuleRow(1, "endpoint_lead", "briefing", None, "30", "", TODAY, None)])


def _site(world: World) -> Any:
    return Site.room_id == world.room.id


_OFF = {day: SpecialDay(day, False, "Nghỉ", "Off") for day in (date(2026, 11, 25), date(2026, 11, 26))}
ACTS: dict[str, Callable[[World], object]] = {
    "booked": lambda w: w.book(NOW + timedelta(days=1)),
    "cancelled": lambda w: w.database.write_now(cancel, w.keys[0], version=1, reason="bão", actor="account:1", now=NOW),
    "title": lambda w: w.first(title="Giao ban tuần"),
    "starts": lambda w: w.first(starts=SOON + timedelta(minutes=5)),
    "ends": lambda w: w.first(ends=SOON + timedelta(minutes=40)),
    "opens": lambda w: w.first(opens=SOON - timedelta(minutes=90)),
    "latest_end": lambda w: w.first(latest_end=SOON + timedelta(hours=9)),
    "state": lambda w: w.first(state="provisioned"),
    "ended": lambda w: w.first(state="ended"),
    "opened_again": _opened_again,
    "closed": lambda w: w.set(Opening, until=NOW),
    "site_left": lambda w: w.set(Site, _site(w), room_id=max(w.room.id, w.other.id) + 1),
    "site_picture": lambda w: w.set(Site, _site(w), profile="audio"),
    "host_renamed": _act(rename_unit, "STTTT", "Sở Mới", "Sở Mới", "New", on=TODAY),
    "holder_renamed": _act(rename_unit, "HHOA", "Huyện Mới", "Huyện Mới", "New", on=TODAY),
    "names_end": lambda w: w.set(UnitName, valid_to=date(2020, 1, 1)),
    "room_renamed": lambda w: _act(change_room, w.room.key, "Hội trường B", line_id=None, backup_line_id=None)(w),
    "room_moved": lambda w: _act(move_room, w.room.key, "YTHE", on=TODAY)(w),
    "endpoint_key": lambda w: w.set(Endpoint, Endpoint.id == w.endpoint_id, key="another"),
    "endpoint_moved": lambda w: w.set(Endpoint, Endpoint.id == w.endpoint_id, room_id=w.other.id, slot=2),
    "warned": _warned,
    "lead_of_the_kind": lambda w: setattr(w, "rules", replace(w.rules, book=_lead())),
    "timing": _with_rules(timing=Timing(ticket_late=30)),
    "profiles": _with_rules(profiles=tuple(replace(p, last_n=p.last_n + 1) for p in DEFAULT_PROFILES)),
    "days_off": _with_rules(calendar=WorkCalendar(_OFF)),
}


@pytest.mark.parametrize("act", ACTS)
def test_whatever_alters_the_agenda_alters_its_tag(world: World, act: str) -> None:
    before = world.made()
    assert before.data == world.fresh() and world.made() is before, "kept while nothing happened"
    ACTS[act](world)
    after = world.made()
    assert after.data == world.fresh() != before.data
    assert after.etag == etag(after.data) != before.etag
    assert world.made() is after


def test_each_warning_and_the_extension_that_it_names_is_told(world: World) -> None:
    tags = [world.made().etag]
    for step, minutes in (("ending_10", 15), ("ending_5", 15), ("ending_1", 0)):
        _warned(world, step, extension=minutes)
        assert world.made().data == world.fresh()
        tags.append(world.made().etag)
    assert len(set(tags)) == 4


def test_what_changes_nothing_keeps_it(world: World) -> None:
    kept = world.made()
    world.rules = replace(world.rules, calendar=WorkCalendar(dict(world.rules.calendar.special)))
    world.first(note="Mang theo số liệu", contact_phone="0913")
    assert world.made(NOW + timedelta(minutes=30)) is kept


def test_an_endpoint_out_of_service_gets_no_kept_one(world: World) -> None:
    world.made()
    world.set(Endpoint, Endpoint.id == world.endpoint_id, revoked_at=NOW)
    with pytest.raises(NotFound):
        world.made()


def test_of_the_rows_each_value_counts() -> None:
    """Whoever gives rows another field need not think of the tag: all of them are compared."""
    place = Place(1, "e", 1, "Hội trường", "Hiệp Hòa")
    sitting = Sitting("k", "Giao ban", SOON, FAR, SOON, FAR, "open", "Sở", 1, "h1", 1, "briefing", "360p", None)
    rows = Rows(TODAY, place, (sitting,), {})
    for number, name in enumerate(sitting._fields):
        other: Any = [*sitting[:number], "other", *sitting[number + 1 :]]
        assert rows != replace(rows, sittings=(Sitting._make(other),)), name
    for number, name in enumerate(place._fields):
        other = [*place[:number], "other", *place[number + 1 :]]
        assert rows != replace(rows, place=Place._make(other)), name


def test_as_many_are_kept_as_memory_is_meant_for(world: World) -> None:
    made = world.made()
    for number in range(MOST_KEPT + 10):
        world.source._keep(-number - 1, made)
    assert len(world.source._kept) == MOST_KEPT
    assert world.made() is not made and world.made().data == made.data


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory, filled_sqlite: Any) -> Iterator[World]:
    """A world in which only time passes."""
    path = tmp_path_factory.mktemp("agendas") / "a.sqlite3"
    path.write_bytes(filled_sqlite.read_bytes())
    database = Database(f"sqlite:///{path}")
    made = _world(database)
    for days in (4, 6, 7):
        made.book(NOW + timedelta(days=days, hours=3))
    yield made
    database.close()


def _moments(world: World) -> list[datetime]:
    """Where something changes by time alone, with what lies just beside it."""
    found = [NOW + timedelta(days=n, hours=16) for n in range(8)]  # midnight in the province
    for item in world.database.read_now(world.source.body, world.endpoint_id, NOW)["conferences"]:
        joins, leaves, starts = (datetime.fromisoformat(item[name]) for name in ("join_at", "leave_at", "starts"))
        found += [joins, leaves, starts, joins - timedelta(hours=96), starts - timedelta(hours=96)]
    beside = [timedelta(microseconds=n) for n in (-1, 0, 1)]
    return [moment + delta for moment in found for delta in beside if moment + delta > NOW]


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_time_alone_never_makes_a_kept_one_stale(settled: World, data: st.DataObject) -> None:
    """Clocks go back, too."""
    moments = st.one_of(
        st.sampled_from(_moments(settled)),
        st.integers(0, 9 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    )
    for now in data.draw(st.lists(moments, min_size=2, max_size=12)):
        assert settled.made(now).data == settled.fresh(now), now


def test_time_alone_is_looked_at_in_every_order_of_neighbours(settled: World) -> None:
    moments = sorted(_moments(settled))
    for now in moments + moments[::-1]:
        assert settled.made(now).data == settled.fresh(now), now
