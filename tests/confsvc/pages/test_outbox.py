"""The outbox: what each recipient is owed and why it waits; the letter itself; who may see and do what."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from html import unescape

import httpx
import pytest
from sqlalchemy import select, update

from confsvc.config import Settings, Smtp
from confsvc.database import Database
from confsvc.effects import handlers, open_mailer, sender_of
from confsvc.web import keys
from rooms.models import Change, Person
from scheduler import outbox
from scheduler.drain import drain
from scheduler.models import Effect
from scheduler.outcomes import Dead, Later
from tests.confsvc.conftest import Service, serving
from tests.confsvc.pages.scenes import booked

CODES = ("STTTT", "HHOA", "YTHE")
GUEST = "hhoa@bacgiang.example"


def _book(service: Service, host: str = "STTTT") -> str:
    starts = service.now + timedelta(days=2)
    codes = (host, *CODES[1:])
    return service.database.write_now(
        booked,
        host,
        codes,
        starts,
        now=service.now,
        rules=service.app[keys.RULES],
        chair_mail="chutri@bacgiang.example",
    ).key


def _effect(service: Service, mail: str = GUEST) -> Effect:
    rows = service.database.read_now(lambda db: db.scalars(select(Effect).order_by(Effect.id)).all())
    return next(row for row in rows if row.payload.get("mail") == mail)


def _settle(service: Service, outcome: Later | Dead) -> None:
    """Everything owed is tried once, with this outcome."""

    def work(db):  # type: ignore[no-untyped-def]
        for claimed in outbox.claim(db, now=service.now, limit=50, lease_seconds=60):
            outbox.settle(db, claimed, outcome, now=service.now)

    service.database.write_now(work)


async def _deliver(service: Service) -> None:
    mailer = open_mailer(service.settings)
    doors = handlers(service.database, mailer, sender_of(service.settings), {}, now=lambda: service.now)
    await drain(service.database, doors, now=lambda: service.now)


async def _operator(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("operator", "operator", unit="STTTT", at=None))


def _tiles(page: httpx.Response) -> list[int]:
    return [int(n) for n in re.findall(r'class="tile[^>]*><b>(\d+)</b>', page.text)]


async def test_without_a_mail_server_it_says_so_and_pretends_nothing(service: Service) -> None:
    _book(service)
    operator = await _operator(service)
    page = await operator.get("/outbox")
    assert "Chưa cấu hình máy chủ thư." in page.text and str(service.settings.maildir) in page.text
    assert _tiles(page) == [4, 0, 0, 0]
    await _deliver(service)
    page = await operator.get("/outbox")
    assert _tiles(page) == [0, 0, 4, 0]
    assert "Trong thư mục" in page.text and ">Đã gửi<" not in page.text


@pytest.fixture
async def mailing(settings: Settings, filled: Database) -> AsyncIterator[Service]:
    """With a mail server configured."""
    mail = settings.mail.model_copy(update={"smtp": Smtp(host="127.0.0.1", port=1, tls="none")})
    async for running in serving(settings.model_copy(update={"mail": mail}), filled):
        yield running


async def test_why_it_waits_and_when_it_tries_again(mailing: Service) -> None:
    _book(mailing)
    _settle(mailing, Later(error="451 the mail server is busy"))
    operator = await _operator(mailing)
    page = await operator.get("/outbox", params={"state": "open", "q": "hhoa"})
    text = " ".join(re.sub(r"<[^>]*>", " ", page.text).split())
    assert "451 the mail server is busy" in text
    assert "gửi lại lúc 08:00" in text and "đã thử 1 lần" in text
    assert "Chưa cấu hình" not in text
    assert page.text.count('href="/outbox/') == 1


async def test_the_letter_is_shown_as_its_recipient_gets_it(service: Service) -> None:
    _book(service)
    effect, operator = _effect(service), await _operator(service)
    before = await operator.get(f"/outbox/{effect.id}/mail.eml")
    await _deliver(service)
    page = await operator.get(f"/outbox/{effect.id}")
    assert "Tập huấn an toàn thông tin" in page.text and "BEGIN:VCALENDAR" in page.text
    assert str(service.settings.maildir) in page.text
    assert "<iframe" not in page.text and "&lt;html" in page.text, "the HTML part is text, never markup"
    after = await operator.get(f"/outbox/{effect.id}/mail.eml")
    assert after.content.endswith(before.content), "what was shown is what was delivered"
    assert message_from_bytes(before.content)["To"].endswith(f"<{GUEST}>")
    ics = await operator.get(f"/outbox/{effect.id}/invite.ics")
    assert ics.headers["Content-Type"].startswith("text/calendar")
    assert "attachment" in ics.headers["Content-Disposition"] and ics.text.startswith("BEGIN:VCALENDAR\r\n")


async def test_an_operator_tries_again_at_once_and_leaves_a_trace(service: Service) -> None:
    _book(service)
    _settle(service, Later(error="no connection"))
    service.wait(seconds=5)
    effect, operator = _effect(service), await _operator(service)
    assert effect.due > service.now
    assert (await operator.post(f"/outbox/{effect.id}/retry")).status_code == 303
    assert _effect(service).due == service.now
    last = service.database.read_now(lambda db: db.scalars(select(Change).order_by(Change.id.desc())).first())
    assert (last.subject_kind, last.subject_id, last.act) == ("effect", effect.id, "retried")


async def test_whom_to_call_stands_there_with_the_number(service: Service) -> None:
    key = _book(service)
    number = update(Person).where(Person.mail == GUEST).values(phone="0204 385 4321")
    service.database.write_now(lambda db: db.execute(number))
    operator = await _operator(service)
    shown = '<a class="nowrap" href="tel:02043854321">0204 385 4321</a>'
    assert shown not in (await operator.get("/outbox")).text, "nobody has to be called yet"
    _settle(service, Dead("550 no such mailbox"))
    listed = (await operator.get("/outbox", params={"state": "failed"})).text
    assert shown in listed and "data-print" in listed
    assert shown in (await operator.get(f"/conferences/{key}")).text


async def test_a_dead_letter_gets_another_life_until_its_meeting_is_over(service: Service) -> None:
    _book(service)
    _settle(service, Dead("550 no such mailbox"))
    account = service.account("operator", "operator", unit="STTTT", at=None)
    effect, operator = _effect(service), await service.browser(account)
    assert "550 no such mailbox" in (await operator.get("/outbox", params={"state": "failed"})).text
    assert (await operator.post(f"/outbox/{effect.id}/retry")).status_code == 303
    assert _effect(service).state == "owed"
    service.wait(days=3)
    operator = await service.browser(account)
    assert (await operator.post(f"/outbox/{effect.id}/retry")).status_code == 409


async def test_giving_up_ends_the_tries(service: Service) -> None:
    _book(service)
    effect, operator = _effect(service), await _operator(service)
    assert (await operator.post(f"/outbox/{effect.id}/give-up")).status_code == 303
    given_up = _effect(service)
    assert (given_up.state, (given_up.last_error or "")[:8]) == ("dead", "given up")
    assert (await operator.post(f"/outbox/{effect.id}/give-up")).status_code == 409


async def test_what_has_gone_is_not_sent_again(service: Service) -> None:
    _book(service)
    await _deliver(service)
    operator = await _operator(service)
    assert (await operator.post(f"/outbox/{_effect(service).id}/retry")).status_code == 409


async def test_an_office_sees_its_own_recipients_only(service: Service) -> None:
    _book(service, "SYT")
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    page = await clerk.get("/outbox")
    assert _tiles(page) == [0, 0, 0, 0] and "@bacgiang.example" not in page.text
    for path in ("", "/mail.eml", "/invite.ics"):
        assert (await clerk.get(f"/outbox/{_effect(service).id}{path}")).status_code == 404
    own = await service.browser(service.account("own", "booker", unit="SYT"))
    page = await own.get("/outbox")
    assert _tiles(page) == [4, 0, 0, 0]
    assert "/retry" not in page.text
    assert (await own.post(f"/outbox/{_effect(service).id}/retry")).status_code == 403


async def test_the_list_is_found_by_title_and_goes_on(service: Service) -> None:
    for _ in range(2):
        _book(service)
        service.wait(hours=3)
    operator = await _operator(service)
    assert _tiles(await operator.get("/outbox", params={"q": "TAP HUAN"})) == [8, 0, 0, 0]
    assert _tiles(await operator.get("/outbox", params={"q": "100%"})) == [0, 0, 0, 0]
    assert (await operator.get("/outbox", params={"state": "x"})).status_code == 404
    page = await operator.get("/outbox", params={"before": str(_effect(service).id)})
    assert page.status_code == 200 and "Cũ hơn" not in unescape(page.text)
