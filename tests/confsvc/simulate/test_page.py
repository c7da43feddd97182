"""external_api.js and the room page in a real browser: a page of another origin joins, hears of it, and hangs up."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from tests.confsvc.simulate.service import RecordingService
from tests.fakes.jitsi import SimulatedJitsi, until

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
SURFACE = json.loads(Path(__file__).with_name("surface.json").read_text("utf-8"))
KIOSK = """<!doctype html><title>kiosk</title><link rel=icon href="data:,"><div id=room></div>
<script src="%s/external_api.js"></script>"""
JOIN = """([domain, room, jwt, config]) => {
    window.heard = [];
    window.api = new JitsiMeetExternalAPI(domain, {
        roomName: room, jwt, parentNode: document.getElementById('room'), height: 480, lang: 'vi',
        userInfo: {displayName: 'Huyện Lục Ngạn'}, configOverwrite: {prejoinConfig: {enabled: false}, ...config}
    });
    for (const event of api.getSupportedEvents()) { api.on(event, data => heard.push([event, data])); }
}"""
HEARD = "name => window.heard.some(([event]) => event === name)"


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def kiosk(chromium: Browser, jitsi: SimulatedJitsi) -> AsyncIterator[Page]:
    """A page on another port of the same machine that has loaded the script."""

    async def index(_: web.Request) -> web.Response:
        return web.Response(text=KIOSK % jitsi.url, content_type="text/html", charset="utf-8")

    app = web.Application()
    app.router.add_get("/", index)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    page = await chromium.new_page()
    await page.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    yield page
    await page.close()
    await runner.cleanup()


async def join(page: Page, jitsi: SimulatedJitsi, room: str = "r1", **config: Any) -> None:
    domain = jitsi.url.removeprefix("http://")
    await page.evaluate(JOIN, [domain, room, jitsi.token(room, user={"id": "e-1"}), config])


async def heard(page: Page, name: str) -> Any:
    """The data of the first such event, waited for."""
    await page.wait_for_function(HEARD, arg=name, timeout=10_000)
    return await page.evaluate("name => window.heard.find(([event]) => event === name)[1]", name)


async def test_joins_and_hangs_up(kiosk: Page, jitsi: SimulatedJitsi, service: RecordingService) -> None:
    problems: list[str] = []
    kiosk.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    kiosk.on("pageerror", lambda error: problems.append(str(error)))
    scripted = await jitsi.join("r1", jitsi.token("r1"), "Sở TT&TT")
    await join(kiosk, jitsi, startWithAudioMuted=True)
    joined = await heard(kiosk, "videoConferenceJoined")
    assert (joined["roomName"], joined["displayName"]) == ("r1", "Huyện Lục Ngạn")
    assert (await heard(kiosk, "participantJoined"))["displayName"] == "Sở TT&TT"
    assert jitsi.occupants("r1") == ["Huyện Lục Ngạn", "Sở TT&TT"]
    assert await kiosk.evaluate("[api.getNumberOfParticipants(), api.getParticipantsInfo().length]") == [2, 2]
    assert await kiosk.evaluate("Promise.all([api.isAudioMuted(), api.isVideoMuted()])") == [True, False]
    await kiosk.evaluate("api.executeCommand('toggleAudio')")
    assert await heard(kiosk, "audioMuteStatusChanged") == {"muted": False}
    assert (await kiosk.evaluate("api.getConnectionStats()"))["connectionQuality"] == 100
    notice = kiosk.frame_locator("iframe").locator(".notice")
    assert await notice.text_content() == "mô phỏng / simulated"
    assert await notice.is_visible()
    await scripted.leave()
    assert (await heard(kiosk, "participantLeft"))["id"] == scripted.id
    await kiosk.evaluate("api.executeCommand('hangup')")
    await heard(kiosk, "readyToClose")
    order = [event for event, _ in await kiosk.evaluate("window.heard")]
    assert order.index("ready") < order.index("videoConferenceJoined") < order.index("videoConferenceLeft")
    assert order.index("videoConferenceLeft") < order.index("readyToClose")
    await kiosk.evaluate("api.dispose()")
    assert await kiosk.locator("iframe").count() == 0
    await jitsi.quiet()
    assert service.events().count("occupant/left") == 2
    assert jitsi.host.rooms == {}
    assert problems == []


async def test_disposing_leaves_at_once(kiosk: Page, jitsi: SimulatedJitsi) -> None:
    await join(kiosk, jitsi)
    await heard(kiosk, "videoConferenceJoined")
    await kiosk.evaluate("api.dispose()")
    await until(lambda: not jitsi.host.rooms)


async def test_a_refusal_leaves_a_dead_page(kiosk: Page, jitsi: SimulatedJitsi, service: RecordingService) -> None:
    service.answering(403, message="Phòng này chưa đến giờ họp")
    await join(kiosk, jitsi)
    error = await heard(kiosk, "errorOccurred")
    assert (error["name"], error["type"], error["isFatal"]) == ("conference.reservationError", "CONFERENCE", False)
    assert "Phòng này chưa đến giờ họp" in error["message"]
    status = kiosk.frame_locator("iframe").locator("#status")
    assert "Phòng này chưa đến giờ họp" in (await status.text_content() or "")


@pytest.mark.parametrize("asked", [True, False])
async def test_a_destroyed_room_closes_unless_a_dialog_waits(kiosk: Page, jitsi: SimulatedJitsi, asked: bool) -> None:
    await join(kiosk, jitsi, notifyOnConferenceDestruction=asked)
    await heard(kiosk, "videoConferenceJoined")
    jitsi.host.destroy(jitsi.host.rooms["r1"], "The meeting has been terminated")
    await heard(kiosk, "videoConferenceLeft")
    if asked:
        await kiosk.frame_locator("iframe").locator("#dialog-close").click()
    await heard(kiosk, "readyToClose")


async def test_a_silent_reconnect_comes_back(kiosk: Page, jitsi: SimulatedJitsi, service: RecordingService) -> None:
    await join(kiosk, jitsi)
    await heard(kiosk, "videoConferenceJoined")
    jitsi.host.destroy(jitsi.host.rooms["r1"], "The meeting has been terminated silently", rejoin=True)
    await until(lambda: len(jitsi.occupants("r1")) == 1)
    assert len(service.of("POST", "/conference")) == 2


async def test_a_kicked_page_says_so_and_a_cut_one_too(kiosk: Page, jitsi: SimulatedJitsi) -> None:
    await join(kiosk, jitsi)
    await heard(kiosk, "videoConferenceJoined")
    [occupant] = jitsi.host.rooms["r1"].occupants.values()
    jitsi.host.kick(occupant)
    assert (await heard(kiosk, "participantKickedOut"))["kicked"]["local"] is True
    await kiosk.evaluate("api.dispose()")
    await join(kiosk, jitsi)
    await heard(kiosk, "videoConferenceJoined")
    jitsi.host.crash()
    assert (await heard(kiosk, "errorOccurred"))["isFatal"] is True


async def test_the_prejoin_page_waits_for_a_click_unless_switched_off(kiosk: Page, jitsi: SimulatedJitsi) -> None:
    await join(kiosk, jitsi, prejoinConfig={})
    await heard(kiosk, "prejoinScreenLoaded")
    assert jitsi.host.rooms == {}
    await kiosk.frame_locator("iframe").locator("#join").click()
    await heard(kiosk, "videoConferenceJoined")


async def test_the_surface_is_that_of_the_type_definitions(kiosk: Page) -> None:
    found = await kiosk.evaluate("""() => {
        const methods = [];
        for (let at = JitsiMeetExternalAPI.prototype; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
            methods.push(...Object.getOwnPropertyNames(at));
        }
        return {methods, ...JitsiMeetExternalAPI.simulated};
    }""")
    missing = {kind: sorted(set(names) - set(found[kind])) for kind, names in SURFACE.items()}
    assert missing == {"methods": [], "options": [], "commands": [], "events": []}
