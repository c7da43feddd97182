"""Ways out of a refusal for programs: rooms by key, never by id."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from confsvc.web.api.fields import Shown
from scheduler.booking.ways.ways_out import OtherRoom, WaysOut


class TimeOut(Shown):
    starts: datetime
    ends: datetime


class OtherSiteOut(Shown):
    """``site``: a room to take in the place of ``instead_of``; ``room`` and ``unit`` name it."""

    instead_of: str
    site: str
    room: str
    unit: str


class SmallerOut(Shown):
    """``code``: "without_sites", "audio_only" or "in_person"; ``sites``: which rooms it concerns."""

    code: str
    sites: list[str]


class SittingOut(Shown):
    """One part of what the video host does not carry at once; the first of ``sites`` is the main one."""

    starts: datetime
    ends: datetime
    sites: list[str]


class WaysOutOut(Shown):
    """``times``: the nearest at which all is free. ``rooms``: of the same office. ``halls``: of neighbours, for a main
    site. ``shared``: a site of this conference at which the office of ``instead_of`` can sit (``seats``).
    ``sittings``: the ``sessions`` of a series that counts once."""

    times: list[TimeOut]
    rooms: list[OtherSiteOut]
    halls: list[OtherSiteOut]
    shared: list[OtherSiteOut]
    smaller: list[SmallerOut]
    sittings: list[SittingOut]


def ways_shown(ways: WaysOut) -> WaysOutOut:
    def others(found: Iterable[OtherRoom]) -> list[OtherSiteOut]:
        return [
            OtherSiteOut(instead_of=ways.keys.get(one.instead_of, ""), site=one.key, room=one.room, unit=one.unit)
            for one in found
        ]

    return WaysOutOut(
        times=[TimeOut(starts=free.starts, ends=free.ends) for free in ways.times],
        rooms=others(ways.rooms),
        halls=others(ways.halls),
        shared=others(ways.shared),
        smaller=[
            SmallerOut(code=one.code, sites=[ways.keys[room_id] for room_id in one.room_ids if room_id in ways.keys])
            for one in ways.smaller
        ],
        sittings=[
            SittingOut(starts=one.starts, ends=one.ends, sites=[ways.keys[room_id] for room_id in one.room_ids])
            for one in ways.sittings
        ],
    )
