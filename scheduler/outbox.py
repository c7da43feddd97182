"""The outbox: a side effect is a row first, an act later, and safe to repeat.

Rows of one chain (all letters of one calendar entry to one address) go out in the order of their ids: only the oldest
live row of a chain may be claimed. A claim is a lease with a token; who settles must still hold the token. A lease
that ran out may be claimed again, and since nobody knows whether its act took place, the row becomes a ``maybe``.

Every function runs inside the caller's transaction (PostgreSQL: FOR UPDATE SKIP LOCKED; SQLite: the write
lock), and none of them acts.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, exists, literal_column, or_, select, update
from sqlalchemy.orm import Session, aliased

from rooms.once import insert_once, poke
from scheduler.models import Effect
from scheduler.outcomes import Claimed, Dead, Done, Later, Needless, Outcome, Untried, patience
from scheduler.overtaken_queries import LETTER, overtaken
from scheduler.queries import add_maybe_told, add_sure_told, knows
from scheduler.trouble import ROOM_NOT_ENDED, clear_trouble, note_trouble

# Literals, not parameters: only then can both databases use the partial indexes.
_LIVE: list[ColumnElement[str]] = [literal_column("'owed'"), literal_column("'leased'")]
_REPLACES = LETTER  # the kind of which a newer row makes an untried older one pointless
_ENDS = "end_meeting"  # the kind that ends a conference's video room
_AT_ONCE = 200


def owe(db: Session, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write down what we owe; a key that is known already is left as it is. How many were new.

    A row needs kind, key, chain, payload, due, expires and created, and may name a conference_id. A new letter
    supersedes the untried older ones of its chain.
    """
    new = list(rows)
    for row in new:
        if row["kind"] == _REPLACES:
            part = row["payload"].get("part")
            supersede(db, [row["chain"]], int(row["payload"]["edition"]), now=row["created"], part=part)
    written = insert_once(db, Effect, new)
    if written:
        poke(db, "outbox")
    return written


def supersede(
    db: Session, chains: Collection[str], before_edition: int, *, now: datetime, part: str | None = None
) -> int:
    """Set aside the letters of these chains that are owed for an older edition and were surely never delivered.

    ``part``: news of one date of a shared entry, which overtakes only news of that date; news of the whole entry says
    everything, and overtakes everything. One whose attempt had an unknown result stays: the same mail must go out again
    before a newer one may.
    """
    row = (
        update(Effect)
        .where(*overtaken(chains, before_edition, part))
        .values(state="superseded", settled=now)
        .execution_options(synchronize_session=False)
    )
    return _count(db.execute(row))


def is_due(db: Session, *, now: datetime) -> bool:
    """Whether `claim` could find something, or something has expired; a read that spares the write lock."""
    return bool(db.scalar(select(exists().where(_free(now), or_(Effect.due <= now, Effect.expires <= now)))))


def claim(
    db: Session, *, now: datetime, limit: int, lease_seconds: float, kinds: Collection[str] | None = None,
    holder: str = "",
) -> list[Claimed]:  # fmt: skip
    """Take up to ``limit`` due effects, oldest first, none of a chain whose older row is live. ``holder``: the process,
    whose name the tokens carry.

    What has expired becomes visible as such; a CANCEL to somebody who never got anything settles as ``needless``.
    """
    expire(db, now=now)
    older = aliased(Effect)
    blocked = exists().where(older.chain == Effect.chain, older.id < Effect.id, older.state.in_(_LIVE))
    query = select(Effect).where(_free(now), Effect.due <= now, Effect.expires > now, ~blocked)
    if kinds is not None:
        query = query.where(Effect.kind.in_(list(kinds)))
    query = query.order_by(Effect.due, Effect.id).limit(limit).with_for_update(skip_locked=True, of=Effect)
    until = now + timedelta(seconds=lease_seconds)
    while rows := db.scalars(query.execution_options(populate_existing=True)).all():
        taken = [taken for row in rows if (taken := _take(db, row, now, until, holder)) is not None]
        db.flush()
        if taken:
            return taken
    return []


def _take(db: Session, row: Effect, now: datetime, until: datetime, holder: str) -> Claimed | None:
    if row.state == "leased":  # its holder is gone or late; it may have acted
        row.maybe = True
        _remember_maybe(db, row)
    if row.kind == _REPLACES and _is_needless(db, row.payload):
        row.state, row.settled, row.token, row.lease_until = "needless", now, None, None
        _changed(db, row.conference_id)
        return None
    row.state, row.token, row.lease_until = "leased", f"{holder}.{secrets.token_hex(16)}", until
    row.attempts += 1
    return Claimed(
        row.id, row.kind, row.key, row.chain, row.conference_id, row.payload, row.token, until, row.attempts, row.maybe
    )


def expire(db: Session, *, now: datetime) -> int:
    """End what nobody needs any more (the conference is over); it stays visible. How many."""
    query = select(Effect).where(_free(now), Effect.expires <= now).order_by(Effect.id).limit(_AT_ONCE)
    rows = db.scalars(query.with_for_update(skip_locked=True)).all()
    for row in rows:
        if row.state == "leased":
            row.maybe = True
            _remember_maybe(db, row)
        row.state, row.settled, row.token, row.lease_until = "expired", now, None, None
        _note_room(db, row.kind, row.conference_id, Dead("expired"), now)
        _changed(db, row.conference_id)
    db.flush()
    return len(rows)


def give_back(db: Session, *, now: datetime, holder: str | None = None) -> int:
    """All leases, or those of ``holder``, run out now; only for the one who knows that nobody who could hold one lives.
    How many."""
    row = update(Effect).where(Effect.state == literal_column("'leased'"), Effect.lease_until > now)
    if holder is not None:
        row = row.where(Effect.token.startswith(f"{holder}."))
    row = row.values(lease_until=now)
    freed = _count(db.execute(row.execution_options(synchronize_session=False)))
    if freed:
        poke(db, "outbox")
    return freed


def settle(db: Session, claimed: Claimed, outcome: Outcome, *, now: datetime) -> bool:
    """Write down what came of it; False when the lease had run out and another holds the row now.

    What a letter's recipient surely or perhaps knows is remembered even then.
    """
    if claimed.kind == _REPLACES:
        if isinstance(outcome, Done):
            add_sure_told(db, claimed.payload, message_id=outcome.result.get("message_id"))
        elif isinstance(outcome, Later) and outcome.maybe:
            add_maybe_told(db, claimed.payload)
    row = (
        update(Effect)
        .where(Effect.id == claimed.id, Effect.state == "leased", Effect.token == claimed.token)
        .values(token=None, lease_until=None, **_settled(db, claimed, outcome, now))
        .execution_options(synchronize_session=False)
    )
    ours = _count(db.execute(row)) == 1
    if ours:
        _note_room(db, claimed.kind, claimed.conference_id, outcome, now)
        _changed(db, claimed.conference_id)
    return ours


def rewrite(db: Session, claimed: Claimed, payload: Mapping[str, Any]) -> bool:
    """What a claimed effect is about is settled only now; False when another holds it. Not after a ``maybe``: the same
    act must be repeated then."""
    row = update(Effect).where(Effect.id == claimed.id, Effect.state == "leased", Effect.token == claimed.token)
    return _count(db.execute(row.values(payload=dict(payload)).execution_options(synchronize_session=False))) == 1


def _settled(db: Session, claimed: Claimed, outcome: Outcome, now: datetime) -> dict[str, Any]:
    match outcome:
        case Done():
            return {"state": "done", "settled": now, "last_error": None}
        case Dead(error):
            return {"state": "dead", "settled": now, "last_error": error[:2000]}
        case Needless():
            return {"state": "needless", "settled": now, "last_error": None}
        case Untried():
            return {"state": "owed", "due": now, "attempts": claimed.attempts - 1}
        case Later(after, maybe, error):
            maybe = maybe or claimed.maybe
            if claimed.kind == _REPLACES and not maybe and _has_newer(db, claimed):
                return {"state": "superseded", "settled": now, "last_error": error[:2000]}
            wait = max(patience(claimed.kind).wait(claimed.attempts), timedelta(seconds=after or 0))
            return {"state": "owed", "due": now + wait, "maybe": maybe, "last_error": error[:2000]}


def _has_newer(db: Session, claimed: Claimed) -> bool:
    newer = exists().where(Effect.chain == claimed.chain, Effect.id > claimed.id, Effect.state.in_(_LIVE))
    said = Effect.payload["part"].as_string()
    newer = newer.where(or_(said.is_(None), said == claimed.payload.get("part")))
    return bool(db.scalar(select(newer)))


def _free(now: datetime) -> ColumnElement[bool]:
    """Live, and nobody's: owed, or leased by one whose time ran out."""
    return and_(
        Effect.state.in_(_LIVE),
        or_(Effect.state == literal_column("'owed'"), Effect.lease_until <= now),
    )


def _is_needless(db: Session, letter: Mapping[str, Any]) -> bool:
    """Whether this is a CANCEL to somebody who surely never got anything about the entry, or about this date of it."""
    told = knows(db, str(letter["uid"]), str(letter["mail"]), letter.get("part"))
    return letter.get("method") == "CANCEL" and not told


def _remember_maybe(db: Session, row: Effect) -> None:
    if row.kind == _REPLACES:
        add_maybe_told(db, row.payload)


def _note_room(db: Session, kind: str, conference_id: int | None, outcome: Outcome, now: datetime) -> None:
    """A video room that goes on after its conference is a trouble of the conference."""
    if kind != _ENDS or conference_id is None:
        return
    if isinstance(outcome, Dead):
        note_trouble(db, conference_id, ROOM_NOT_ENDED, now=now)
    elif isinstance(outcome, Done):
        clear_trouble(db, conference_id, ROOM_NOT_ENDED, now=now)


def _changed(db: Session, conference_id: int | None) -> None:
    if conference_id is not None:
        poke(db, f"conference:{conference_id}")


def _count(result: Any) -> int:
    return cast(CursorResult[Any], result).rowcount
