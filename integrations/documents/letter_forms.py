"""Which form a document has on its date: margins, where the page number stands, how lines follow each other.

(pure) Sources: NĐ 30/2020/NĐ-CP, annex I and form 1.7 of annex III, from 05/3/2020; TT 01/2011/TT-BNV from 19/01/2011
(same margins and boxes, but the page number stands at the bottom right, 13-14 upright, and only the character set is
prescribed, TCVN 6909); TTLT 55/2005/TTLT-BNV-VPCP before that (as TT 01/2011 in what a letter of invitation needs; the
text of 2005 itself was not at hand, so look it up before relying on a difference). The day of the document counts, not
today: whoever prints an old letter gets the form of then.

Values lie inside what the rules allow: top and bottom 20-25 mm, left 30-35, right 15-20; text 13-14 points with 6
points at least between paragraphs, lines from single to one and a half; the first line of a paragraph goes in by 1 or
1.27 cm.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

FONT = "Times New Roman"
BODY, MOTTO, HEAD, SMALL, LIST = 14.0, 13.0, 12.0, 12.0, 11.0
"""Points: text and titles; number, date and motto; names of offices and of the country; "Nơi nhận:"; its lines."""
HEAD_LEFT = 76.0
"""How much of the head is the office's, in mm: the country's name needs 88 of what is left."""
STAMPS = {"HOẢ TỐC": 30, "THƯỢNG KHẨN": 40, "KHẨN": 20}
"""How wide each stamp's frame is, in mm; all are 8 mm high."""


@dataclass(frozen=True)
class LetterForm:
    """``since``: first day; lengths in mm, ``indent`` too; ``gap`` in points; ``line``: 1 is single spacing."""

    since: date
    source: str
    number_at: str  # "top_centre" | "bottom_right", from the second page on
    top: float = 20
    bottom: float = 20
    left: float = 30
    right: float = 15
    indent: float = 12.7
    gap: float = 6
    line: float = 1.0


FORMS = (
    LetterForm(date(2020, 3, 5), "NĐ 30/2020/NĐ-CP", "top_centre"),
    LetterForm(date(2011, 1, 19), "TT 01/2011/TT-BNV", "bottom_right", indent=10),
    LetterForm(date.min, "TTLT 55/2005/TTLT-BNV-VPCP", "bottom_right", indent=10),
)


def form_on(day: date) -> LetterForm:
    """The form that a document of that day has."""
    return next(form for form in FORMS if form.since <= day)
