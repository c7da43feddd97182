"""A session that is lost while a form is sent: signing in leads back to an address that opens."""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

import httpx
import pytest
from aiohttp.test_utils import make_mocked_request

from confsvc.access import FUNCTION_PERMISSIONS, Permission
from confsvc.config import Settings
from confsvc.web import keys
from confsvc.web.routes import ROUTES
from tests.confsvc.conftest import PASSWORD, Service
from tests.confsvc.test_access import NO_KEY, sample, served

__all__ = ["served"]
_FOR_ANYBODY = (Permission.PUBLIC, Permission.ENDPOINT, Permission.BRIDGE_CALLBACK)
FORMS = [
    route for route in ROUTES
    if route.method == "POST" and not route.path.startswith("/api/") and route.permission not in _FOR_ANYBODY
]  # fmt: skip


async def _sent(client: httpx.AsyncClient, url: str, referer: str | None = None) -> str:
    """What the page after a lost session offers to come back to."""
    answer = await client.post(url, data={}, headers={"Referer": referer} if referer else {})
    assert answer.status_code == 401
    (found,) = re.findall(r'href="/sign-in\?next=([^"]*)"', answer.text)
    return unquote(html.unescape(found))


async def _resolves(service: Service, path: str) -> bool:
    match = await service.app.router.resolve(make_mocked_request("GET", path))
    return match.http_exception is None and service.app[keys.ROUTE_OF][match.route].method == "GET"


async def test_every_form_leads_back_to_a_page_that_opens(served: Service) -> None:
    admin = served.account("root", *(f for f in FUNCTION_PERMISSIONS if f != "endpoint"), unit="STTTT", at=None)
    signed_in, nobody = await served.browser(admin), served.client(headers={"Origin": served.url})
    assert len(FORMS) > 30
    for route in FORMS:
        url = sample(route, NO_KEY).url
        back = await _sent(nobody, url)
        assert await _resolves(served, back), f"{route.path} leads to {back}"
        # What these addresses name does not exist here; what exists opens, and none refuses to be asked.
        answer = await signed_in.get(back)
        assert answer.status_code in (200, 404), f"{route.path} leads to {back}: {answer.status_code}"


@pytest.mark.parametrize(
    ("url", "referer", "back"),
    [
        ("/outbox/7/retry", "{here}/outbox?group=failed&q=a", "/outbox?group=failed&q=a"),
        ("/outbox/7/retry", "https://evil.example/outbox", "/outbox/7"),
        ("/outbox/7/retry", "{here}/outbox/7/retry", "/outbox/7"),
        ("/outbox/7/retry", "http://[", "/outbox/7"),
        ("/outbox/7/retry", "{here}//evil.example/", "/outbox/7"),
        ("/book/check", None, "/book"),
        ("/account/sessions/5/revoke", None, "/account"),
        (f"/conferences/{NO_KEY}/submit", None, f"/conferences/{NO_KEY}"),
        (f"/conferences/{NO_KEY}/edit", "{here}/", f"/conferences/{NO_KEY}/edit"),
    ],
)
async def test_the_page_that_was_left_is_found_again(served: Service, url: str, referer: str | None, back: str) -> None:
    assert await _sent(served.client(), url, referer and referer.format(here=served.url)) == back


async def test_what_was_typed_into_a_booking_is_there_after_signing_in(served: Service, settings: Settings) -> None:
    clerk = await served.browser(served.account("clerk", "booker", unit="STTTT"))
    await clerk.post("/book/unsent", data={"title": "Họp giữa hai phiên"})
    clerk.cookies.clear()
    back = await _sent(clerk, "/book/check")
    entered = await clerk.post("/sign-in", data={"login": "clerk", "password": PASSWORD, "next": back})
    assert (entered.status_code, entered.headers["location"]) == (303, "/book")
    assert "Tiếp tục bản nháp đang gõ dở" in (await clerk.get("/book")).text
