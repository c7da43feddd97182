"""Bounded reading of what a machine sent: JSON text to checked fields, and every error names its field.

(pure) A sender is believed in nothing: size, depth, list lengths, string lengths and ranges are all limited before a
value is used. Unknown fields are passed over, so that older and newer devices can talk to the same service.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

LARGEST_TEXT = 32 * 1024  # bytes of UTF-8
DEEPEST = 6
LARGEST_INT = 2**53 - 1  # what JavaScript counts exactly
T = TypeVar("T")

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL refuses the one, UTF-8 the others


class ProtocolError(ValueError):
    """A message that cannot be used; ``field`` is its path ("events.3.seq"), ``code`` says what is wrong with it."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


def load(raw: str | bytes) -> dict[str, Any]:
    """The JSON object in ``raw``. ProtocolError("message", …) when it is too large, too deep, or no object."""
    if len(raw) > LARGEST_TEXT:
        raise ProtocolError("message", "too_large")
    try:
        data = raw if isinstance(raw, bytes) else raw.encode()
        if len(data) > LARGEST_TEXT:
            raise ProtocolError("message", "too_large")
        value = json.loads(data.decode(), parse_constant=_refuse_constant)
    except ProtocolError:
        raise
    except (ValueError, RecursionError) as error:  # also text that is not UTF-8, and numbers of thousands of digits
        raise ProtocolError("message", "not_json") from error
    if not isinstance(value, dict):
        raise ProtocolError("message", "not_an_object")
    _check(value, "message", DEEPEST)
    return value


def _refuse_constant(name: str) -> None:
    raise ProtocolError("message", "not_json")


def _check(value: Any, path: str, depth: int) -> None:
    """Nothing deeper than ``depth``, no number beyond 64 bits, no text that a database or UTF-8 would refuse."""
    if depth < 0:
        raise ProtocolError(path, "too_deep")
    if isinstance(value, str):
        if _UNSTORABLE.search(value):
            raise ProtocolError(path, "bad_text")
    elif isinstance(value, (int, float)):
        if not abs(value) < 2**63:  # also false for a number that is none
            raise ProtocolError(path, "out_of_range")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check(key, path, depth)
            _check(inner, path, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, path, depth - 1)


class Fields:
    """The fields of one JSON object. Each method takes a name and answers a checked value or raises ProtocolError.

    ``maybe_…`` answer None for a field that is absent or null.
    """

    def __init__(self, data: Any, path: str = "") -> None:
        if not isinstance(data, dict):
            raise ProtocolError(path.rstrip(".") or "message", "not_an_object")
        self._data = data
        self._path = path

    def has(self, name: str) -> bool:
        return self._data.get(name) is not None

    def wrong(self, name: str, code: str) -> ProtocolError:
        return ProtocolError(self._path + name, code)

    def _get(self, name: str, kind: type[T]) -> T:
        if not self.has(name):
            raise self.wrong(name, "missing")
        value = self._data[name]
        if type(value) is not kind:  # a bool is an int for isinstance, and 1.0 is no whole number here
            raise self.wrong(name, "wrong_type")
        return value

    def text_or_null(self, name: str, longest: int) -> str | None:
        """For a field whose null has a meaning: it may not be left out."""
        if name not in self._data:
            raise self.wrong(name, "missing")
        return self.maybe_text(name, longest)

    def text(self, name: str, longest: int, shortest: int = 0) -> str:
        value = self._get(name, str)
        if not shortest <= len(value) <= longest:
            raise self.wrong(name, "wrong_length")
        return value

    def maybe_text(self, name: str, longest: int) -> str | None:
        return self.text(name, longest) if self.has(name) else None

    def whole(self, name: str, low: int = 0, high: int = LARGEST_INT) -> int:
        value = self._get(name, int)
        if not low <= value <= high:
            raise self.wrong(name, "out_of_range")
        return value

    def maybe_whole(self, name: str, low: int = 0, high: int = LARGEST_INT) -> int | None:
        return self.whole(name, low, high) if self.has(name) else None

    def maybe_number(self, name: str, low: float, high: float) -> float | None:
        """A whole or broken number as float."""
        if not self.has(name):
            return None
        value = self._data[name]
        if type(value) not in (int, float):
            raise self.wrong(name, "wrong_type")
        if not low <= value <= high:
            raise self.wrong(name, "out_of_range")
        return float(value)

    def flag(self, name: str, default: bool | None = None) -> bool:
        return default if default is not None and not self.has(name) else self._get(name, bool)

    def choice(self, name: str, choices: Iterable[str]) -> str:
        value = self._get(name, str)
        if value not in choices:
            raise self.wrong(name, "unknown_value")
        return value

    def maybe_choice(self, name: str, choices: Iterable[str]) -> str | None:
        return self.choice(name, choices) if self.has(name) else None

    def matching(self, name: str, pattern: re.Pattern[str]) -> str:
        value = self._get(name, str)
        if not pattern.fullmatch(value):
            raise self.wrong(name, "unknown_value")
        return value

    def uuid(self, name: str) -> str:
        """In the usual form, lower case."""
        value = self.text(name, 36, 36)
        try:
            return str(uuid.UUID(value))
        except ValueError as error:
            raise self.wrong(name, "not_a_uuid") from error

    def instant(self, name: str) -> datetime:
        """RFC 3339 with a zone, to UTC. What the clock says is not judged: a flat battery makes it 1970."""
        value = self.text(name, 40)
        try:
            local = datetime.fromisoformat(value)
            at = local.astimezone(UTC) if local.tzinfo else None
        except (ValueError, OverflowError) as error:
            raise self.wrong(name, "not_a_time") from error
        if at is None or not 1970 <= at.year <= 2200:
            raise self.wrong(name, "not_a_time")
        return at

    def maybe_instant(self, name: str) -> datetime | None:
        return self.instant(name) if self.has(name) else None

    def child(self, name: str) -> Fields:
        return Fields(self._get(name, dict), f"{self._path}{name}.")

    def maybe(self, name: str, read: Callable[[Fields], T]) -> T | None:
        return read(self.child(name)) if self.has(name) else None

    def children(self, name: str, longest: int, shortest: int = 0) -> list[Fields]:
        items = self._items(name, longest, shortest)
        return [Fields(item, f"{self._path}{name}.{i}.") for i, item in enumerate(items)]

    def texts(self, name: str, longest: int, each: int) -> tuple[str, ...]:
        """A list of texts, empty when absent."""
        items = self._items(name, longest, 0) if self.has(name) else []
        for i, item in enumerate(items):
            if type(item) is not str or len(item) > each:
                raise self.wrong(f"{name}.{i}", "wrong_type" if type(item) is not str else "wrong_length")
        return tuple(items)

    def objects(self, name: str, longest: int, most_keys: int) -> tuple[dict[str, Any], ...]:
        """A list of small free objects, empty when absent."""
        items = self.children(name, longest) if self.has(name) else []
        return tuple(each.whole_object(most_keys) for each in items)

    def whole_object(self, most_keys: int) -> dict[str, Any]:
        if len(self._data) > most_keys:
            raise ProtocolError(self._path.rstrip("."), "too_many")
        return self._data

    def json(self, name: str, most_keys: int) -> dict[str, Any]:
        """A small free object, empty when absent; its depth and texts were checked with the whole message."""
        return self.child(name).whole_object(most_keys) if self.has(name) else {}

    def _items(self, name: str, longest: int, shortest: int) -> list[Any]:
        items: list[Any] = self._get(name, list)
        if not shortest <= len(items) <= longest:
            raise self.wrong(name, "too_many" if len(items) > longest else "too_few")
        return items
