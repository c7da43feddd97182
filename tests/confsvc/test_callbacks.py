"""The door in, over real sockets: recorded calls of Prosody, the simulated Jitsi, and strangers."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc.jwk import RSAKey
from sqlalchemy import update

from confsvc.access import Permission
from confsvc.config import BridgeSection, Settings
from confsvc.database import Database
from confsvc.video import close_videos, open_videos
from confsvc.web import callbacks, keys, metrics
from confsvc.web.callbacks import SPAWNED, VIDEOS
from confsvc.web.middleware import MIDDLEWARES
from confsvc.web.route import Route
from integrations.jitsi.tokens import SigningKey
from scheduler.conduct.admission import CODES, Deny
from scheduler.models import Conference, Fact, Opening
from tests.fakes.captures import recorded
from tests.fakes.jitsi import NotLetIn, SimulatedJitsi, until
from tests.fakes.prosody import read_answer
from tests.scheduler.booking.offices import RULES, START
from tests.scheduler.conduct.world import END, World

SECRET = "secret-of-the-callbacks"
APP_SECRET = "a secret of the simulated host"
PATHS = (
    ("POST", "/conference", callbacks.ask_room),
    ("GET", "/conference/{id}", callbacks.find_room),
    ("DELETE", "/conference/{id}", callbacks.release_room),
    ("POST", "/events/room/created", callbacks.tell_event),
    ("POST", "/events/room/destroyed", callbacks.tell_event),
    ("POST", "/events/occupant/joined", callbacks.tell_event),
    ("POST", "/events/occupant/left", callbacks.tell_event),
)


@dataclass
class Service:
    """The callbacks of a service whose time is ``now``."""

    world: World
    now: datetime
    app: web.Application
    url: str = ""
    session: aiohttp.ClientSession | None = None

    @property
    def room(self) -> str:
        return self.world.opening().jitsi_name

    async def call(
        self, method: str, path: str, body: Any = None, *, secret: str | None = SECRET, under: str = "/jitsi/chinh"
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {secret}"} if secret is not None else {}
        data = body if isinstance(body, bytes | str) or body is None else json.dumps(body)
        if isinstance(data, str) and not data.startswith("{"):
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        assert self.session is not None
        async with self.session.request(method, f"{self.url}{under}{path}", data=data, headers=headers) as answer:
            raw = await answer.read()
            await self.app[SPAWNED].finish()
            return answer.status, json.loads(raw)

    async def ask(self, room: str | None = None, **kwargs: Any) -> tuple[int, Any]:
        form = {"start_time": "2026-12-01T01:00:00.000Z", "name": room or self.room, "mail_owner": "x@meet.rig"}
        return await self.call("POST", "/conference", urlencode(form), **kwargs)

    def facts(self, kind: str) -> list[Fact]:
        return self.world.rows(Fact, kind=kind)


def _build(database: Database, clock: Any, bridge: BridgeSection) -> web.Application:
    app = web.Application(middlewares=MIDDLEWARES)
    app[keys.SETTINGS], app[keys.DATABASE], app[keys.NOW], app[keys.RULES] = Settings(), database, clock, RULES
    app[VIDEOS] = open_videos({1: bridge}, clock)
    app[keys.DOORS] = {Permission.BRIDGE_CALLBACK: callbacks.bridge_door}
    metrics.set_up(app)
    routes = [
        Route(method, f"{prefix}{path}", handler, Permission.BRIDGE_CALLBACK)
        for prefix in ("/jitsi/{bridge}", "/jitsi/{bridge}/s/{secret}")
        for method, path, handler in PATHS
    ]
    routes.append(Route("GET", "/jitsi/{bridge}/keys/{name}", callbacks.public_key, Permission.PUBLIC))
    app[keys.ROUTE_OF] = {app.router.add_route(r.method, r.path, r.handler): r for r in routes}
    app.cleanup_ctx.append(callbacks.finish_spawned)
    return app


def section(monkeypatch: pytest.MonkeyPatch, **values: Any) -> BridgeSection:
    monkeypatch.setenv("TEST_CALLBACK", SECRET)
    monkeypatch.setenv("TEST_APP_SECRET", APP_SECRET)
    signing = {} if "key_file" in values else {"secret_env": "TEST_APP_SECRET"}
    return BridgeSection(
        name="chinh", base_url="http://127.0.0.1:1", muc_domain="conference.meet.rig",
        callback_secret_env="TEST_CALLBACK", **{**signing, **values},
    )  # fmt: skip


@pytest.fixture
async def service(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    world = World(database)
    made = Service(world, START, web.Application())
    made.app = _build(database, lambda: made.now, section(monkeypatch))
    async with TestServer(made.app) as server, aiohttp.ClientSession() as session:
        made.url, made.session = str(server.make_url("")).rstrip("/"), session
        yield made
    await close_videos(made.app[VIDEOS])


async def test_a_booked_room_opens(service: Service) -> None:
    status, body = await service.ask()
    assert status == 200
    granted = read_answer(status, json.dumps(body).encode(), service.room, START)
    assert granted.starts == START
    assert granted.expires == END + timedelta(hours=2)
    assert service.facts("room.asked")[0].data["answer"] == "admitted"


async def test_retries_are_one_fact(service: Service) -> None:
    for _ in range(3):
        await service.ask()
    assert len(service.facts("room.asked")) == 1


async def test_refusals_speak_vietnamese(service: Service) -> None:
    assert await service.ask("nobody-knows") == (403, {"message": "Phòng này chưa có hội nghị nào được đăng ký."})
    service.now = START - timedelta(hours=2)
    assert await service.ask() == (403, {"message": "Chưa đến giờ họp. Phòng họp mở lúc 07:00 01/12/2026."})
    service.now = END + timedelta(minutes=15)
    assert await service.ask() == (403, {"message": "Hội nghị này đã kết thúc."})
    service.world.set(state="cancelled")
    assert await service.ask() == (403, {"message": "Hội nghị này đã bị hủy."})


def test_every_refusal_has_its_own_words() -> None:
    said = {code: callbacks.deny_text(Deny(code, START if code == "too_early" else None)) for code in CODES}
    assert len(set(said.values())) == len(CODES)
    assert not any(text in callbacks.TEXTS.values() for text in said.values()), "a refusal is not translated"


async def test_the_answer_does_not_wait_for_the_writer(service: Service) -> None:
    """A long unit of work holds SQLite's only writer; the question is answered meanwhile."""
    release, held = threading.Event(), threading.Event()

    def long_work(_db: Any) -> None:
        held.set()
        release.wait(20)

    holding = asyncio.create_task(service.world.database.write(long_work))
    await until(held.is_set)
    assert service.session is not None
    form = {"start_time": "2026-12-01T01:00:00.000Z", "name": service.room, "mail_owner": "x@meet.rig"}
    headers = {"Authorization": f"Bearer {SECRET}"}
    async with service.session.post(f"{service.url}/jitsi/chinh/conference", data=form, headers=headers) as answer:
        assert answer.status == 200
    assert not holding.done()
    release.set()
    await holding
    await service.app[SPAWNED].finish()
    assert len(service.facts("room.asked")) == 1


async def test_the_secret_is_asked_of_everybody(service: Service) -> None:
    for secret in (None, "", "wrong", SECRET.upper()):
        status, body = await service.ask(secret=secret)
        assert status == 401
        assert list(body) == ["message"]
    assert (await service.ask(secret=None, under=f"/jitsi/chinh/s/{SECRET}"))[0] == 200
    assert (await service.ask(secret=None, under="/jitsi/chinh/s/wrong"))[0] == 401
    assert (await service.ask(under="/jitsi/khac"))[0] == 401


async def test_every_error_is_a_message(service: Service) -> None:
    for method, path, body, status in (
        ("POST", "/conference", "name=x", 400),
        ("POST", "/conference", "a=" + "b" * 9000, 413),
        ("GET", "/conference/none-1", None, 404),
        ("GET", "/conference/none", None, 404),
        ("PUT", "/conference", None, 405),
        ("GET", "/nothing/at/all", None, 404),
        ("POST", "/events/room/created", "{]", 400),
        ("POST", "/events/occupant/joined", {"event_name": "muc-room-created"}, 400),
    ):
        answer = await service.call(method, path, body)
        assert answer[0] == status, path
        assert list(answer[1]) == ["message"]
        assert isinstance(answer[1]["message"], str)
        assert answer[1]["message"]


async def test_asking_by_id_and_releasing(service: Service) -> None:
    _, body = await service.ask()
    assert await service.call("GET", f"/conference/{body['id']}") == (200, {**body, "mail_owner": "confsvc"})
    assert await service.call("DELETE", f"/conference/{body['id']}") == (200, {})
    (fact,) = service.facts("room.released")
    assert fact.conference_id == service.world.booked.id
    assert (await service.ask())[0] == 200, "a released room opens again while the conference runs"


EVENTS = [(case, call) for case, call in recorded() if "/events/" in call["target"]]


async def test_recorded_events_are_kept_once_in_any_order(service: Service) -> None:
    """Every event that was ever recorded, forwards and then backwards."""
    for _, call in [*EVENTS, *reversed(EVENTS)]:
        path = call["target"].removeprefix("/esync")
        assert await service.call("POST", path, call["body"].encode()) == (200, {})
    stored = service.world.rows(Fact)
    assert len(stored) == len({json.dumps(json.loads(call["body"]), sort_keys=True) for _, call in EVENTS})
    assert all(fact.conference_id is None for fact in stored)


async def test_the_simulated_host_from_refusal_to_record(service: Service) -> None:
    """Too early, then in time; joined and left are facts to the second, and the room is not ours to end."""
    name = service.room
    callback = f"{service.url}/jitsi/chinh"
    user = {"id": "endpoint:k11", "name": "Phòng 11"}
    service.now = START - timedelta(hours=3)
    async with SimulatedJitsi(callback, callback_secret=SECRET, now=lambda: service.now) as jitsi:
        with pytest.raises(NotLetIn) as refused:
            await jitsi.join(name, jitsi.token(name, user=user), "x")
        assert refused.value.text == "Chưa đến giờ họp. Phòng họp mở lúc 07:00 01/12/2026."
        service.now = START
        await jitsi.advance(0)
        endpoint = await jitsi.join(name, jitsi.token(name, user=user), "x")
        await jitsi.quiet()
        service.now = END
        await endpoint.leave()
        await jitsi.quiet()
    await service.app[SPAWNED].finish()
    service.world.pass_time(END + timedelta(minutes=20))
    kinds = {fact.kind for fact in service.world.rows(Fact, conference_id=service.world.booked.id)}
    assert {"room.asked", "room.created", "occupant.joined", "occupant.left", "room.destroyed"} <= kinds
    assert service.world.rows(Conference)[0].outcome == "held"


async def test_an_earlier_generation_is_not_let_in(service: Service) -> None:
    service.world.database.write_now(lambda db: db.execute(update(Opening).values(until=START)))
    assert (await service.ask())[0] == 403


async def test_the_key_server_shows_the_public_half(
    sqlite_url: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(RSAKey.generate_key(2048, private=True).as_pem(private=True))
    bridge = section(monkeypatch, algorithm="RS256", key_file=path, kid="k1")
    database = Database(sqlite_url)
    app = _build(database, lambda: START, bridge)
    key = SigningKey.rs256(path.read_bytes(), "k1")
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        async with session.get(server.make_url(f"/jitsi/chinh/keys/{key.public_name()}")) as answer:
            assert (answer.status, await answer.read()) == (200, key.public_pem())
        async with session.get(server.make_url("/jitsi/chinh/keys/other.pem")) as answer:
            assert answer.status == 404
    await close_videos(app[VIDEOS])
    database.close()
