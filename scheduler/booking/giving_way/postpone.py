"""Postponing many conferences together, and bringing them back: one unit of work each, under a batch.

Whoever is killed in between goes on where it stopped: an item is settled in the transaction that moves its conference.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from rooms.errors import FieldError, Invalid, NotFound
from rooms.once import poke
from scheduler.booking.approving.binding import bind, release, wait
from scheduler.booking.approving.needs import approval_needs
from scheduler.booking.approving.queries import set_open_approvals
from scheduler.booking.approving.stored import booking_of
from scheduler.booking.booking import Rules
from scheduler.booking.conference_rows import new_conference_key, wish_columns
from scheduler.booking.giving_way import postpone_queries as queries
from scheduler.booking.giving_way.displaced import KEPT
from scheduler.booking.giving_way.models import Batch
from scheduler.booking.giving_way.postpone_queries import POSTPONABLE, Concerned, Waiting
from scheduler.booking.party import find_party
from scheduler.booking.place.holding import claims, survey
from scheduler.booking.place.lock_queries import take_locks
from scheduler.booking.place.reservations import lock_keys
from scheduler.booking.plan import plan_with
from scheduler.booking.queries import list_sites
from scheduler.conduct.queries import find_locked
from scheduler.errors import WrongMove
from scheduler.kinds import KINDS
from scheduler.local_time import local_day
from scheduler.models import Conference
from scheduler.moves import move

LONGEST_NOTICE = 500
ROUTINE = tuple(kind.code for kind in KINDS if kind.kind_class != "other" and not kind.urgent)
"""Kinds of everyday meetings; emergencies, what the centre relays and sessions of councils are not among them."""


@dataclass(frozen=True)
class Chosen:
    """Those that start during [since, until), of ``kinds``, hosted by ``host_unit_ids`` (None: all)."""

    since: datetime
    until: datetime
    kinds: tuple[str, ...] = ROUTINE
    host_unit_ids: tuple[int, ...] | None = None

    def as_data(self) -> dict[str, Any]:
        hosts = list(self.host_unit_ids) if self.host_unit_ids is not None else None
        return {
            "since": self.since.isoformat(), "until": self.until.isoformat(), "kinds": list(self.kinds), "hosts": hosts,
        }  # fmt: skip


def concerned(db: Session, chosen: Chosen, *, now: datetime) -> list[Concerned]:
    """The conferences that would be postponed; what has begun is not among them."""
    return queries.list_concerned(db, max(chosen.since, now), chosen.until, chosen.kinds, chosen.host_unit_ids)


def postpone_together(db: Session, chosen: Chosen, notice: str, *, actor: str, now: datetime) -> str:
    """Make the batch; the key by which its course is looked at. ``notice`` stands in every letter.

    Raises Invalid without a notice, or when nothing is chosen.
    """
    said = notice.strip()
    errors = []
    if not said or len(said) > LONGEST_NOTICE:
        errors.append(FieldError("notice", "too_long" if said else "required", {"max": LONGEST_NOTICE} if said else {}))
    found = concerned(db, chosen, now=now)
    if not found:
        errors.append(FieldError("since", "nothing_chosen"))
    if errors:
        raise Invalid(errors)
    return _add(db, "postpone", chosen.as_data(), said, [one.id for one in found], None, actor=actor, now=now)


def bring_back(db: Session, key: str, *, actor: str, now: datetime) -> str:
    """Make the batch that puts back what another postponed and still is. Raises NotFound, WrongMove (not finished, or
    brought back already)."""
    batch = queries.find_batch(db, key)
    if batch is None or batch.act != "postpone":
        raise NotFound(kind="batch", key=key)
    if batch.finished_at is None or queries.find_back(db, batch.id) is not None:
        raise WrongMove(state="postponed", to="put_back")
    ids = [item.conference_id for item in queries.list_items(db, batch.id) if item.state == "done"]
    return _add(db, "put_back", batch.chosen, batch.notice, ids, batch.id, actor=actor, now=now)


def _add(
    db: Session, act: str, chosen: dict[str, Any], notice: str, ids: Sequence[int], of_id: int | None, *, actor: str,
    now: datetime,
) -> str:  # fmt: skip
    key = new_conference_key()
    row = {"key": key, "act": act, "chosen": chosen, "notice": notice, "made_by": actor, "made_at": now, "of_id": of_id}
    queries.set_finished(db, queries.add_batch(db, row, ids), now=now)
    poke(db, "due")
    return key


def do_item(db: Session, item: Waiting, *, now: datetime, rules: Rules) -> None:
    """One conference of a batch. Raises as a booking does when it cannot be put back; the caller then settles the item
    with `skip_item`."""
    batch = db.get_one(Batch, item.batch_id)
    conference = find_locked(db, item.conference_id)
    fits = conference is not None and _fits(batch, conference, now)
    if not queries.set_item(db, item, "done" if fits else "skipped", now=now, code=None if fits else "state"):
        return
    if conference is None or not fits:
        return
    if batch.act == "postpone":
        put_off(db, conference, batch.notice, actor=batch.made_by, now=now)
    else:
        put_back(db, conference, batch.notice, actor=batch.made_by, now=now, rules=rules)


def skip_item(db: Session, item: Waiting, code: str, *, now: datetime) -> None:
    """It could not be done; ``code`` says why."""
    queries.set_item(db, item, "skipped", now=now, code=code)


def _fits(batch: Batch, conference: Conference, now: datetime) -> bool:
    wanted: Collection[str] = POSTPONABLE if batch.act == "postpone" else ("postponed",)
    return conference.state in wanted and conference.starts > now


def put_off(db: Session, conference: Conference, notice: str, *, actor: str, now: datetime) -> None:
    """Postpone one: it gives back what it holds, and everybody invited is told why."""
    set_open_approvals(db, conference.id, "withdrawn", now=now, by=actor)
    release(db, conference, "postponed", reason=notice, now=now)
    move(
        db, conference.id, "postponed", expected=conference.state, act="postponed", actor=actor, now=now,
        reason=notice, values={"due": None, "hold_until": None},
    )  # fmt: skip
    _poke(db, conference)


def put_back(db: Session, conference: Conference, notice: str, *, actor: str, now: datetime, rules: Rules) -> None:
    """Book it again at its time, with what it was approved for. Raises RoomTaken, NoCapacity, Invalid."""
    booking = replace(booking_of(db, conference), clash_confirmed=True)
    party, errors = find_party(db, booking, local_day(booking.starts), held=True)
    if party is None:
        raise Invalid(errors)
    wanted = plan_with(booking, party, rules)
    take_locks(db, lock_keys(claims(wanted)))
    found = survey(db, wanted, rules, except_id=conference.id)
    found.refuse()
    kept = {name: getattr(conference, name) for name in KEPT}
    columns = wish_columns(booking, wanted.times, actor=actor, now=now, rules=rules) | kept
    needs = approval_needs(booking, rules) if conference.approved_at is None else ()
    if needs:
        wait(db, conference, wanted, found.place, columns, needs, actor=actor, now=now, rules=rules)
    else:
        bind(db, conference, wanted, found.place, columns, act="put_back", actor=actor, now=now, rules=rules)
    _poke(db, conference)


def _poke(db: Session, conference: Conference) -> None:
    rooms = [f"room:{site.room_id}" for site in list_sites(db, conference.id)]
    poke(db, "outbox", f"conference:{conference.id}", *rooms)
