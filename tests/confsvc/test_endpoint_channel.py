"""Endpoints over real sockets: pairing, tokens, agenda, and the lasting channel."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import insert, select, update

from confsvc.access import Permission
from confsvc.config import BridgeSection, Settings
from confsvc.database import Database
from confsvc.faces import faces
from confsvc.web import keys, metrics
from confsvc.web.channel import HELLO_TIMEOUT, channel
from confsvc.web.endpoint import (
    AGENDA,
    HUB,
    WRONG_CODES,
    AgendaSource,
    endpoint_door,
    poll_pairing,
    refresh,
    show_agenda,
    start_pairing,
)
from confsvc.web.gate import gate
from confsvc.web.middleware import around, errors
from confsvc.web.route import Route
from integrations.jitsi.tokens import SigningKey, TokenMint
from rooms.hub import Hub, flush
from rooms.messages import Ack, AgendaHint, BeatAck, Bye, Want, Welcome
from rooms.models import Endpoint
from rooms.pairing import WrongCodes, confirm, revoke
from rooms.place_queries import RoomOn, list_rooms
from rooms.queries import find_unit
from scheduler.booking.book import book
from scheduler.booking.booking import Booked, Booking, Rules
from scheduler.booking.edit import cancel
from scheduler.models import Bridge, Fact
from tests.directory import NOW
from tests.fakes.endpoint import ScriptedEndpoint

PATH = "/api/v1/endpoint"
SOON = NOW + timedelta(minutes=5)  # devices join at once
ROUTES = (
    Route("POST", f"{PATH}/pair/start", start_pairing, Permission.PUBLIC),
    Route("POST", f"{PATH}/pair/poll", poll_pairing, Permission.PUBLIC),
    Route("POST", f"{PATH}/token", refresh, Permission.PUBLIC),
    Route("GET", f"{PATH}/agenda", show_agenda, Permission.ENDPOINT),
    Route("GET", f"{PATH}/ws", channel, Permission.PUBLIC),
)


@dataclass
class Service:
    """The endpoints' part of the service on a real port, with its time in the test's hand."""

    database: Database
    app: web.Application
    base: str
    session: aiohttp.ClientSession
    rooms: dict[str, RoomOn]
    rules: Rules
    host: int
    time: list[datetime] = field(default_factory=lambda: [NOW])

    def clock(self) -> datetime:
        return self.time[0]

    def pass_(self, **span: float) -> None:
        self.time[0] += timedelta(**span)

    async def device(self, code: str = "HHOA") -> ScriptedEndpoint:
        """A device that was paired with a unit's hall."""
        made = ScriptedEndpoint(self.session, self.base, self.clock)

        async def operator(shown: str) -> None:
            key = self.rooms[code].key
            await self.database.write(
                confirm, shown, key, limit=self.app[WRONG_CODES], actor="account:1", now=self.clock()
            )

        await made.pair(operator)
        return made

    async def book(self, starts: datetime, *codes: str) -> Booked:
        booking = Booking(
            title="Giao ban", kind="briefing", form="online", host_unit_id=self.host, starts=starts,
            ends=starts + timedelta(hours=1), room_ids=tuple(self.rooms[c].id for c in codes or ("STTTT", "HHOA")),
            contact_name="An", contact_phone="0204", short_notice_reason="gấp", no_secrets=True,
        )  # fmt: skip
        return await self.database.write(book, booking, actor="account:1", now=self.clock(), rules=self.rules)


def _application(database: Database, now: Callable[[], datetime], bridge_id: int) -> web.Application:
    section = BridgeSection(name="main", base_url="https://meet.example", muc_domain="muc.meet.example")
    signer = TokenMint(SigningKey.hs256("a secret of some length"), issuer="confsvc", subject="meet.example")

    def mint(bridge: int, jitsi_name: str, endpoint: str, name: str, nbf: datetime, exp: datetime) -> str:
        return signer.room_token(jitsi_name, nbf=nbf, exp=exp, user={"id": f"endpoint:{endpoint}", "name": name})

    app = web.Application(middlewares=[around, errors, gate])
    app[keys.DATABASE], app[keys.NOW], app[keys.SETTINGS] = database, now, Settings()
    app[keys.BRIDGES] = {bridge_id: section}
    app[keys.DOORS] = {Permission.ENDPOINT: endpoint_door}
    app[HUB], app[WRONG_CODES], app[HELLO_TIMEOUT] = Hub(), WrongCodes(), 0.3
    app[AGENDA] = AgendaSource(Rules, mint, faces(app[keys.BRIDGES]), "0204 113")
    app[keys.ROUTE_OF] = {app.router.add_route(r.method, r.path, r.handler): r for r in ROUTES}
    metrics.set_up(app)
    loop = asyncio.get_running_loop()

    def poked(topics: set[str]) -> None:
        loop.call_soon_threadsafe(app[HUB].poke, topics)

    database.on_poke = poked
    return app


@pytest.fixture
async def service(directory: Database) -> AsyncIterator[Service]:
    bridge_id = directory.write_now(
        lambda db: db.scalars(insert(Bridge).values(name="main", base_url="https://meet.example").returning(Bridge.id))
        .one()
    )  # fmt: skip
    rooms = {r.unit_code: r for r in directory.read_now(list_rooms, NOW.date())}
    host = directory.read_now(find_unit, "STTTT", NOW.date())
    assert host is not None
    time = [NOW]
    app = _application(directory, lambda: time[0], bridge_id)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    rules = Rules(bridges=(bridge_id,), mail_domain="bacgiang.example")
    async with aiohttp.ClientSession() as session:
        yield Service(directory, app, f"http://127.0.0.1:{port}", session, rooms, rules, host.id, time)
        app[HUB].close_all()
    await runner.cleanup()


def _facts(database: Database) -> list[Fact]:
    return database.read_now(lambda db: list(db.scalars(select(Fact).order_by(Fact.id))))


async def test_a_device_pairs_and_reads_its_agenda(service: Service) -> None:
    booked = await service.book(NOW + timedelta(days=1))
    device = await service.device()
    assert device.key == service.rooms["HHOA"].endpoint_key
    assert await device.fetch() == 200
    assert device.agenda is not None
    (item,) = device.agenda["conferences"]
    assert (item["key"], item["title"], item["ticket"].count(".")) == (booked.key, "Giao ban", 2)
    assert device.agenda["operator_phone"] == "0204 113"
    assert await device.fetch() == 304
    stranger = await service.device("SDONG")
    await stranger.fetch()
    assert stranger.agenda is not None and stranger.agenda["conferences"] == []


async def test_answers_tell_the_time_and_the_screen_what_to_show(service: Service) -> None:
    async with service.session.post(f"{service.base}{PATH}/pair/start", json={"model": "m"}) as response:
        shown = await response.json()
    assert response.headers["X-Server-Time"] == "2026-11-24T01:00:00.000Z"
    assert shown["verify_url"].endswith(f"/pair?c={shown['user_code']}")
    assert shown["verify_qr"].startswith("data:image/svg+xml")
    assert (shown["interval"], shown["expires_in"]) == (5, 900)
    async with service.session.post(f"{service.base}{PATH}/pair/poll", json={"device_code": 5}) as response:
        assert (response.status, (await response.json())["errors"][0]["field"]) == (422, "device_code")
    async with service.session.post(f"{service.base}{PATH}/token", data=b"{}") as response:
        assert response.status == 415


async def test_a_bad_token_opens_nothing(service: Service) -> None:
    device = await service.device()
    device.access, good = "wrong", device.access
    assert await device.fetch() == 401
    device.access = good
    service.pass_(hours=1)
    assert await device.fetch() == 401
    await device.rotate(lose_answer=True)
    await device.rotate()
    assert await device.fetch() == 200
    await service.database.write(revoke, device.key, actor="account:1", now=service.clock())
    assert await device.fetch() == 403
    with pytest.raises(aiohttp.ClientResponseError, match="403"):
        await device.rotate()


async def test_hello_is_answered_with_what_is_new(service: Service) -> None:
    device = await service.device()
    welcome = await device.connect()
    assert isinstance(welcome, Welcome)
    assert (welcome.server_time, welcome.agenda.changed, welcome.ev_ack) == (NOW, True, 0)
    assert device.etag == welcome.agenda.etag
    again = await device.connect()
    assert isinstance(again, Welcome) and again.agenda.changed is False
    ack = await device.beat()
    assert (ack.n, ack.server_time) == (1, NOW)
    service.database.write_now(flush, service.app[HUB].take_seen())
    seen = service.database.read_now(list_rooms, NOW.date(), keys=[service.rooms["HHOA"].key])
    assert seen[0].last_seen == NOW


async def test_a_booking_and_a_cancellation_reach_the_device(service: Service) -> None:
    device = await service.device()
    await device.connect()
    booked = await service.book(NOW + timedelta(minutes=10))
    hint = await device.hear_until(AgendaHint)
    assert isinstance(hint, AgendaHint) and hint.spread == 0, "it should be in the room already"
    await service.book(NOW + timedelta(days=3), "STTTT", "SDONG")  # somebody else's: not a word
    assert device.agenda is not None and [c["key"] for c in device.agenda["conferences"]] == [booked.key]
    await device.act()
    assert device.inside == booked.key
    await device.flush()
    await service.database.write(cancel, booked.key, version=1, reason="bão", actor="account:1", now=service.clock())
    hint = await device.hear_until(AgendaHint)
    assert isinstance(hint, AgendaHint) and hint.spread == 0, "it is in a room that was just closed"
    await device.act()
    await device.flush()
    assert device.inside is None
    await service.book(NOW + timedelta(days=2))
    hint = await device.hear_until(AgendaHint)
    assert isinstance(hint, AgendaHint) and hint.spread == 20, "no hurry"
    assert [f.kind for f in _facts(service.database)] == ["endpoint.joined", "endpoint.left"]


async def test_events_are_facts_once_and_only_of_the_own_conferences(service: Service) -> None:
    mine, other = await service.book(SOON), await service.book(NOW + timedelta(hours=5), "STTTT", "SDONG")
    device = await service.device()
    await device.connect()
    await device.report("joined", mine.key)
    await device.report("joined", other.key, big="x" * 5000)
    held = list(device.outbox)
    await device.flush()
    device.outbox = held  # the acknowledgement was lost
    service.pass_(seconds=30)
    welcome = await device.connect()
    assert isinstance(welcome, Welcome) and welcome.ev_ack == 2 and device.outbox == []
    device.outbox = held[:1]
    await device.report("left", mine.key)
    await device.flush()
    one, two, three = _facts(service.database)
    endpoint_id = service.rooms["HHOA"].endpoint_id
    assert one.key == f"ep:{endpoint_id}:{device.boot}:1"
    assert (one.kind, one.conference_id, one.endpoint_id, one.at) == ("endpoint.joined", mine.id, endpoint_id, NOW)
    assert (two.conference_id, two.data["conference"], two.data["said"]) == (None, other.key, {"dropped": "too_large"})
    assert (three.kind, three.at) == ("endpoint.left", NOW + timedelta(seconds=30))


async def test_a_clock_that_is_years_off_is_not_believed(service: Service) -> None:
    device = await service.device()
    device.clock = lambda: NOW - timedelta(days=4000)
    await device.connect()
    await device.report("crash")
    await device.flush()
    (fact,) = _facts(service.database)
    assert fact.at == NOW and fact.data["claimed_at"].startswith("2015")


async def test_what_was_reported_while_the_line_was_down_arrives_after(service: Service) -> None:
    booked = await service.book(SOON)
    device = await service.device()
    await device.connect()
    await device.drop()
    await device.act()
    service.pass_(minutes=12)
    await device.connect()
    await device.flush()
    (fact,) = _facts(service.database)
    assert (fact.conference_id, fact.at, fact.received) == (booked.id, NOW, NOW + timedelta(minutes=12))


async def test_the_newest_connection_wins(service: Service) -> None:
    device = await service.device()
    twin = ScriptedEndpoint(service.session, service.base, service.clock)
    twin.key, twin.access = device.key, device.access
    await device.connect()
    await twin.connect()
    assert isinstance(await device.hear_until(Bye), Bye)
    assert device.bye is not None and device.bye.code == 4409
    assert (await twin.beat()).n == 1


async def test_revoking_closes_the_connection(service: Service) -> None:
    device = await service.device()
    await device.connect()
    await service.database.write(revoke, device.key, actor="account:1", now=NOW)
    await device.hear_until(Bye)
    assert device.bye is not None and device.bye.code == 4403
    answer = await device.connect()
    assert isinstance(answer, Bye) and answer.code == 4403


async def test_an_old_token_is_refreshed_once(service: Service) -> None:
    device = await service.device()
    service.pass_(hours=2)
    assert isinstance(await device.connect(), Welcome)
    stranger = await service.device("SDONG")
    stranger.key = device.key
    stranger.refresh_token = "nothing"
    with pytest.raises(aiohttp.ClientResponseError, match="401"):
        await stranger.connect()


async def test_a_device_that_drifts_is_told_again(service: Service) -> None:
    booked = await service.book(SOON)
    device = await service.device()
    endpoint_id = service.rooms["HHOA"].endpoint_id
    service.database.write_now(lambda db: db.execute(update(Endpoint).values(want_rev=3)))
    await device.connect()
    want = await device.hear_until(Want)
    assert isinstance(want, Want) and (want.rev, want.conference) == (3, booked.key)
    assert want.ticket and want.deadline == SOON + timedelta(minutes=75)
    for seconds in (0, 21):
        service.pass_(seconds=seconds)
        await device.beat()
    hint = await device.hear_until(AgendaHint)
    assert isinstance(hint, AgendaHint) and hint.spread == 0
    assert isinstance(await device.hear_until(Want), Want)
    service.database.write_now(lambda db: db.execute(update(Endpoint).values(want_rev=4)))
    service.app[HUB].poke({f"endpoint:{endpoint_id}"})
    fresh = await device.hear_until(Want)
    assert isinstance(fresh, Want) and fresh.rev == 4


async def test_a_beat_repairs_a_poke_that_nobody_heard(service: Service) -> None:
    device = await service.device()
    await device.connect()
    service.database.on_poke = None  # as from another process
    await service.book(NOW + timedelta(days=1))
    await device.beat()
    service.pass_(seconds=61)
    await device.beat()
    assert isinstance(await device.hear_until(AgendaHint), AgendaHint)


def _hello(device: ScriptedEndpoint, **more: Any) -> dict[str, Any]:
    clock = {"wall": NOW.isoformat(), "mono": 1}
    hello = {"t": "hello", "v": 1, "token": device.access, "endpoint_id": device.key, "boot": str(uuid.uuid4())}
    return {**hello, "app": "1", "state": "idle", "clock": clock, **more}


async def _said(ws: aiohttp.ClientWebSocketResponse) -> tuple[list[str], int | None]:
    kinds = []
    async for message in ws:
        kinds.append(json.loads(message.data)["t"])
    return kinds, ws.close_code


@pytest.mark.parametrize("first", ["nonsense", '{"t":"beat","n":1,"state":"idle"}', '{"t":"hello","v":1}', None])
async def test_who_does_not_say_hello_is_shown_out(service: Service, first: str | None) -> None:
    async with service.session.ws_connect(f"{service.base}{PATH}/ws", protocols=("confsvc.v1",)) as ws:
        if first is not None:
            await ws.send_str(first)
        assert await _said(ws) == (["bye"], 1008)


async def test_limits_of_the_channel(service: Service) -> None:
    device = await service.device()
    url = f"{service.base}{PATH}/ws"
    async with service.session.ws_connect(url) as ws:
        assert await _said(ws) == (["bye"], 1008)  # no subprotocol
    async with service.session.ws_connect(url, protocols=("confsvc.v1",)) as ws:
        await ws.send_json(_hello(device))
        for number in range(21):
            await ws.send_json({"t": "beat", "n": number, "state": "idle"})
        kinds, code = await _said(ws)
        assert (kinds[0], kinds[-1], code) == ("welcome", "bye", 4429)
    async with service.session.ws_connect(url, protocols=("confsvc.v1",)) as ws:
        await ws.send_json(_hello(device))
        await ws.receive()
        await ws.send_str("x" * 70_000)
        assert (await _said(ws))[1] == 1009
    async with service.session.ws_connect(url, protocols=("confsvc.v1",)) as ws:
        await ws.send_json(_hello(device))
        await ws.send_json({"t": "news", "of": "a later version"})
        await ws.send_json({"t": "beat", "n": 1, "state": "asleep"})
        assert await _said(ws) == (["welcome", "bye"], 1008)


async def test_a_foreign_page_may_not_connect(service: Service) -> None:
    headers = {"Origin": "https://evil.example"}
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await service.session.ws_connect(f"{service.base}{PATH}/ws", protocols=("confsvc.v1",), headers=headers)


async def test_a_restart_of_the_service_says_so(service: Service) -> None:
    device = await service.device()
    await device.connect()
    service.app[HUB].close_all()
    await device.hear_until(Bye)
    assert device.bye is not None and device.bye.code == 1012
    await device.report("offline")
    assert isinstance(await device.connect(), Welcome)
    assert isinstance(await device.hear_until(Ack), Ack)
    assert isinstance(await device.beat(), BeatAck)
