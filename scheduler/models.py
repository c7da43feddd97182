"""Tables of WHEN: conferences and what they reserve, openings and facts, the outbox, and the measure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rooms.models import LEVELS
from rooms.schema import Id, Row, add_rule, no_overlap_ddl, one_of, options

STATES = ("draft", "planned", "provisioned", "open", "ended", "recorded", "cancelled")
FINAL_STATES = ("recorded", "cancelled")
FORMS = ("online", "in_person", "hybrid")
OUTCOMES = ("unknown", "held", "failed_online", "not_held")
EVIDENCE = ("auto", "confirmed", "declared")
EFFECT_STATES = ("owed", "leased", "done", "superseded", "needless", "expired", "dead")
_LIVE_EFFECT = text("state IN ('owed', 'leased')")


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
    __table_args__ = options(
        one_of("origin", ("booked", "logged")),
        one_of("form", FORMS),
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
    )


class Site(Row):
    """One room's part in one conference (điểm cầu)."""

    __tablename__ = "site"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    role: Mapped[str] = mapped_column(default="member")
    position: Mapped[int] = mapped_column(default=0)
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


class Reservation(Row):
    """A room for a span of time. Derived from the conference and without identity: deleted and written anew, never
    updated. ``holds`` false is shown but excludes nobody."""

    __tablename__ = "reservation"
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    holds: Mapped[bool] = mapped_column(default=True)
    __table_args__ = options(
        CheckConstraint("starts < ends", name="span"),
        CheckConstraint("ends - starts <= interval '3 days'", name="length").ddl_if(dialect="postgresql"),
        CheckConstraint("julianday(ends) - julianday(starts) <= 3", name="length").ddl_if(dialect="sqlite"),
        Index(None, "room_id", "starts"),
        Index(None, "conference_id"),
    )


add_rule(
    Reservation.__table__,
    no_overlap_ddl("reservation_room_taken", "reservation", "room_id", "starts", "ends", where="holds"),
)


class Bridge(Row):
    """One Jitsi deployment. Its addresses and secrets are configuration; the row gives it an id for ever."""

    __tablename__ = "bridge"
    name: Mapped[str] = mapped_column(unique=True)
    base_url: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)


class Opening(Row):
    """One jitsi_name on one bridge for one conference. A move or a revocation closes it and opens generation n+1."""

    __tablename__ = "opening"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"))
    generation: Mapped[int] = mapped_column(default=1)
    jitsi_name: Mapped[str] = mapped_column(unique=True)
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    __table_args__ = options(
        UniqueConstraint("conference_id", "generation"),
        Index(
            "uq_opening_current",
            "conference_id",
            unique=True,
            postgresql_where=text("until IS NULL"),
            sqlite_where=text("until IS NULL"),
        ),
    )


class Fact(Row):
    """Something that happened outside, once per key, in any order. Facts about unknown rooms are kept too."""

    __tablename__ = "fact"
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    source: Mapped[str]
    conference_id: Mapped[int | None] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    opening_id: Mapped[int | None] = mapped_column(ForeignKey("opening.id", ondelete="CASCADE"))
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"))
    at: Mapped[datetime]
    received: Mapped[datetime]
    data: Mapped[dict[str, Any]]
    __table_args__ = options(Index(None, "conference_id"), Index(None, "endpoint_id", "at"), Index(None, "opening_id"))


class CalendarItem(Row):
    """One entry in people's calendars. One SEQUENCE counter an entry; ``last_dtstamp`` only rises, by whole seconds."""

    __tablename__ = "calendar_item"
    uid: Mapped[str] = mapped_column(unique=True)
    sequence: Mapped[int] = mapped_column(default=0)
    last_major_sequence: Mapped[int] = mapped_column(default=0)
    last_dtstamp: Mapped[datetime]


class Edition(Row):
    """One immutable state of a calendar entry as sent: what every letter of that edition says."""

    __tablename__ = "edition"
    uid: Mapped[str] = mapped_column(ForeignKey("calendar_item.uid", ondelete="CASCADE"))
    number: Mapped[int]
    method: Mapped[str]
    sequence: Mapped[int]
    dtstamp: Mapped[datetime]
    content: Mapped[dict[str, Any]]
    __table_args__ = options(UniqueConstraint("uid", "number"), one_of("method", ("REQUEST", "CANCEL")))


class Told(Row):
    """What one address has surely, or perhaps (the answer was lost), received about one calendar entry."""

    __tablename__ = "told"
    uid: Mapped[str] = mapped_column(ForeignKey("calendar_item.uid", ondelete="CASCADE"))
    mail: Mapped[str]
    sure_edition: Mapped[int | None]
    maybe_edition: Mapped[int | None]
    first_message_id: Mapped[str | None]
    __table_args__ = options(UniqueConstraint("uid", "mail"))


class Effect(Row):
    """What we owe the world. Unique key; only the oldest live row of a chain may be claimed."""

    __tablename__ = "effect"
    kind: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    chain: Mapped[str]
    conference_id: Mapped[int | None] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="owed")
    due: Mapped[datetime]
    expires: Mapped[datetime]
    token: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    maybe: Mapped[bool] = mapped_column(default=False)  # an earlier attempt may have arrived
    last_error: Mapped[str | None]
    created: Mapped[datetime]
    settled: Mapped[datetime | None]
    __table_args__ = options(
        one_of("state", EFFECT_STATES),
        Index("ix_effect_chain_live", "chain", "id", postgresql_where=_LIVE_EFFECT, sqlite_where=_LIVE_EFFECT),
        Index("ix_effect_due_live", "due", "id", postgresql_where=_LIVE_EFFECT, sqlite_where=_LIVE_EFFECT),
        Index(None, "conference_id"),
    )


class Presence(Row):
    """One device in a conference from when to when. Derived from facts and rebuilt at will."""

    __tablename__ = "presence"
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    device: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    joined: Mapped[datetime]
    left: Mapped[datetime]
    source: Mapped[str]
    __table_args__ = options(Index(None, "conference_id"))


class Attendance(Row):
    """How one delegation attended: mode, minutes, and on whose evidence."""

    __tablename__ = "attendance"
    delegation_id: Mapped[int] = mapped_column(ForeignKey("delegation.id", ondelete="CASCADE"), unique=True)
    conference_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    mode: Mapped[str]
    extent: Mapped[str]
    first: Mapped[datetime | None]
    last: Mapped[datetime | None]
    seconds: Mapped[int] = mapped_column(default=0)
    evidence: Mapped[str]
    by: Mapped[str]
    __table_args__ = options(
        one_of("mode", ("online", "in_person", "phone", "absent")),
        one_of("extent", ("full", "part", "none")),
        one_of("evidence", EVIDENCE),
        Index(None, "conference_id"),
    )


class Tally(Row):
    """One counted meeting's line in the measure; its leader is the conference that ``counted_with`` names."""

    __tablename__ = "tally"
    leader_id: Mapped[int] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"), unique=True)
    year: Mapped[int]
    local_date: Mapped[date]
    host_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    host_group: Mapped[str]
    kind_class: Mapped[str]
    in_scope: Mapped[bool]
    scope_reason: Mapped[str | None]
    status: Mapped[str]
    v: Mapped[int]
    p: Mapped[int]
    online: Mapped[bool]
    lawful: Mapped[bool] = mapped_column(default=True)
    evidence: Mapped[str | None]
    __table_args__ = options(Index(None, "year", "in_scope"), Index(None, "host_unit_id"))


class TallyDistrict(Row):
    """The form in which one district attended one counted meeting."""

    __tablename__ = "tally_district"
    tally_id: Mapped[int] = mapped_column(ForeignKey("tally.id", ondelete="CASCADE"))
    counterpart_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    online: Mapped[bool]
    __table_args__ = options(UniqueConstraint("tally_id", "counterpart_unit_id"))


class KpiScope(Row):
    """Which level of unit is the counterpart that makes a meeting count, from one day to another (inclusive)."""

    __tablename__ = "kpi_scope"
    counterpart_level: Mapped[str]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    __table_args__ = options(one_of("counterpart_level", LEVELS))


class Goal(Row):
    """The share of a year's counted meetings to be held online, as an exact fraction, and the paper that says so."""

    __tablename__ = "goal"
    year: Mapped[int] = mapped_column(unique=True)
    numerator: Mapped[int]
    denominator: Mapped[int]
    basis: Mapped[str] = mapped_column(default="")
    __table_args__ = options(CheckConstraint("0 < numerator AND numerator <= denominator", name="fraction"))


__all__ = [
    "EFFECT_STATES", "EVIDENCE", "FINAL_STATES", "FORMS", "OUTCOMES", "STATES", "Attendance", "Bridge", "CalendarItem",
    "Conference", "Delegation", "Edition", "Effect", "Fact", "Goal", "Guest", "Id", "KpiScope", "Opening", "Presence",
    "Reservation", "Site", "Tally", "TallyDistrict", "Told",
]  # fmt: skip
