"""What Jitsi's parts answer, as frozen values; another shape is Refused, since asking again gives the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from integrations.errors import Refused
from integrations.http import Answer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PartHealth:
    """One part of a deployment; ``detail`` is for people."""

    up: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Health:
    """``parts``: by name (prosody, jicofo, jvb), only those with a configured address."""

    parts: Mapping[str, PartHealth]

    @property
    def up(self) -> bool:
        return all(part.up for part in self.parts.values())


@dataclass(frozen=True, slots=True)
class CensusRoom:
    """``created``: None before the first participant. ``leaked``: Prosody holds a room that should be gone."""

    jitsi_name: str
    room_jid: str
    participants: int
    created: datetime | None
    leaked: bool


@dataclass(frozen=True, slots=True)
class Occupant:
    """``nick``: the resource of the room JID, what :meth:`JitsiClient.kick` wants."""

    nick: str
    jid: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class BridgeStats:
    """``stress``: measured load ÷ threshold, can exceed 1; Jicofo avoids a bridge from 0.8. Rates in kbit/s."""

    stress: float
    conferences: int
    endpoints: int
    largest_conference: int
    download_kbps: int
    upload_kbps: int
    draining: bool


@dataclass(frozen=True, slots=True)
class JicofoStats:
    """``bridges``: known; ``operational_bridges``: those that take conferences."""

    conferences: int
    participants: int
    largest_conference: int
    bridges: int
    operational_bridges: int
    healthy: bool | None


def read_census(answer: Answer) -> tuple[CensusRoom, ...]:
    return _read(answer, lambda data: tuple(_census_room(item) for item in data["room_census"]))


def read_size(answer: Answer) -> int:
    return _read(answer, lambda data: int(data["participants"]))


def read_occupants(answer: Answer) -> tuple[Occupant, ...]:
    return _read(
        answer,
        lambda data: tuple(
            Occupant(
                str(item["jid"]).partition("/")[2],
                str(item["jid"]),
                str(item.get("display_name") or ""),
                str(item.get("email") or ""),
            )
            for item in data
        ),
    )


def read_bridge(answer: Answer) -> BridgeStats:
    return _read(
        answer,
        lambda data: BridgeStats(
            stress=float(data["stress_level"]),
            conferences=int(data["conferences"]),
            endpoints=int(data.get("endpoints", data.get("participants", 0))),
            largest_conference=int(data.get("largest_conference", 0)),
            download_kbps=int(data.get("bit_rate_download", 0)),
            upload_kbps=int(data.get("bit_rate_upload", 0)),
            draining=bool(data.get("graceful_shutdown", False) or data.get("drain", False)),
        ),
    )


def read_jicofo(answer: Answer) -> JicofoStats:
    def read(data: Any) -> JicofoStats:
        bridges = data.get("bridge_selector", {})
        healthy = data.get("healthy")
        return JicofoStats(
            conferences=int(data["conferences"]),
            participants=int(data["participants"]),
            largest_conference=int(data.get("largest_conference", 0)),
            bridges=int(bridges.get("bridge_count", 0)),
            operational_bridges=int(bridges.get("operational_bridge_count", 0)),
            healthy=healthy if isinstance(healthy, bool) else None,
        )

    return _read(answer, read)


def _census_room(item: Any) -> CensusRoom:
    jid = str(item["room_name"])
    created = item.get("created_time")  # a string in milliseconds
    return CensusRoom(
        jid.partition("@")[0],
        jid,
        int(item["participants"]),
        datetime.fromtimestamp(int(created) / 1000, UTC) if created else None,
        bool(item.get("leaked", False)),
    )


def _read(answer: Answer, reader: Callable[[Any], T]) -> T:
    data = answer.json()
    try:
        # Lua writes an empty list as {}; iterating over it gives the same nothing.
        return reader(data)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as exc:
        raise Refused(f"{answer.asked} answered JSON of another shape") from exc
