"""One conference's page over its life, who may see it, and the acts on it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy.orm import Session

from confsvc.web import keys
from scheduler.booking.booking import Rules
from scheduler.models import Attendance, Delegation, Effect
from scheduler.queries import add_sure_told
from tests.confsvc.conftest import Service
from tests.confsvc.pages import scenes
from tests.confsvc.pages.scenes import DISTRICTS

MOST_BYTES = 30 * 1024


def rules_of(service: Service) -> Rules:
    return service.app[keys.RULES]


def whole(service: Service, starts: datetime, **changes: str) -> str:
    """The key of a conference with twelve sites and forty recipients."""
    booked = service.database.write_now(scenes.whole, starts, now=service.now, rules=rules_of(service), **changes)
    return booked.key


def send_all(db: Session, *, now: datetime) -> None:
    """As if the outbox had delivered everything."""
    for letter in db.query(Effect).filter_by(kind="letter", state="owed"):
        letter.state, letter.settled, letter.attempts = "done", now, 1
        add_sure_told(db, letter.payload, message_id=None)


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("clerk", "booker", unit="STTTT"))


async def test_a_page_with_twelve_sites_and_forty_recipients_stays_light(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    key = whole(service, service.now + timedelta(days=8))
    page = await clerk.get(f"/conferences/{key}")
    assert page.status_code == 200 and page.text.count("@bacgiang.example") == 40
    assert len(page.content) <= MOST_BYTES
    assert "style=" not in page.text and "<script>" not in page.text
    for address in ("/", "/book", f"/conferences/{key}/edit", "/conferences", "/in-person", f"/j/{key}", "/timeline"):
        assert len((await clerk.get(address)).content) <= 31 * 1024, address


async def test_another_office_neither_sees_it_nor_its_draft_but_a_guest_office_sees_it(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    starts, rules = service.now + timedelta(days=8), rules_of(service)
    key = whole(service, starts)
    draft = service.database.write_now(
        scenes.booked, "STTTT", ("STTTT", "HHOA"), starts, now=service.now, rules=rules, draft=True
    ).key
    other = await service.browser(service.account("snv", "booker", unit="SNV"))
    district = await service.browser(service.account("hhoa", "site_contact", unit="HHOA"))
    leader = await service.browser(service.account("leader", "leader", unit="UBNDT", at=None))
    seen = {
        name: [(await browser.get(f"/conferences/{k}")).status_code for k in (key, draft)]
        for name, browser in (("own", clerk), ("other", other), ("district", district), ("leader", leader))
    }
    assert seen == {"own": [200, 200], "other": [404, 404], "district": [200, 404], "leader": [200, 404]}
    assert (await district.get(f"/conferences/{key}/edit")).status_code == 403
    assert (await leader.get(f"/conferences/{key}/cancel")).status_code == 403


async def test_while_it_runs_the_page_says_who_is_in_since_when_and_who_left(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    starts, rules, database = service.now + timedelta(hours=2), rules_of(service), service.database
    key = whole(service, starts)
    database.write_now(scenes.pair_all, ["STTTT", "HHOA"], now=service.now)
    database.write_now(scenes.step, key, now=starts - timedelta(minutes=61), rules=rules)
    database.write_now(scenes.join_all, key, ["STTTT", "HHOA"], starts - timedelta(minutes=14))
    database.write_now(scenes.join_all, key, ["LNAM"], starts, left=starts + timedelta(minutes=6))
    database.write_now(scenes.step, key, now=starts, rules=rules)
    service.wait(hours=2, minutes=20)
    page = (await clerk.get(f"/conferences/{key}")).text
    assert "2/12 điểm cầu đang trong cuộc họp" in page
    row = dict(re.findall(r'<tr><th scope="row">(Hiệp Hòa|Lục Nam|Tân Yên).*?</th>(.*?)</tr>', page, re.DOTALL))
    assert "Đang trong phòng họp" in row["Hiệp Hòa"] and "09:46" in row["Hiệp Hòa"] and ">20<" in row["Hiệp Hòa"]
    assert "Đã rời phòng họp" in row["Lục Nam"] and "10:00–10:06" in row["Lục Nam"] and ">6<" in row["Lục Nam"]
    assert "Chưa có thiết bị" in row["Tân Yên"]
    mark = re.search(r"/status\?mark=([0-9a-f]+)", page)
    assert mark
    assert (await clerk.get(f"/conferences/{key}/status?mark={mark[1]}")).status_code == 204
    service.wait(minutes=3)
    fresh = await clerk.get(f"/conferences/{key}/status?mark={mark[1]}")
    assert fresh.status_code == 200 and "<html" not in fresh.text and ">23<" in fresh.text


async def test_recipients_say_in_words_how_their_letter_fares(service: Service, clerk: httpx.AsyncClient) -> None:
    key = whole(service, service.now + timedelta(days=8))

    def fail(db: Session) -> None:
        by_mail = {e.payload["mail"]: e for e in db.query(Effect).filter_by(kind="letter")}
        dead, waits = by_mail["hhoa@bacgiang.example"], by_mail["daibieu03@bacgiang.example"]
        dead.state, dead.settled, dead.last_error = "dead", service.now, "550 no such user"
        waits.attempts, waits.due = 2, service.now + timedelta(minutes=5)
        sent = by_mail["lnam@bacgiang.example"]
        sent.state, sent.settled = "done", service.now
        add_sure_told(db, sent.payload, message_id=None)

    service.database.write_now(fail)
    page = (await clerk.get(f"/conferences/{key}")).text
    rows = {m[1]: m[0] for m in re.finditer(r"<tr>(?:(?!</tr>).)*?>([a-z0-9]+)@bacgiang.*?</tr>", page, re.DOTALL)}
    assert "Chưa gửi được" in rows["hhoa"] and "550 no such user" in rows["hhoa"]
    assert "Sẽ gửi lại" in rows["daibieu03"] and "gửi lại lúc 08:05" in rows["daibieu03"]
    assert "Đã lưu vào thư mục thư" in rows["lnam"] and "Đã có lời mời" in rows["lnam"], "no mail server: nothing sent"
    assert "Đang chờ gửi" in rows["ythe"] and "Chưa nhận được gì" in rows["ythe"]
    assert list(rows)[:2] == ["hhoa", "daibieu03"], "who needs somebody stands first"
    assert "2 người chưa nhận được thư" in page


async def test_a_cancellation_says_to_whom_what_happens_and_wants_a_reason(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    key = whole(service, service.now + timedelta(days=8))
    service.database.write_now(send_all, now=service.now)
    asked = (await clerk.get(f"/conferences/{key}/cancel")).text
    assert "12 điểm cầu và 40 người sẽ nhận thông báo hủy" in asked
    fields = {"version": "1", "seen": service.now.isoformat(), "reason": ""}
    refused = await clerk.post(f"/conferences/{key}/cancel", data=fields)
    assert refused.status_code == 422 and 'href="#f-reason"' in refused.text
    done = await clerk.post(f"/conferences/{key}/cancel", data=fields | {"reason": "Bão số 5"})
    assert done.status_code == 303
    page = (await clerk.get(f"/conferences/{key}")).text
    assert "Đã hủy" in page and "Bão số 5" in page and "Đang chờ gửi" in page

    def owed(db: Session) -> int:
        return sum(e.payload["method"] == "CANCEL" for e in db.query(Effect).filter_by(kind="letter", state="owed"))

    assert service.database.read_now(owed) == 40
    assert (await clerk.get(f"/conferences/{key}/edit")).status_code == 409


async def test_the_host_confirms_the_result_with_what_the_machine_saw_filled_in(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    starts, rules, database = service.now + timedelta(hours=2), rules_of(service), service.database
    key = database.write_now(
        scenes.booked, "STTTT", ("STTTT", "HHOA", "LNAM"), starts, now=service.now, rules=rules
    ).key
    database.write_now(scenes.step, key, now=starts - timedelta(minutes=61), rules=rules)
    joined, left = starts - timedelta(minutes=14), starts + timedelta(hours=2)
    database.write_now(scenes.join_all, key, ["STTTT", "HHOA"], joined, left=left)
    service.wait(hours=6)
    database.write_now(scenes.step, key, now=service.now, rules=rules)
    page = (await clerk.get(f"/conferences/{key}/result")).text
    modes = dict(re.findall(r'name="(mode\.\d+)".*?<option value="([a-z_]+)" selected>', page))
    parts = database.read_now(lambda db: {d.unit_short: d.id for d in db.query(Delegation)})
    assert modes == {
        f"mode.{parts['Sở TT&TT']}": "online", f"mode.{parts['Hiệp Hòa']}": "online",
        f"mode.{parts['Lục Nam']}": "absent",
    }  # fmt: skip
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    fields = {"version": version[1], "seen": service.now.isoformat(), "outcome": "held", **modes}
    fields |= {f"mode.{parts['Lục Nam']}": "in_person", f"heads.{parts['Hiệp Hòa']}": "x"}
    refused = await clerk.post(f"/conferences/{key}/result", data=fields)
    assert refused.status_code == 422 and f'href="#f-heads.{parts["Hiệp Hòa"]}"' in refused.text
    done = await clerk.post(f"/conferences/{key}/result", data=fields | {f"heads.{parts['Hiệp Hòa']}": "7"})
    assert done.status_code == 303
    conference = database.read_now(scenes.found, key)
    assert (conference.outcome, conference.outcome_evidence) == ("held", "confirmed")
    lines = database.read_now(lambda db: {a.delegation_id: (a.mode, a.evidence) for a in db.query(Attendance)})
    assert lines[parts["Hiệp Hòa"]] == ("online", "auto"), "the machine's evidence stays where the host agrees"
    assert lines[parts["Lục Nam"]] == ("in_person", "confirmed")
    after = (await clerk.get(f"/conferences/{key}")).text
    assert "Cơ quan chủ trì xác nhận" in after and "Sửa kết quả" in after
    other = await service.browser(service.account("snv", "booker", unit="SNV"))
    assert (await other.get(f"/conferences/{key}/result")).status_code == 404


async def test_the_join_page_tells_strangers_time_and_contact_only(service: Service, clerk: httpx.AsyncClient) -> None:
    key = whole(service, service.now + timedelta(minutes=30), short_notice_reason="gấp")
    stranger = (await service.client(headers={"Accept-Language": "vi"}).get(f"/j/{key}")).text
    assert "08:30–10:30" in stranger and "Trần Thị Bình" in stranger and "0240 3555 989" in stranger
    assert "phòng họp tự động vào họp" in stranger and "bí mật nhà nước" in stranger
    assert "Tập huấn an toàn thông tin" not in stranger and "Hiệp Hòa" not in stranger and "/enter" not in stranger
    inside = (await clerk.get(f"/j/{key}")).text
    assert "Tập huấn an toàn thông tin" in inside and f"/j/{key}/enter" in inside
    way = await clerk.get(f"/j/{key}/enter")
    assert way.status_code == 303 and "?jwt=" in way.headers["location"]
    other = await service.browser(service.account("snv", "booker", unit="SNV"))
    assert (await other.get(f"/j/{key}/enter")).headers["location"] == f"/j/{key}"
    later = whole(service, service.now + timedelta(days=9))
    assert (await clerk.get(f"/j/{later}/enter")).headers["location"] == f"/j/{later}", "not before it opens"


async def test_an_operator_sees_the_video_room_and_never_a_ticket(service: Service, clerk: httpx.AsyncClient) -> None:
    key = whole(service, service.now + timedelta(days=8))
    operator = await service.browser(service.account("oper", "operator", unit="STTTT", at=None))
    seen, hidden = (await operator.get(f"/conferences/{key}")).text, (await clerk.get(f"/conferences/{key}")).text
    name = re.search(r">(h[0-9a-f]{24})<", seen)
    assert name and name[1] not in hidden
    assert "jwt" not in seen


async def test_the_list_is_searched_without_accents_and_paged(service: Service, clerk: httpx.AsyncClient) -> None:
    rules, start = rules_of(service), service.now + timedelta(days=8)
    for n in range(3):
        service.database.write_now(
            scenes.booked, "STTTT", ("STTTT", "HHOA" if n else "LNAM"), start + timedelta(days=n), now=service.now,
            rules=rules, title=f"Cuộc họp thứ {n}",
        )  # fmt: skip
    found = (await clerk.get("/conferences", params={"q": "hiep hoa"})).text
    assert "Cuộc họp thứ 1" in found and "Cuộc họp thứ 2" in found and "Cuộc họp thứ 0" not in found
    assert "Cuộc họp thứ 2" in (await clerk.get("/conferences", params={"q": "CUOC HOP THU 2"})).text
    assert "Không có cuộc họp phù hợp" in (await clerk.get("/conferences", params={"q": "đèo ngang"})).text
    one = (await clerk.get("/conferences", params={"from": "03/12/2026", "to": "03/12/2026"})).text
    assert "Cuộc họp thứ 1" in one and "Cuộc họp thứ 2" not in one
    assert "Cuộc họp thứ 0" not in (await clerk.get("/conferences", params={"state": "cancelled"})).text


async def test_a_long_list_goes_on_where_it_stopped(service: Service, clerk: httpx.AsyncClient) -> None:
    rules, start = rules_of(service), service.now + timedelta(days=8)

    def many(db: Session) -> None:
        for n in range(55):
            scenes.booked(
                db, "STTTT", ("STTTT",), start + timedelta(days=n), now=service.now, rules=rules, title=f"Buổi {n:02}"
            )

    service.database.write_now(many)
    first = (await clerk.get("/conferences")).text
    further = re.search(r'rel="next" href="([^"]+)"', first)
    assert further and "Buổi 49" in first and "Buổi 50" not in first
    second = (await clerk.get(further[1].replace("&amp;", "&"))).text
    assert re.findall(r"Buổi \d\d", second) == [f"Buổi {n}" for n in range(50, 55)]
    assert "Đã hết danh sách" in second


def test_the_districts_of_the_scenes_are_the_ten() -> None:
    assert len(set(DISTRICTS)) == 10
