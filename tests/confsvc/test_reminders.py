"""The reminder as a mail through a real mail server: what it says, in whose language, and when it is not sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from confsvc.database import Database
from confsvc.effects import handlers
from confsvc.sender import Sender
from integrations.mail.smtp import SmtpMailer
from rooms.models import Person
from scheduler.booking.edit import cancel
from scheduler.drain import drain
from scheduler.models import Effect, Guest
from tests.fakes.smtp_sink import SmtpSink
from tests.scheduler.booking.offices import START
from tests.scheduler.conduct.world import World

SENDER = Sender("hnth@hop.example", "Hệ thống họp", "hop.example", "https://hop.example", "0204 3 000 000")
BEFORE = START - timedelta(minutes=60)


@pytest.fixture
async def sink() -> AsyncIterator[SmtpSink]:
    async with SmtpSink() as sink:
        yield sink


async def deliver(world: World, sink: SmtpSink, now: object) -> None:
    async with SmtpMailer(sink.host, sink.port, timeout=2, deadline=5) as mailer:
        doors = handlers(world.database, mailer, SENDER, {}, now=lambda: BEFORE)
        await drain(world.database, {"reminder": doors["reminder"]}, now=lambda: BEFORE)


async def test_a_reminder_says_when_where_how_and_whom_to_call(database: Database, sink: SmtpSink) -> None:
    world = World(database, contact_name="Lê C", contact_phone="0912 345 678")
    world.pass_time(START - timedelta(hours=24))
    world.pass_time(BEFORE)
    await deliver(world, sink, BEFORE)
    (mail,) = [one.message for one in sink.to("u12@hop.example")]
    text = mail.get_content()
    assert str(mail["Subject"]) == "Nhắc họp, còn 1 giờ: Tập huấn an toàn thông tin"
    for said in ("08:00 - 10:00", "Phòng 12", "Lê C, 0912 345 678", "0204 3 000 000", "tự kết nối", "/j/"):
        assert said in text
    assert [p.get_content_type() for p in mail.walk()] == ["text/plain"]
    assert {row.state for row in world.rows(Effect, kind="reminder")} == {"done", "expired"}


async def test_somebody_who_reads_english_is_reminded_in_english(database: Database, sink: SmtpSink) -> None:
    world = World(database)
    world.database.write_now(lambda db: db.execute(update(Guest).where(Guest.role == "contact").values(language="en")))
    world.pass_time(BEFORE)
    await deliver(world, sink, BEFORE)
    (mail,) = [one.message for one in sink.to("u11@hop.example")]
    assert str(mail["Subject"]).startswith("In one hour:") and "joins by itself" in mail.get_content()
    assert world.database.read_now(lambda db: db.query(Person).count()) == 11


async def test_what_was_called_off_meanwhile_is_not_sent(database: Database, sink: SmtpSink) -> None:
    world = World(database)
    world.pass_time(BEFORE)
    there = world.conference()
    world.database.write_now(
        cancel, there.key, version=there.version, reason="hoãn", actor="account:1", now=BEFORE
    )  # fmt: skip
    await deliver(world, sink, BEFORE)
    assert {row.state for row in world.rows(Effect, kind="reminder")} == {"needless"}
    assert sink.to("u12@hop.example") == []
