"""The kinds of fields of the API: bounded, strict, and with codes of ours for what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from rooms.errors import FieldError

_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EARLIEST, _LATEST = 1900, 2200


def _instant(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            read = datetime.fromisoformat(value.upper())
            if _EARLIEST <= read.year <= _LATEST:
                return read.astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise PydanticCustomError("not_a_time", "not a time with a zone") from problem
    raise PydanticCustomError("not_a_time", "not a time with a zone")


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            read = date.fromisoformat(value)
            if _EARLIEST <= read.year <= _LATEST:
                return read
    except ValueError as problem:
        raise PydanticCustomError("not_a_date", "not a date") from problem
    raise PydanticCustomError("not_a_date", "not a date")


Instant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
"""RFC 3339 with a zone, never a number; kept as UTC."""
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


def _printable(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("not_a_text", "contains control characters")
    return value


def _lines(value: str) -> str:
    if not value.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
        raise PydanticCustomError("not_a_text", "contains control characters")
    return value


_ONE_LINE = AfterValidator(_printable)
Line40 = Annotated[str, StringConstraints(max_length=40), _ONE_LINE]
Line60 = Annotated[str, StringConstraints(max_length=60), _ONE_LINE]
Line100 = Annotated[str, StringConstraints(max_length=100), _ONE_LINE]
Line200 = Annotated[str, StringConstraints(max_length=200), _ONE_LINE]
Line254 = Annotated[str, StringConstraints(max_length=254), _ONE_LINE]
Line500 = Annotated[str, StringConstraints(max_length=500), _ONE_LINE]
"""Texts of one line with a limit."""
Note = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_lines)]
"""A text of several lines."""
UnitCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$")]
RoomKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]


class Model(BaseModel):
    """What comes in: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shown(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


MOST_ERRORS = 200
"""Told at once: a request of fifty thousand wrong fields is not answered with all of them."""
_CODES = {
    "missing": "required", "extra_forbidden": "unknown_field", "string_type": "not_a_text",
    "string_too_short": "too_short", "string_too_long": "too_long", "string_pattern_mismatch": "pattern",
    "int_type": "not_a_number", "int_parsing": "not_a_number", "int_from_float": "not_a_number",
    "int_parsing_size": "not_a_number", "bool_type": "not_yes_or_no", "bool_parsing": "not_yes_or_no",
    "list_type": "not_a_list", "tuple_type": "not_a_list", "too_long": "too_many", "too_short": "too_few",
    "literal_error": "unknown_value", "enum": "unknown_value", "greater_than_equal": "too_small",
    "less_than_equal": "too_great", "model_type": "not_an_object", "model_attributes_type": "not_an_object",
    "dict_type": "not_an_object", "not_a_time": "not_a_time", "not_a_date": "not_a_date", "not_a_text": "not_a_text",
    "string_unicode": "not_a_text",
}  # fmt: skip
_LIMITS = {"min_length": "min", "max_length": "max", "ge": "min", "le": "max"}


def field_errors(found: list[ErrorDetails]) -> list[FieldError]:
    """pydantic's findings with our codes, one a field."""
    errors: dict[str, FieldError] = {}
    for error in found[:MOST_ERRORS]:
        field = ".".join(str(part) for part in error["loc"])
        context: Mapping[str, Any] = error.get("ctx") or {}
        data = {ours: context[theirs] for theirs, ours in _LIMITS.items() if theirs in context}
        kind = error["type"]
        if isinstance(error.get("input"), str) and kind in ("too_short", "too_long"):
            kind = f"string_{kind}"
        errors.setdefault(field, FieldError(field, _CODES.get(kind, "wrong"), data))
    return list(errors.values())


def unstorable(value: Any, where: str = "") -> Iterator[FieldError]:
    """Texts that no database takes: NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            yield FieldError(where, "not_a_text")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from unstorable(item, f"{where}.{number}" if where else str(number))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from unstorable(item, f"{where}.{key}" if where else key)
