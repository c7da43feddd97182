"""Who was connected for how long: from what was seen of single connections to one line per delegation.

(pure) Facts come in any order, twice, or not at all, from devices and from the video host. Every step here is a set
operation, so the same facts give the same answer in whatever order they arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

Source = Literal["endpoint", "host", "summary", "operator"]
Mode = Literal["online", "in_person", "phone", "absent"]
Extent = Literal["full", "part", "none"]
Evidence = Literal["auto", "confirmed", "declared"]
Span = tuple[datetime, datetime]

BRIDGED_GAP = timedelta(minutes=2)  # shorter gaps are no absence: a reload, a line that blinked
MINIMUM = timedelta(minutes=15)


@dataclass(frozen=True)
class Sighting:
    """What one fact says of one connection: a join, a leave, or both; the other time is None.

    ``connection`` tells apart two connections of the same device (the video host's occupant_jid; for a device's own
    reports see ``reports``). ``source`` "summary" is the host's list of all occupants when a room is destroyed: for
    the connections it names it overrules what was seen before. ``guessed``: nobody told the leave, the room was gone.
    """

    connection: str
    device: str
    site_id: int | None
    joined: datetime | None
    left: datetime | None
    source: Source
    guessed: bool = False


@dataclass(frozen=True)
class Presence:
    """One connection of one device, closed: ``joined`` < ``left``. ``source`` is endpoint, host or operator."""

    device: str
    site_id: int | None
    joined: datetime
    left: datetime
    source: Source


@dataclass(frozen=True)
class Seat:
    """Where to look for one delegation: its sites, devices of its own (a guest's phone), and what a person marked."""

    delegation_id: int
    site_ids: frozenset[int] = frozenset()
    devices: frozenset[str] = frozenset()
    marked: Literal["in_person", "phone"] | None = None
    marked_evidence: Evidence = "declared"


@dataclass(frozen=True)
class Attended:
    """One delegation's line. ``first`` and ``last`` are as seen, ``seconds`` only inside the actual duration."""

    delegation_id: int
    mode: Mode
    extent: Extent
    first: datetime | None
    last: datetime | None
    seconds: int
    evidence: Evidence

    @property
    def minutes(self) -> int:
        return self.seconds // 60


def merge(sightings: Iterable[Sighting], closes: datetime) -> tuple[Presence, ...]:
    """One presence per connection, sorted. What is still open is closed at ``closes``.

    A device that lost its power never reports that it left. Where the host has seen the same device, its open report
    ends with the stretch that the host saw, not with the conference. A host that crashed never tells either: what it
    left open ends when the device says that it fell out.
    """
    by_connection: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        by_connection.setdefault(sighting.connection, []).append(sighting)
    told = [_connection(group) for group in by_connection.values()]
    known = [_ended_by_device(one, told) for one in told]

    seen_by_host: dict[str, list[Span]] = {}
    for one in known:
        if one.source == "host" and one.joined is not None:
            seen_by_host.setdefault(one.device, []).append((one.joined, one.left or max(closes, one.joined)))
    stretches = {device: unite(spans) for device, spans in seen_by_host.items()}

    presences = set()
    for one in known:
        if one.joined is None:
            continue  # a leave whose join has not arrived (yet)
        left = one.left
        if left is None and one.source == "endpoint":
            left = next((end for _, end in stretches.get(one.device, ()) if end > one.joined), None)
        left = closes if left is None else left
        if one.joined < left:
            presences.add(Presence(one.device, one.site_id, one.joined, left, one.source))
    return tuple(sorted(presences, key=lambda p: (p.joined, p.left, p.device, p.source, p.site_id or 0)))


def _connection(group: Sequence[Sighting]) -> Sighting:
    """All that is known of one connection. Minimum and maximum, so that order and repetition do not matter."""
    summary = [s for s in group if s.source == "summary"]
    joins = [s.joined for s in summary if s.joined] or [s.joined for s in group if s.joined]
    sure = [s.left for s in summary if s.left] or [s.left for s in group if s.left and not s.guessed]
    guesses = [s.left for s in group if s.left and s.guessed]
    source: Source = min(s.source for s in group)
    return Sighting(
        connection=group[0].connection,
        device=min(s.device for s in group),
        site_id=min((s.site_id for s in group if s.site_id is not None), default=None),
        joined=min(joins, default=None),
        left=max(sure) if sure else min(guesses, default=None),
        source="host" if source == "summary" else source,
        guessed=not sure,
    )


def _ended_by_device(one: Sighting, told: Iterable[Sighting]) -> Sighting:
    """A connection whose leave the host never told ends with the device's own report of the same stretch."""
    if one.source != "host" or not one.guessed or one.joined is None:
        return one
    begun = [
        (s.joined, s.left)
        for s in told
        if s.source == "endpoint" and s.device == one.device and s.joined and s.joined < one.joined + BRIDGED_GAP
    ]
    left = max(begun, key=lambda span: (span[0], span[1] or span[0]), default=(None, None))[1]
    if left is None or left <= one.joined or (one.left is not None and left > one.left):
        return one
    return replace(one, left=left)


def unite(spans: Iterable[Span], gap: timedelta = timedelta(0)) -> list[Span]:
    """The union of spans, sorted; what touches, or lies less than ``gap`` apart, becomes one."""
    united: list[Span] = []
    for start, end in sorted(spans):
        if united and (start <= united[-1][1] or start - united[-1][1] < gap):
            united[-1] = (united[-1][0], max(united[-1][1], end))
        else:
            united.append((start, end))
    return united


def attended(seat: Seat, presences: Iterable[Presence], starts: datetime, ends: datetime) -> Attended:
    """One delegation's attendance between the actual ``starts`` and ``ends``.

    Several devices are united first. A delegation seen both ways is online if its online minutes suffice.
    """
    own = [p for p in presences if p.device in seat.devices or (p.site_id is not None and p.site_id in seat.site_ids)]
    spans = unite(((p.joined, p.left) for p in own), BRIDGED_GAP)
    connected = _inside(spans, starts, ends)
    reach = extent(connected, ends - starts)

    mode: Mode = "online"
    evidence: Evidence = "confirmed" if own and all(p.source == "operator" for p in own) else "auto"
    if reach == "none" and seat.marked is not None:
        mode, reach, evidence = seat.marked, "full", seat.marked_evidence
    elif reach == "none":
        mode = "absent"
    return Attended(
        delegation_id=seat.delegation_id,
        mode=mode,
        extent=reach,
        first=spans[0][0] if spans else None,
        last=spans[-1][1] if spans else None,
        seconds=connected // timedelta(seconds=1),
        evidence=evidence,
    )


def extent(connected: timedelta, duration: timedelta) -> Extent:
    """In full, in part or not at all: at least the smaller of 15 minutes and half of the actual duration, and in full
    from half of it on (data.md D30, D35)."""
    if duration <= timedelta(0):
        return "none"
    if 2 * connected >= duration:
        return "full"
    return "part" if connected >= MINIMUM else "none"


def vc_ran(presences: Iterable[Presence], starts: datetime, ends: datetime) -> timedelta:
    """How long the video conference ran between ``starts`` and ``ends``: while at least two places were connected.

    A place is a site, or a device that belongs to none. One alone in a room is no conference.
    """
    places: dict[int | str, list[Span]] = {}
    for presence in presences:
        place = presence.device if presence.site_id is None else presence.site_id
        places.setdefault(place, []).append((presence.joined, presence.left))
    steps: dict[datetime, int] = {}
    for spans in places.values():
        for start, end in unite(spans, BRIDGED_GAP):
            steps[start] = steps.get(start, 0) + 1
            steps[end] = steps.get(end, 0) - 1
    connected, together = 0, list[Span]()
    for (at, step), (until, _) in pairwise(sorted(steps.items())):
        connected += step
        if connected >= 2:
            together.append((at, until))
    return _inside(unite(together), starts, ends)


def _inside(spans: Iterable[Span], starts: datetime, ends: datetime) -> timedelta:
    clipped = (min(end, ends) - max(start, starts) for start, end in spans)
    return sum((length for length in clipped if length > timedelta(0)), timedelta(0))
