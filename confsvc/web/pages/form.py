"""A form as it was sent: bounded texts, days, numbers, choices; every wrong field is collected before it is refused."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from aiohttp import web
from multidict import MultiMapping

from confsvc.web import keys
from confsvc.web.errors import field_texts
from confsvc.web.pages.typed import parse_day
from rooms.errors import FieldError, Invalid, Problem
from rooms.names import tidy

MOST_FIELDS = 1000


class Form:
    """The fields of a form; ``done`` raises Invalid when some were wrong. ``values`` are the texts as typed."""

    def __init__(self, fields: MultiMapping[object]) -> None:
        if len(fields) > MOST_FIELDS:
            raise Problem("too_large")
        self.values = {name: value for name, value in fields.items() if isinstance(value, str)}
        if any("\0" in name or "\0" in value for name, value in self.values.items()):
            raise Problem("malformed")
        self.files = {name: value for name, value in fields.items() if isinstance(value, web.FileField)}
        self._lists = {name: [v for v in fields.getall(name) if isinstance(v, str)] for name in fields}
        self.errors: list[FieldError] = []

    def wrong(self, field: str, code: str, **data: object) -> None:
        self.errors.append(FieldError(field, code, data))

    def text(self, field: str, most: int = 200, *, required: bool = False) -> str:
        """One line, NFC, without spaces at the ends."""
        value = tidy(self.values.get(field, ""))
        if required and not value:
            self.wrong(field, "required")
        elif len(value) > most:
            self.wrong(field, "too_long", max=most)
        return value

    def day(self, field: str, *, required: bool = False) -> date | None:
        """A date typed as dd/MM/yyyy; None when empty."""
        value = self.text(field, 20, required=required)
        found = parse_day(value) if value else None
        if value and found is None:
            self.wrong(field, "not_a_date")
        return found

    def number(self, field: str, *, required: bool = False) -> int | None:
        """A whole number; None when empty."""
        value = self.text(field, 12, required=required).replace(".", "").replace(" ", "")
        if not value:
            return None
        if not value.isascii() or not value.isdecimal():
            self.wrong(field, "not_a_number")
            return None
        return int(value)

    def choice(self, field: str, allowed: Collection[str], *, required: bool = True) -> str:
        value = self.text(field, 200, required=required)
        if value and value not in allowed:
            self.wrong(field, "unknown_value")
        return value

    def flag(self, field: str) -> bool:
        return bool(self.values.get(field))

    def listed(self, field: str) -> list[str]:
        return self._lists.get(field, [])

    def done(self) -> None:
        if self.errors:
            raise Invalid(self.errors)


async def read_form(request: web.Request) -> Form:
    """The form of a POST; the gate has looked at its token already."""
    return Form(await request.post())


def told(request: web.Request, problem: Problem) -> dict[str, str]:
    """What to say at which field, in the reader's language."""
    return field_texts(problem, request[keys.LANGUAGE])
