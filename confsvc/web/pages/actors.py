"""Who did something, in words: the actor of a ``change`` row as a name."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from confsvc.queries import list_account_names
from confsvc.web.pages.phrases import Phrases

_OTHERS = {
    "clock": "The system", "cli": "Command line", "demo": "Demonstration data", "endpoint": "A device in a room",
    "bridge": "The video host", "guest": "Somebody invited",
}  # fmt: skip


def list_actor_names(db: Session, actors: Collection[str], words: Phrases) -> dict[str, str]:
    """By actor text ("account:5", "clock", …)."""
    ids = {int(a.partition(":")[2]) for a in actors if a.startswith("account:")}
    accounts = list_account_names(db, ids)
    named = {}
    for actor in actors:
        kind, _, number = actor.partition(":")
        said = accounts.get(int(number)) if kind == "account" else None
        named[actor] = said or words.say(_OTHERS.get(kind, "Somebody"))
    return named
