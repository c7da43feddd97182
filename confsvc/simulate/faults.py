"""What the simulator is told to do wrong, rule by rule; a rule says what, where, and how often."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Kind = Literal["delay", "lose", "duplicate", "reorder", "http", "script", "silent", "down"]
KINDS: tuple[str, ...] = get_args(Kind)
MAX_RULES = 100
FIELDS = frozenset({"kind", "target", "room", "times", "seconds", "status", "count"})


@dataclass
class Fault:
    """One rule.

    kind ``delay``: callbacks leave ``seconds`` late; ``lose``: they are never sent (a reservation call then counts as
    timed out); ``duplicate``: sent twice; ``reorder``: events wait until ``count`` of them are there and leave in
    reverse. ``http``: the HTTP control and health routes answer ``status``; ``script``: so does external_api.js;
    ``silent``: joins are never answered; ``down``: everything is refused with 503 and new links are cut.
    ``target``: a callback's name (``reservation``, ``reservation-get``, ``reservation-delete``, ``room/created``,
    ``room/destroyed``, ``occupant/joined``, ``occupant/left``) or a control path (``/room-size``); ``*`` is any.
    ``room``: a room name or ``*``. ``times``: how often the rule acts, None for until it is removed.
    """

    kind: Kind
    target: str = "*"
    room: str = "*"
    times: int | None = None
    seconds: float = 1.0
    status: int = 503
    count: int = 2
    id: int = 0


class Faults:
    def __init__(self) -> None:
        self._rules: dict[int, Fault] = {}
        self._ids = itertools.count(1)

    def add(self, fault: Fault) -> int:
        """The rule's number; ValueError when there are too many or a value makes no sense."""
        if len(self._rules) >= MAX_RULES:
            raise ValueError("too many faults")
        if fault.kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        if not (0 <= fault.seconds <= 3600 and 400 <= fault.status <= 599 and 2 <= fault.count <= 1000):
            raise ValueError("seconds 0-3600, status 400-599, count 2-1000")
        if fault.times is not None and fault.times < 1:
            raise ValueError("times must be at least 1, or absent")
        fault.id = next(self._ids)
        self._rules[fault.id] = fault
        return fault.id

    def remove(self, number: int) -> bool:
        return self._rules.pop(number, None) is not None

    def clear(self) -> None:
        self._rules.clear()

    def list(self) -> list[dict[str, Any]]:
        return [asdict(rule) for rule in self._rules.values()]

    def take(self, kind: Kind, target: str = "*", room: str = "*") -> Fault | None:
        """The first rule of that kind that fits, counted as used once more."""
        for rule in self._rules.values():
            if rule.kind == kind and rule.target in ("*", target) and rule.room in ("*", room):
                if rule.times is not None:
                    rule.times -= 1
                    if rule.times == 0:
                        del self._rules[rule.id]
                return rule
        return None


def fault_from(data: object) -> Fault:
    """A rule from JSON; ValueError with a text for whoever wrote it."""
    if not isinstance(data, dict) or "kind" not in data:
        raise ValueError("a JSON object with 'kind' is wanted")
    unknown = sorted(set(data) - FIELDS)
    if unknown:
        raise ValueError(f"unknown fields: {', '.join(unknown)}")
    texts = all(isinstance(data.get(name, ""), str) for name in ("kind", "target", "room"))
    counts = all(type(data.get(name, 0)) is int for name in ("status", "count"))
    seconds, times = data.get("seconds", 0), data.get("times")
    if not (texts and counts and type(seconds) in (int, float) and (times is None or type(times) is int)):
        raise ValueError("kind, target, room are texts; times, status, count whole numbers; seconds a number")
    return Fault(**data)
