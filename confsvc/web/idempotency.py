"""The answer once given to a key: a repeated request gets it again and does nothing. Inside a unit of work."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel
from sqlalchemy.orm import Session

from confsvc import queries
from confsvc.models import Idempotency
from rooms.errors import FieldError, Invalid, Problem
from rooms.once import insert_once

IDEMPOTENCY_KEY = "Idempotency-Key"
_KEY = re.compile(r"[!-~]{1,200}")
Made = TypeVar("Made", bound=BaseModel)


def read_key(request: web.Request) -> str | None:
    """What the sender named this request, None without a name. Raises Invalid."""
    key = request.headers.get(IDEMPOTENCY_KEY)
    if key is not None and not _KEY.fullmatch(key):
        raise Invalid([FieldError(IDEMPOTENCY_KEY, "pattern")])
    return key


def request_hash(method: str, path: str, body: BaseModel) -> str:
    """What makes two requests the same: what is asked, not how it was written."""
    return hashlib.sha256(f"{method} {path}\n{body.model_dump_json()}".encode()).hexdigest()


def claim(db: Session, account_id: int, key: str, asked: str, *, now: datetime) -> Idempotency | None:
    """None: the key is ours, do it and ``settle``. A row: the answer already given.

    A second request with the key waits here until the first one's transaction has ended (PostgreSQL), or comes after it
    (SQLite). Raises Problem "key_reused" when the key was used for something else.
    """
    row = {"account_id": account_id, "key": key, "request_hash": asked, "status": 0, "answer": {}, "at": now}
    if insert_once(db, Idempotency, [row]):
        return None
    found = queries.find_idempotency(db, account_id, key)
    if found is None or found.request_hash != asked:
        raise Problem("key_reused")
    return found


def settle(db: Session, account_id: int, key: str, status: int, answer: BaseModel) -> None:
    """Keep the answer with what it answers, in the same transaction."""
    found = queries.find_idempotency(db, account_id, key)
    if found is not None:
        queries.set_idempotency_answer(db, found.id, status, answer.model_dump(mode="json"))


def once(
    db: Session, account_id: int, key: str | None, asked: str, answer: type[Made], work: Callable[[], Made], *,
    status: int, now: datetime,
) -> Made:  # fmt: skip
    """``work`` done under this key, or what it gave when it was done under it before. What it raises leaves the key
    free: the transaction is taken back with it."""
    if key is None:
        return work()
    answered = claim(db, account_id, key, asked, now=now)
    if answered is not None:
        return answer.model_validate(answered.answer)
    made = work()
    settle(db, account_id, key, status, made)
    return made
