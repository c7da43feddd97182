"""Checks of what people type into the directory; every wrong field is collected before anything is refused.

(pure)
"""

from __future__ import annotations

import re
from typing import Any

from rooms.errors import FieldError, Invalid
from rooms.names import tidy

# What can be written into an invitation: a backtick cannot stand in the address of a calendar entry.
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_MAIL = re.compile(rf"[a-z0-9!#$%&'*+/=?^_{{|}}~.-]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")
_PHONE = re.compile(r"[0-9+() .,;/-]{3,60}\Z")


def is_mail(address: str) -> bool:
    """Whether ``address`` (lower case) is a mail address that letters go to: plain ASCII, a dot in the domain."""
    named = address.partition("@")[0].strip(".")
    return bool(named) and len(address) <= 254 and ".." not in address and _MAIL.fullmatch(address) is not None


class Checks:
    """Collects errors; ``done`` raises Invalid when there are any."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def wrong(self, field: str, code: str, **data: Any) -> None:
        self.errors.append(FieldError(field, code, data))

    def text(self, field: str, value: str, most: int, *, required: bool = True) -> str:
        """The value in NFC with single spaces; required, too_long, not_text."""
        value = tidy(value)
        if required and not value:
            self.wrong(field, "required")
        elif len(value) > most:
            self.wrong(field, "too_long", max=most)
        elif not value.isprintable():
            self.wrong(field, "not_text")
        return value

    def choice(self, field: str, value: str, allowed: tuple[str, ...]) -> str:
        if value not in allowed:
            self.wrong(field, "not_one_of", allowed=list(allowed))
        return value

    def number(self, field: str, value: int | None, low: int, high: int) -> int | None:
        if value is not None and not low <= value <= high:
            self.wrong(field, "out_of_range", low=low, high=high)
        return value

    def mail(self, field: str, value: str | None) -> str | None:
        """An address in lower case, None when empty; not_mail."""
        value = (value or "").strip().lower()
        if not value:
            return None
        if not is_mail(value):
            self.wrong(field, "not_mail")
        return value

    def phone(self, field: str, value: str) -> str:
        value = tidy(value)
        if value and not _PHONE.match(value):
            self.wrong(field, "not_phone")
        return value

    def done(self) -> None:
        if self.errors:
            raise Invalid(self.errors)
