"""How Vietnamese names are folded for search and ordered in lists, the same on every database.

(pure) Neither database sorts Vietnamese well everywhere, so both keys are computed here and stored.
"""

from __future__ import annotations

import unicodedata

_LETTERS = {"a": "aăâ", "d": "dđ", "e": "eê", "o": "oôơ", "u": "uư"}
_RANK = {letter: f"{base}{rank}" for base, row in _LETTERS.items() for rank, letter in enumerate(row, start=1)}
_TONES = {"\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0301": "5", "\u0323": "6"}
"""The order of a dictionary: no mark, huyền, hỏi, ngã, sắc, nặng."""


def tidy(text: str) -> str:
    """NFC, without spaces at the ends, every run of white space as one space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def search_key(*texts: str) -> str:
    """What a search compares: no case, no accents, đ as d, so that "hiep hoa" finds Hiệp Hòa and Hiệp Hoà."""
    folded = unicodedata.normalize("NFD", tidy(" ".join(texts)).casefold())
    return "".join(c for c in folded if not unicodedata.combining(c)).replace("đ", "d")


def sort_key(name: str) -> str:
    """Order of persons in a list: by given name (the last word), then the words before it from the left.

    Only a–z and digits, so that every collation sorts it alike. Letters come before tones: Hoa, Hòa, Hoàng.
    """
    words = tidy(name).casefold().split()
    ordered = words[-1:] + words[:-1]
    letters, tones = zip(*map(_word_key, ordered), strict=True) if ordered else ((), ())
    return "0".join(letters) + "00" + "0".join(tones)


def _word_key(word: str) -> tuple[str, str]:
    letters: list[str] = []
    tone = "1"
    for letter in word:
        plain = []
        for mark in unicodedata.normalize("NFD", letter):
            if mark in _TONES:
                tone = _TONES[mark]
            else:
                plain.append(mark)
        base = unicodedata.normalize("NFC", "".join(plain))
        letters.append(_RANK.get(base, f"{base}1") if base.isalnum() else "")
    return "".join(letters), tone
