"""What the invited answered, on the conference's page and for programs; what the host decides about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.own_links import recipient_token
from scheduler.answering.answers import note_unverified, record
from scheduler.answering.proposals import Times, propose
from scheduler.answering.said import Said
from scheduler.answering.strangers import Brought, bring
from scheduler.models import Answer, CalendarItem, Conference, Effect, Guest, Proposal, Stranger
from tests.confsvc.conftest import Service
from tests.confsvc.pages.test_conference import send_all, whole

HOUR = timedelta(hours=1)


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("clerk", "booker", unit="STTTT"))


def answered(db: Session, key: str, now: datetime) -> list[str]:
    """The first three invited answer, one proposes, one brings somebody, somebody forges; their addresses."""
    conference = db.scalars(select(Conference).where(Conference.key == key)).one()
    uid, starts = conference.uid or "", conference.starts
    mails = list(db.scalars(select(Guest.mail).where(Guest.conference_id == conference.id).order_by(Guest.id).limit(3)))
    record(db, uid, Said(mails[0], "ACCEPTED", 0, now, comment="Đến sớm <b>5</b> phút"), now=now)
    record(db, uid, Said(mails[1], "TENTATIVE", 0, now), now=now)
    propose(
        db, uid, Said(mails[1], "TENTATIVE", 0, now, comment="Bận"), Times(starts + HOUR, starts + 3 * HOUR), now=now
    )
    record(db, uid, Said(mails[2], "DELEGATED", 0, now, delegated_to="pho@khach.example"), now=now)
    bring(db, uid, Brought("pho@khach.example", "Lê Phó", through=mails[2]), now=now)
    note_unverified(db, uid, Said(mails[0], "DECLINED", 0, now), "xau@evil.example", "sender", now=now)
    return mails


def rows(service: Service, model: Any) -> list[Any]:
    return list(service.database.read_now(lambda db: db.scalars(select(model).order_by(model.id)).all()))


async def test_the_page_shows_who_answered_what_and_renews_itself(service: Service, clerk: httpx.AsyncClient) -> None:
    key = whole(service, service.now + timedelta(days=7))
    page = (await clerk.get(f"/conferences/{key}")).text
    assert 'id="answers"' not in page and "Chưa trả lời" not in page.partition('id="recipients"')[0]
    mark = page.partition("status?mark=")[2].partition('"')[0]
    assert (await clerk.get(f"/conferences/{key}/status?mark={mark}")).status_code == 204
    service.database.write_now(answered, key, service.now)
    fresh = await clerk.get(f"/conferences/{key}/status?mark={mark}")
    assert fresh.status_code == 200, "within ten seconds, as the page asks"
    for said in (
        "Dự họp",
        "Chưa chắc chắn",
        "Cử người dự thay",
        "Lê Phó",
        "Chưa xác minh",
        "xau@evil.example",
        "qua thư",
    ):
        assert said in fresh.text
    assert "<b>5</b>" not in fresh.text and "Đến sớm" in fresh.text
    assert 'value="accept"' in fresh.text and 'value="add"' in fresh.text


async def test_the_host_decides_by_buttons(service: Service, clerk: httpx.AsyncClient) -> None:
    key = whole(service, service.now + timedelta(days=7))
    service.database.write_now(answered, key, service.now)
    (proposal,), (stranger,) = rows(service, Proposal), rows(service, Stranger)
    here = f"/conferences/{key}"
    to = await clerk.post(f"{here}/proposals/{proposal.id}", data={"act": "accept"})
    assert to.status_code == 303
    form = (await clerk.get(to.headers["location"])).text
    local = proposal.starts + 7 * HOUR
    assert f'value="{local:%d/%m/%Y}"' in form and f'value="{local:%H:%M}"' in form
    assert f'value="{local + 2 * HOUR:%H:%M}"' in form
    assert (await clerk.post(f"{here}/proposals/{proposal.id}", data={"act": "decline"})).status_code == 303
    assert [row.state for row in rows(service, Proposal)] == ["declined"]
    assert [row.payload["mail"] for row in rows(service, Effect) if row.kind == "counter_declined"] == [proposal.mail]
    again = await clerk.post(f"{here}/proposals/{proposal.id}", data={"act": "decline"})
    assert again.status_code == 303 and len([r for r in rows(service, Effect) if r.kind == "counter_declined"]) == 1
    assert (await clerk.post(f"{here}/strangers/{stranger.id}", data={"act": "add"})).status_code == 303
    assert "pho@khach.example" in {row.mail for row in rows(service, Guest)}
    page = (await clerk.get(here)).text
    assert "Mời thêm người chưa được mời" in page and "Không chấp thuận đề nghị đổi thời gian" in page


async def test_another_office_decides_nothing(service: Service) -> None:
    key = whole(service, service.now + timedelta(days=7))
    service.database.write_now(answered, key, service.now)
    (proposal,), (stranger,) = rows(service, Proposal), rows(service, Stranger)
    other = await service.browser(service.account("khac", "booker", unit="HHOA"))
    for what, number, act in (("proposals", proposal.id, "decline"), ("strangers", stranger.id, "add")):
        refused = await other.post(f"/conferences/{key}/{what}/{number}", data={"act": act})
        assert refused.status_code in (403, 404)
    assert rows(service, Proposal)[0].state == "open" and rows(service, Stranger)[0].state == "waiting"


async def test_programs_read_and_decide(service: Service) -> None:
    key = whole(service, service.now + timedelta(days=7))
    mails = service.database.write_now(answered, key, service.now)
    program = service.program(service.account("may", "booker", unit="STTTT"))
    url = f"/api/v1/conferences/{key}"
    found = (await program.get(f"{url}/answers")).json()
    said = {one["mail"]: (one["answer"], one["deputy"]) for one in found["items"]}
    assert said[mails[0]] == ("accepted", None) and said[mails[2]] == ("delegated", "pho@khach.example")
    assert {one["answer"] for one in found["items"]} == {"accepted", "tentative", "delegated", "none"}
    assert [one["sender"] for one in found["unverified"]] == ["xau@evil.example"]
    stranger, proposal = found["strangers"][0]["id"], found["proposals"][0]
    assert (await program.post(f"{url}/strangers/{stranger}", json={"act": "refuse"})).status_code == 204
    twice = await program.post(f"{url}/strangers/{stranger}", json={"act": "refuse"})
    assert (twice.status_code, twice.json()["code"]) == (403, "not_asked")
    missing = await program.post(f"{url}/proposals/{proposal['id']}", json={"act": "accept"})
    assert missing.status_code in (412, 422, 428)
    moved = await program.post(f"{url}/proposals/{proposal['id']}", json={"act": "accept", "version": 1})
    assert moved.status_code == 204, moved.text
    (row,) = [one for one in rows(service, Conference) if one.key == key]
    assert row.starts == datetime.fromisoformat(proposal["starts"])
    after = (await program.get(f"{url}/answers")).json()
    assert [one["state"] for one in after["proposals"]] == ["accepted"]
    assert {one["answer"] for one in after["items"]} == {"old", "none"}, "the time moved"
    nothing = await program.post(f"{url}/strangers/999", json={"act": "add"})
    assert nothing.status_code == 404


async def test_somebody_invited_answers_on_the_own_page(service: Service, clerk: httpx.AsyncClient) -> None:
    key = whole(service, service.now + timedelta(days=7))
    service.database.write_now(send_all, now=service.now)
    item, guest = rows(service, CalendarItem)[0], rows(service, Guest)[0]
    here = f"/r/{recipient_token(item.id, item.uid, guest.mail, service.settings.service_key)}"
    phone = service.client(headers={"Origin": service.url})
    page = (await phone.get(here)).text
    assert "Ông/bà có dự họp không?" in page and "Tất cả các buổi" not in page
    csrf = page.partition('name="csrf" value="')[2].partition('"')[0]
    sent = await phone.post(f"{here}/answer", data={"csrf": csrf, "act": "decline", "comment": "Đi công tác"})
    assert (sent.status_code, sent.headers["location"]) == (303, here), sent.text
    assert "Không dự" in (await phone.get(here)).text
    shown = (await clerk.get(f"/conferences/{key}")).text
    assert "Đi công tác" in shown and "trên trang của người được mời" in shown
    wrong = await phone.post(f"{here}/answer", data={"csrf": csrf, "act": "delegate", "deputy": "khong phai thu"})
    assert wrong.status_code == 303 and not rows(service, Stranger)
    deputy = {"csrf": csrf, "act": "delegate", "deputy": "PHO@khach.example", "deputy_name": "Lê Phó"}
    assert (await phone.post(f"{here}/answer", data=deputy)).status_code == 303
    (waits,) = rows(service, Stranger)
    assert (waits.mail, waits.through, waits.state) == ("pho@khach.example", guest.mail, "waiting")
    forged = f"{here[:-3]}AAA/answer"
    assert (await phone.post(forged, data={"csrf": csrf, "act": "accept"})).status_code == 404
    assert [one.partstat for one in rows(service, Answer)] == ["DELEGATED"]
