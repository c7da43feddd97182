"""The door out: letters as people get them, through a real mail server that can fail, and the end of rooms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from confsvc.database import Database
from confsvc.effects import Sender, handlers, write_letter, write_notice
from confsvc.i18n import text, translations
from confsvc.translate import MOST_LISTED, EditionRow
from confsvc.wording import FORMS, OPENINGS, SECRECY, SUBJECTS
from integrations.calendar.lint import lint
from integrations.http import HttpClient
from integrations.jitsi.client import JitsiClient
from integrations.mail.maildir import MaildirMailer
from integrations.mail.smtp import SmtpMailer
from scheduler.booking.booking import GuestWish
from scheduler.booking.edit import cancel, change
from scheduler.drain import Handler, drain
from scheduler.models import Effect, Told
from tests.fakes.jitsi import SimulatedJitsi
from tests.fakes.smtp_sink import Received, SmtpSink
from tests.scheduler.booking.offices import NOW, RULES, START, wish
from tests.scheduler.conduct.world import END, World

SENDER = Sender("hnth@hop.example", "Hệ thống họp", "hop.example", "https://hop.example")
GUESTS = (GuestWish("Nguyễn Văn A", "a@khach.example"), GuestWish("John", "j@khach.example", "en"))

CHAIR = {"chair_name": "Trần Thị B", "chair_title": "Giám đốc", "chair_mail": "b@hop.example"}


class Post:
    """A conference whose letters leave through a real mail server."""

    def __init__(self, world: World, sink: SmtpSink, mailer: SmtpMailer) -> None:
        self.world = world
        self.sink = sink
        self.mailer = mailer
        self.now = NOW

    @property
    def handlers(self) -> dict[str, Handler]:
        return handlers(self.world.database, self.mailer, SENDER, {}, now=lambda: self.now)

    async def deliver(self, after: timedelta = timedelta()) -> None:
        self.now += after
        await drain(self.world.database, self.handlers, now=lambda: self.now)

    def states(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for effect in self.world.rows(Effect):
            found.setdefault(effect.state, set()).add(effect.payload["mail"])
        return found

    def mails(self, address: str) -> list[EmailMessage]:
        return [one.message for one in self.sink.to(address)]


@pytest.fixture
async def post(database: Database) -> AsyncIterator[Post]:
    world = World(database, guests=GUESTS, **CHAIR)
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port, timeout=2, deadline=5) as mailer:
        yield Post(world, sink, mailer)


def calendar(mail: EmailMessage) -> str:
    part = next(p for p in mail.walk() if p.get_content_type() == "text/calendar")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert lint(content) == []
    return content.replace(b"\r\n ", b"").decode()


def body(mail: EmailMessage, kind: str = "text/plain") -> str:
    part = next(p for p in mail.walk() if p.get_content_type() == kind)
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


async def test_everybody_is_invited_in_his_language(post: Post) -> None:
    await post.deliver()
    assert len(post.sink.received) == 7, "four contacts, the chair and two guests"
    (mine,), (johns,) = post.mails("a@khach.example"), post.mails("j@khach.example")
    assert mine["Subject"] == "Mời họp: Tập huấn an toàn thông tin - 08:00 01/12/2026"
    assert johns["Subject"].startswith("Invitation: ")
    assert "Thứ Ba, 01/12/2026" in body(mine)
    assert "Phòng 11 (Huyện 0)" in body(mine)
    assert f"https://hop.example/j/{post.world.booked.key}" in body(mine)
    assert "bí mật nhà nước" in body(mine)
    assert "Tuesday" in body(johns)
    entry = calendar(mine)
    assert f"URL:https://hop.example/j/{post.world.booked.key}" in entry
    assert "SEQUENCE:0" in entry
    assert entry.count("ATTENDEE") == 7


async def test_the_organizer_itself_is_not_written_to(database: Database) -> None:
    world = World(database, guests=(GuestWish("Hệ thống", SENDER.mail.upper()), *GUESTS))
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port, timeout=2, deadline=5) as mailer:
        post = Post(world, sink, mailer)
        await post.deliver()
        assert sink.to(SENDER.mail) == [] and len(sink.received) == 6
        assert post.states()["needless"] == {SENDER.mail}


async def test_no_letter_shows_the_video_host_or_a_token(post: Post) -> None:
    await post.deliver()
    name = post.world.opening().jitsi_name
    for one in post.sink.received:
        whole = body(one.message) + body(one.message, "text/html") + calendar(one.message)
        assert name not in whole
        assert "meet.example" not in whole
        assert "jwt" not in whole
        assert "src=" not in whole


async def test_a_change_and_a_cancellation_follow_the_first_letter(post: Post) -> None:
    await post.deliver()
    world = post.world
    moved = wish(guests=GUESTS, starts=START + timedelta(hours=1), ends=END + timedelta(hours=1), **CHAIR)
    arguments: dict[str, Any] = {"actor": "account:1", "now": NOW}
    world.database.write_now(change, world.booked.key, moved, version=1, rules=RULES, **arguments)
    await post.deliver(timedelta(minutes=RULES.timing.gather))
    world.database.write_now(cancel, world.booked.key, version=2, reason="Trùng lịch", **arguments)
    await post.deliver()
    first, second, third = post.mails("a@khach.example")
    assert [mail["Subject"].split(":")[0] for mail in (first, second, third)] == ["Mời họp", "Cập nhật", "Hủy họp"]
    assert second["In-Reply-To"] == third["In-Reply-To"] == first["Message-ID"]
    assert "SEQUENCE:1" in calendar(second)
    assert "METHOD:CANCEL" in calendar(third)
    assert "STATUS:CANCELLED" in calendar(third)
    assert "Trùng lịch" in body(third)
    assert "/j/" not in body(third)


async def test_a_removed_guest_gets_a_cancel_for_himself(post: Post) -> None:
    await post.deliver()
    world = post.world
    less = wish(guests=GUESTS[1:], **CHAIR)
    world.database.write_now(change, world.booked.key, less, version=1, rules=RULES, actor="account:1", now=NOW)
    await post.deliver()
    _, gone = post.mails("a@khach.example")
    assert "STATUS" not in calendar(gone)
    assert calendar(gone).count("ATTENDEE") == 1
    assert len(post.mails("j@khach.example")) == 1, "nobody else is mailed"


async def test_a_lost_answer_repeats_the_identical_mail(post: Post) -> None:
    post.sink.drop_after_data = True
    await post.deliver()
    assert post.states().keys() == {"owed"}
    post.sink.drop_after_data = False
    await post.deliver(timedelta(minutes=1))
    assert post.states().keys() == {"done"}
    for address in ("a@khach.example", "u11@hop.example"):
        first, again = post.sink.to(address)
        assert first.content == again.content


async def test_a_refused_address_is_a_dead_letter_and_a_full_one_waits(post: Post) -> None:
    post.sink.answers = {"a@khach.example": "550 5.1.1 no such user", "j@khach.example": "452 4.2.2 full"}
    await post.deliver()
    states = post.states()
    assert states["dead"] == {"a@khach.example"}
    assert states["owed"] == {"j@khach.example"}
    (dead,) = post.world.rows(Effect, state="dead")
    assert "550" in dead.last_error


async def test_a_mail_server_that_is_down_all_day(post: Post) -> None:
    """Nothing is lost, nothing arrives twice, and a letter overtaken meanwhile is not sent."""
    await post.sink.stop()
    for hour in range(12):
        await post.deliver(timedelta(hours=hour and 1))
    arguments: dict[str, Any] = {"actor": "account:1", "now": post.now}
    world = post.world
    world.database.write_now(cancel, world.booked.key, version=1, reason="Mất điện", **arguments)
    await post.sink.start()
    await post.deliver(timedelta(hours=1))
    assert post.sink.received == [], "who never got an invitation needs no cancellation"
    assert post.states().keys() == {"superseded", "needless"}
    assert world.rows(Told) == []


async def test_without_a_mail_server_letters_lie_in_a_folder(database: Database, tmp_path: Any) -> None:
    world = World(database)
    made = handlers(database, MaildirMailer(tmp_path / "mail"), SENDER, {}, now=lambda: NOW)
    assert await drain(database, made, now=lambda: NOW) == 4
    assert len(list((tmp_path / "mail" / "new").iterdir())) == 4
    assert world.rows(Effect, state="done")


async def test_a_letter_that_cannot_be_written_was_surely_not_sent(post: Post, caplog: Any) -> None:
    query = {"state": "owed", "maybe": False}
    post.world.database.write_now(
        lambda db: db.query(Effect).filter_by(state="owed").update({"payload": {**_payload(post), "edition": 999}})
    )
    await post.deliver()
    assert len(post.world.rows(Effect, **query)) == 7
    assert "there is no edition 999" in caplog.text
    assert post.world.rows(Told) == []


def _payload(post: Post) -> dict[str, Any]:
    return dict(post.world.rows(Effect)[0].payload)


def edition(people: int, **content: Any) -> EditionRow:
    mails = [{"mail": f"p{n}@hop.example", "name": f"Người {n}", "role": "guest"} for n in range(people)]
    said = {
        "what": "booked", "key": "k7", "title": "Họp", "kind": "briefing", "form": "online", "host": "Sở",
        "host_short": "Sở", "starts": START.isoformat(), "ends": END.isoformat(), "created": NOW.isoformat(),
        "sites": [], "chair": {"name": "", "title": "", "mail": None}, "contact": {"name": "", "phone": ""},
        "note": "", "letter_number": "",
        "guests": [{"mail": "chair@hop.example", "name": "Chủ trì", "role": "chair"}, *mails], **content,
    }  # fmt: skip
    return EditionRow(1, "u1@hop.example", "REQUEST", 0, NOW, said)


LETTER = {"mail": "p3@hop.example", "name": "Người 3", "role": "guest", "language": "vi", "number": 1, "n": 0}


def test_many_people_each_see_the_chair_and_themselves() -> None:
    many = Received("", [], write_letter(edition(MOST_LISTED), LETTER, SENDER, None).content).message
    few = Received("", [], write_letter(edition(MOST_LISTED - 1), LETTER, SENDER, None).content).message
    assert calendar(many).count("ATTENDEE") == 2
    assert calendar(few).count("ATTENDEE") == MOST_LISTED


def test_an_in_person_meeting_has_a_place_and_no_link() -> None:
    row = edition(1, form="in_person", sites=[{"room": "Hội trường", "unit": "Sở"}])
    mail = Received("", [], write_letter(row, LETTER, SENDER, None).content).message
    assert "LOCATION:Hội trường (Sở)" in calendar(mail)
    assert "/j/" not in body(mail) + calendar(mail)


def test_hostile_text_stays_text() -> None:
    title = "Họp <script>alert(1)</script>\r\nBcc: x@evil.example %(host)s"
    mail = Received("", [], write_letter(edition(1, title=title), LETTER, SENDER, None).content).message
    assert "<script>" not in body(mail, "text/html")
    assert mail["Bcc"] is None
    assert "Bcc: x@evil.example" not in "\n".join(f"{k}: {v}" for k, v in mail.items() if k != "Subject")


def test_every_word_of_a_letter_is_translated() -> None:
    labels = ("Join", "Time", "Form", "Reason", "Letter number", "Host", "Chair", "Sites", "Contact", "Note")
    catalogue = translations("vi")
    for message in (*SUBJECTS.values(), *OPENINGS.values(), *FORMS.values(), SECRECY, *labels):
        assert catalogue.gettext(message) != message
    assert text(SECRECY, "en") == SECRECY


async def test_ending_a_room_is_repeated_until_the_host_answers(database: Database) -> None:
    """The host fails, then says that there is no such room (any more): it is ended."""
    world = World(database)
    now = END + timedelta(minutes=15)
    world.pass_time(now)
    async with SimulatedJitsi("http://127.0.0.1:1") as jitsi:
        assert jitsi.mint is not None
        client = JitsiClient(
            jitsi.url, domain=jitsi.config.domain, mint=jitsi.mint, muc_domain=jitsi.config.muc_domain,
            connect=partial(HttpClient, retries=0),
        )  # fmt: skip
        made = _ending(database, {"chinh": client})
        jitsi.fault("http", target="/end-meeting", times=1)
        await drain(database, made, now=lambda: now)
        (owed,) = world.rows(Effect, kind="end_meeting")
        assert (owed.state, owed.due) == ("owed", now + timedelta(seconds=5))
        now += timedelta(minutes=1)
        await drain(database, made, now=lambda: now)
        await client.aclose()
    assert [(e.state, e.attempts) for e in world.rows(Effect, kind="end_meeting")] == [("done", 2)]


def _ending(database: Database, clients: dict[str, JitsiClient]) -> dict[str, Handler]:
    made = handlers(database, MaildirMailer(Path("/nonexistent")), SENDER, clients, now=lambda: NOW)
    return {"end_meeting": made["end_meeting"]}


async def test_a_video_host_that_is_no_longer_there(database: Database) -> None:
    world = World(database)
    now = END + timedelta(minutes=15)
    world.pass_time(now)
    await drain(database, _ending(database, {}), now=lambda: now)
    assert [e.state for e in world.rows(Effect, kind="end_meeting")] == ["dead"]


NOTICE = {
    "mail": "u2@hop.example", "name": "Đầu mối", "key": "abcdefghjk", "title": "Giao ban", "reason": "Trùng lịch",
    "starts": "2026-12-01T01:00:00+00:00", "ends": "2026-12-01T03:00:00+00:00", "at": "2026-11-24T01:00:00+00:00",
    "holder": "Sở Y tế", "until": "2026-11-30T10:00:00+00:00",
}  # fmt: skip


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    ("what", "reason"),
    [("approved", ""), ("returned", "Trùng lịch"), ("answered", ""), ("letter_wanted", ""), ("lapsed", "no_letter"),
     ("lapsed", "not_decided")],
)  # fmt: skip
def test_a_notice_to_a_host_is_the_same_mail_each_time(language: str, what: str, reason: str) -> None:
    sender = Sender("hnth@hop.example", "Điều phối", "hop.example", "https://hop.example/")
    payload = {**NOTICE, "language": language, "what": what, "reason": reason}
    made = write_notice("notice:1:x", payload, sender)
    assert made == write_notice("notice:1:x", payload, sender)
    message = message_from_bytes(made.content)
    said = message.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert "https://hop.example/conferences/abcdefghjk" in said and "%" not in said
    assert message.get_content_type() == "text/plain" and made.recipient == "u2@hop.example"
    if what == "letter_wanted":
        assert "17:00 30/11/2026" in said
