"""Second ways for urgent things, against a real HTTP server, on both databases: what is urgent, who is told, how."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from sqlalchemy import update

from confsvc.calls import Calls
from confsvc.channels import Ways, calling
from confsvc.config_outside import AlarmChannel, Channels, SmsChannel
from confsvc.database import Database
from confsvc.outside import urgent_feed
from integrations.outside import Allowed
from rooms.models import Person
from scheduler.booking.book import book
from scheduler.booking.edit import cancel, change
from scheduler.drain import drain
from scheduler.models import Effect
from tests.fakes.http_sink import HttpSink
from tests.scheduler.booking.offices import NOW, RULES, START, wish
from tests.scheduler.conduct.world import World

PHONES = {2: "0912 345 678", 11: "+84 987.654.321", 12: "0204 3 854 888", 13: "0912345678"}
SOON = START - timedelta(hours=5)


class Tower:
    """A conference whose contacts have telephones, and a gateway."""

    def __init__(self, database: Database, sink: HttpSink, *, alarm: bool = False, **sms: Any) -> None:
        self.world, self.sink, self.now = World(database), sink, NOW
        for unit, phone in PHONES.items():
            database.write_now(
                lambda db, unit=unit, phone=phone: db.execute(
                    update(Person).where(Person.unit_id == unit).values(phone=phone)
                )
            )
        url = f"http://127.0.0.1:{sink.port}"
        channels = Channels(
            sms=SmsChannel(url=f"{url}/sms", **sms), webhook=AlarmChannel(url=f"{url}/alarm") if alarm else None
        )
        self.slept: list[float] = []
        self.calls = Calls(Allowed.of(["127.0.0.0/8"]), timeout=0.4)
        ways = Ways(channels, "0204 3 000 000", "khoa-bi-mat", "alarm-secret")
        self.doors = calling(database, self.calls, ways, now=lambda: self.now, sleep=self.sleep)
        self.feed = urgent_feed(database)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    async def begin(self) -> None:
        """What was before is not news."""
        await self.feed(self.now)

    async def deliver(self, after: timedelta = timedelta()) -> None:
        self.now += after
        await self.feed(self.now)
        for _ in range(2):
            await drain(self.world.database, self.doors, now=lambda: self.now)

    def cancel(self, now: datetime) -> None:
        self.now, there = now, self.world.conference()
        self.world.database.write_now(
            cancel, there.key, version=there.version, reason="bão", actor="account:1", now=now
        )  # fmt: skip

    def texts(self) -> list[dict[str, str]]:
        sent = [one.body.decode() for one in self.sink.received if one.path == "/sms"]
        return [{name: value for name, (value,) in parse_qs(one).items()} for one in sent]

    def states(self, kind: str = "sms") -> list[str]:
        return [row.state for row in self.world.rows(Effect, kind=kind)]


@pytest.fixture
async def sink() -> AsyncIterator[HttpSink]:
    async with HttpSink() as sink:
        sink.status = 200
        yield sink


@pytest.fixture
async def tower(database: Database, sink: HttpSink) -> AsyncIterator[Tower]:
    made = Tower(database, sink, ok_pattern=None)
    await made.begin()
    yield made
    await made.calls.aclose()


async def test_a_cancellation_on_the_day_goes_to_the_mobile_numbers_of_the_directory(tower: Tower) -> None:
    tower.cancel(SOON)
    await tower.deliver()
    said = tower.texts()
    assert sorted(one["to"] for one in said) == ["84912345678", "84987654321"]  # no land line, each number once
    text = said[0]["text"]
    assert text.startswith("HUY/HOAN cuoc hop 08:00 01/12. LH 0204 3 000 000.") and "Tap huan" in text
    assert len(text) <= 160 and text.isascii()
    assert set(tower.states()) == {"done"} and set(tower.states("urgent")) == {"done"}


async def test_a_cancellation_a_week_before_is_not_urgent(tower: Tower) -> None:
    tower.cancel(NOW)
    await tower.deliver()
    assert tower.texts() == [] and tower.states("urgent") == []


@pytest.mark.parametrize(("hours", "told"), [(3, True), (48, False)])
async def test_a_move_is_urgent_less_than_a_day_before(tower: Tower, hours: int, told: bool) -> None:
    tower.now = START - timedelta(hours=hours)
    there = tower.world.conference()
    later = replace(wish(), starts=START + timedelta(hours=5), ends=START + timedelta(hours=6), short_notice_reason="x")
    tower.world.database.write_now(
        change, there.key, later, version=there.version, actor="account:1", now=tower.now, rules=RULES
    )  # fmt: skip
    await tower.deliver()
    assert bool(tower.texts()) is told
    assert all("DOI GIO: cuoc hop nay vao 13:00 01/12" in one["text"] for one in tower.texts())


async def test_an_emergency_uses_all_channels(database: Database, sink: HttpSink) -> None:
    tower = Tower(database, sink, alarm=True)
    await tower.begin()
    soon = NOW + timedelta(hours=1)
    booking = wish(kind="emergency", title="Ứng phó bão số 9", starts=soon, ends=soon + timedelta(hours=1))
    made = database.write_now(book, booking, actor="account:1", now=NOW, rules=RULES)
    await tower.deliver()
    assert {one["text"][:19] for one in tower.texts()} == {"HOP KHAN 09:00 24/1"}
    (alarm,) = [one for one in sink.received if one.path == "/alarm"]
    said = json.loads(alarm.body)
    assert said["event"] == "emergency" and said["conference"]["key"] == made.key
    assert {one["phone"] for one in said["people"]} == {"+84912345678", "+84987654321"}
    signed = alarm.headers["confsvc-timestamp"].encode() + b"." + alarm.body
    assert alarm.headers["confsvc-signature"] == "v1=" + hmac.new(b"alarm-secret", signed, hashlib.sha256).hexdigest()
    letters = [row for row in tower.world.rows(Effect, kind="letter") if row.conference_id == made.id]
    assert len(letters) == 4  # and everybody has a mail coming
    await tower.calls.aclose()


@pytest.mark.parametrize("how", ["500", "429", "stall", "drop", "unsigned"])
async def test_a_gateway_that_fails_is_asked_again_under_the_same_id(
    database: Database, sink: HttpSink, how: str
) -> None:
    fields = {"to": "{phone}", "text": "{text}", "id": "{id}"}
    tower = Tower(database, sink, ok_pattern=r'"ok":\s*true', fields=fields)
    await tower.begin()
    sink.text = '{"ok": true}' if how != "unsigned" else '{"ok": false}'
    if how.isdecimal():
        sink.status = int(how)
    elif how != "unsigned":
        sink.mode = how
    tower.cancel(SOON)
    await tower.deliver()
    assert set(tower.states()) == {"owed"}
    sink.status, sink.mode, sink.text = 200, "answer", '{"ok": true}'
    await tower.deliver(timedelta(minutes=2))
    assert set(tower.states()) == {"done"}
    ids = [one["id"] for one in tower.texts()]
    assert len(set(ids)) == 2 < len(ids)
    await tower.calls.aclose()


async def test_a_gateway_that_says_no_is_not_asked_again_and_people_see_it(tower: Tower) -> None:
    tower.sink.status = 403
    tower.cancel(SOON)
    await tower.deliver()
    assert set(tower.states()) == {"dead"}


async def test_the_rate_is_kept(database: Database, sink: HttpSink) -> None:
    tower = Tower(database, sink, per_minute=4)
    await tower.begin()
    tower.cancel(SOON)
    await tower.deliver()
    assert len(tower.texts()) == 2 and tower.slept == [15.0]
    await tower.calls.aclose()


async def test_a_template_in_json_with_the_secret_in_a_header(database: Database, sink: HttpSink) -> None:
    tower = Tower(
        database, sink, body="json", headers={"Authorization": "Bearer {secret}"}, ascii=False, phone="0",
        fields={"dest": "{phone}", "content": "[CAB] {text}", "brand": "BG"},
    )  # fmt: skip
    await tower.begin()
    title = 'Họp", "brand": "x' + "ấ" * 100
    tower.world.set(title=title)
    tower.cancel(SOON)
    await tower.deliver()
    said = json.loads(sink.received[0].body)
    assert set(said) == {"dest", "content", "brand"} and said["brand"] == "BG" and said["dest"].startswith("09")
    assert sink.received[0].headers["authorization"] == "Bearer khoa-bi-mat"
    assert said["content"].startswith("[CAB] HỦY/HOÃN") and len(said["content"]) <= 70 + 6
    await tower.calls.aclose()


async def test_what_is_no_longer_true_is_not_said(tower: Tower) -> None:
    tower.cancel(SOON)
    await tower.feed(tower.now)
    tower.world.set(state="planned")  # put back before anything left
    await tower.deliver()
    assert tower.texts() == [] and set(tower.states("urgent")) == {"needless"}


async def test_after_a_long_stop_nobody_is_told_what_is_over(tower: Tower) -> None:
    tower.cancel(SOON)
    await tower.deliver(timedelta(days=2))
    assert tower.texts() == []
