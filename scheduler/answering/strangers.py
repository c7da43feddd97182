"""People whom nobody here invited: they answered a forwarded invitation, or are sent as somebody's deputy. They wait
for the host, who adds them (they are invited) or refuses them (RFC 5546 3.2.2.6: they, and only they, get a CANCEL)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from rooms.bulk import insert_bundle
from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.fields import is_mail
from scheduler.answering import queries
from scheduler.answering.said import short, tell
from scheduler.booking.approving.stored import party_of
from scheduler.booking.letters import owe_edition
from scheduler.booking.party import Invitee, guest_row
from scheduler.booking.queries import set_columns
from scheduler.booking.series.letters import OFF, owe_series
from scheduler.booking.series.queries import set_series
from scheduler.booking.sync_queries import set_guest
from scheduler.errors import NotAsked, Stale, TooLate
from scheduler.models import Answer, Conference, Guest, Series, Stranger
from scheduler.queries import add_maybe_told, lock_calendar_item

MOST = 200
"""Of one entry: whoever forwards an invitation to a whole province is not written down name by name."""
LONGEST_NAME = 200


@dataclass(frozen=True)
class Brought:
    """Somebody new. ``through``: who named or delegated to him, "" when he came by himself; ``partstat``, ``sequence``,
    ``dtstamp``: his own answer, if he gave one."""

    mail: str
    name: str = ""
    part: datetime | None = None
    through: str = ""
    partstat: str = "NEEDS-ACTION"
    comment: str = ""
    sequence: int = 0
    dtstamp: datetime | None = None
    source: str = "mail"
    mail_id: int | None = None


def bring(db: Session, uid: str, one: Brought, *, now: datetime) -> bool:
    """Let somebody wait for the host; what he answers himself stands beside his name. A decision that was taken stays.
    False when he is not written down: too many wait already. Raises Invalid for what is no mail address."""
    mail = one.mail.strip().lower()
    if not is_mail(mail):
        raise Invalid([FieldError("deputy", "not_a_mail_address")])
    lock_calendar_item(db, uid)
    row = queries.find_stranger(db, uid, one.part, mail)
    if row is None:
        if len(queries.list_strangers(db, uid)) >= MOST:
            return False
        row = Stranger(uid=uid, recurrence_id=one.part, mail=mail, received_at=now, source=one.source)
        row.through, row.name, row.partstat, row.comment = "", "", "NEEDS-ACTION", ""
        row.reply_sequence, row.state = 0, "waiting"
        db.add(row)
    row.name = row.name or short(one.name)[:LONGEST_NAME]
    row.through = row.through or one.through
    said = one.partstat != "NEEDS-ACTION" or one.dtstamp is not None
    if said and _newer(one, row):
        row.partstat, row.comment, row.mail_id = one.partstat, short(one.comment), one.mail_id
        row.reply_sequence, row.reply_dtstamp = one.sequence, one.dtstamp
    db.flush()
    tell(db, uid)
    return True


def _newer(one: Brought, row: Stranger) -> bool:
    if one.dtstamp is None or row.reply_dtstamp is None:
        return one.sequence >= row.reply_sequence
    return (one.sequence, one.dtstamp) >= (row.reply_sequence, row.reply_dtstamp)


def add(db: Session, conference: Conference, stranger_id: int, *, actor: str, now: datetime) -> None:
    """Invite him: to the date that he answered about, or to all that are to come. Nobody else is written to; what he
    answered stands. Raises NotFound, NotAsked (decided already), TooLate, Invalid."""
    uid, one = _waiting(db, conference, stranger_id, ("waiting", "refused"))
    refused = one.state == "refused"
    dates = _dates(db, uid, one.recurrence_id, now)
    name = one.name or one.mail
    invitee = Invitee(one.mail, name, "guest")
    apart = one.recurrence_id is not None
    returned = [_invite(db, date, invitee, apart=apart) for date in dates]
    _keep_answer(db, uid, one)
    series = queries.find_series_of(db, uid)
    if series is not None and one.recurrence_id is None:
        _wish(db, series, invitee)
        owe_series(db, series, "booked", now=now, only=[invitee], bump=refused or any(returned))
    else:
        for date, again in zip(dates, returned, strict=True):
            owe_edition(
                db, date, party_of(db, date), "booked", [invitee], now=now, expires=date.ends, bump=refused or again
            )
    _decide(db, conference, one, "added", actor, now)


def refuse(db: Session, conference: Conference, stranger_id: int, *, actor: str, now: datetime) -> None:
    """He need not come, and is told; nobody else is. Raises NotFound, NotAsked (decided already)."""
    uid, one = _waiting(db, conference, stranger_id, ("waiting",))
    editions = queries.list_editions(db, uid)
    ahead = [date for date in queries.list_conferences(db, uid) if date.ends > now and date.state not in OFF]
    ahead = [date for date in ahead if one.recurrence_id in (None, date.recurrence_id)]
    if editions and ahead:
        # He has the invitation from somebody else: without this a CANCEL to him would be needless.
        add_maybe_told(db, {"uid": uid, "mail": one.mail, "edition": editions[-1].id})
        invitee = [Invitee(one.mail, one.name or one.mail, "guest")]
        series = queries.find_series_of(db, uid)
        if series is not None and one.recurrence_id is None:
            owe_series(db, series, "removed", now=now, only=invitee)
        else:
            date = ahead[0]
            owe_edition(db, date, party_of(db, date), "removed", invitee, now=now, expires=date.ends)
    _decide(db, conference, one, "refused", actor, now)


def _waiting(db: Session, conference: Conference, stranger_id: int, states: Sequence[str]) -> tuple[str, Stranger]:
    uid = conference.uid or ""
    one = queries.find_stranger_by_id(db, uid, stranger_id) if uid else None
    if one is None or one.recurrence_id not in (None, conference.recurrence_id):
        raise NotFound(kind="stranger", key=str(stranger_id))
    if one.state not in states:
        raise NotAsked(state=one.state)
    return uid, one


def _dates(db: Session, uid: str, part: datetime | None, now: datetime) -> list[Conference]:
    every = [one for one in queries.list_conferences(db, uid) if part in (None, one.recurrence_id)]
    dates = [one for one in every if one.ends > now and one.state in ("planned", "provisioned", "open")]
    if not dates:
        raise TooLate(ends=every[-1].ends.isoformat() if every else None)
    return dates


def _invite(db: Session, date: Conference, invitee: Invitee, *, apart: bool) -> bool:
    """Whether he had been taken out of it before. ``apart``: it is other than its series now."""
    guest = queries.find_guest(db, date.id, invitee.mail)
    returned = guest is not None and guest.removed_at is not None
    if guest is None:
        insert_bundle(db, [(Guest, [guest_row(date.id, invitee)])])
    elif returned:
        set_guest(db, guest.id, {"removed_at": None})
    if not set_columns(db, date.id, {"altered": date.altered or apart}, version=date.version):
        raise Stale(version=date.version)
    db.refresh(date)
    return returned


def _keep_answer(db: Session, uid: str, one: Stranger) -> None:
    """What he answered before he was invited counts from now on."""
    if one.partstat != "NEEDS-ACTION" and queries.find_answer(db, uid, one.recurrence_id, one.mail) is None:
        answer = Answer(uid=uid, recurrence_id=one.recurrence_id, mail=one.mail, partstat=one.partstat)
        answer.comment, answer.reply_sequence, answer.reply_dtstamp = one.comment, one.reply_sequence, one.reply_dtstamp
        answer.received_at, answer.source, answer.mail_id = one.received_at, one.source, one.mail_id
        queries.add_row(db, answer)


def _wish(db: Session, series: Series, invitee: Invitee) -> None:
    """What is booked for later dates invites him too."""
    guests = list(series.wish.get("guests", ()))
    if all(guest["mail"] != invitee.mail for guest in guests):
        guests.append({"name": invitee.name, "mail": invitee.mail, "language": invitee.language})
    set_series(db, series.id, {"wish": {**series.wish, "guests": guests}})
    db.refresh(series)


def _decide(db: Session, conference: Conference, one: Stranger, state: str, actor: str, now: datetime) -> None:
    one.state, one.decided_at, one.decided_by = state, now, actor
    db.flush()
    after = {"mail": one.mail}
    add_change(db, "conference", conference.id, f"stranger_{state}", actor=actor, now=now, after=after)
    tell(db, one.uid)
