"""Second ways for urgent things: an SMS gateway by HTTP, and a signed call to another system.

What is urgent (effect "urgent") becomes a message for each number (effect "sms") and one call (effect "alarm"), by what
is configured. A message whose fate is unknown is repeated under the same id: told twice is better than not.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from confsvc.calls import Called, Calls
from confsvc.channel_words import short_text
from confsvc.config_outside import Channels, SmsChannel
from confsvc.database import Database
from integrations.signing import signed_headers
from integrations.sms import filled, fitting, header_values, mobile_number, plain, written
from scheduler import outbox
from scheduler.drain import Handler
from scheduler.outcomes import Claimed, Dead, Done, Later, Needless, Outcome
from scheduler.telling.urgent import called, urgent_words

log = logging.getLogger(__name__)
SMS, ALARM = "sms", "alarm"
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Ways:
    """The configured channels, the number of the operator, and the secrets, read once."""

    channels: Channels
    operator_phone: str = ""
    sms_secret: str = ""
    alarm_secret: str = ""

    @property
    def any(self) -> bool:
        return self.channels.sms is not None or self.channels.webhook is not None


def ways_of(channels: Channels, operator_phone: str) -> Ways:
    """Raises ConfigError when a secret is named but cannot be read."""
    sms = channels.sms.secret if channels.sms else None
    alarm = channels.webhook.secret if channels.webhook else None
    return Ways(channels, operator_phone, sms or "", alarm or "")


def calling(
    database: Database, calls: Calls, ways: Ways, *, now: Callable[[], datetime], sleep: Sleep = asyncio.sleep
) -> dict[str, Handler]:
    """The doors of "urgent", "sms" and "alarm"."""

    async def urgent(claimed: Claimed) -> Outcome:
        told = await database.write(owe_messages, claimed, ways, now=now())
        return Done({"told": told}) if told else Needless()

    found: dict[str, Handler] = {"urgent": urgent}
    if ways.channels.sms is not None:
        found[SMS] = _texting(database, calls, ways, ways.channels.sms, now, sleep)
    if ways.channels.webhook is not None:
        found[ALARM] = _alarming(database, calls, ways, ways.channels.webhook.url, now)
    return found


def owe_messages(db: Session, claimed: Claimed, ways: Ways, *, now: datetime) -> int:
    """Owe what the configured channels say; how many messages. None when nobody can be reached by them, or when it is
    no longer true."""
    conference_id = claimed.conference_id or 0
    if urgent_words(db, conference_id, claimed.payload) is None:
        return 0
    people = {number: one for one in reversed(called(db, conference_id)) if (number := mobile_number(one.phone))}
    rows: list[dict[str, Any]] = []
    if ways.channels.sms is not None:
        for number, one in reversed(people.items()):
            said = {"phone": number, "name": one.name, "language": one.language}
            rows.append(_row(claimed, SMS, number, said, now))
    if ways.channels.webhook is not None and people:
        told = [
            {"name": one.name, "phone": f"+84{number}", "language": one.language}
            for number, one in reversed(people.items())
        ]
        rows.append(_row(claimed, ALARM, "", {"people": told}, now))
    return outbox.owe(db, rows)


def _row(claimed: Claimed, kind: str, to: str, said: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    key = f"{claimed.key}:{kind}:{to}" if to else f"{claimed.key}:{kind}"
    payload = claimed.payload
    return {
        "kind": kind, "key": key, "chain": f"{kind}:{claimed.conference_id}:{to}",
        "conference_id": claimed.conference_id, "due": now, "expires": _until(payload, now), "created": now,
        "payload": {"what": payload["what"], "starts": payload["starts"], **said},
    }  # fmt: skip


def _until(payload: Mapping[str, Any], now: datetime) -> datetime:
    """Of use until the start as it was when it was decided, and for an hour in any case."""
    return max(datetime.fromisoformat(str(payload["starts"])), now + timedelta(hours=1))


def _texting(
    database: Database, calls: Calls, ways: Ways, sms: SmsChannel, now: Callable[[], datetime], sleep: Sleep
) -> Handler:
    free = [now()]  # when the next message may leave

    async def text(claimed: Claimed) -> Outcome:
        said = await database.read(urgent_words, claimed.conference_id or 0, claimed.payload)
        if said is None:
            return Needless()
        try:
            url, body, headers, query = sms_call(sms, ways, claimed, said)
        except ValueError as problem:
            return Dead(str(problem))
        wait = (free[0] - now()).total_seconds()
        if wait > 0:
            await sleep(wait)
        free[0] = max(free[0], now()) + timedelta(seconds=60 / sms.per_minute)
        return judged(sms, await calls.call(sms.method, url, body, headers, query))

    return text


def sms_call(
    sms: SmsChannel, ways: Ways, claimed: Claimed, said: Mapping[str, Any]
) -> tuple[str, bytes | None, Mapping[str, str], Mapping[str, str] | None]:
    """Address, body, headers and query of one message; the same arguments give the same call. ValueError for a header
    that cannot be sent."""
    payload = claimed.payload
    words = short_text(said, str(payload["language"]), ways.operator_phone)
    words = fitting(plain(words) if sms.ascii else words, sms.longest if sms.ascii else _unicode(sms.longest))
    values = {
        "phone": f"{sms.phone}{payload['phone']}", "text": words, "id": claimed.key, "secret": ways.sms_secret,
    }  # fmt: skip
    fields = filled(sms.fields, values)
    headers = header_values(filled(sms.headers, values))
    if sms.method == "GET" or sms.body == "query":
        return sms.url, None, headers, fields
    body, kind = written(sms.body, fields)
    return sms.url, body, {"Content-Type": kind, **headers}, None


def _unicode(longest: int) -> int:
    """What of it one or two messages hold when letters have marks (UCS-2)."""
    return 70 if longest == 160 else 134


def judged(sms: SmsChannel, answer: Called) -> Outcome:
    """Whether the gateway took it, by the rules of the configuration."""
    if answer.status is None:
        return Later(answer.after, answer.maybe, answer.error)
    if answer.status in sms.ok_status:
        said = answer.body.decode("utf-8", "replace")
        if sms.ok_pattern is None or re.search(sms.ok_pattern, said[:4000]):
            return Done({"status": answer.status})
        return Later(answer.after, False, f"the gateway answered {answer.status} without the sign of success")
    error = answer.error or f"the gateway answered {answer.status}"
    if 400 <= answer.status < 500 and answer.status not in (408, 425, 429):
        return Dead(error)
    return Later(answer.after, answer.maybe, error)


def _alarming(database: Database, calls: Calls, ways: Ways, url: str, now: Callable[[], datetime]) -> Handler:
    async def alarm(claimed: Claimed) -> Outcome:
        said = await database.read(urgent_words, claimed.conference_id or 0, claimed.payload)
        if said is None:
            return Needless()
        body = json.dumps(_alarm(claimed, said, ways.operator_phone), ensure_ascii=False).encode()
        headers = signed_headers(
            ways.alarm_secret, int(now().timestamp()), body, event=said["what"], event_id=claimed.key
        )
        answer = await calls.call("POST", url, body, headers)
        return Done({"status": answer.status}) if answer.good else Later(answer.after, answer.maybe, answer.error)

    return alarm


def _alarm(claimed: Claimed, said: Mapping[str, Any], phone: str) -> dict[str, Any]:
    people = [
        {**one, "text": short_text(said, one["language"], phone)} for one in claimed.payload["people"]
    ]  # fmt: skip
    conference = {name: said[name] for name in ("key", "title", "starts", "ends", "form")}
    return {"id": claimed.key, "event": said["what"], "conference": conference, "people": people}
