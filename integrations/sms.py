"""Short messages by telephone: Vietnamese mobile numbers, texts that fit, and an SMS gateway's call from a template.

(pure) A template's ``{phone}``, ``{text}``, ``{id}`` and ``{secret}`` are put into whole fields, and the fields are
then written by their kind (form, JSON, query): nothing that a text holds can become another field.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import urlencode

# Mobile numbers since the change of 2018: ten digits that begin with 03, 05, 07, 08 or 09.
_MOBILE = re.compile(r"[35789]\d{8}")
_SLOT = re.compile(r"\{(phone|text|id|secret)\}")
SLOTS = frozenset({"phone", "text", "id", "secret"})
MORE = "..."


def mobile_number(typed: str) -> str | None:
    """The nine digits of a Vietnamese mobile number however it was typed, or None: a land line, a foreign or a wrong
    one."""
    digits = re.sub(r"[\s.\-()/]", "", unicodedata.normalize("NFKC", typed))
    for prefix in ("+84", "0084", "84", "0"):
        if digits.startswith(prefix) and _MOBILE.fullmatch(digits[len(prefix) :].removeprefix("0")):
            return digits[len(prefix) :].removeprefix("0")
    return None


def plain(text: str) -> str:
    """Vietnamese without its marks, in the 7-bit letters that every telephone and gateway knows."""
    folded = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    bare = "".join(sign for sign in folded if not unicodedata.combining(sign))
    bare = bare.translate({0x2013: "-", 0x2014: "-", 0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0xA0: " "})
    return "".join(sign if " " <= sign <= "~" and sign not in "`" else "?" for sign in one_line(bare))


def one_line(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()


def fitting(text: str, most: int) -> str:
    """The text in at most ``most`` signs, cut between words."""
    text = one_line(text)
    if len(text) <= most:
        return text
    cut = text[: most - len(MORE) + 1]
    head = cut.rsplit(" ", 1)[0] if " " in cut.strip() else cut[:-1]
    return head.rstrip(" ,;:-") + MORE


def slots_of(template: Mapping[str, str]) -> frozenset[str]:
    """What a template asks for."""
    return frozenset(name for value in template.values() for name in _SLOT.findall(value))


def filled(template: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Every field with its slots filled, once: what a value holds is not looked at again."""
    return {name: _SLOT.sub(lambda slot: values[slot.group(1)], value) for name, value in template.items()}


def header_values(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers as they may be sent; ValueError for line ends and what is not ASCII."""
    for value in headers.values():
        if not value.isascii() or not value.isprintable():
            raise ValueError("a header holds a sign that it cannot")
    return dict(headers)


def written(kind: str, fields: Mapping[str, str]) -> tuple[bytes, str]:
    """A body and its type: "form" or "json"."""
    if kind == "json":
        return json.dumps(fields, ensure_ascii=False).encode(), "application/json; charset=utf-8"
    return urlencode(fields).encode(), "application/x-www-form-urlencoded; charset=utf-8"
