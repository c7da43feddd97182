"""From the facts as they are stored to what was seen of each connection.

(pure) The video host names a connection, a device reports of itself; a room that was found gone, or made anew, ends
what was still open in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from scheduler.record.attendance import Sighting, Source
from scheduler.record.reports import Report, from_reports

LEAVING = ("endpoint.left", "endpoint.kicked", "endpoint.crash")


class StoredFact(Protocol):
    """A row of ``fact``. The key of a device's own event ends in ":<boot>:<number>"."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def opening_id(self) -> int | None: ...
    @property
    def endpoint_id(self) -> int | None: ...
    @property
    def data(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Devices:
    """Which site each endpoint stands at: ``by_id`` gives (device, site), ``by_name`` the site of "endpoint:<key>"."""

    by_id: Mapping[int, tuple[str, int]]
    by_name: Mapping[str, int]


def sightings(facts: Iterable[StoredFact], devices: Devices) -> list[Sighting]:
    """Everything that was seen, in any order."""
    facts = list(facts)
    seen: list[Sighting] = []
    open_in: dict[int | None, list[Sighting]] = {}
    for fact in facts:
        for occupant, source in _occupants(fact):
            sighting = _sighting(occupant, source, devices)
            seen.append(sighting)
            open_in.setdefault(fact.opening_id, []).append(sighting)
    for fact in facts:
        if fact.kind in ("room.gone", "room.created"):  # a room that is made anew was gone, though nobody said so
            seen += _closed(open_in.get(fact.opening_id, []), fact.at)
    reports = [report for fact in facts if (report := _report(fact, devices)) is not None]
    return seen + from_reports(reports)


def names(facts: Iterable[StoredFact]) -> dict[str, str]:
    """What each device's ticket called it, as the video host repeats it."""
    return {
        _device(occupant): str(occupant["name"])
        for fact in facts
        for occupant, _ in _occupants(fact)
        if occupant.get("name")
    }


def _occupants(fact: StoredFact) -> list[tuple[Mapping[str, Any], Source]]:
    if fact.kind in ("occupant.joined", "occupant.left"):
        return [(fact.data, "host")]
    if fact.kind == "room.destroyed":
        return [(occupant, "summary") for occupant in fact.data.get("occupants", [])]
    return []


def _sighting(occupant: Mapping[str, Any], source: Source, devices: Devices) -> Sighting:
    device = _device(occupant)
    return Sighting(
        connection=str(occupant["connection"]),
        device=device,
        site_id=devices.by_name.get(device),
        joined=_time(occupant.get("joined")),
        left=_time(occupant.get("left")),
        source=source,
    )


def _closed(seen: list[Sighting], at: datetime) -> list[Sighting]:
    """Connections of a room that was found gone and of which nobody said that they left."""
    left = {sighting.connection for sighting in seen if sighting.left is not None}
    return [
        Sighting(s.connection, s.device, s.site_id, None, at, "host", guessed=True)
        for s in seen
        if s.connection not in left and s.joined is not None and s.joined < at
    ]


def _report(fact: StoredFact, devices: Devices) -> Report | None:
    joined = fact.kind == "endpoint.joined"
    if fact.endpoint_id is None or not (joined or fact.kind in LEAVING) or fact.endpoint_id not in devices.by_id:
        return None
    device, site_id = devices.by_id[fact.endpoint_id]
    _, boot, seq = fact.key.rsplit(":", 2)
    return Report(device, site_id, boot, int(seq), fact.at, joined)


def _device(occupant: Mapping[str, Any]) -> str:
    """Who it is: the id in the ticket, else the connection itself."""
    return str(occupant.get("device") or occupant["connection"])


def _time(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
