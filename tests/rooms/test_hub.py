"""The hub: newest connection wins, bounded queues, pokes, last seen."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from confsvc.database import Database
from rooms.hub import MOST_WAITING, Hub, flush
from rooms.messages import CLOSE_REPLACED, CLOSE_RESTART, CLOSE_REVOKED, CLOSE_SLOW, Ack, AgendaHint, Want
from rooms.place_queries import list_rooms
from tests.directory import NOW


async def test_the_newest_connection_of_an_endpoint_wins() -> None:
    hub = Hub()
    old = hub.connect(1, 10, app="1", now=NOW)
    new = hub.connect(1, 10, app="1", now=NOW)
    assert (old.close_code, new.close_code, old.epoch < new.epoch) == (CLOSE_REPLACED, None, True)
    hub.disconnect(old)
    assert hub.find(1) is new and len(hub) == 1
    hub.disconnect(new)
    assert hub.find(1) is None


async def test_hints_and_wants_coalesce_and_a_full_queue_closes() -> None:
    connection = Hub().connect(1, 10, app="1", now=NOW)
    for number in range(200):
        connection.put(AgendaHint(str(number)))
        connection.put(Want(number, None))
    assert connection.take() == [AgendaHint("199"), Want(199, None)]
    for number in range(MOST_WAITING):
        connection.put(Ack("b", number))
    assert connection.close_code is None
    connection.put(AgendaHint("x"))
    assert connection.close_code == CLOSE_SLOW


async def test_pokes_reach_whom_they_concern_and_wake_them() -> None:
    hub = Hub()
    one, two, three = (hub.connect(i, i * 10, app="1", now=NOW) for i in (1, 2, 3))
    for connection in (one, two, three):
        connection.stale = False
    waiting = asyncio.create_task(one.wait())
    await asyncio.sleep(0)
    hub.poke({"room:10", "endpoint:2", "revoked:3", "conference:1", "room:x", "due"})
    await asyncio.wait_for(waiting, 1)
    assert (one.stale, two.stale, three.close_code) == (True, True, CLOSE_REVOKED)
    hub.close_all()
    assert (one.close_code, three.close_code) == (CLOSE_RESTART, CLOSE_REVOKED)


async def test_last_seen_is_written_in_one_go(directory: Database) -> None:
    rooms = directory.read_now(list_rooms, date(2026, 11, 24))[:3]
    hub = Hub()
    for seconds, room in enumerate(rooms):
        assert room.endpoint_id is not None
        hub.connect(room.endpoint_id, room.id, app="2.0", now=NOW + timedelta(seconds=seconds))
    await directory.write(flush, hub.take_seen())
    assert hub.take_seen() == []
    after = directory.read_now(list_rooms, date(2026, 11, 24))[:4]
    assert [r.last_seen for r in after] == [NOW, NOW + timedelta(seconds=1), NOW + timedelta(seconds=2), None]
    assert after[0].app_version == "2.0"
