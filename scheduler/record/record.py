"""From facts to presence, attendance and tally rows. Everything here is derived and may be derived again at any time.

What a person confirmed or declared is never overwritten by the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy.orm import Session

from scheduler.kinds import Kind, find_reason
from scheduler.local_time import local_day
from scheduler.models import Attendance, Conference, Delegation
from scheduler.record import queries
from scheduler.record.attendance import Attended, Evidence, Mode, Presence, Seat, attended, merge, vc_ran
from scheduler.record.outcome import Outcome, Seen, Sitting
from scheduler.record.seen import Devices, names, sightings
from scheduler.record.tally import Convened, TallyRow, host_group, tally
from scheduler.rule_queries import list_rules
from scheduler.rulebook import RuleBook
from scheduler.timing import Timing, spans

MACHINE = "clock"
_BEST: tuple[Mode, ...] = ("online", "in_person", "phone", "absent")


def derive(db: Session, conference: Conference, *, now: datetime, timing: Timing) -> None:
    """Write what the facts say of a conference that is over, and its line in the measure.

    Its outcome becomes "held" when the machine saw a delegation attend, and stays unknown, to be confirmed by people,
    when it did not. One that was logged has no facts and keeps what was declared.
    """
    if conference.origin == "booked":
        presences = _write_presence(db, conference, now=now, timing=timing)
        lines = _write_attendance(db, conference, presences)
        if conference.outcome_evidence in (None, "auto"):
            held = any(line.mode == "online" for line in lines)
            outcome: dict[str, Any] = {"outcome": "held" if held else "unknown"}
            outcome["outcome_evidence"] = "auto" if held else None
            queries.set_result(db, conference.id, outcome, raise_version=False)
    retally(db, conference.counted_with)


def actual(conference: Conference) -> tuple[datetime, datetime]:
    """From when to when it really ran: as somebody said, else as it was booked or ended by its organiser."""
    return conference.ran_from or conference.starts, conference.ran_until or conference.ends


def _write_presence(db: Session, conference: Conference, *, now: datetime, timing: Timing) -> list[Presence]:
    found = queries.list_devices(db, conference.id)
    devices = Devices(
        by_id={d.endpoint_id: (f"endpoint:{d.key}", d.site_id) for d in found},
        by_name={f"endpoint:{d.key}": d.site_id for d in found},
    )
    facts = queries.list_facts(db, conference.id)
    ends_grace = spans(conference.starts, conference.ends, timing, booked_ends=conference.booked_ends).ends_grace
    closes = conference.ends if conference.ended_by == "organiser" else ends_grace
    presences = merge(sightings(facts, devices), min(closes, now))
    called = names(facts)
    rows = [
        {"conference_id": conference.id, "site_id": p.site_id, "device": p.device, "name": called.get(p.device, ""),
         "joined": p.joined, "left": p.left, "source": p.source}
        for p in presences
    ]  # fmt: skip
    queries.set_presence(db, conference.id, rows)
    return list(presences)


def _write_attendance(db: Session, conference: Conference, presences: Sequence[Presence]) -> list[Attended]:
    """Lines of those about whom nobody said anything, and what the machine saw of everybody.

    Somebody who was to come in person and was not seen online gets no line: a machine cannot see a hall.
    """
    starts, ends = actual(conference)
    said = {d for d, line in queries.list_attendance(db, conference.id).items() if line.evidence != "auto"}
    lines, rows = [], []
    for delegation in queries.list_delegations(db, conference.id):
        sites = frozenset({delegation.site_id}) if delegation.site_id is not None else frozenset()
        line = attended(Seat(delegation.id, sites), presences, starts, ends)
        if line.mode == "absent" and delegation.planned_mode == "in_person":
            continue
        lines.append(line)
        if delegation.id not in said:
            rows.append(_attendance_row(conference.id, line))
    queries.set_attendance(db, conference.id, rows, only="auto")
    return lines


def _attendance_row(conference_id: int, line: Attended) -> dict[str, Any]:
    return {
        "delegation_id": line.delegation_id, "conference_id": conference_id, "mode": line.mode, "extent": line.extent,
        "first": line.first, "last": line.last, "seconds": line.seconds, "evidence": line.evidence, "by": MACHINE,
    }  # fmt: skip


def retally(db: Session, leader_id: int) -> TallyRow | None:
    """Measure the counted meeting that ``leader_id`` leads anew; None when its kind is not known any more."""
    conferences = queries.list_sittings(db, leader_id)
    leader = next((c for c in conferences if c.id == leader_id), None)
    kind = _kind(db, leader) if leader else None
    host = queries.find_unit(db, leader.host_unit_id) if leader else None
    if leader is None or kind is None or host is None:
        return None
    parties = {c.id: queries.list_delegations(db, c.id) for c in conferences}
    reason = find_reason(leader.in_person_reason) if leader.in_person_reason else None
    row = tally(
        Convened(
            leader_id=leader.id,
            host_unit_id=host.id,
            host_group=host_group(host.level, host.code),
            host_counts=host.kpi_host,
            kind=kind,
            district_required=any(
                d.required and d.counterpart_unit_id is not None for party in parties.values() for d in party
            ),
            sittings=tuple(_sitting(db, c, parties[c.id]) for c in conferences),
            lawful=reason is None or not reason.lawful_bar,
        )
    )
    _write_tally(db, row)
    return row


def _kind(db: Session, leader: Conference) -> Kind | None:
    """The kind as the rules have it on the day of the first sitting: what counts then, counts."""
    return RuleBook(list_rules(db, ("counts",))).kind_on(leader.kind, local_day(leader.starts))


def _sitting(db: Session, conference: Conference, party: Sequence[Delegation]) -> Sitting:
    starts, ends = actual(conference)
    lines = queries.list_attendance(db, conference.id)
    seen = [Presence(p.device, p.site_id, p.joined, p.left, "host") for p in queries.list_presence(db, conference.id)]
    ran = vc_ran(seen, starts, ends)
    said_online = any(line.mode == "online" and line.evidence != "auto" for line in lines.values())
    if said_online and not ran:
        ran = ends - starts  # nobody met in our room: another tool was used, and somebody says so
    return Sitting(
        starts=conference.starts,
        state=conference.state,
        outcome=cast(Outcome, conference.outcome),
        duration=max(ends - starts, timedelta(0)),
        vc_ran=ran,
        districts=tuple(_districts(party, lines)),
        evidence=cast(Evidence, conference.outcome_evidence or "auto"),
    )


def _districts(party: Iterable[Delegation], lines: Mapping[int, Attendance]) -> list[Seen]:
    """One line a district: its offices are united, and it attended as the best of them did."""
    modes: dict[int, list[Mode]] = {}
    for delegation in party:
        if delegation.counterpart_unit_id is not None and delegation.id in lines:
            mode = cast(Mode, lines[delegation.id].mode)
            modes.setdefault(delegation.counterpart_unit_id, []).append(mode)
    return [Seen(unit_id, min(each, key=_BEST.index)) for unit_id, each in sorted(modes.items())]


def _write_tally(db: Session, row: TallyRow) -> None:
    queries.set_tally(
        db,
        {
            "leader_id": row.leader_id, "year": row.year, "local_date": row.local_date,
            "host_unit_id": row.host_unit_id, "host_group": row.host_group, "kind_class": row.kind_class,
            "in_scope": row.in_scope, "scope_reason": ",".join(row.reasons) or None, "status": row.status,
            "v": row.v, "p": row.p, "online": row.online, "lawful": row.lawful, "evidence": row.evidence,
        },
        [{"counterpart_unit_id": d.unit_id, "online": d.online} for d in row.districts],
    )  # fmt: skip
