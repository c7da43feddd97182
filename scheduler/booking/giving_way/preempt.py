"""A wish of higher rank takes rooms, lines and hosts from conferences of lower rank, in one transaction.

Equal never displaces; closures and maintenance never give way. A displaced conference loses the needed rooms and waits
with one time held for it that fits; its host decides (displaced.py). What runs or starts soon gives way only by a
choice made for it. Nobody is half displaced: when anything stands in the way in the end, nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from rooms.changes import add_change
from rooms.errors import NotAllowed
from rooms.once import poke
from scheduler.booking import edit
from scheduler.booking.approving.needs import approval_needs
from scheduler.booking.book import book
from scheduler.booking.booking import Booked, Booking, Rules
from scheduler.booking.giving_way import preempt_queries as queries
from scheduler.booking.giving_way.alternative import settle
from scheduler.booking.giving_way.rank import rank_of
from scheduler.booking.giving_way.rivals import END, GIVING, SITES_OUT, Consent, GaveWay, Preview, Rival
from scheduler.booking.giving_way.sites_out import take_out
from scheduler.booking.limits import is_urgent
from scheduler.booking.place.holding import Survey, survey
from scheduler.booking.place.lock_queries import take_gate
from scheduler.booking.plan import Plan, plan
from scheduler.booking.queries import list_sites
from scheduler.conduct.advance import finish
from scheduler.conduct.queries import find_current_opening
from scheduler.errors import GivesWay
from scheduler.local_time import local_day
from scheduler.models import Conference

MOST_ROUNDS = 40
"""Conferences that are asked one after another to give back a part of a line or a host."""


class Rehearsed(Exception):
    """Not a failure: carries what would happen out of a transaction that is to be undone."""

    def __init__(self, preview: Preview) -> None:
        self.preview = preview
        super().__init__("rehearsed")


@dataclass(frozen=True)
class Preempted:
    """The conference that was booked, and who gave way to it."""

    booked: Booked
    preview: Preview


@dataclass(frozen=True)
class Changed:
    """The conference that the wish changes, as somebody saw it."""

    id: int
    key: str
    version: int


def rehearse(
    db: Session, booking: Booking, *, actor: str, now: datetime, rules: Rules, changed: Changed | None = None
) -> None:
    """Do it all and raise Rehearsed with what happened, so that the transaction is undone. Otherwise as `preempt`."""
    raise Rehearsed(preempt(db, booking, None, actor=actor, now=now, rules=rules, changed=changed).preview)


def preempt(
    db: Session, booking: Booking, consent: Consent | None, *, actor: str, now: datetime, rules: Rules,
    changed: Changed | None = None,
) -> Preempted:  # fmt: skip
    """Book it, whoever of lower rank has to give way; or change what is booked, or a draft, into it (``changed``).
    ``consent`` None: whatever it takes, for a rehearsal.

    Raises as `book` or `change`: RoomTaken and NoCapacity for what does not give way; GivesWay when something is to be
    confirmed first; NotAllowed when the wish itself waits for somebody's approval.
    """
    if approval_needs(booking, rules):
        raise NotAllowed(permission="displace")
    opening = find_current_opening(db, changed.id) if changed else None
    wanted = plan(
        db, booking, now=now, rules=rules, except_id=changed.id if changed else 0,
        bridge_id=opening.bridge_id if opening else None,
    )  # fmt: skip
    made = _Making(db, wanted, rules, now, actor, consent, _rank(db, booking, rules), changed)
    rivals = made.rivals()
    for rival in rivals:
        made.vacate(rival)
    while (found := made.survey()).full and len(rivals) < MOST_ROUNDS:
        rival = made.lesser(found, rivals)
        made.vacate(rival)
        rivals.append(rival)
    found.refuse()
    booked = made.book()
    ordered = sorted(rivals, key=lambda rival: (-rival.rank, rival.conference.id))
    preview = Preview(tuple(made.settle(rival, booked) for rival in ordered))
    if consent is not None and (missing := preview.missing(consent)):
        raise GivesWay(preview.as_data(), missing)
    if preview.ways:
        after = {"displaced": [way.key for way in preview.ways]}
        add_change(db, "conference", booked.id, "displaced_others", actor=actor, now=now, before=None, after=after)
    return Preempted(booked, preview)


def _rank(db: Session, booking: Booking, rules: Rules) -> int:
    level = queries.find_level(db, booking.host_unit_id)
    return rank_of(booking.kind, booking.chair_level, level, day=local_day(booking.starts), book=rules.book)


@dataclass(frozen=True)
class _Making:
    """One pre-emption under way."""

    db: Session
    wanted: Plan
    rules: Rules
    now: datetime
    actor: str
    consent: Consent | None
    rank: int
    changed: Changed | None = None

    @property
    def own_id(self) -> int:
        """The conference that does not stand in its own way; 0 when it is new."""
        return self.changed.id if self.changed else 0

    def survey(self) -> Survey:
        return survey(self.db, self.wanted, self.rules, except_id=self.own_id)

    def book(self) -> Booked:
        """Write the wish into the place that was vacated; a draft is changed into it and submitted."""
        booking, who = self.wanted.booking, {"actor": self.actor, "now": self.now, "rules": self.rules}
        if self.changed is None:
            return book(self.db, booking, **who)  # type: ignore[arg-type]
        key, version = self.changed.key, self.changed.version
        done = edit.change(self.db, key, booking, version=version, **who)  # type: ignore[arg-type]
        conference = self.db.get_one(Conference, done.id, populate_existing=True)
        if conference.state not in edit.IDLE:
            return done
        known = booking.clash_confirmed
        return edit.submit(self.db, key, version=done.version, clash_confirmed=known, **who)  # type: ignore[arg-type]

    def rivals(self) -> list[Rival]:
        """Who holds a needed room, all locked. Rows come before the gate, as in a change; who came in between is
        locked after it. Raises RoomTaken when one of them does not give way."""
        self._locked(self._holding())
        take_gate(self.db)
        there = self._holding()
        rivals = self._locked(there)
        if None in there or len(rivals) < len(there):
            self.survey().refuse()
        return rivals

    def _holding(self) -> dict[int | None, list[int]]:
        """The needed rooms by who holds them; what is urgent only minds the sitting itself, not its buffers."""
        times, booking = self.wanted.times, self.wanted.booking
        span = (times.room_from, times.room_until)
        if is_urgent(booking, self.rules):
            span = (times.starts, times.ends)
        found: dict[int | None, list[int]] = {}
        for held in queries.list_holding(self.db, booking.room_ids, *span):
            if held.conference_id is None or held.conference_id != self.own_id:
                found.setdefault(held.conference_id, []).append(held.room_id)
        return found

    def _locked(self, there: dict[int | None, list[int]]) -> list[Rival]:
        ids = [conference_id for conference_id in there if conference_id is not None]
        found = queries.list_standing(self.db, [*ids, *([self.own_id] if self.changed else [])], locked=True)
        made = [self._rival(one, sorted(there[one.conference.id])) for one in found if one.conference.id in there]
        return [rival for rival in made if rival.rank < self.rank and rival.conference.state in GIVING]

    def _rival(self, one: queries.Standing, room_ids: Sequence[int]) -> Rival:
        conference, sites = one.conference, list_sites(self.db, one.conference.id)
        day = local_day(conference.starts)
        rank = rank_of(conference.kind, conference.chair_level, one.host_level, day=day, book=self.rules.book)
        main = sites[0].room_id if sites else None
        return Rival(conference, rank, one.sites, one.people, tuple(room_ids), main)

    def lesser(self, found: Survey, rivals: Sequence[Rival]) -> Rival:
        """The one of lowest rank that takes a part of what is full, neither running nor about to start; raises
        NoCapacity when there is none."""
        full, times = found.full[0], self.wanted.times
        span = (times.join_at if full.what == "line" else times.opens, times.ends_grace)
        known = {rival.conference.id for rival in rivals} | {self.own_id}
        ids = queries.list_holders(self.db, full.what, full.id, *span, except_ids=known)
        others = self._locked({conference_id: [] for conference_id in ids})
        free = [rival for rival in others if not rival.choices(self.now)]
        if not free:
            found.refuse()
        return min(free, key=lambda rival: (rival.rank, rival.people, rival.conference.id))

    def vacate(self, rival: Rival) -> None:
        """It gives back what is needed, as was chosen for it."""
        conference = rival.conference
        choice = rival.choice(self.consent, self.now)
        if choice == SITES_OUT and SITES_OUT in rival.choices(self.now):
            take_out(self.db, conference, rival.room_ids, actor=self.actor, now=self.now)
        elif choice == END and _runs(conference, self.now):
            timing = self.rules.timing
            finish(
                self.db, conference.key, version=conference.version, actor=self.actor, now=self.now, timing=timing
            )  # fmt: skip
        else:
            queries.delete_holds(self.db, conference.id, rival.room_ids)

    def settle(self, rival: Rival, booked: Booked) -> GaveWay:
        """What becomes of it, written and told to its host."""
        conference, choices = rival.conference, rival.choices(self.now)
        self.db.refresh(conference)
        choice = rival.choice(self.consent, self.now)
        done = "ended" if conference.state == "ended" else "sites_out" if choice == SITES_OUT in choices else ""
        way = settle(
            self.db, rival, booked, done, holder=self.wanted.party.host.short, actor=self.actor, now=self.now,
            rules=self.rules,
        )  # fmt: skip
        poke(self.db, f"conference:{conference.id}")
        return replace(way, choices=choices)


def _runs(conference: Conference, now: datetime) -> bool:
    return conference.state == "open" and conference.starts <= now
