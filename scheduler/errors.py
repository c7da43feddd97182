"""Problems of booking and conducting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rooms.errors import Problem


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
        return {**asdict(self), "starts": self.starts.isoformat(), "ends": self.ends.isoformat()}


class RoomTaken(Problem):
    """One or more of the rooms are held for some of the time."""

    code = "room_taken"

    def __init__(self, taken: Sequence[Taken] = ()) -> None:
        self.taken = tuple(taken)
        super().__init__(taken=[t.as_data() for t in self.taken])


class TooLate(Problem):
    """The time for this act has passed."""

    code = "too_late"


class WrongMove(Problem):
    """The conference's state does not allow this act."""

    code = "wrong_move"


class Stale(Problem):
    """Somebody else changed it in the meantime: look again."""

    code = "stale"
