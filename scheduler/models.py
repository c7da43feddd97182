"""Tables of WHEN: conferences and what they reserve. The tables of the other floors are named here too."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.models import LEVELS
from rooms.schema import Row, add_rule, no_overlap_ddl, one_of, options
from scheduler.answering.models import Answer, Proposal, Stranger, Unverified
from scheduler.booking.approving.models import Approval, OfficialLetter
from scheduler.booking.giving_way.models import Batch, BatchItem, Displacement
from scheduler.booking.models import BookingTemplate, KnownClash
from scheduler.booking.series.models import COUNTS, Series, SeriesSkip
from scheduler.conduct.models import Bridge, Comment, Done, Fact, Opening
from scheduler.kinds import CHAIR_LEVELS, FORMS
from scheduler.outbox_models import EFFECT_STATES, CalendarItem, Edition, Effect, Receipt, Told
from scheduler.record.models import EVIDENCE, Attendance, Goal, KpiScope, Presence, Tally, TallyDistrict

STATES = ("draft", "planned", "provisioned", "open", "ended", "recorded", "cancelled", "pending", "postponed")
LONGEST_SPAN = timedelta(days=3)
"""The CHECK on reservations, which no conference exceeds: bounds a search by start, so that the index serves it."""
OUTCOMES = ("unknown", "held", "failed_online", "not_held")


def _where_given(*columns: str) -> Index:
    """An index of what a resource has taken, without the rows of other resources. With the end in it, a search need not
    look at the rows that are over."""
    where = text(f"{columns[0]} IS NOT NULL")
    return Index(None, *columns, postgresql_where=where, sqlite_where=where)


class Conference(Row):
    """One sitting at one time: booked, or logged after it took place. ``counted_with`` leads the cuộc it counts in."""

    __tablename__ = "conference"
    key: Mapped[str] = mapped_column(unique=True)
    counted_with: Mapped[int] = mapped_column(ForeignKey("conference.id"))
    origin: Mapped[str]
    kind: Mapped[str]
    form: Mapped[str]
    title: Mapped[str]
    search_key: Mapped[str]
    host_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    booked_ends: Mapped[datetime]
    opens: Mapped[datetime]
    latest_end: Mapped[datetime]
    state: Mapped[str]
    due: Mapped[datetime | None]  # when the loop should look again
    version: Mapped[int] = mapped_column(default=1)
    outcome: Mapped[str] = mapped_column(default="unknown")
    outcome_evidence: Mapped[str | None]
    trouble: Mapped[str | None]
    ended_by: Mapped[str | None]  # time | organiser
    ran_from: Mapped[datetime | None]  # the sitting as it really ran; evidence as for outcome
    ran_until: Mapped[datetime | None]
    chair_name: Mapped[str] = mapped_column(default="")
    chair_title: Mapped[str] = mapped_column(default="")
    chair_mail: Mapped[str | None]
    contact_name: Mapped[str] = mapped_column(default="")
    contact_phone: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    place: Mapped[str] = mapped_column(default="")  # where, for one that was logged
    letter_number: Mapped[str] = mapped_column(default="")
    short_notice_reason: Mapped[str | None]
    in_person_reason: Mapped[str | None]  # a code of kinds.REASONS
    in_person_note: Mapped[str] = mapped_column(default="")
    secrecy_by: Mapped[str | None]
    secrecy_at: Mapped[datetime | None]
    uid: Mapped[str | None] = mapped_column(ForeignKey("calendar_item.uid"))
    booked_by: Mapped[str]
    booked_at: Mapped[datetime]
    demo: Mapped[bool] = mapped_column(default=False)
    top_profile: Mapped[str] = mapped_column(default="", sort_order=1)  # no site is given a better one; "" any
    series_id: Mapped[int | None] = mapped_column(ForeignKey("series.id"), sort_order=2)
    original_starts: Mapped[datetime | None] = mapped_column(sort_order=2)  # which date of its series it is
    recurrence_id: Mapped[datetime | None] = mapped_column(sort_order=2)  # its part of an entry that it shares
    altered: Mapped[bool] = mapped_column(default=False, sort_order=2)  # changed by itself, apart from its series
    chair_level: Mapped[str] = mapped_column(default="", sort_order=3)  # kinds.CHAIR_LEVELS
    chair_for: Mapped[str] = mapped_column(default="", sort_order=3)  # whose deputy the chair is
    chair_consent: Mapped[str] = mapped_column(default="", sort_order=3)  # who agreed to the deputy, and when
    verbal_order: Mapped[str] = mapped_column(default="", sort_order=3)  # who ordered it by word of mouth
    approved_at: Mapped[datetime | None] = mapped_column(sort_order=3)
    hold_until: Mapped[datetime | None] = mapped_column(sort_order=3)  # falls free then without a letter's number
    trial_for_id: Mapped[int | None] = mapped_column(ForeignKey("conference.id"), sort_order=4)  # it tries that one out
    __table_args__ = options(
        one_of("origin", ("booked", "logged")),
        one_of("form", FORMS),
        one_of("chair_level", CHAIR_LEVELS),
        one_of("state", STATES),
        one_of("outcome", OUTCOMES),
        one_of("outcome_evidence", EVIDENCE),
        CheckConstraint("starts < ends", name="span"),
        CheckConstraint("opens <= starts AND ends <= latest_end", name="times"),
        Index(
            "ix_conference_due", "due", postgresql_where=text("due IS NOT NULL"), sqlite_where=text("due IS NOT NULL")
        ),
        Index(None, "starts"),
        Index(None, "host_unit_id", "starts"),
        Index(None, "counted_with"),
        Index(None, "uid"),
        UniqueConstraint("series_id", "original_starts"),
    )


class Site(Row):
    """One room's part in one conference (điểm cầu)."""

    __tablename__ = "site"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    role: Mapped[str] = mapped_column(default="member")
    position: Mapped[int] = mapped_column(default=0)
    profile: Mapped[str | None] = mapped_column(sort_order=1)  # what its line decided; None without video
    checked_in_at: Mapped[datetime | None] = mapped_column(sort_order=2)  # somebody said: we are here
    checked_in_by: Mapped[str | None] = mapped_column(sort_order=2)
    given_back_at: Mapped[datetime | None] = mapped_column(sort_order=2)  # nobody was seen, so it holds nothing more
    __table_args__ = options(
        UniqueConstraint("conference_id", "room_id"), one_of("role", ("main", "member")), Index(None, "room_id")
    )


class Delegation(Row):
    """One unit's part in one conference (đoàn dự): what the indicator counts. Name and level as they were that day."""

    __tablename__ = "delegation"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    unit_name: Mapped[str]
    unit_short: Mapped[str]
    level: Mapped[str]
    counterpart_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    required: Mapped[bool] = mapped_column(default=True)
    planned_mode: Mapped[str]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="SET NULL"))
    head_count: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)
    __table_args__ = options(
        UniqueConstraint("conference_id", "unit_id"),
        one_of("planned_mode", ("online", "in_person")),
        one_of("level", LEVELS),
        Index(None, "unit_id"),
        Index(None, "site_id"),
    )


class Guest(Row):
    """One mail address that is invited: a unit's contact, the chair, or somebody added by name and address."""

    __tablename__ = "guest"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    mail: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str] = mapped_column(default="vi")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    removed_at: Mapped[datetime | None]
    __table_args__ = options(
        UniqueConstraint("conference_id", "mail"),
        one_of("role", ("chair", "contact", "guest")),
        Index(None, "person_id"),
    )


class Closure(Row):
    """Maintenance, or rooms closed for a time: it takes rooms, lines and hosts as a conference does."""

    __tablename__ = "closure"
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    reason: Mapped[str]
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    __table_args__ = options(CheckConstraint("starts < ends", name="span"), one_of("kind", ("maintenance", "closed")))


class ProfileRow(Row):
    """A picture quality with its figures (``capacity.Profile``); best first by ``position``."""

    __tablename__ = "profile"
    code: Mapped[str] = mapped_column(unique=True)
    height: Mapped[int]
    kbps_up: Mapped[int]
    last_n: Mapped[int]
    position: Mapped[int]
    __table_args__ = options(CheckConstraint("height >= 0 AND kbps_up > 0 AND last_n > 0", name="figures"))


_ONE_THING = " + ".join(f"(CASE WHEN {key} IS NULL THEN 0 ELSE 1 END)" for key in ("room_id", "line_id", "bridge_id"))


class Reservation(Row):
    """A room, or an amount of a line or of a video host, for a span of time. Derived from its conference or closure and
    without identity: deleted and written anew, never updated. ``holds`` false is shown but excludes nobody."""

    __tablename__ = "reservation"
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"))
    conference_id: Mapped[int | None] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    holds: Mapped[bool] = mapped_column(default=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"), sort_order=1)
    bridge_id: Mapped[int | None] = mapped_column(ForeignKey("bridge.id"), sort_order=1)
    closure_id: Mapped[int | None] = mapped_column(ForeignKey("closure.id", ondelete="CASCADE"), sort_order=1)
    seats: Mapped[int] = mapped_column(default=0, sort_order=1)
    kbps_up: Mapped[int] = mapped_column(default=0, sort_order=1)  # of a host: up and down together
    kbps_down: Mapped[int] = mapped_column(default=0, sort_order=1)
    __table_args__ = options(
        CheckConstraint("starts < ends", name="span"),
        CheckConstraint("ends - starts <= interval '3 days'", name="length").ddl_if(dialect="postgresql"),
        CheckConstraint("julianday(ends) - julianday(starts) <= 3", name="length").ddl_if(dialect="sqlite"),
        CheckConstraint(f"{_ONE_THING} = 1", name="one_thing"),
        CheckConstraint("(conference_id IS NULL) <> (closure_id IS NULL)", name="one_owner"),
        _where_given("room_id", "starts", "ends"),
        _where_given("line_id", "starts", "ends"),
        _where_given("bridge_id", "starts", "ends"),
        _where_given("closure_id"),
        Index(None, "conference_id"),
    )


add_rule(
    Reservation.__table__,
    no_overlap_ddl("reservation_room_taken", "reservation", "room_id", "starts", "ends", where="holds", sparse=True),
)

__all__ = [
    "COUNTS", "EFFECT_STATES", "EVIDENCE", "LONGEST_SPAN", "OUTCOMES", "STATES", "Answer", "Approval", "Attendance",
    "Batch", "BatchItem", "BookingTemplate", "Bridge", "CalendarItem", "Closure", "Comment", "Conference",
    "Delegation", "Displacement", "Done", "Edition", "Effect", "Fact", "Goal", "Guest", "KnownClash", "KpiScope",
    "OfficialLetter", "Opening", "Presence", "ProfileRow", "Proposal", "Receipt", "Reservation", "Series", "SeriesSkip",
    "Site", "Stranger", "Tally", "TallyDistrict", "Told", "Unverified",
]  # fmt: skip
