"""What a problem carries, in words: who set a rule, days and times of the province, numbers, kinds of meetings.  (pure)

Whatever is named here may stand in a text as ``%(name)s``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from confsvc.i18n import text
from confsvc.web.pages.phrases import KINDS
from scheduler.local_time import LOCAL

BY = {
    "unit": "rule of the host office", "parent": "rule of the office above the host",
    "kind": "rule for this kind of meeting", "house": "rule of the province", "default": "rule of the province",
}  # fmt: skip
FITS = "It would fit from %(from)s."
FITS_UNTIL = "It would fit until %(until)s."
NO_FIT = "No later day was found at which it would fit."
ALL_KINDS = "meetings of all kinds"
_NUMBERS = ("days", "required", "hours", "minutes", "limit", "used", "wanted")
_ALSO = {"max": ("most", "high"), "min": ("least", "low")}


class _Data(dict[str, Any]):
    """A value that a problem does not carry must not make its message fail."""

    def __missing__(self, key: str) -> Any:
        return next((self[other] for other in _ALSO.get(key, ()) if other in self), "?")


def filled(message: str, language: str, data: Mapping[str, Any]) -> str:
    """A text of the tables with what the problem carries."""
    if "%(" not in message:
        return text(message, language)
    return text(message, language, _Data(in_words(data, language))).strip()


def in_words(data: Mapping[str, Any], language: str) -> dict[str, Any]:
    """``data`` with codes, numbers and times as people write them; what is no such thing stays."""
    said = dict(data)
    if str(data.get("by")) in BY:
        said["by"] = text(BY[str(data["by"])], language)
    said |= {name: number(data[name], language) for name in _NUMBERS if isinstance(data.get(name), int | float)}
    said |= {name: _when(data[name]) for name in ("from", "until") if isinstance(data.get(name), str)}
    if "kind" in data:
        kind = data["kind"]
        said["kind"] = text(KINDS.get(str(kind), str(kind)), language) if kind else text(ALL_KINDS, language)
    if "from" in data:
        said["fits"] = text(FITS, language, said) if data["from"] else text(NO_FIT, language)
    elif "until" in data:
        said["fits"] = text(FITS_UNTIL, language, said)
    said.setdefault("fits", "")
    return said


def number(value: float, language: str) -> str:
    """3, or 0,5 as Vietnamese writes it."""
    shown = f"{value:g}"
    return shown.replace(".", ",") if language == "vi" else shown


def _when(iso: str) -> str:
    """08:00 05/01/2027 of an instant, 05/01/2027 of a day."""
    if "T" in iso:
        return datetime.fromisoformat(iso).astimezone(LOCAL).strftime("%H:%M %d/%m/%Y")
    return date.fromisoformat(iso).strftime("%d/%m/%Y")
