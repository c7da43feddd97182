"""The words of a plan's file, in both languages: headings of columns, kinds, forms, groups of sites.  (pure)

Read folded, so that accents and capitals do not matter; written in the language of whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from confsvc.i18n import LANGUAGES, text
from confsvc.web.pages.phrases import FORMS, KINDS, REASONS
from rooms.names import search_key

HEADINGS: dict[str, str] = {
    "date": "Date", "start": "Start", "end": "End", "title": "Title", "kind": "Kind of meeting", "form": "Form",
    "host": "Host office", "main": "Main site", "sites": "Sites", "chair": "Chair", "letter": "Number of the letter",
    "reason": "Reason to meet in person", "note": "Note",
}  # fmt: skip
"""Column to its heading; in this order in files that are written."""
NEEDED = ("date", "start", "end", "title", "kind")
_ALSO: dict[str, str] = {
    "day": "date", "ngay": "date", "ngay hop": "date", "from": "start", "tu": "start", "bat dau": "start",
    "gio bat dau": "start", "thoi gian bat dau": "start", "den": "end", "to": "end", "gio ket thuc": "end",
    "ket thuc": "end", "thoi gian ket thuc": "end", "ten cuoc hop": "title", "noi dung": "title",
    "noi dung hop": "title", "tieu de": "title", "loai": "kind", "loai hop": "kind", "loai cuoc hop": "kind",
    "hinh thuc": "form", "hinh thuc hop": "form", "co quan chu tri": "host", "don vi chu tri": "host",
    "diem cau chinh": "main", "diem cau": "sites", "thanh phan": "sites", "cac diem cau": "sites",
    "nguoi chu tri": "chair", "chu tri": "chair", "so giay moi": "letter", "giay moi": "letter",
    "so van ban": "letter", "ly do": "reason", "ly do hop truc tiep": "reason", "ghi chu": "note",
}  # fmt: skip
_FORMS_ALSO = {
    "truc tuyen": "online", "ket hop": "hybrid", "truc tiep": "in_person", "in person": "in_person", "online": "online",
    "hybrid": "hybrid",
}  # fmt: skip
GROUPS: dict[str, tuple[str, ...]] = {
    "muoi huyen": ("district",), "10 huyen": ("district",), "10 huyen, thanh pho": ("district",),
    "cac huyen": ("district",), "cac huyen, thanh pho": ("district",), "tat ca cac huyen": ("district",),
    "tat ca huyen": ("district",), "all districts": ("district",), "ten districts": ("district",),
    "districts": ("district",), "cac so": ("province_agency",), "cac so, nganh": ("province_agency",),
    "tat ca cac so": ("province_agency",), "all departments": ("province_agency",), "cac xa": ("commune",),
    "tat ca cac xa": ("commune",), "all communes": ("commune",),
}  # fmt: skip
"""Folded name of a group to the levels of the offices in it."""


@cache
def headings() -> Mapping[str, str]:
    """Folded heading to column."""
    ours = {search_key(text(shown, language)): name for name, shown in HEADINGS.items() for language in LANGUAGES}
    return {**_ALSO, **ours, **{name: name for name in HEADINGS}}


def shown_headings(language: str) -> list[str]:
    return [text(shown, language) for shown in HEADINGS.values()]


@cache
def kinds() -> Mapping[str, str]:
    """Folded name to code."""
    return _folded(KINDS)


@cache
def forms() -> Mapping[str, str]:
    return {**_FORMS_ALSO, **_folded(FORMS)}


@cache
def reasons() -> Mapping[str, str]:
    return _folded(REASONS)


def _folded(table: Mapping[str, str]) -> dict[str, str]:
    """Also without the word for "meeting" that the names of kinds begin with."""
    names = {
        search_key(said): code
        for code, shown in table.items()
        for said in (code, code.replace("_", " "), *(text(shown, language) for language in LANGUAGES))
    }
    return {name.removeprefix("hop "): code for name, code in names.items()} | names


def columns_of(cells: Sequence[str]) -> dict[int, str]:
    """Which column of a row of headings is which; unknown ones are left out, the first of two alike counts."""
    found: dict[int, str] = {}
    for place, cell in enumerate(cells):
        name = headings().get(search_key(cell).strip(" *:"))
        if name is not None and name not in found.values():
            found[place] = name
    return found
