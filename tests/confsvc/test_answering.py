"""Answers of the invited: made from the letters that our own code wrote, as six calendars write them, and taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from typing import Any

import pytest
from sqlalchemy import select, update

from confsvc.answering import House, take
from confsvc.database import Database
from confsvc.declining import write_declined
from confsvc.effects import Sender, write_letter
from confsvc.translate import EditionRow
from integrations.calendar.libical import findings
from integrations.mail.explain import explain
from rooms.models import Change
from scheduler.answering.answers import answer_on_page
from scheduler.answering.proposals import decline
from scheduler.answering.strangers import add, refuse
from scheduler.booking.book import book
from scheduler.booking.booking import Booking, GuestWish
from scheduler.booking.edit import change
from scheduler.models import Answer, Conference, Edition, Effect, Guest, Proposal, Stranger, Unverified
from tests.confsvc.replies import CLIENTS, Invitation, bare, mail_of, outlook
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

SENDER = Sender("hnth@hop.example", "Hệ thống họp", "hop.example", "https://hop.example")
HOUSE = House(organizer=SENDER.mail, authserv_id="mx.hop.example")
HOUR = timedelta(hours=1)
A, B = "a@khach.example", "b@khach.example"
GUESTS = (GuestWish("Nguyễn Văn A", A), GuestWish("Trần B", B, "en"))


@dataclass(frozen=True)
class Mail:
    id: int = 7


class Post:
    """A database with one conference, or a series, whose letters people answer."""

    def __init__(self, database: Database) -> None:
        self.database = offices(database)

    def book(self, **changes: Any) -> str:
        made = self.database.write_now(book, wish(guests=GUESTS, **changes), actor="account:1", now=NOW, rules=RULES)
        return made.key

    def change(self, key: str, wanted: Booking, now: datetime = NOW + HOUR) -> None:
        version = self.conference(key).version
        self.database.write_now(change, key, wanted, version=version, actor="account:1", now=now, rules=RULES)

    def conference(self, key: str) -> Conference:
        return self.database.read_now(lambda db: db.scalars(select(Conference).where(Conference.key == key)).one())

    def rows(self, model: Any, **where: Any) -> list[Any]:
        query = select(model).filter_by(**where).order_by(model.id)
        return list(self.database.read_now(lambda db: db.scalars(query).all()))

    def letters(self, mail: str) -> list[str]:
        """The calendar parts that went to an address, oldest first."""
        editions = {one.id: one for one in self.rows(Edition)}
        found = []
        for effect in self.rows(Effect, kind="letter"):
            if effect.payload["mail"] == mail:
                row = editions[effect.payload["edition"]]
                edition = EditionRow(row.id, row.uid, row.method, row.sequence, row.dtstamp, row.content)
                whole = message_from_bytes(write_letter(edition, effect.payload, SENDER, None).content)
                part = next(one for one in whole.walk() if one.get_content_type() == "text/calendar")
                found.append(part.get_payload(decode=True).decode().replace("\r\n ", ""))  # type: ignore[union-attr]
        return found

    def invitation(self, mail: str, date: str = "") -> Invitation:
        return Invitation(self.letters(mail)[-1], date)

    def take(self, raw: bytes, now: datetime = NOW + 2 * HOUR) -> str:
        return self.database.write_now(take, Mail(), explain(raw), now=now, house=HOUSE)

    def said(self, mail: str = A) -> list[tuple[str, str, bool]]:
        return [(one.partstat, one.comment, one.old_version) for one in self.rows(Answer, mail=mail)]


@pytest.fixture
def post(database: Database) -> Post:
    return Post(database)


def moved(by: timedelta = HOUR, **changes: Any) -> Booking:
    return wish(guests=GUESTS, starts=START + by, ends=START + 2 * HOUR + by, **changes)


@pytest.mark.parametrize("client", CLIENTS)
def test_each_calendar_answers_and_the_answer_goes_with_the_next_letter(post: Post, client: str) -> None:
    key = post.book()
    reply: Callable[..., bytes] = CLIENTS[client]
    assert post.take(reply(post.invitation(A), A, "ACCEPTED", NOW + HOUR, "Đến sớm 5 phút")) == "applied"
    ((partstat, comment, old),) = post.said()
    assert (partstat, comment.strip(), old) == ("ACCEPTED", "Đến sớm 5 phút", False)
    (row,) = post.rows(Answer)
    assert (row.source, row.mail_id, row.recurrence_id) == ("mail", 7, None)
    post.change(key, wish(guests=GUESTS, note="Mang theo tài liệu"))
    mine = post.invitation(B)
    assert "PARTSTAT=ACCEPTED" in mine.attendee(A) and "RSVP=FALSE" in mine.attendee(A)
    assert "PARTSTAT=NEEDS-ACTION" in mine.attendee(B) and "RSVP=TRUE" in mine.attendee(B)


def test_a_new_time_makes_answers_void_and_a_late_one_is_of_an_old_version(post: Post) -> None:
    key = post.book()
    first = post.invitation(A)
    assert post.take(outlook(first, A, "ACCEPTED", NOW + HOUR)) == "applied"
    post.change(key, moved())
    assert post.said() == [("ACCEPTED", "", True)]
    assert "PARTSTAT=NEEDS-ACTION" in post.invitation(B).attendee(A)
    assert post.take(outlook(first, A, "DECLINED", NOW + 2 * HOUR)) == "old_version"
    assert post.said() == [("DECLINED", "", True)]
    assert post.take(outlook(post.invitation(A), A, "TENTATIVE", NOW + 3 * HOUR)) == "applied"
    assert post.said() == [("TENTATIVE", "", False)]
    assert post.take(outlook(first, A, "ACCEPTED", NOW + 9 * HOUR)) == "older"
    post.change(key, moved(note="Sửa"))
    assert "PARTSTAT=TENTATIVE" in post.invitation(B).attendee(A)


def test_what_is_forged_is_shown_apart_and_changes_nothing(post: Post) -> None:
    key = post.book()
    before = vars(post.conference(key)).copy()
    it = post.invitation(A)
    forged = outlook(it, A, "DECLINED", NOW + HOUR).replace(f"From: {A}".encode(), b"From: xau@evil.example")
    assert post.take(forged) == "unverified"
    disowned = b"Authentication-Results: mx.hop.example; spf=pass; dmarc=fail (p=reject)\r\n"
    assert post.take(disowned + outlook(it, A, "DECLINED", NOW + HOUR)) == "unverified"
    assert post.rows(Answer) == []
    assert {(one.sender, one.partstat, one.why) for one in post.rows(Unverified)} == {
        ("xau@evil.example", "DECLINED", "sender"), (A, "DECLINED", "dmarc"),
    }  # fmt: skip
    others = b"Authentication-Results: mx.evil.example; dmarc=fail\r\n"
    assert post.take(others + outlook(it, A, "ACCEPTED", NOW + HOUR)) == "applied", "not our server's word"
    text = it.ics
    for method, code in (("CANCEL", "not_an_answer"), ("REQUEST", "not_an_answer"), ("PUBLISH", "not_an_answer")):
        ics = text.replace("METHOD:REQUEST", f"METHOD:{method}")
        assert post.take(mail_of(SENDER.mail, ics, method=method)) == code
    other = Invitation(text.replace(f"mailto:{SENDER.mail}", "mailto:x@y.example"))
    foreign = bare(other, A, [f"ATTENDEE;PARTSTAT=DECLINED:mailto:{A}"], NOW + 5 * HOUR)
    assert post.take(foreign) == "foreign_organizer"
    unknown = bare(Invitation(text.replace("UID:", "UID:x")), A, [f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{A}"], NOW)
    assert post.take(unknown) == "unknown_uid"
    assert post.said() == [("ACCEPTED", "", False)]
    after = vars(post.conference(key)).copy()
    for row in (before, after):
        row.pop("_sa_instance_state")
    assert before == after


def test_a_deputy_waits_for_the_host_and_is_then_invited_in_his_place(post: Post) -> None:
    key = post.book()
    it = post.invitation(A)
    people = [
        f"ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=mailto:pho@khach.example:mailto:{A}",
        f'ATTENDEE;PARTSTAT=NEEDS-ACTION;CN=Lê Phó;DELEGATED-FROM="mailto:{A}":mailto:pho@khach.example',
    ]
    assert post.take(bare(it, A, people, NOW + HOUR)) == "delegated"
    (waits,) = post.rows(Stranger)
    assert (waits.mail, waits.name, waits.through, waits.state) == ("pho@khach.example", "Lê Phó", A, "waiting")
    assert [row.partstat for row in post.rows(Answer)] == ["DELEGATED"]
    assert post.letters("pho@khach.example") == [] and len(post.letters(A)) == 1
    his = [f'ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM="mailto:{A}":mailto:pho@khach.example']
    assert post.take(bare(it, "pho@khach.example", his, NOW + HOUR)) == "pending_guest"
    post.database.write_now(_decide, add, key, waits.id)
    assert [row.state for row in post.rows(Stranger)] == ["added"]
    (mine,) = post.letters("pho@khach.example")
    invited = Invitation(mine)
    assert "SEQUENCE:0" in mine and "METHOD:REQUEST" in mine
    assert f'DELEGATED-FROM="mailto:{A}"' in invited.attendee("pho@khach.example")
    assert "PARTSTAT=ACCEPTED" in invited.attendee("pho@khach.example")
    assert "PARTSTAT=DELEGATED" in invited.attendee(A)
    assert len(post.letters(A)) == 1 and len(post.letters(B)) == 1, "nobody else is written to"
    assert "stranger_added" in {row.act for row in post.rows(Change)}


def _decide(db: Any, act: Any, key: str, row_id: int, **more: Any) -> None:
    conference = db.scalars(select(Conference).where(Conference.key == key)).one()
    act(db, conference, row_id, actor="account:1", now=NOW + 3 * HOUR, **more)


def test_a_stranger_who_is_refused_gets_a_cancellation_and_nobody_else(post: Post) -> None:
    key = post.book()
    it = post.invitation(A)
    line = ["ATTENDEE;PARTSTAT=ACCEPTED;CN=Người Lạ:mailto:la@dau.example"]
    assert post.take(bare(it, "la@dau.example", line, NOW + HOUR, "COMMENT:Cho tôi vào")) == "pending_guest"
    assert post.take(bare(it, "la@dau.example", line, NOW + HOUR, "COMMENT:Cho tôi vào")) == "pending_guest"
    (waits,) = post.rows(Stranger)
    assert (waits.partstat, waits.comment, waits.through) == ("ACCEPTED", "Cho tôi vào", "")
    assert not post.rows(Guest, mail="la@dau.example")
    post.database.write_now(_decide, refuse, key, waits.id)
    (told,) = post.letters("la@dau.example")
    assert "METHOD:CANCEL" in told and "STATUS" not in told and told.count("ATTENDEE") == 1
    assert len(post.letters(A)) == 1
    post.database.write_now(_decide, add, key, waits.id)
    assert "METHOD:REQUEST" in post.letters("la@dau.example")[-1]
    assert int(Invitation(post.letters("la@dau.example")[-1]).value("SEQUENCE")) > int(
        Invitation(told).value("SEQUENCE")
    )
    assert [row.removed_at for row in post.rows(Guest, mail="la@dau.example")] == [None]


def test_another_time_is_proposed_and_declined_to_him_alone(post: Post) -> None:
    key = post.book()
    it = post.invitation(A)
    at = (START + timedelta(days=1), START + timedelta(days=1, hours=2))
    said = [f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{A}", f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{B}"]
    raw = bare(it, A, said, NOW + HOUR, "COMMENT:Bận họp khác", method="COUNTER", times=at)
    assert post.take(raw) == "counter"
    assert post.take(raw) == "duplicate"
    (one,) = post.rows(Proposal)
    assert (one.mail, one.starts, one.ends, one.comment, one.state) == (A, *at, "Bận họp khác", "open")
    assert post.said() == [("TENTATIVE", "Bận họp khác", False)]
    assert post.conference(key).starts == START
    post.database.write_now(_decide, decline, key, one.id, reason="Không đổi được")
    (effect,) = post.rows(Effect, kind="counter_declined")
    assert effect.chain == f"letter:{one.uid}:{A}" and effect.payload["sequence"] == 0
    assert post.take(raw) == "duplicate", "what was declined is not opened again by the same mail"
    assert [row.state for row in post.rows(Proposal)] == ["declined"]


def test_a_time_is_accepted_by_moving_the_conference_there(post: Post) -> None:
    key = post.book()
    it = post.invitation(A)
    at = (START + HOUR, START + 3 * HOUR)
    said = [f"ATTENDEE;PARTSTAT=TENTATIVE:mailto:{A}"]
    assert post.take(bare(it, A, said, NOW + HOUR, method="COUNTER", times=at)) == "counter"
    post.change(key, moved())
    assert [row.state for row in post.rows(Proposal)] == ["accepted"]
    assert post.take(bare(it, B, [said[0].replace(A, B)], NOW + HOUR, method="COUNTER", times=at)) == "old_version"
    assert len(post.rows(Proposal)) == 1


def test_who_asks_gets_the_current_state_again_once_an_hour(post: Post) -> None:
    post.book()
    it = post.invitation(A)
    raw = bare(it, A, [f"ATTENDEE:mailto:{A}"], NOW, method="REFRESH")
    assert post.take(raw, now=NOW + HOUR) == "resent"
    assert post.take(raw, now=NOW + HOUR) == "not_resent"
    assert post.take(raw, now=NOW + 3 * HOUR) == "resent"
    stranger = bare(it, "x@y.example", ["ATTENDEE:mailto:x@y.example"], NOW, method="REFRESH")
    assert post.take(stranger, now=NOW + HOUR) == "unverified"
    first, again, third = (Invitation(one) for one in post.letters(A))
    assert first.value("SEQUENCE") == again.value("SEQUENCE") == third.value("SEQUENCE") == "0"
    assert first.value("DTSTAMP") < again.value("DTSTAMP") < third.value("DTSTAMP")
    assert len(post.letters(B)) == 1


def test_the_page_behind_the_link_answers_too(post: Post) -> None:
    key = post.book()
    assert post.take(outlook(post.invitation(A), A, "ACCEPTED", NOW + 9 * HOUR)) == "applied"

    def on_page(db: Any, partstat: str, **more: Any) -> None:
        conference = db.scalars(select(Conference).where(Conference.key == key)).one()
        answer_on_page(db, conference, A, partstat, now=NOW + HOUR, **more)

    post.database.write_now(on_page, "DECLINED", comment="Đi công tác")
    assert post.said() == [("DECLINED", "Đi công tác", False)], "though the mail's clock was ahead"
    post.database.write_now(on_page, "DELEGATED", deputy="pho@khach.example", deputy_name="Lê Phó")
    (row,), (waits,) = post.rows(Answer), post.rows(Stranger)
    assert (row.source, row.delegated_to) == ("page", "pho@khach.example")
    assert (waits.through, waits.source) == (A, "page")
    assert {one.actor.partition(":")[0] for one in post.rows(Change, act="guest_answered")} == {"guest"}
    assert post.database.write_now(lambda db: db.execute(update(Conference).values(state="cancelled")).rowcount) == 1
    with pytest.raises(Exception, match="wrong_move"):
        post.database.write_now(on_page, "ACCEPTED")


def test_the_mail_that_declines_passes_the_checks(post: Post) -> None:
    key = post.book()
    at = (START + timedelta(days=1), START + timedelta(days=1, hours=2))
    raw = bare(post.invitation(B), B, [f"ATTENDEE:mailto:{B}"], NOW + HOUR, method="COUNTER", times=at)
    assert post.take(raw) == "counter"
    post.database.write_now(_decide, decline, key, post.rows(Proposal)[0].id, reason="Không <b>đổi</b> được")
    (effect,) = post.rows(Effect, kind="counter_declined")
    letter = write_declined(effect.payload, SENDER)
    mail = message_from_bytes(letter.content)
    part = next(one for one in mail.walk() if one.get_content_type() == "text/calendar")
    ics = part.get_payload(decode=True)
    assert isinstance(ics, bytes) and part.get_param("method") == "DECLINECOUNTER" and letter.recipient == B
    assert b"SEQUENCE:0\r\n" in ics and f"UID:{effect.payload['uid']}".encode() in ics.replace(b"\r\n ", b"")
    only = "Failed iTIP restrictions for SEQUENCE property. Expected 0 instances of the property and got 1"
    assert findings(ics) in (None, [only]), "libical follows RFC 2446 there; RFC 5546 3.2.8 echoes SEQUENCE"
    page = next(one for one in mail.walk() if one.get_content_type() == "text/html").get_payload(decode=True)
    assert isinstance(page, bytes) and b"<b>" not in page and b"08:00" in page
