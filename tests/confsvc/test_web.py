"""The frame of every answer: headers, errors for people, programs and video hosts, proxies, health, files, draining."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from pathlib import Path

import httpx
import pytest
import structlog
from sqlalchemy import text

from confsvc import parts
from confsvc.config import Settings
from confsvc.database import Database
from confsvc.logs import configure, redact
from confsvc.web import keys
from confsvc.web.assets import Assets
from confsvc.web.navigation import entries
from confsvc.web.rendering import local_path
from confsvc.web.security import content_policy
from confsvc.web.serving import serve
from tests.confsvc.conftest import PASSWORD, Service, serving
from tests.directory import load_default


async def test_every_answer_carries_the_security_headers(service: Service) -> None:
    client = service.client()
    for path in ("/sign-in", "/nothing", "/api/v1/openapi.json", "/api/v1/me", "/static/nothing.css", "/health"):
        headers = (await client.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store" or path.startswith("/static/")
        assert len(headers["X-Request-Id"]) == 16


def test_video_hosts_are_allowed_by_name_only() -> None:
    policy = content_policy(["https://meet.example"])
    assert "script-src 'self' https://meet.example;" in policy
    assert "frame-src 'self' https://meet.example" in policy
    assert "connect-src 'self' https://meet.example wss://meet.example" in policy
    assert "unsafe" not in policy


async def test_errors_are_told_in_the_askers_form_and_language(service: Service) -> None:
    client = service.client()
    page = await client.get("/nothing")
    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Không có trang" in page.text
    problem = await client.get("/api/v1/nothing", headers={"Accept-Language": "en-GB,en;q=0.8"})
    assert problem.headers["Content-Type"].startswith("application/problem+json")
    assert problem.json()["detail"].startswith("There is no such page")
    wrong = await client.post("/health")
    assert wrong.status_code == 405
    assert "GET" in wrong.headers["Allow"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/jitsi/nothing", 404),
        ("PATCH", "/jitsi/simulated/conference", 405),
        ("POST", "/jitsi/simulated/conference", 401),
        ("POST", "/jitsi/other/conference", 401),
        ("POST", "/jitsi/simulated/s/wrong/conference", 401),
    ],
)
async def test_video_hosts_get_a_message_on_every_error(service: Service, method: str, path: str, status: int) -> None:
    answer = await service.client().request(method, path, content=b"x")
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("application/json")
    assert list(answer.json()) == ["message"]
    assert isinstance(answer.json()["message"], str)


async def test_a_video_host_is_let_in_by_its_secret_and_told_too_large(service: Service) -> None:
    secret = service.settings.bridges[0].callback_secret
    client = service.client(headers={"Authorization": f"Bearer {secret}"})
    large = await client.post("/jitsi/simulated/conference", content=b"x" * 3_000_000)
    assert large.status_code == 413
    assert list(large.json()) == ["message"]
    form = {"name": "hop-x@conference.meet.simulated", "start_time": "2026-11-24T01:00:00Z", "mail_owner": "a@b.c"}
    refused = await client.post("/jitsi/simulated/conference", data=form)
    assert refused.status_code in (400, 403)
    assert list(refused.json()) == ["message"]


async def test_a_bug_is_our_mistake_and_tells_nothing(service: Service) -> None:
    program = service.program(service.account("lan", "booker", unit="STTTT"))
    service.database.write_now(lambda db: db.execute(text("ALTER TABLE unit_name RENAME TO elsewhere")))
    answer = await program.get("/api/v1/units")
    assert answer.status_code in (500, 503)
    assert "elsewhere" not in answer.text
    assert answer.json()["code"] in ("internal", "unavailable")
    service.database.write_now(lambda db: db.execute(text("ALTER TABLE elsewhere RENAME TO unit_name")))


async def test_health_says_what_is_wrong(service: Service) -> None:
    client = service.client()
    body = (await client.get("/health")).json()
    assert (body["ok"], body["database"], body["video"]) == (True, True, {"simulated": None})
    service.wait(minutes=3)
    assert (await client.get("/health")).json()["ok"] is False
    service.app[keys.PULSE].last_tick = service.now
    assert (await client.get("/health")).json()["ok"] is True
    service.app[keys.PULSE].video["simulated"] = False
    assert (await client.get("/health")).json()["ok"] is False


async def test_metrics_are_for_this_machine(service: Service) -> None:
    client = service.client()
    await client.get("/sign-in")
    page = (await client.get("/metrics")).text
    assert 'confsvc_requests_total{method="GET",path="/sign-in",status="200"} 1.0' in page
    assert "confsvc_oldest_owed_seconds 0.0" in page


async def test_forwarded_headers_count_only_from_a_trusted_proxy(settings: Settings, sqlite_url: str) -> None:
    forwarded = {"X-Forwarded-For": "6.6.6.6, 203.0.113.7, 127.0.0.1", "X-Forwarded-Proto": "https"}
    for proxies, secure in ((["127.0.0.0/8"], True), (["10.0.0.1/32"], False), ([], False)):
        database = Database(sqlite_url)
        section = type(settings.service)(**{**settings.service.model_dump(), "trusted_proxies": proxies})
        async for running in serving(settings.model_copy(update={"service": section}), database):
            answer = await running.client().get("/metrics", headers=forwarded)
            assert answer.status_code == 303, "for this machine, and behind a proxy everybody seems to be this machine"
            for name in ("Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"):
                alone = await running.client().get("/metrics", headers={name: "x"})
                assert alone.status_code == (200 if secure else 303), (proxies, name)
            assert (await running.client().get("/metrics")).status_code == 200
            assert ("Strict-Transport-Security" in answer.headers) == secure
        database.close()


async def test_with_tls_the_cookie_belongs_to_this_host_alone(settings: Settings, sqlite_url: str) -> None:
    database = Database(sqlite_url)
    database.write_now(load_default)
    section = type(settings.service)(public_url="https://hop.example", var=settings.var)
    async for running in serving(settings.model_copy(update={"service": section}), database):
        running.account("lan", unit="STTTT")
        answer = await running.client().post("/sign-in", data={"login": "lan", "password": PASSWORD})
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-confsvc_session=")
        for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
            assert part in cookie
        assert "Domain" not in cookie
    database.close()


def test_built_files_are_found_by_their_plain_name(tmp_path: Path) -> None:
    assert Assets(tmp_path).url("app.css") == "/static/app.css"
    (tmp_path / "manifest.json").write_text('{"app.css": "app-1234.css"}')
    assert Assets(tmp_path).url("app.css") == "/static/app-1234.css"


def test_only_our_own_addresses_are_gone_back_to() -> None:
    assert local_path("/book?x=1") == "/book?x=1"
    for elsewhere in ("//evil", "/\\evil", "https://evil", "javascript:x", "", "evil", "/a\r\nSet-Cookie: x"):
        assert local_path(elsewhere) == "/"


def test_the_menu_holds_what_one_may_see(service: Service) -> None:
    from confsvc.access import Actor, Grant

    leader = Actor(1, "a", "A", 1, "vi", (Grant("leader", 1),))
    shown = entries(leader, "/figures/list", {"/", "/figures", "/users", "/book"}, "vi")
    assert [(entry.href, entry.current) for entry in shown] == [("/", False), ("/figures", True)]
    assert shown[1].label == "Số liệu"


def test_secrets_stay_out_of_the_log() -> None:
    line = redact(
        None, "info",
        {"event": "GET /x?jwt=eyJhbGciOi.eyJpc3Mi.c2ln&y=1", "csrf_token": "a", "header": "Bearer abc.def"},
    )  # fmt: skip
    assert line == {"event": "GET /x?jwt=[removed]&y=1", "csrf_token": "[removed]", "header": "Bearer [removed]"}
    said = redact(None, "error", {"event": "letter letter:1:0:nguyen.an@hop.example:0 cannot be written", "count": 1})
    assert said == {"event": "letter letter:1:0:…@hop.example:0 cannot be written", "count": 1}


@pytest.mark.parametrize("json", [True, False])
async def test_what_of_a_request_cannot_be_read_is_not_logged(
    service: Service, json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """A control character in a cookie: the server would quote the line, and with it the session."""
    root = logging.getLogger()
    before, level, shape = root.handlers[:], root.level, structlog.get_config()
    configure(json=json)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(service.url.rpartition(":")[2]))
        writer.write(b"GET /account HTTP/1.1\r\nHost: x\r\nCookie: confsvc_session=SECRET\x01\r\n\r\n")
        assert b" 400 " in await reader.readline()
        writer.close()
        try:
            raise ValueError("sent with Bearer abc.def")
        except ValueError:
            logging.getLogger("confsvc").exception("it failed")
    finally:
        root.handlers[:], root.level = before, level
        structlog.configure(**shape)
    said = capsys.readouterr().err
    assert "a request could not be read" in said and "Bearer [removed]" in said
    assert "SECRET" not in said and "abc.def" not in said


async def test_the_jobs_are_there_and_ring_when_told(service: Service) -> None:
    await service.app[parts.JOBS].tick()
    assert service.app[parts.JOBS].last_tick == service.now


async def test_a_terminated_process_finishes_what_it_was_asked(settings: Settings, sqlite_url: str) -> None:
    """SIGTERM while a request is under way: it is answered, then nothing listens any more."""
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    section = settings.service
    local = settings.model_copy(
        update={"database": type(settings.database)(url=sqlite_url), "service": section, "bridges": []}
    )
    before = structlog.get_config()
    running = asyncio.create_task(serve(local, ready=listening.set_result))
    try:
        port = await asyncio.wait_for(listening, 20)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            slow = asyncio.create_task(client.post("/sign-in", data={"login": "x", "password": "y"}))
            for _ in range(2):
                await client.get("/health")
            os.kill(os.getpid(), signal.SIGTERM)
            assert (await slow).status_code == 401
            await asyncio.wait_for(running, 20)
            with pytest.raises(httpx.ConnectError):
                await client.get("/health")
    finally:
        running.cancel()
        structlog.configure(**before)
