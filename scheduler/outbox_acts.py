"""What a person may do with a letter in the outbox: try it again now, or give it up. Units of work with change rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import NotFound
from rooms.once import poke
from scheduler.errors import TooLate, WrongMove
from scheduler.models import Effect
from scheduler.outbox_queries import find_locked_effect, has_later

GIVEN_UP = "given up by a person"


def retry_now(db: Session, effect_id: int, *, actor: str, now: datetime) -> None:
    """Let it go at the next drain instead of waiting; one that was refused or ran out gets another life.

    Raises NotFound; TooLate when nobody needs it any more; WrongMove when it is under way, has gone, or when a newer
    letter to the same address exists, which must stay the last word.
    """
    effect = _find(db, effect_id)
    before = _shown(effect)
    if effect.expires <= now:
        raise TooLate(expires=effect.expires.isoformat())
    if effect.state in ("dead", "expired") and not has_later(db, effect.chain, effect.id):
        effect.state, effect.settled = "owed", None
    elif effect.state != "owed":
        raise WrongMove(state=effect.state, to="owed")
    effect.due = now
    db.flush()
    add_change(db, "effect", effect.id, "retried", actor=actor, now=now, before=before, after=_shown(effect))
    _poke(db, effect)


def give_up(db: Session, effect_id: int, *, actor: str, now: datetime, reason: str | None = None) -> None:
    """Nobody tries it any more; it stays visible as not delivered. Raises NotFound, WrongMove unless it waits."""
    effect = _find(db, effect_id)
    before = _shown(effect)
    if effect.state != "owed":
        raise WrongMove(state=effect.state, to="dead")
    effect.state, effect.settled = "dead", now
    effect.last_error = f"{GIVEN_UP}: {effect.last_error or '-'}"[:2000]
    db.flush()
    after = _shown(effect)
    add_change(db, "effect", effect.id, "given_up", actor=actor, now=now, before=before, after=after, reason=reason)
    _poke(db, effect)


def _find(db: Session, effect_id: int) -> Effect:
    effect = find_locked_effect(db, effect_id)
    if effect is None:
        raise NotFound(kind="effect", key=effect_id)
    return effect


def _shown(effect: Effect) -> dict[str, object]:
    return {"state": effect.state, "due": effect.due.isoformat(), "to": effect.payload.get("mail")}


def _poke(db: Session, effect: Effect) -> None:
    poke(db, "outbox")
    if effect.conference_id is not None:
        poke(db, f"conference:{effect.conference_id}")
