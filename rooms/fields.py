"""Checks of what people type into the directory; every wrong field is collected before anything is refused.

(pure)
"""

from __future__ import annotations

import re
from typing import Any

from rooms.errors import FieldError, Invalid
from rooms.names import tidy

_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+\Z")  # fmt: skip  # noqa: E501
_PHONE = re.compile(r"[0-9+() .,;/-]{3,60}\Z")


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
        if len(value) > 254 or not _MAIL.match(value) or ".." in value or value.split("@")[0].strip(".") == "":
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
