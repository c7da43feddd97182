"""The locks under which a place is given, and the ids that are taken with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from rooms import driver
from rooms.bulk import next_ids_of
from scheduler.booking.place.reservations import KEYS, Hold
from scheduler.models import Conference, Edition, Reservation, Site


class Ids(NamedTuple):
    """Ids taken beforehand, because rows of one bundle refer to each other."""

    conference: int
    edition: int
    sites: list[int]


GATE = 0
MOST_KEYS = 200
_SHARED = f"(SELECT count(pg_advisory_xact_lock_shared({GATE})))"
_KEYS = "(SELECT count(pg_advisory_xact_lock(k)) FROM unnest(CAST(%(keys)s AS bigint[])) k)"
_EXCLUSIVE = f"(SELECT count(pg_advisory_xact_lock({GATE})))"
_IDS = (
    "nextval(pg_get_serial_sequence('conference', 'id')), nextval(pg_get_serial_sequence('edition', 'id')),"
    " ARRAY(SELECT nextval(pg_get_serial_sequence('site', 'id')) FROM generate_series(1, %(sites)s))"
)
_LOCK = f"SELECT {_SHARED}, {_KEYS}"
_GATE = f"SELECT {_EXCLUSIVE}"


def take_ids(db: Session, sites: int) -> Ids:
    """The ids of a new conference, its first edition and so many sites, in one round trip."""
    if db.connection().dialect.name == "postgresql":
        ((conference, edition, site_ids),) = driver.rows(db.connection(), f"SELECT {_IDS}", {"sites": sites})
        return Ids(conference, edition, list(site_ids))
    (conference,), (edition,), site_ids = next_ids_of(db, {Conference: 1, Edition: 1, Site: sites})
    return Ids(conference, edition, site_ids)


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
