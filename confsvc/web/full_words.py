"""What to tell of a line or a video host that is full.  (pure)"""

from __future__ import annotations

from confsvc.i18n import text
from scheduler.errors import Full
from scheduler.local_time import LOCAL

FULL_LINE = (
    "The line of %(name)s is full until %(until)s: %(needed)s kbit/s are needed, %(free)s are free (%(holders)s)."
)
FULL_SEATS = "The video host has %(free)s of the %(needed)s places needed until %(until)s; at most %(fits)s fit."
FULL_HOST = (
    "The video host is full until %(until)s: %(needed)s kbit/s are needed, %(free)s are free; %(fits)s sites fit."
)
ALWAYS = {
    FULL_LINE: "The line of %(name)s carries too little: %(needed)s kbit/s are needed, %(free)s are free.",
    FULL_SEATS: "The video host has %(free)s of the %(needed)s places needed; at most %(fits)s fit.",
    FULL_HOST: "The video host carries too little: %(needed)s kbit/s are needed, %(free)s are free; "
    "%(fits)s sites fit.",
}
"""The same where nobody has it, so that waiting does not help."""


def full_text(full: Full, language: str) -> str:
    """What of a line or a video host is full until when, and who has it."""
    message = FULL_LINE if full.what == "line" else FULL_SEATS if full.measure == "seats" else FULL_HOST
    if full.until is None:
        message = ALWAYS[message]
    until = full.until.astimezone(LOCAL).strftime("%H:%M %d/%m/%Y") if full.until else ""
    holders = ", ".join(full.holders[:5]) or "–"
    figures = {"needed": full.needed, "free": full.free, "fits": full.fits or 0}
    return text(message, language, {"name": full.name, "until": until, "holders": holders, **figures})
