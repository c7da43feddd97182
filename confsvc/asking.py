"""Who decides on requests is written to: whoever holds the function today, and the deputy while he is away.

A question (effect "asked") becomes a mail owed to each of them (effect "waiting"); what a mail says is settled when it
leaves, so that one mail tells of everything that waits by then. Units of work.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from confsvc.access import FUNCTION_PERMISSIONS, Actor
from confsvc.approving import PERMISSIONS, deciders, scope_of
from confsvc.asker_queries import list_grants
from confsvc.asking_queries import list_reachable
from confsvc.models import Account
from confsvc.queries import find_account
from scheduler import outbox
from scheduler.booking.approving.asking import WAITING, falls_back, waiting_chain
from scheduler.booking.approving.queries import Question, find_question, list_questions
from scheduler.local_time import local_day
from scheduler.name_queries import list_short_names
from scheduler.outcomes import Claimed
from scheduler.waiting_queries import find_last_done, list_live

GATHER = timedelta(minutes=2)
"""What is asked in one go, as the dates of a series, comes in one mail."""
INTERVAL = timedelta(minutes=30)
"""Nobody gets two of these mails sooner one after the other."""
LIFE = timedelta(days=30)
MOST_SAID = 20


def owe_mails(db: Session, claimed: Claimed, *, now: datetime) -> bool:
    """Owe a mail to everybody who may answer the question; False when it waits no more.

    Who has a mail coming anyway gets no other: that one will tell.
    """
    payload = claimed.payload
    asked = datetime.fromisoformat(str(payload["asked"]))
    question = find_question(db, claimed.conference_id or 0, str(payload["function"]), asked)
    if question is None:
        return False
    permission, day = PERMISSIONS[question.function], local_day(now)
    functions = [name for name, held in FUNCTION_PERMISSIONS.items() if permission in held]
    for account in list_reachable(db, functions, day):
        actor = _actor(db, account, now)
        if question.asked_by != actor.text and deciders(actor, [question]):
            _owe(db, account.id, remind=bool(payload["remind"]), key=f"{claimed.key}:{account.id}", now=now)
    return True


def _owe(db: Session, account_id: int, *, remind: bool, key: str, now: datetime) -> None:
    chain = waiting_chain(account_id)
    live = list_live(db, chain)
    if any(one.state == "owed" and not one.maybe and (one.payload["remind"] or not remind) for one in live):
        return
    last = find_last_done(db, chain)
    left = [one.due for one in live] + ([last.settled] if last and last.settled else [])
    due = max([now + GATHER, *(at + INTERVAL for at in left)])
    row = {"kind": WAITING, "key": f"{WAITING}:{key}", "chain": chain, "due": due, "expires": due + LIFE}
    outbox.owe(db, [{**row, "created": now, "payload": {"account": account_id, "remind": remind}}])


def settle_words(db: Session, claimed: Claimed, *, now: datetime) -> Mapping[str, Any] | None:
    """What the mail says, kept with it; None when nothing new waits for this person. A mail that may have left says
    the same again."""
    payload = claimed.payload
    if claimed.maybe and "ids" in payload:
        return payload
    account = find_account(db, int(payload["account"]))
    if account is None or account.mail is None or account.disabled_at is not None:
        return None
    actor = _actor(db, account, now)
    found = [one for one in list_questions(db, scope_of(actor), but_of=actor.text) if not one.conference.demo]
    last = find_last_done(db, claimed.chain)
    told = set(last.payload["ids"]) if last else set()
    ids = [one.approval.id for one in found]
    new = len(set(ids) - told)
    if not ids or not (new or payload["remind"]):
        return None
    said = {
        **payload, "ids": ids, "new": new, "mail": account.mail, "name": account.name, "language": account.language,
        "at": now.replace(microsecond=0).isoformat(), "items": _items(db, found),
    }  # fmt: skip
    return said if outbox.rewrite(db, claimed, said) else None


def _items(db: Session, found: list[Question]) -> list[dict[str, str]]:
    hosts = [(one.conference.host_unit_id, local_day(one.conference.starts)) for one in found]
    names = list_short_names(db, hosts)
    shown = dict.fromkeys(one.conference for one in found)
    return [
        {
            "title": c.title, "host": names.get((c.host_unit_id, local_day(c.starts)), ""),
            "starts": c.starts.isoformat(), "falls": falls_back(c.starts, c.hold_until).isoformat(),
        }
        for c in list(shown)[:MOST_SAID]
    ]  # fmt: skip


def _actor(db: Session, account: Account, now: datetime) -> Actor:
    grants = list_grants(db, account.id, local_day(now))
    return Actor(account.id, account.login, account.name, account.unit_id, account.language, grants)
