"""Which letters a change of a booked conference owes, and to whom (RFC 5546 3.2.2, 3.2.5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle, next_ids
from rooms.once import poke
from scheduler.answering.current import void_answers, with_answers
from scheduler.booking.invitations import edition_content, edition_row, letter_chain, letter_rows, next_dtstamp
from scheduler.booking.party import Invitee, Party
from scheduler.models import Conference, Edition, Effect
from scheduler.outbox import supersede
from scheduler.overtaken_queries import list_waiting, set_hastened
from scheduler.queries import find_related, last_number, lock_calendar_item, set_calendar_item


def owe_edition(
    db: Session,
    conference: Conference,
    party: Party,
    what: str,
    invitees: Sequence[Invitee],
    *,
    now: datetime,
    expires: datetime,
    bump: bool = True,
    major: bool = False,
    due: datetime | None = None,
    quiet: bool = False,
    **extra: Any,
) -> None:
    """Owe one letter of a new edition to each of ``invitees``; letters that it overtakes are not sent any more.

    ``bump``: take the next SEQUENCE; not for somebody added to an entry that others already have. ``major``: answers
    given so far are void. ``due``: when it may go out, so that further changes go with it; at once when left out.
    ``quiet``: only who waits for a letter anyway is told; the edition is there for later ones. Nobody is written to
    about a demonstration.
    """
    if not invitees or conference.uid is None or conference.demo:
        return
    if conference.series_id is not None and conference.recurrence_id is None:
        extra["related_to"] = find_related(db, conference.uid)
    content = edition_content(conference, party, what, **extra)
    owe_content(
        db, conference.uid, content, invitees, conference_id=conference.id, now=now, expires=expires, bump=bump,
        major=major, due=due, quiet=quiet,
    )  # fmt: skip


def owe_content(
    db: Session,
    uid: str,
    content: dict[str, Any],
    invitees: Sequence[Invitee],
    *,
    conference_id: int,
    now: datetime, expires: datetime, bump: bool = True, major: bool = False, due: datetime | None = None,
    quiet: bool = False,
) -> None:  # fmt: skip
    """The same for what an edition says as a whole; of a shared entry one date ("recurrence_id") or all of it. What
    people answered so far goes with it, unless ``major`` makes it void."""
    item = lock_calendar_item(db, uid)
    stamp = next_dtstamp(item.last_dtstamp, now)
    number = last_number(db, uid) + 1
    sequence = item.sequence + (1 if bump and number > 1 else 0)
    values: dict[str, Any] = {"sequence": sequence, "last_dtstamp": stamp}
    if major:
        content = {**content, "major": True}
        void_answers(db, uid, content, now=now)
    if major and content.get("recurrence_id") is None:  # of one date it is known by its edition
        values["last_major_sequence"] = sequence
    set_calendar_item(db, uid, values)
    method = "CANCEL" if content["what"] in ("cancelled", "postponed", "removed") else "REQUEST"
    content = with_answers(db, uid, content) if method == "REQUEST" else content
    (edition_id,) = next_ids(db, Edition)
    edition = edition_row(edition_id, uid, number, method, sequence, stamp, content)
    chains = [letter_chain(uid, invitee.mail) for invitee in invitees]
    part = content.get("recurrence_id")
    waiting = list_waiting(db, chains, edition_id, now=now, part=part)
    supersede(db, chains, edition_id, now=now, part=part)
    if due is None:
        set_hastened(db, chains, now=now)
    told = [one for one in invitees if not quiet or letter_chain(uid, one.mail) in waiting]
    dues = {one.mail: _first(due or now, waiting.get(letter_chain(uid, one.mail)), now) for one in told}
    letters = letter_rows(edition, conference_id, told, now=now, expires=expires, due=dues)
    insert_bundle(db, [(Edition, [edition]), (Effect, letters)])
    poke(db, "outbox")


def _first(due: datetime, waiting: datetime | None, now: datetime) -> datetime:
    """Further changes do not put off what waits already."""
    return max(now, min(due, waiting or due))


def owe_change(
    db: Session,
    conference: Conference,
    party: Party,
    before: Sequence[Invitee],
    *,
    mailed: bool,
    major: bool,
    returned: bool,
    now: datetime,
    due: datetime | None = None,
    quiet: bool = False,
) -> None:
    """After a change: CANCEL to those removed, REQUEST to everybody when it matters to them, else only to those added.

    ``returned``: somebody added had been removed before, so the entry needs a SEQUENCE above that CANCEL. ``due``,
    ``quiet``: as for `owe_edition`, for those who were invited before; who is added is written to at once.
    """
    after = {invitee.mail: invitee for invitee in party.invitees}
    known = {invitee.mail for invitee in before}
    removed = [invitee for invitee in before if invitee.mail not in after]
    added = [invitee for mail, invitee in after.items() if mail not in known]
    owe_edition(db, conference, party, "removed", removed, now=now, expires=conference.ends)
    if mailed:
        there = [invitee for mail, invitee in after.items() if mail in known]
        owe_edition(
            db, conference, party, "changed", there, now=now, expires=conference.ends, major=major, due=due, quiet=quiet
        )
    owe_edition(
        db, conference, party, "booked", added, now=now, expires=conference.ends,
        bump=(returned or mailed) and not (mailed and known.intersection(after)),
    )  # fmt: skip
