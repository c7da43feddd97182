"""Problems of booking and conducting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rooms.errors import Problem

if TYPE_CHECKING:
    from scheduler.booking.series.wish import DateFinding
    from scheduler.booking.ways.ways_out import WaysOut


@dataclass(frozen=True)
class Taken:
    """A room that is held by somebody else: by which unit, from when and until when. Never says what for."""

    room_id: int
    room: str
    unit: str
    starts: datetime
    ends: datetime

    def as_data(self) -> dict[str, Any]:
        """JSON values; times as ISO 8601 in UTC."""
        return {
            "room_id": self.room_id, "room": self.room, "unit": self.unit, "starts": self.starts.isoformat(),
            "ends": self.ends.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True)
class Full:
    """A line or a video host that does not carry a conference beside what it has already promised.

    ``what``: "line" or "bridge"; ``name`` of it; ``free`` and ``needed`` in ``measure`` ("kbps_up", "kbps_down" or
    "seats") at its fullest moment; ``holders``: the offices that have it then; ``until``: when that moment's holders
    begin to leave; ``fits``: how many sites would fit on a host, None for a line.
    """

    what: str
    id: int
    name: str
    measure: str
    needed: int
    free: int
    holders: tuple[str, ...]
    until: datetime | None
    fits: int | None = None

    def as_data(self) -> dict[str, Any]:
        """JSON values; the time as ISO 8601 in UTC."""
        until = self.until.isoformat() if self.until else None
        return {**vars(self), "holders": list(self.holders), "until": until}


class NoPlace(Problem):
    """What the wish needs is not free for some of the time."""


class RoomTaken(NoPlace):
    """One or more of the rooms are held for some of the time; ``full``: lines and hosts that stand in the way too."""

    code = "room_taken"
    ways: WaysOut | None = None

    def __init__(self, taken: Sequence[Taken] = (), full: Sequence[Full] = ()) -> None:
        self.taken, self.full = tuple(taken), tuple(full)
        super().__init__(taken=[t.as_data() for t in self.taken], full=[f.as_data() for f in self.full])


class NoCapacity(NoPlace):
    """The rooms are free, but a line or a video host is full for some of the time."""

    code = "no_capacity"
    ways: WaysOut | None = None

    def __init__(self, full: Sequence[Full]) -> None:
        self.full = tuple(full)
        super().__init__(full=[f.as_data() for f in self.full])


class StillBooked(Problem):
    """Conferences are booked where something shall be closed, or carry less: they stay, which is to be confirmed first.
    ``hits``: who they are; ``seen``: what confirms exactly these."""

    code = "still_booked"

    def __init__(self, hits: Sequence[Any], said: Sequence[Mapping[str, str]], seen: str) -> None:
        self.hits, self.seen = tuple(hits), seen
        super().__init__(hits=[dict(one) for one in said], count=len(self.hits), seen=seen)


class GivesWay(Problem):
    """The wish can have its place if others give way, which is to be confirmed first: ``preview`` says who they are and
    what becomes of them, ``wanted`` what is missing ("keys", "choices", "many")."""

    code = "gives_way"

    def __init__(self, preview: dict[str, Any], wanted: Sequence[str]) -> None:
        self.preview = preview
        super().__init__(wanted=list(wanted), **preview)


class TooLate(Problem):
    """The time for this act has passed."""

    code = "too_late"


class NoExtension(Problem):
    """A running conference cannot go on that long: a room, a line or the video host is promised to others, or it would
    go beyond the ``latest`` end that was told from the start. ``longest``: the minutes that fit."""

    code = "no_extension"

    def __init__(
        self, *, minutes: int, longest: int, latest: datetime | None, taken: Sequence[Taken] = (),
        full: Sequence[Full] = (),
    ) -> None:  # fmt: skip
        self.taken, self.full, self.latest = tuple(taken), tuple(full), latest
        super().__init__(minutes=minutes, longest=longest, latest=latest.isoformat() if latest else None)


class WrongMove(Problem):
    """The conference's state does not allow this act."""

    code = "wrong_move"


class NotAsked(Problem):
    """Nobody asked this person about the conference, or the question has been answered."""

    code = "not_asked"


class OwnRequest(Problem):
    """Nobody decides on a request of his own, unless a rule of the house lets him."""

    code = "own_request"


class LetterTaken(Problem):
    """The host's letter of this number, symbol and year belongs to another conference."""

    code = "letter_taken"


class Stale(Problem):
    """Somebody else changed it in the meantime: look again."""

    code = "stale"


class SeriesBlocked(Problem):
    """Some dates of a series cannot be booked as they are; ``findings`` say for each what stands in the way."""

    code = "series_blocked"

    def __init__(self, findings: Sequence[DateFinding]) -> None:
        self.findings = tuple(findings)
        super().__init__(dates=[finding.as_data() for finding in self.findings])
