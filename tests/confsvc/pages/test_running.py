"""A conference that runs, on its page and for programs: longer, its end, who is there; and what stands beside it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from confsvc.web import keys
from rooms.models import Change
from scheduler.booking.booking import Rules
from scheduler.models import Conference, Reservation, Series, Site
from tests.confsvc.conftest import Service
from tests.confsvc.pages import scenes
from tests.confsvc.pages.test_conference import rules_of, whole

HOUR = timedelta(hours=1)


@pytest.fixture
async def clerk(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("clerk", "booker", unit="STTTT"))


def running(service: Service, **changes: Any) -> str:
    """A conference of twelve sites that began half an hour ago and lasts two hours; everybody is in."""
    starts, rules = service.now + HOUR, rules_of(service)
    key = whole(service, starts, **changes)
    service.database.write_now(scenes.pair_all, ["STTTT", "HHOA"], now=service.now)
    service.database.write_now(scenes.step, key, now=starts - timedelta(minutes=61), rules=rules)
    service.database.write_now(scenes.step, key, now=starts, rules=rules)
    service.wait(hours=1, minutes=30)
    return key


def row(service: Service, key: str) -> Conference:
    return service.database.read_now(lambda db: db.query(Conference).filter_by(key=key).one())


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*? value="([^"]*)"', page)
    assert found, name
    return found[1]


async def test_it_is_extended_by_a_button_and_says_until_when(service: Service, clerk: httpx.AsyncClient) -> None:
    key = running(service)
    page = (await clerk.get(f"/conferences/{key}")).text
    assert 'aria-label="Kéo dài 15 phút"' in page and 'aria-label="Kéo dài 30 phút"' in page
    form = {"csrf": field(page, "csrf"), "version": field(page, "version"), "seen": field(page, "seen")}
    before = row(service, key)
    done = await clerk.post(f"/conferences/{key}/extend", data=form | {"minutes": "30"})
    assert done.status_code == 303
    after = row(service, key)
    assert after.ends - before.ends == timedelta(minutes=30) and after.booked_ends == before.ends
    page = (await clerk.get(f"/conferences/{key}")).text
    assert "Cuộc họp kéo dài đến" in page and "Kéo dài" in page
    again = await clerk.post(f"/conferences/{key}/extend", data=form | {"minutes": "30"})
    assert again.status_code == 409, "a second click on the old page extends nothing"
    assert row(service, key).ends == after.ends
    wrong = await clerk.post(f"/conferences/{key}/extend", data=form | {"minutes": "999", "version": "x"})
    assert wrong.status_code == 303


async def test_before_its_end_the_page_says_so_and_what_stands_in_the_way(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    key = running(service)
    ends = row(service, key).ends
    rules: Rules = service.app[keys.RULES]
    service.database.write_now(
        scenes.booked, "SNV", ("SNV", "HHOA"), ends + timedelta(minutes=20), now=service.now - 48 * HOUR, rules=rules
    )
    service.wait(minutes=int((ends - service.now).total_seconds() // 60) - 6)
    page = (await clerk.get(f"/conferences/{key}")).text
    assert "còn 6 phút" in page and "nhiều nhất 5 phút" in page
    assert "Sở Nội vụ" in page or "SNV" in page
    assert 'aria-label="Kéo dài 15 phút"' not in page
    program = service.program(service.account("program", "booker", unit="STTTT"))
    url = f"/api/v1/conferences/{key}/extend"
    refused = await program.post(url, json={"version": row(service, key).version, "minutes": 15})
    told = refused.json()
    assert (refused.status_code, told["code"], told["data"]["longest"]) == (409, "no_extension", 5)
    assert told["taken"][0]["unit"] and "5 minutes fit" in told["detail"]
    leader = await service.browser(service.account("leader", "leader", unit="UBNDT", at=None))
    seen = (await leader.get(f"/conferences/{key}")).text
    assert "còn 6 phút" in seen and 'aria-label="Kéo dài' not in seen
    assert (await leader.post(f"/conferences/{key}/extend", data={"csrf": field(seen, "csrf")})).status_code == 403


async def test_it_is_ended_early_with_its_reason_and_gives_everything_back(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    key = running(service)
    page = (await clerk.get(f"/conferences/{key}/end")).text
    form = {name: field(page, name) for name in ("csrf", "version", "seen")}
    too_long = await clerk.post(f"/conferences/{key}/end", data=form | {"reason": "x" * 501})
    assert too_long.status_code == 422
    done = await clerk.post(f"/conferences/{key}/end", data=form | {"reason": "Xong việc sớm"})
    assert done.status_code == 303
    ended = row(service, key)
    assert (ended.state, ended.ended_by, ended.ends) == ("ended", "organiser", service.now)
    held = service.database.read_now(lambda db: db.query(Reservation).filter_by(conference_id=ended.id).all())
    assert held and all(one.ends <= service.now for one in held)
    page = (await clerk.get(f"/conferences/{key}")).text
    assert "“Xong việc sớm”" in page
    assert (await clerk.get(f"/conferences/{key}/end")).status_code == 409


async def test_programs_extend_and_end(service: Service) -> None:
    key = running(service)
    program = service.program(service.account("program", "operator", unit="STTTT"))
    version = row(service, key).version
    url = f"/api/v1/conferences/{key}"
    longer = await program.post(f"{url}/extend", json={"minutes": 15}, headers={"If-Match": f'"v{version}"'})
    assert (longer.status_code, longer.json()["version"]) == (200, version + 1), longer.text
    assert (await program.post(f"{url}/extend", json={"minutes": 20, "version": version})).status_code == 422
    assert (await program.post(f"{url}/end", json={"version": version})).status_code == 412
    ended = await program.post(f"{url}/end", json={"version": version + 1, "reason": "Mất điện"})
    assert ended.status_code == 200 and row(service, key).state == "ended"
    changes = service.database.read_now(lambda db: db.query(Change).filter_by(act="end").all())
    assert [one.reason for one in changes] == ["Mất điện"]
    foreign = service.program(service.account("foreign", "booker", unit="SNV"))
    assert (await foreign.post(f"{url}/end", json={"version": version + 2})).status_code == 404


async def test_a_site_says_that_it_is_there(service: Service, clerk: httpx.AsyncClient) -> None:
    key = running(service)
    district = await service.browser(service.account("hhoa", "site_contact", unit="HHOA"))
    page = (await district.get(f"/conferences/{key}")).text
    rooms = re.findall(r'name="room" value="(\d+)" aria-label="Chúng tôi đã có mặt: ([^"]+)"', page)
    assert [name for _, name in rooms] == ["Hiệp Hòa"], "one's own site only"
    form = {"csrf": field(page, "csrf"), "room": rooms[0][0]}
    assert (await district.post(f"/conferences/{key}/here", data=form)).status_code == 303
    page = (await district.get(f"/conferences/{key}")).text
    assert "Đã báo có mặt" in page and "Báo đã có mặt" in page
    main = (await clerk.get(f"/conferences/{key}")).text
    other = re.findall(r'name="room" value="(\d+)" aria-label="[^"]*: Lục Nam"', main)
    refused = await district.post(f"/conferences/{key}/here", data=form | {"room": other[0]})
    assert refused.status_code == 403
    assert (await district.post(f"/conferences/{key}/here", data=form | {"room": "x"})).status_code == 404


async def test_comments_are_read_by_whoever_sees_the_conference(service: Service, clerk: httpx.AsyncClient) -> None:
    key = whole(service, service.now + timedelta(days=8))
    page = (await clerk.get(f"/conferences/{key}")).text
    form = {"csrf": field(page, "csrf"), "comment": "Nhớ mang <b>biên bản</b>\nlần trước"}
    assert (await clerk.post(f"/conferences/{key}/comments", data=form)).status_code == 303
    district = await service.browser(service.account("hhoa", "site_contact", unit="HHOA"))
    seen = (await district.get(f"/conferences/{key}")).text
    assert "Nhớ mang &lt;b&gt;biên bản&lt;/b&gt;\nlần trước" in seen
    for wrong in ("  ", "x" * 2001):
        await clerk.post(f"/conferences/{key}/comments", data=form | {"comment": wrong})
    other = await service.browser(service.account("snv", "booker", unit="SNV"))
    csrf = field((await other.get("/account")).text, "csrf")
    hidden = await other.post(f"/conferences/{key}/comments", data={"csrf": csrf, "comment": "x"})
    assert hidden.status_code == 404
    program = service.program(service.account("program", "leader", unit="STTTT"))
    url = f"/api/v1/conferences/{key}/comments"
    assert (await program.post(url, json={"text": "Đã rõ"})).status_code == 204
    assert (await program.post(url, json={"text": " "})).status_code == 422
    items = (await program.get(url)).json()["items"]
    assert [(one["by"], one["text"]) for one in items] == [
        ("Người clerk", "Nhớ mang <b>biên bản</b>\nlần trước"), ("Người program", "Đã rõ"),
    ]  # fmt: skip
    assert items[0]["at"] == service.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    strange = service.program(service.account("la", "booker", unit="SYT"))
    assert (await strange.get(url)).status_code == (await strange.post(url, json={"text": "x"})).status_code == 404
    seen = (await clerk.get(f"/conferences/{key}")).text
    assert seen.count('class="pre block"') == 2 and "Đã rõ" in seen


async def test_a_conference_is_booked_again_with_everything_but_its_day(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    key = whole(service, service.now + timedelta(days=8))
    was = row(service, key)
    assert f"/book?like={key}" in (await clerk.get(f"/conferences/{key}")).text
    pages = [await clerk.get("/book"), await clerk.get(f"/book?like={key}")]
    assert [page.status_code for page in pages] == [200, 200]
    fresh, like = (page.text for page in pages)
    assert field(like, "title") == was.title and field(like, "date") == field(fresh, "date")
    assert "daibieu03@bacgiang.example" in like
    other = await service.browser(service.account("snv", "booker", unit="SNV"))
    assert (await other.get(f"/book?like={key}")).status_code == 404
    district = await service.browser(service.account("hhoa", "booker", unit="HHOA"))
    assert (await district.get(f"/book?like={key}")).status_code == 403


async def test_a_trial_run_is_booked_for_the_working_day_before_and_does_not_count(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    key = whole(service, service.now + timedelta(days=13))  # Monday: the working day before it is Friday
    page = (await clerk.get(f"/conferences/{key}")).text
    assert "Đăng ký buổi chạy thử" in page
    form = {name: field(page, name) for name in ("csrf", "version", "seen")}
    done = await clerk.post(f"/conferences/{key}/trial", data=form)
    assert done.status_code == 303
    trial = row(service, done.headers["Location"].rpartition("/")[2])
    was = row(service, key)
    assert (trial.kind, trial.trial_for_id, trial.title) == ("line_test", was.id, f"Chạy thử cho: {was.title}")
    local = trial.starts + timedelta(hours=7)
    assert (local.date(), local.hour, trial.ends - trial.starts) == (
        (was.starts + timedelta(hours=7, days=-3)).date(), 14, 2 * HOUR,
    )  # fmt: skip
    page = (await clerk.get(f"/conferences/{key}")).text
    assert "Đăng ký buổi chạy thử" not in page and f"/conferences/{trial.key}" in page
    assert f"/conferences/{key}" in (await clerk.get(f"/conferences/{trial.key}")).text
    assert (await clerk.post(f"/conferences/{key}/trial", data=form)).status_code == 303
    count = service.database.read_now(lambda db: db.query(Conference).filter_by(kind="line_test").count())
    assert count == 1


async def test_who_booked_for_another_office_is_named_with_it(service: Service) -> None:
    deputy = await service.browser(service.account("hanh", "booker", unit="VPUB", at="STTTT"))  # the first account
    starts, rules = service.now + timedelta(days=8), rules_of(service)
    booked = service.database.write_now(scenes.booked, "STTTT", ("STTTT", "HHOA"), starts, now=service.now, rules=rules)
    page = (await deputy.get(f"/conferences/{booked.key}")).text
    assert re.search(r"Người hanh thay mặt Sở ", page)
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    assert "thay mặt" in (await clerk.get(f"/conferences/{booked.key}")).text


async def test_a_series_to_which_nobody_came_three_times_asks_on_its_next_page(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    first, rules = service.now + timedelta(days=8), rules_of(service)
    book = partial(service.database.write_now, scenes.booked, "STTTT", ("STTTT", "HHOA"), now=service.now, rules=rules)
    ids = [book(first + timedelta(days=7 * n)).id for n in range(4)]
    service.database.write_now(missed_three, ids, made_at=service.now)
    key = service.database.read_now(lambda db: db.get_one(Conference, ids[3]).key)
    page = (await clerk.get(f"/conferences/{key}")).text
    assert "Chuỗi họp còn cần không?" in page
    form = {"csrf": field(page, "csrf")}
    assert (await clerk.post(f"/conferences/{key}/still-wanted", data=form)).status_code == 303
    service.database.write_now(lambda db: db.execute(update(Conference).where(Conference.id.in_(ids[:3])).values(
        starts=service.now - timedelta(hours=2), opens=service.now - timedelta(hours=3), original_starts=None
    )))  # fmt: skip
    assert "Chuỗi họp còn cần không?" not in (await clerk.get(f"/conferences/{key}")).text


def missed_three(db: Session, ids: list[int], *, made_at: datetime) -> None:
    """The first three of these become past dates of a series to which nobody came."""
    series = Series(
        key="chuoi", title="Giao ban", host_unit_id=db.get_one(Conference, ids[0]).host_unit_id, counts="each",
        tz="Asia/Ho_Chi_Minh", local_start="2026-12-02T08:00:00", minutes=120, wish={}, made_by="cli", made_at=made_at,
    )  # fmt: skip
    db.add(series)
    db.flush()
    db.execute(update(Conference).where(Conference.id.in_(ids)).values(series_id=series.id))
    db.execute(update(Conference).where(Conference.id.in_(ids[:3])).values(state="recorded", due=None))
    db.execute(update(Site).where(Site.conference_id.in_(ids[:3])).values(given_back_at=made_at + timedelta(days=90)))
