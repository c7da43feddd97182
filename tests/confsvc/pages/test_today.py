"""Today: what runs, what needs whom."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from confsvc.web import keys
from scheduler.models import Effect
from tests.confsvc.conftest import Service
from tests.confsvc.pages import scenes


async def test_an_empty_day_says_what_to_do(service: Service) -> None:
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    page = (await clerk.get("/")).text
    assert "Thứ Ba, 24/11/2026" in page and "Hôm nay không có cuộc họp" in page and 'href="/book"' in page
    leader = await service.browser(service.account("leader", "leader", unit="UBNDT", at=None))
    page = (await leader.get("/")).text
    assert 'href="/book"' not in page and "Không có việc chờ xử lý" not in page
    assert "Tỷ lệ họp trực tuyến năm nay" in page and 'href="/figures"' in page
    assert "Tỷ lệ họp trực tuyến năm nay" not in (await clerk.get("/")).text


async def test_each_sees_what_needs_him(service: Service) -> None:
    rules, now, database = service.app[keys.RULES], service.now, service.database
    over = database.write_now(
        scenes.booked, "STTTT", ("STTTT", "HHOA"), now - timedelta(days=1), now=now - timedelta(days=2), rules=rules,
        title="Đã họp hôm qua",
    ).key  # fmt: skip
    database.write_now(scenes.step, over, now=now, rules=rules)
    database.write_now(
        scenes.booked, "STTTT", ("STTTT",), now + timedelta(days=5), now=now, rules=rules, draft=True, title="Bản thảo"
    )
    later = database.write_now(
        scenes.booked, "STTTT", ("STTTT", "HHOA", "LNAM"), now + timedelta(hours=3), now=now, rules=rules,
        title="Chiều nay",
    ).key  # fmt: skip
    database.write_now(scenes.pair_all, ["HHOA"], now=now)

    def bounce(db: Session) -> None:
        letter = db.query(Effect).filter_by(kind="letter", conference_id=scenes.found(db, later).id).first()
        assert letter is not None
        letter.state, letter.settled = "dead", now

    database.write_now(bounce)
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    page = (await clerk.get("/")).text
    assert f'href="/conferences/{over}/result"' in page and "Bản thảo" in page and "Chiều nay" in page
    assert f'href="/conferences/{later}#recipients"' in page
    operator = await service.browser(service.account("oper", "operator", unit="VPUB", at=None))
    devices = (await operator.get("/")).text.partition('id="devices"')[2].partition("</section>")[0]
    assert "Lục Nam" in devices and "Sở TT&amp;TT" in devices and "Hiệp Hòa" not in devices
    other = await service.browser(service.account("snv", "booker", unit="SNV"))
    page = (await other.get("/")).text
    assert "Đã họp hôm qua" not in page and "Bản thảo" not in page and "Không có việc chờ xử lý" in page
    district = await service.browser(service.account("hhoa", "site_contact", unit="HHOA"))
    assert "Chiều nay" in (await district.get("/")).text
