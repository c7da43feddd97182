"""Whoever decides hears that something waits: in one mail about all of it, not too often, and not about what was
decided meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from email.header import decode_header, make_header
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc import accounts
from confsvc.asking import GATHER, INTERVAL
from confsvc.effects import handlers, sender_of
from confsvc.queries import set_account
from confsvc.web import keys
from integrations.mail.smtp import SmtpMailer
from scheduler.booking.approving.approval import return_
from scheduler.booking.approving.queries import list_open_approvals
from scheduler.booking.book import book
from scheduler.booking.booking import Booked
from scheduler.booking.edit import cancel
from scheduler.conduct.advance import advance
from scheduler.drain import drain
from scheduler.models import Effect
from scheduler.rule_acts import RuleWish, put_rule
from scheduler.timing import Timing
from tests.confsvc.conftest import START, Service
from tests.confsvc.pages.scenes import wish
from tests.fakes.smtp_sink import SmtpSink


class Inbox:
    """The service with a real mail server; time passes only here."""

    def __init__(self, service: Service, sink: SmtpSink, mailer: SmtpMailer) -> None:
        self.service, self.sink, self.mailer = service, sink, mailer

    def person(self, login: str, *functions: str, unit: str = "STTTT") -> int:
        """Somebody with an address."""
        made = self.service.account(login, *functions, unit=unit)
        self.service.database.write_now(set_account, made, {"mail": f"{login}@hop.example"})
        return made

    def approver(self, login: str, *, unit: str = "STTTT") -> int:
        return self.person(login, "approver", unit=unit)

    async def after(self, wait: timedelta) -> None:
        self.service.clock[0] += wait
        service, database = self.service, self.service.database
        doors = handlers(database, self.mailer, sender_of(service.settings), {}, now=lambda: service.now)
        await drain(database, doors, now=lambda: service.now)
        await drain(database, doors, now=lambda: service.now)

    def mails(self, login: str) -> list[tuple[str, str]]:
        """Subject and text of what arrived."""
        found = []
        for one in self.sink.to(f"{login}@hop.example"):
            text = one.message.get_payload(decode=True)
            assert isinstance(text, bytes)
            found.append((str(make_header(decode_header(one.message["Subject"]))), text.decode()))
        return found

    def states(self, kind: str) -> list[str]:
        query = select(Effect.state).where(Effect.kind == kind).order_by(Effect.id)
        return self.service.database.read_now(lambda db: list(db.scalars(query)))

    def request(self, title: str, hour: int = 3, day: int = 3, **changes: Any) -> Booked:
        rules = self.service.app[keys.STANDING].current
        starts = START + timedelta(days=day, hours=hour)

        def work(db: Session) -> Booked:
            asker = changes.get("actor", "account:1")
            booking = wish(db, "STTTT", ["HHOA"], starts, title=title)
            return book(db, booking, actor=asker, now=self.service.now, rules=rules)

        return self.service.database.write_now(work)


@pytest.fixture
async def inbox(service: Service) -> AsyncIterator[Inbox]:
    rule = RuleWish("approval_by", None, None, "own_head", "QĐ", date(2026, 1, 1))
    service.account("clerk", "booker", unit="STTTT")  # who asks
    service.database.write_now(put_rule, rule, actor="cli", now=service.now)
    await service.app[keys.STANDING].read_again()
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port, timeout=2, deadline=5) as mailer:
        yield Inbox(service, sink, mailer)


async def test_many_requests_make_one_mail(inbox: Inbox) -> None:
    inbox.approver("head")
    inbox.approver("other", unit="SYT")
    for hour in (0, 3, 6):
        inbox.request(f"Họp số {hour}", hour)
    await inbox.after(timedelta())
    assert inbox.sink.received == [], "what is asked in one go is gathered first"
    await inbox.after(GATHER)
    ((subject, text),) = inbox.mails("head")
    assert subject == "3 đề nghị đang chờ đồng chí quyết định"
    assert "Họp số 3" in text and "Sở TT&TT" in text and "/approvals" in text
    assert "jwt" not in text and "Họp" not in subject
    assert inbox.mails("other") == [], "who does not decide on it hears nothing"


async def test_the_next_mail_waits_for_its_time_and_says_what_is_new(inbox: Inbox) -> None:
    inbox.approver("head")
    inbox.request("Họp một", 0)
    await inbox.after(timedelta())
    await inbox.after(GATHER)
    inbox.request("Họp hai", 3)
    inbox.request("Họp ba", 6)
    await inbox.after(GATHER)
    await inbox.after(INTERVAL - GATHER - timedelta(seconds=1))
    assert len(inbox.mails("head")) == 1
    await inbox.after(timedelta(seconds=1))
    (_first, (_subject, text)) = inbox.mails("head")
    assert "3, trong đó mới: 2" in text
    await inbox.after(INTERVAL)
    assert len(inbox.mails("head")) == 2, "nothing new came"


async def test_nothing_is_sent_about_what_was_decided_or_withdrawn(inbox: Inbox) -> None:
    inbox.approver("head")
    one, two = inbox.request("Họp một", 0), inbox.request("Họp hai", 3)
    await inbox.after(timedelta())
    database, now = inbox.service.database, inbox.service.now
    decided = {a.id: None for a in database.read_now(list_open_approvals, one.id)}
    given: dict[str, Any] = {"version": one.version, "actor": "account:99", "now": now}
    database.write_now(return_, one.key, deciders=decided, reason="sửa lại", **given)
    database.write_now(cancel, two.key, version=two.version, actor="account:98", reason="bận", now=now)
    await inbox.after(GATHER)
    assert inbox.mails("head") == []
    assert inbox.states("waiting") == ["needless"]
    withdrawn = inbox.request("Họp ba", 6)
    version = withdrawn.version
    database.write_now(cancel, withdrawn.key, version=version, actor="account:98", reason="bận", now=now)
    await inbox.after(INTERVAL)
    assert inbox.states("waiting") == ["needless"], "nobody is owed a mail about it at all"


async def test_the_deputy_hears_too_while_the_head_is_away(inbox: Inbox) -> None:
    head, deputy = inbox.approver("head"), inbox.person("deputy")
    database, now = inbox.service.database, inbox.service.now
    until = START.date() + timedelta(days=1)
    database.write_now(
        accounts.add_grant, deputy, "approver", actor="cli", now=now, unit_id=inbox.service.unit("STTTT"),
        valid_to=until, substitute_for=head,
    )  # fmt: skip
    inbox.request("Họp một", 0, day=9)
    await inbox.after(timedelta())
    await inbox.after(GATHER)
    assert [len(inbox.mails(name)) for name in ("head", "deputy")] == [1, 1]
    inbox.service.clock[0] += timedelta(days=3)
    inbox.request("Họp hai", 3, day=9)
    await inbox.after(timedelta())
    await inbox.after(GATHER)
    assert [len(inbox.mails(name)) for name in ("head", "deputy")] == [2, 1], "the head is back"


async def test_who_asked_is_not_written_to_about_his_own_request(inbox: Inbox) -> None:
    head = inbox.approver("head")
    inbox.request("Họp một", 0, actor=f"account:{head}")
    await inbox.after(timedelta())
    await inbox.after(GATHER)
    assert inbox.sink.received == []


async def test_a_reminder_comes_a_day_before_it_falls_back(inbox: Inbox) -> None:
    inbox.approver("head")
    one = inbox.request("Họp một", 0, day=3)
    await inbox.after(timedelta())
    await inbox.after(GATHER)
    await inbox.after(timedelta(days=2))
    await inbox.after(GATHER)
    (_first, (subject, text)) = inbox.mails("head")
    assert subject.startswith("Nhắc lại: ") and "trong vòng một ngày" in text
    inbox.service.clock[0] = START + timedelta(days=3)
    inbox.service.database.write_now(advance, one.id, now=inbox.service.now, timing=Timing())
    await inbox.after(INTERVAL)
    assert len(inbox.mails("head")) == 2


async def test_a_mail_that_may_have_left_is_repeated_as_it_was(inbox: Inbox) -> None:
    inbox.approver("head")
    inbox.request("Họp một", 0)
    await inbox.after(timedelta())
    inbox.sink.drop_after_data = True
    await inbox.after(GATHER)
    inbox.sink.drop_after_data = False
    inbox.request("Họp hai", 3)
    await inbox.after(INTERVAL)
    first, second = (one.content for one in inbox.sink.to("head@hop.example"))
    assert first == second, "the same bytes, though another request came meanwhile"
    await inbox.after(INTERVAL)
    assert "Họp hai" in inbox.mails("head")[2][1], "the next mail tells of that one"
    assert inbox.states("waiting") == ["done", "done"]


async def test_nobody_without_an_address_or_a_right_to_sign_in_is_written_to(inbox: Inbox) -> None:
    inbox.service.account("silent", "approver", unit="STTTT")
    gone = inbox.approver("gone")
    inbox.service.database.write_now(accounts.disable_account, gone, actor="cli", now=START)
    inbox.request("Họp một", 0)
    await inbox.after(timedelta())
    await inbox.after(GATHER)
    assert (inbox.states("asked")[0], inbox.states("waiting")) == ("done", [])
