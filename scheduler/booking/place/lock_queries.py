"""The locks under which a place is given, and the ids that are taken with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from rooms import driver
from rooms.bulk import next_ids_of
from rooms.prepared import Prepared, listed
from scheduler.booking.place.reservations import KEYS, Hold
from scheduler.models import LONGEST_SPAN, Conference, Edition, Reservation, Site


class Ids(NamedTuple):
    """Ids taken beforehand, because rows of one bundle refer to each other. ``wanted``: somebody holds one of the rooms
    as things stand, asked in the same round trip."""

    conference: int
    edition: int
    sites: list[int]
    wanted: bool = False


GATE = 0
MOST_KEYS = 200
_SHARED = f"(SELECT count(pg_advisory_xact_lock_shared({GATE})))"
_KEYS = "(SELECT count(pg_advisory_xact_lock(k)) FROM unnest(CAST(%(keys)s AS bigint[])) k)"
_EXCLUSIVE = f"(SELECT count(pg_advisory_xact_lock({GATE})))"
_IDS = (
    "nextval(pg_get_serial_sequence('conference', 'id')), nextval(pg_get_serial_sequence('edition', 'id')),"
    " ARRAY(SELECT nextval(pg_get_serial_sequence('site', 'id')) FROM generate_series(1, %(sites)s))"
)
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)
_HELD = (
    "EXISTS (SELECT 1 FROM reservation WHERE room_id = ANY (CAST(%(rooms)s AS bigint[])) AND holds"
    " AND starts < %(until)s AND starts > %(bound)s AND ends > %(since)s)"
)
_ANY_HELD = Prepared(
    select(Reservation.id)
    .where(
        listed(Reservation.room_id, "rooms"), Reservation.holds.is_(True), Reservation.starts < bindparam("until"),
        Reservation.starts > bindparam("bound"), Reservation.ends > bindparam("since"),
    )
    .limit(1)
)  # fmt: skip
_LOCK = f"SELECT {_SHARED}, {_KEYS}"
_GATE = f"SELECT {_EXCLUSIVE}"


def take_ids(db: Session, holds: Sequence[Hold], sites: int) -> Ids:
    """The ids of a new conference, its first edition and so many sites; ``holds``: the rooms that it would hold, all
    for one span."""
    rooms = [hold.id for hold in holds]
    since, until = (holds[0].starts, holds[0].ends) if holds else (_NEVER, _NEVER)
    span = {"since": since, "until": until, "bound": since - LONGEST_SPAN}
    if db.connection().dialect.name == "postgresql":
        ((conference, edition, site_ids, wanted),) = driver.rows(
            db.connection(), f"SELECT {_IDS}, {_HELD}", {"sites": sites, "rooms": rooms, **span}
        )
        return Ids(conference, edition, list(site_ids), wanted)
    (conference,), (edition,), site_ids = next_ids_of(db, {Conference: 1, Edition: 1, Site: sites})
    return Ids(conference, edition, site_ids, bool(_ANY_HELD.rows(db, rooms=rooms, **span)))


def take_locks(db: Session, keys: Sequence[int]) -> None:
    """Take the advisory locks (sorted keys) until the end of the transaction. On SQLite the write unit already holds
    the only lock there is.

    Very many keys would fill the server's lock table (measured: the fourth session with 3,200 keys each fails), so
    beyond ``MOST_KEYS`` the whole gate is taken instead; everybody else holds it shared.
    """
    if keys and db.connection().dialect.name == "postgresql":
        driver.rows(db.connection(), _GATE if len(keys) > MOST_KEYS else _LOCK, {"keys": list(keys)})


def take_gate(db: Session) -> None:
    """Wait until nobody is being given a place, and let nobody be until the end of the transaction; for what gives and
    takes so much that its keys cannot be known beforehand. Lock the rows of conferences first, as changes do."""
    if db.connection().dialect.name == "postgresql":
        db.connection().exec_driver_sql(_GATE)


def list_holds(db: Session, conference_id: int) -> list[Hold]:
    """What a conference holds now, without amounts: for the locks around its change."""
    keys = (Reservation.room_id, Reservation.line_id, Reservation.bridge_id)
    rows = db.execute(
        select(*keys, Reservation.starts, Reservation.ends).where(Reservation.conference_id == conference_id)
    )
    return [
        Hold(kind, resource_id, starts, ends)
        for *ids, starts, ends in rows
        for kind, resource_id in zip(KEYS, ids, strict=True)
        if resource_id is not None
    ]
