"""Problems of the domain: a stable code and data, no text and no HTTP; words are found at the edge."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class Problem(Exception):
    """Something a person or program can be told: ``code`` is stable, ``data`` holds JSON values only."""

    code = "problem"

    def __init__(self, code: str | None = None, /, **data: Any) -> None:
        self.code = code or type(self).code
        self.data: dict[str, Any] = data
        super().__init__(f"{self.code} {data}" if data else self.code)


class NotFound(Problem):
    """No such thing, or none that the asker may know of (the two are not told apart)."""

    code = "not_found"


class NotAllowed(Problem):
    """Known who asks, and that person may not do this."""

    code = "not_allowed"


@dataclass(frozen=True)
class FieldError:
    """One wrong field: ``field`` is the name in the form or JSON ("sites.3"), ``code`` says what is wrong with it."""

    field: str
    code: str
    data: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Invalid(Problem):
    """Input that cannot be used; carries every wrong field at once."""

    code = "invalid"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(fields=[e.field for e in errors])
        self.errors: tuple[FieldError, ...] = tuple(errors)
