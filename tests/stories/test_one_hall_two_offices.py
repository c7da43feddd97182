"""Two offices want the same hall and wait for approval: accepting one answers the other, with ways out, and nobody is
told twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy.orm import Session

from confsvc.accounts import add_account, add_grant
from confsvc.tokens import add_token
from confsvc.web import keys
from rooms.queries import find_unit
from scheduler.local_time import local_day
from scheduler.models import Approval, Reservation
from scheduler.rule_acts import RuleWish, put_rule
from tests.fakes.service import Service
from tests.stories.day import conference, local

HALL = "UBNDT"
STARTS, ENDS = local(30, 8), local(30, 10)
HOUR = timedelta(hours=1)


@dataclass
class Office:
    """An office with a clerk who asks and a head who decides."""

    service: Service
    code: str
    tokens: dict[str, str]

    async def says(self, who: str, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return await self.service.api(method, path, body, status=status, headers=headers)

    async def asks(self, *units: str, starts: datetime = STARTS, ends: datetime = ENDS, status: int = 201) -> Any:
        body = {
            "title": f"Giao ban của {self.code}", "kind": "briefing", "form": "online", "no_secrets": True,
            "host": self.code, "starts": starts.isoformat(), "ends": ends.isoformat(),
            "sites": [self.service.rooms[unit].key for unit in units], "clash_confirmed": True,
        }  # fmt: skip
        return await self.says("clerk", "POST", "/conferences", body, status)

    async def decides(self, key: str, act: str = "approve", status: int = 200, **more: Any) -> Any:
        version = (await conference(self.service, key)).version
        return await self.says("head", "POST", f"/conferences/{key}/{act}", {"version": version, **more}, status)

    async def sends_again(self, key: str, status: int = 200) -> Any:
        version = (await conference(self.service, key)).version
        return await self.says("clerk", "POST", f"/conferences/{key}/submit", {"version": version}, status)

    async def moves(self, key: str, starts: str, ends: str) -> Any:
        body = {"version": (await conference(self.service, key)).version, "starts": starts, "ends": ends}
        return await self.says("clerk", "PATCH", f"/conferences/{key}", body)


def people(db: Session, code: str, *, now: datetime) -> dict[str, str]:
    """A clerk and a head, each with a key for programs; a request of the office waits for the head."""
    unit = find_unit(db, code, local_day(now))
    assert unit is not None
    tokens = {}
    for who, function, scopes in (("clerk", "booker", ["read", "book"]), ("head", "approver", ["read", "conduct"])):
        account = add_account(db, f"{who}.{code.lower()}", f"{who} {code}", actor="cli", now=now, unit_id=unit.id)
        add_grant(db, account, function, actor="cli", now=now, unit_id=unit.id)
        made = add_token(db, account, who, scopes, expires=now + timedelta(days=300), by="cli", now=now)
        tokens[who] = made.token
    rule(db, "approval_by", "own_head", unit.id, now=now)
    return tokens


def rule(db: Session, what: str, value: str, unit_id: int, *, now: datetime) -> None:
    put_rule(db, RuleWish(what, None, unit_id, value, "QĐ", date(2026, 11, 1)), actor="cli", now=now)


async def offices(service: Service, *codes: str, loose: Sequence[str] = ()) -> list[Office]:
    """``loose``: those whose requests do not hold their rooms until they are decided on."""
    found = []
    for code in codes:
        tokens = await service.database.write(people, code, now=service.clock())
        found.append(Office(service, code, tokens))
        if code in loose:
            await service.database.write(
                rule, "pending_holds", "no", service.rooms[code].unit_id, now=service.clock()
            )  # fmt: skip
    await service.app[keys.STANDING].read_again()
    return found


def told(service: Service) -> Counter[tuple[str, str]]:
    """How often whom with which subject."""
    return Counter((one.recipients[0], str(one.message["Subject"])) for one in service.sink.received)


def mail_of(code: str) -> str:
    return f"{code.lower()}@bacgiang.example"


def about(service: Service, code: str, word: str) -> list[str]:
    """The texts of the mails to an office whose subject has this word."""
    found = [one.message for one in service.sink.received if one.recipients[0] == mail_of(code)]
    return [str(m.get_body(("plain",)).get_content()) for m in found if word in str(m["Subject"])]  # type: ignore[union-attr]


async def states(service: Service, *keys_: str) -> list[str]:
    return [(await conference(service, key)).state for key in keys_]


async def halls_are_held_once(service: Service) -> None:
    held = await service.rows(Reservation, Reservation.room_id == service.rooms[HALL].id, Reservation.holds.is_(True),
                              order=Reservation.starts)  # fmt: skip
    assert all(one.ends <= other.starts for one, other in pairwise(held))


async def test_requests_that_do_not_hold_and_the_first_that_is_accepted(service_on_both: Service) -> None:
    service = service_on_both
    codes = ("STTTT", "SNV", "SYT")
    ours, theirs, third = await offices(service, *codes, loose=codes)
    mine = (await ours.asks(HALL, "HHOA"))["key"]
    rival = (await theirs.asks(HALL, "LNGAN", starts=STARTS + HOUR, ends=ENDS + HOUR))["key"]
    elsewhere = (await third.asks("VYEN"))["key"]
    await service.settle()
    assert await states(service, mine, rival, elsewhere) == ["pending"] * 3
    assert service.sink.received == [], "nobody is invited to what waits"

    await theirs.decides(rival)
    await service.settle()
    assert await states(service, mine, rival, elsewhere) == ["draft", "planned", "pending"]
    (answered,) = await service.rows(Approval, Approval.verdict == "answered")
    assert answered.reason == "Sở Nội vụ"
    (said,) = about(service, "STTTT", "Trả lại")
    assert "Sở Nội vụ" in said, "the host hears who has the hall"
    assert {mail for mail, _ in told(service)} == {mail_of(code) for code in (HALL, "LNGAN", "SNV", "STTTT")}
    late = await ours.decides(mine, status=409)
    assert late["code"] == "wrong_move"

    refused = await ours.sends_again(mine, status=409)
    assert refused["code"] == "room_taken" and {one["unit"] for one in refused["taken"]} == {"Sở Nội vụ"}
    (free, *_) = refused["ways_out"]["times"]
    await ours.moves(mine, free["starts"], free["ends"])
    await ours.sends_again(mine)
    assert await states(service, mine) == ["pending"]
    await ours.decides(mine)
    await service.settle()
    await service.settle()
    assert await states(service, mine, rival, elsewhere) == ["planned", "planned", "pending"]
    await halls_are_held_once(service)
    assert set(told(service).values()) == {1}, "nobody twice"
    assert sum(mail == mail_of(HALL) for mail, _ in told(service)) == 2, "the hall is invited to each meeting once"


async def test_a_request_that_holds_keeps_the_hall_until_it_is_returned(service_on_both: Service) -> None:
    service = service_on_both
    ours, theirs = await offices(service, "STTTT", "SNV", loose=("SNV",))
    early = (await theirs.asks(HALL, "LNGAN"))["key"]  # its office's requests hold nothing
    mine = (await ours.asks(HALL, "HHOA"))["key"]
    refused = await theirs.asks(HALL, "YDUNG", status=409)
    assert refused["code"] == "room_taken" and {one["unit"] for one in refused["taken"]} == {"Sở TT&TT"}
    (free, *_) = refused["ways_out"]["times"]
    assert free["starts"] >= ENDS.isoformat().replace("+00:00", "Z")
    refused = await theirs.decides(early, status=409)
    assert refused["code"] == "room_taken" and {one["unit"] for one in refused["taken"]} == {"Sở TT&TT"}
    assert await states(service, early, mine) == ["pending", "pending"]

    await ours.decides(mine, "return", reason="Trùng lịch tiếp dân")
    await service.settle()
    (said,) = about(service, "STTTT", "Trả lại")
    assert "Trùng lịch tiếp dân" in said
    await theirs.decides(early)
    refused = await ours.sends_again(mine, status=409)
    assert {one["unit"] for one in refused["taken"]} == {"Sở Nội vụ"}
    again = (await ours.asks(HALL, "HHOA", starts=ENDS + HOUR, ends=ENDS + 2 * HOUR))["key"]
    await ours.decides(again)
    await service.settle()
    assert await states(service, early, mine, again) == ["planned", "draft", "planned"]
    await halls_are_held_once(service)
    assert set(told(service).values()) == {1}, "nobody twice"
