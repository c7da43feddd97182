"""What an endpoint is told to do, from booked conferences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from confsvc.database import Database
from rooms.errors import NotFound
from rooms.models import Endpoint
from rooms.place_queries import RoomOn, list_rooms
from rooms.queries import find_unit
from scheduler.booking.book import book
from scheduler.booking.booking import Booking, Rules
from scheduler.booking.edit import cancel
from scheduler.conduct.agenda import BridgeFace, agenda, agenda_bytes, etag, iso, ticket_horizon, wanted
from scheduler.models import Bridge, Conference
from scheduler.rulebook import RuleBook, RuleRow
from scheduler.timing import Timing
from scheduler.work_calendar import SpecialDay, WorkCalendar
from tests.directory import NOW

TIMING = Timing()
FACE = BridgeFace("main", "meet.example", "https://meet.example/external_api.js", "https://meet.example")


def _mint(bridge_id: int, jitsi_name: str, endpoint: str, name: str, nbf: datetime, exp: datetime) -> str:
    return f"{bridge_id}.{jitsi_name}.{endpoint}.{name}.{iso(nbf)}.{iso(exp)}"


@dataclass
class World:
    """A directory with one video host, and one district's hall."""

    database: Database
    room: RoomOn
    other: RoomOn
    host: int
    bridge: int

    def book(self, starts: datetime, minutes: int = 60, *, rooms: tuple[RoomOn, ...] = (), **more: Any) -> str:
        booking = Booking(
            title="Tập huấn an toàn thông tin", kind="training", form="online", host_unit_id=self.host, starts=starts,
            ends=starts + timedelta(minutes=minutes), room_ids=tuple(r.id for r in rooms or (self.room, self.other)),
            contact_name="Nguyễn Văn An", contact_phone="0204", short_notice_reason="gấp", no_secrets=True,
        )  # fmt: skip
        rules = Rules(timing=TIMING, bridges=(self.bridge,), mail_domain="bacgiang.example")
        return self.database.write_now(book, replace(booking, **more), actor="account:1", now=NOW, rules=rules).key

    def agenda(
        self,
        now: datetime = NOW,
        room: RoomOn | None = None,
        calendar: WorkCalendar | None = None,
        book: RuleBook | None = None,
    ) -> dict[str, Any]:
        endpoint_id = (room or self.room).endpoint_id
        assert endpoint_id is not None
        return self.database.read_now(
            agenda, endpoint_id, now=now, timing=TIMING, mint=_mint, bridges={self.bridge: FACE},
            operator_phone="113", calendar=calendar, book=book,
        )  # fmt: skip


@pytest.fixture
def world(directory: Database) -> Iterator[World]:
    rooms = {r.unit_code: r for r in directory.read_now(list_rooms, NOW.date())}
    host = directory.read_now(find_unit, "STTTT", NOW.date())
    assert host is not None
    bridge = directory.write_now(
        lambda db: db.execute(insert(Bridge).values(name="main", base_url="https://meet.example").returning(Bridge.id))
        .scalar_one()
    )  # fmt: skip
    yield World(directory, rooms["HHOA"], rooms["STTTT"], host.id, bridge)


def test_an_item_has_all_that_a_device_needs(world: World) -> None:
    starts = NOW + timedelta(days=1)
    key = world.book(starts)
    body = world.agenda()
    (item,) = body["conferences"]
    assert {k: body[k] for k in ("v", "endpoint", "room", "operator_phone")} == {
        "v": 1, "endpoint": world.room.endpoint_key, "operator_phone": "113",
        "room": {"name": world.room.name, "unit": "Hiệp Hòa"},
    }  # fmt: skip
    joins = datetime.fromisoformat(item["join_at"])
    assert timedelta(minutes=14, seconds=40) <= starts - joins <= timedelta(minutes=15)
    nbf, exp = iso(starts - timedelta(minutes=65)), iso(starts + timedelta(minutes=60 + 120 + 15))
    assert item["ticket"] == (
        f"{world.bridge}.{item['jitsi_name']}.{world.room.endpoint_key}.Hiệp Hòa - {world.room.name}.{nbf}.{exp}"
    )
    del item["jitsi_name"], item["ticket"], item["join_at"]
    assert item == {
        "key": key, "title": "Tập huấn an toàn thông tin", "host": "Sở TT&TT", "starts": iso(starts),
        "ends": iso(starts + timedelta(hours=1)), "leave_at": iso(starts + timedelta(minutes=75)),
        "latest_end": iso(starts + timedelta(hours=3)), "state": "planned", "ticket_nbf": nbf, "ticket_exp": exp,
        "bridge": {"name": "main", "domain": "meet.example", "script_url": "https://meet.example/external_api.js",
                   "base_url": "https://meet.example", "simulated": False},
        "subject": "Tập huấn an toàn thông tin", "config": {}, "audio_muted": True,
            "picture": {"code": "180p", "height": 180, "kbps_up": 250, "last_n": 5},
    }  # fmt: skip


@pytest.mark.parametrize(("lead", "minutes"), [("30", 30), ("1", 1), ("60", 60)])
def test_devices_join_as_early_as_the_rule_for_the_kind_says(world: World, lead: str, minutes: int) -> None:
    starts = NOW + timedelta(days=1)
    world.book(starts)
    row = RuleRow(1, "endpoint_lead", "training", None, lead, "", (NOW + timedelta(days=1)).date(), None)
    joins = [datetime.fromisoformat(world.agenda(book=b)["conferences"][0]["join_at"])
             for b in (RuleBook([row]), RuleBook([replace(row, kind="briefing")]))]  # fmt: skip
    assert starts - joins[0] <= timedelta(minutes=minutes) < starts - joins[0] + timedelta(seconds=21)
    assert timedelta(minutes=14) < starts - joins[1] <= timedelta(minutes=15)


def test_the_bytes_change_only_when_something_changed(world: World) -> None:
    key = world.book(NOW + timedelta(days=1))
    tags = [etag(agenda_bytes(world.agenda(NOW + timedelta(minutes=m)))) for m in (0, 1, 600)]
    assert len(set(tags)) == 1
    world.database.write_now(cancel, key, version=1, reason="bão", actor="account:1", now=NOW)
    body = world.agenda()
    assert etag(agenda_bytes(body)) not in tags
    assert body["conferences"] == []


def test_only_the_endpoints_own_conferences_are_listed(world: World) -> None:
    world.book(NOW + timedelta(days=1), rooms=(world.other,))
    assert world.agenda()["conferences"] == []
    assert len(world.agenda(room=world.other)["conferences"]) == 1


def test_seven_days_are_listed_and_tickets_lie_within_the_horizon(world: World) -> None:
    near, far = world.book(NOW + timedelta(days=2)), world.book(NOW + timedelta(days=6))
    world.book(NOW + timedelta(days=8))
    first, second = world.agenda()["conferences"]
    assert (first["key"], first["ticket"] is None, second["key"], second["ticket"]) == (near, False, far, None)
    later = world.agenda(NOW + timedelta(days=3))["conferences"]
    assert [item["ticket"] is None for item in later] == [False, True]
    assert datetime.fromisoformat(world.agenda()["refresh_after"]) == datetime(2026, 11, 24, 17, tzinfo=UTC)


def test_the_horizon_spans_a_week_end() -> None:
    friday = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
    assert ticket_horizon(friday, WorkCalendar()) == datetime(2026, 12, 1, 17, 0, tzinfo=UTC)  # the end of Tuesday
    monday = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert ticket_horizon(monday, WorkCalendar()) == monday + timedelta(hours=96)


def _off(first: date, days: int) -> WorkCalendar:
    """Nothing is worked on some days."""
    free = [first + timedelta(days=n) for n in range(days)]
    return WorkCalendar({day: SpecialDay(day, False, "Tết", "Tet") for day in free})


def test_the_horizon_spans_long_holidays_and_ends_early_before_a_worked_saturday() -> None:
    before_tet = datetime(2012, 1, 20, 10, 0, tzinfo=UTC)  # Friday; worked again from Monday 30 January
    assert ticket_horizon(before_tet, _off(date(2012, 1, 23), 5)) == datetime(2012, 1, 31, 17, 0, tzinfo=UTC)
    thursday, saturday = datetime(2026, 11, 26, 10, 0, tzinfo=UTC), date(2026, 11, 28)
    worked = WorkCalendar({saturday: SpecialDay(saturday, True, "Làm bù", "Worked")})
    assert ticket_horizon(thursday, worked) == thursday + timedelta(hours=96), "never less"


def test_before_long_holidays_more_than_seven_days_are_listed_with_their_tickets(world: World) -> None:
    key = world.book(NOW + timedelta(days=10))
    assert world.agenda()["conferences"] == []
    (item,) = world.agenda(calendar=_off(NOW.date() + timedelta(days=1), 9))["conferences"]
    assert item["key"] == key and item["ticket"] is not None


def test_one_conference_after_the_other(world: World) -> None:
    starts = NOW + timedelta(hours=3)
    world.book(starts, 60)
    world.book(starts + timedelta(minutes=75), 30)
    first, second = world.agenda()["conferences"]
    assert second["join_at"] >= first["ends"]
    assert first["leave_at"] == second["join_at"]
    moment = datetime.fromisoformat(second["join_at"])
    body = world.agenda(moment - timedelta(seconds=1))
    before, at = wanted(body, moment - timedelta(seconds=1)), wanted(body, moment)
    assert before is not None and at is not None
    assert (before["key"], at["key"]) == (first["key"], second["key"])


def test_it_disappears_when_it_is_to_be_left(world: World) -> None:
    starts = NOW + timedelta(hours=2)
    key = world.book(starts)
    over = starts + timedelta(minutes=75)
    assert len(world.agenda(over - timedelta(seconds=1))["conferences"]) == 1
    assert world.agenda(over)["conferences"] == []
    end = update(Conference).where(Conference.key == key).values(state="ended")
    world.database.write_now(lambda db: db.execute(end))
    assert world.agenda(starts)["conferences"] == []


def test_in_person_or_without_its_video_host_nobody_joins(world: World) -> None:
    world.book(NOW + timedelta(days=1), form="in_person", in_person_reason="content")
    assert world.agenda()["conferences"] == []
    world.book(NOW + timedelta(days=2))
    endpoint_id = world.room.endpoint_id
    assert endpoint_id is not None
    body = world.database.read_now(agenda, endpoint_id, now=NOW, timing=TIMING, mint=_mint, bridges={})
    assert body["conferences"] == []


def test_a_revoked_endpoint_has_no_agenda(world: World) -> None:
    world.database.write_now(
        lambda db: db.execute(update(Endpoint).where(Endpoint.id == world.room.endpoint_id).values(revoked_at=NOW))
    )
    with pytest.raises(NotFound):
        world.agenda()
