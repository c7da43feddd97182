"""The round over what comes in: stored first, decided once, and nothing that a mail holds stops it."""

from __future__ import annotations

import os
from asyncio import gather
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from confsvc.database import Database
from confsvc.forwarding import write_forwarded
from confsvc.inbox import Incoming, sweep_mails
from confsvc.inbox_deciding import MOST_FORWARDED, Door
from confsvc.mail_reader import MailReader
from confsvc.own_links import bounce_key, return_path
from confsvc.sender import Sender
from confsvc.stopped import is_stopped
from integrations.errors import Unavailable
from integrations.mail.inbox import Inbox, Keep
from integrations.mail.inbox_folder import FolderInbox
from integrations.mail.letter import message_id
from scheduler import inbox_queries as queries
from scheduler.booking.purge_queries import set_emptied
from scheduler.inbox_models import AddressTrouble, IncomingMail, MailReport
from scheduler.models import Effect
from scheduler.outbox import claim, settle
from scheduler.outcomes import Done
from tests.scheduler.booking.offices import NOW
from tests.scheduler.conduct.world import World

KEY = b"a key of the service"
SENDER = Sender("hnth@hop.example", "Hệ thống họp", "hop.example", "https://hop.example", "", "hop.example", KEY)
BOX = "hnth@hop.example"


class Round:
    """A booked conference whose letters were sent, a folder to drop mails into, and the round over it."""

    def __init__(self, database: Database, folder: Path, reader: MailReader) -> None:
        self.world, self.folder, self.now = World(database), folder, NOW
        self.database = database
        self.source: Inbox = FolderInbox(folder, most_bytes=2 * 1024 * 1024)
        self.reader = reader
        self.dropped = 0
        self.incoming = self.process()
        for one in database.write_now(claim, now=NOW, limit=100, lease_seconds=60):
            database.write_now(settle, one, Done({"message_id": f"<{one.id}@hop.example>"}), now=NOW)

    def process(self) -> Incoming:
        door = Door(SENDER, "vanphong@hop.example")
        return Incoming(self.database, self.source, self.reader, door, now=lambda: self.now)

    async def drop(self, *mails: bytes) -> None:
        self.folder.mkdir(exist_ok=True)
        for mail in mails:
            self.dropped += 1
            path = self.folder / f"{self.dropped:04}.eml"
            path.write_bytes(mail)
            os.utime(path, (1, 1))
        await self.incoming.poll(self.now)

    def mails(self) -> list[IncomingMail]:
        return self.world.rows(IncomingMail)

    def codes(self) -> list[str]:
        return [mail.code for mail in self.mails()]

    def letters(self) -> list[Effect]:
        return self.world.rows(Effect, kind="letter")

    def troubles(self) -> dict[str, str]:
        return {row.mail: row.state for row in self.world.rows(AddressTrouble)}


@pytest.fixture(scope="module")
def reader() -> Iterator[MailReader]:
    with MailReader(bounce_key=bounce_key(KEY), own_address=BOX) as opened:
        yield opened


@pytest.fixture
def inbox(database: Database, tmp_path: Path, reader: MailReader) -> Round:
    return Round(database, tmp_path / "inbox", reader)


def bounce(effect: Effect, status: str, *, nonce: int = 0, action: str = "failed", mail: str = "") -> bytes:
    to = return_path(effect.id, "hop.example", KEY)
    return f"""Return-Path: <>
From: MAILER-DAEMON@mail.example
To: {to}
Message-ID: <{effect.id}.{nonce}@mail.example>
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; {mail or effect.payload["mail"]}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no

--b--
""".encode()


def human(subject: str = "Re: Mời họp", *, to_id: str = "", sender: str = "lan@so.example", nonce: int = 0) -> bytes:
    return f"""From: Lan <{sender}>
To: {BOX}
Message-ID: <h{nonce}@so.example>
In-Reply-To: {to_id}
Subject: {subject}
Content-Type: text/plain; charset=utf-8

Phòng tôi cử đồng chí Hà đi thay.
""".encode()


def own_id(world: World, mail: str) -> str:
    conference = world.conference()
    return message_id(str(conference.uid), "0", 0, 0, mail, "hop.example")


async def test_a_bounce_finds_its_letter_and_nobody_there_is_failing_at_once(inbox: Round) -> None:
    first = inbox.letters()[0]
    await inbox.drop(bounce(first, "5.1.1"))
    (mail,) = inbox.mails()
    assert (mail.kind, mail.code, mail.effect_id) == ("bounce", "address_failing", first.id)
    assert mail.conference_id == first.conference_id
    assert inbox.troubles() == {first.payload["mail"]: "failing"}
    (report,) = inbox.world.rows(MailReport)
    assert (report.status, report.weight) == ("5.1.1", "gone")
    assert inbox.database.read_now(queries.list_reports, [first.id])[first.id].status == "5.1.1"


async def test_other_refusals_count_when_two_letters_met_them_in_a_week(inbox: Round) -> None:
    first = inbox.letters()[0]
    await inbox.drop(bounce(first, "5.7.1"), bounce(first, "5.7.1", nonce=1))
    assert inbox.troubles() == {}, "two reports of one letter are one"
    again = inbox.database.write_now(_another_letter, first)
    inbox.now = NOW + timedelta(days=8)
    await inbox.drop(bounce(again, "5.7.1", nonce=2))
    assert inbox.troubles() == {}, "the other was longer ago"
    third = inbox.database.write_now(_another_letter, again)
    await inbox.drop(bounce(third, "5.7.1", nonce=3))
    assert inbox.troubles() == {first.payload["mail"]: "failing"}


async def test_delays_full_mailboxes_and_deliveries_change_nothing(inbox: Round) -> None:
    first = inbox.letters()[0]
    await inbox.drop(
        bounce(first, "4.4.1", action="delayed"), bounce(first, "5.2.2", nonce=1),
        bounce(first, "2.1.5", action="delivered", nonce=2),
    )  # fmt: skip
    assert inbox.codes() == ["delayed", "delayed", "delivered"]
    assert inbox.troubles() == {}


async def test_a_report_that_proves_nothing_marks_nobody(inbox: Round) -> None:
    first = inbox.letters()[0]
    forged = bounce(first, "5.1.1").replace(b"bounce+", b"bounce+9")
    await inbox.drop(forged)
    assert inbox.codes() == ["unknown_letter"]
    assert inbox.troubles() == {}


async def test_who_complains_gets_no_more_mail(inbox: Round) -> None:
    first = inbox.letters()[0]
    arf = bounce(first, "5.0.0").replace(b"message/delivery-status", b"message/feedback-report")
    await inbox.drop(arf)
    assert inbox.codes() == ["address_stopped"]
    assert inbox.database.read_now(is_stopped, first.payload["mail"])
    assert not inbox.database.read_now(is_stopped, "somebody@else.example")


async def test_an_absence_note_is_no_bounce(inbox: Round) -> None:
    first = inbox.letters()[0]
    note = f"Return-Path: <>\nFrom: {first.payload['mail']}\nTo: {return_path(first.id, 'hop.example', KEY)}\n"
    note += (
        "Subject: Automatic reply: Mời họp\nAuto-Submitted: auto-replied\n\nTôi đi công tác, xin gọi 0204 555 1234.\n"
    )
    await inbox.drop(note.encode())
    assert [(m.kind, m.code) for m in inbox.mails()] == [("auto-reply", "ignored")]
    assert inbox.world.rows(MailReport) == []


async def test_the_same_mail_twice_is_one(inbox: Round) -> None:
    mail = bounce(inbox.letters()[0], "5.1.1")
    await inbox.drop(mail, mail)
    await inbox.drop(mail)
    assert len(inbox.mails()) == 1
    assert sorted(path.name for path in (inbox.folder / "cur").iterdir()) == ["0001.eml", "0002.eml", "0003.eml"]


async def test_two_processes_decide_once(inbox: Round) -> None:
    for number in range(6):
        await inbox.drop()
        path = inbox.folder / f"x{number}.eml"
        path.write_bytes(human(to_id=own_id(inbox.world, "lan@so.example"), nonce=number))
        os.utime(path, (1, 1))
    await gather(inbox.incoming.poll(NOW), inbox.process().poll(NOW))
    await inbox.incoming.poll(NOW)
    assert len(inbox.mails()) == 6
    forwarded = inbox.world.rows(Effect, kind="forwarded")
    assert len({effect.key for effect in forwarded}) == len(forwarded) == 6 * len({e.chain for e in forwarded})


async def test_what_people_write_goes_to_the_host(inbox: Round) -> None:
    await inbox.drop(human(to_id=own_id(inbox.world, "lan@so.example")))
    (mail,) = inbox.mails()
    assert (mail.kind, mail.code, mail.conference_id) == ("human", "forwarded", inbox.world.booked.id)
    effect = inbox.world.rows(Effect, kind="forwarded")[0]
    assert effect.payload["from"] == "lan@so.example"
    assert "cử đồng chí Hà" in effect.payload["text"]
    made = write_forwarded(effect.key, effect.payload, SENDER)
    assert b"Auto-Submitted: auto-generated" in made.content
    assert made.recipient == effect.payload["mail"]


async def test_what_answers_no_letter_goes_to_the_operator_and_nobody_writes_without_end(inbox: Round) -> None:
    await inbox.drop(*(human("Hỏi", nonce=number) for number in range(MOST_FORWARDED + 1)))
    assert inbox.codes() == ["forwarded_to_operator"] * MOST_FORWARDED + ["too_many"]
    assert {e.payload["mail"] for e in inbox.world.rows(Effect, kind="forwarded")} == {"vanphong@hop.example"}
    inbox.now += timedelta(days=2)
    await inbox.drop(human("Hỏi", nonce=99))
    assert inbox.codes()[-1] == "forwarded_to_operator"


async def test_our_own_mails_and_those_of_machines_are_not_passed_on(inbox: Round) -> None:
    await inbox.drop(
        human(sender=BOX), human(nonce=1, sender="vanphong@hop.example"),
        human(nonce=2).replace(b"Subject:", b"Auto-Submitted: auto-generated\nSubject:"),
    )  # fmt: skip
    assert inbox.codes() == ["refused", "nobody_to_tell", "ignored"]
    assert inbox.world.rows(Effect, kind="forwarded") == []


async def test_a_mail_that_cannot_be_decided_on_keeps_nobody_waiting(inbox: Round) -> None:
    broken = human(nonce=1)
    await inbox.incoming.database.write(
        queries.add_mail, {"sha256": "x", "received": NOW, "size": 1, "raw": b"no zlib"}
    )
    await inbox.drop(broken)
    assert inbox.codes() == ["", "forwarded_to_operator"]
    for _ in range(5):
        await inbox.incoming.poll(NOW)
    assert inbox.codes() == ["failed", "forwarded_to_operator"]


async def test_an_inbox_that_fails_is_said_and_what_is_stored_is_decided(
    inbox: Round, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def collect(self, keep: Keep, most: int) -> int:
            raise Unavailable("the mailbox does not answer")

    incoming = Incoming(inbox.database, Broken(), inbox.reader, Door(SENDER), now=lambda: NOW)
    await incoming.poll(NOW)
    await incoming.poll(NOW)
    assert incoming.trouble == "the mailbox does not answer"
    assert caplog.text.count("the mailbox does not answer") == 1


async def test_mails_go_after_a_year_or_with_what_was_purged(inbox: Round) -> None:
    await inbox.drop(human(to_id=own_id(inbox.world, "lan@so.example")), human("Hỏi", nonce=1))
    inbox.database.write_now(lambda db: set_emptied(db, [inbox.world.booked.id], {}))
    assert [mail.raw is None for mail in inbox.mails()] == [True, False]
    assert inbox.database.write_now(sweep_mails, now=NOW + timedelta(days=364)) == 0
    assert inbox.database.write_now(sweep_mails, now=NOW + timedelta(days=366)) == 1
    assert [mail.code for mail in inbox.mails()] == ["forwarded", "forwarded_to_operator"]


async def test_one_that_is_too_large_is_noted_and_left(inbox: Round) -> None:
    await inbox.drop(b"From: a@b.example\n\n" + b"x" * (2 * 1024 * 1024))
    (mail,) = inbox.mails()
    assert (mail.kind, mail.reason, mail.raw) == ("refused", "too_much_size", None)
    assert [path.name for path in (inbox.folder / "large").iterdir()] == ["0001.eml"]


def _another_letter(db: Session, effect: Effect) -> Effect:
    values = {c.name: getattr(effect, c.name) for c in Effect.__table__.columns if c.name != "id"}
    made = Effect(**values | {"key": effect.key + "+"})
    db.add(made)
    db.flush()
    return made
