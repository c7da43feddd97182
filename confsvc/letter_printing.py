"""Letters of invitation as files, for pages and programs: made in threads of their own, two at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from sqlalchemy.orm import Session

from confsvc.letter_making import invitation_letter
from integrations.documents.letter_content import InvitationLetter
from integrations.documents.letter_docx import letter_docx
from integrations.documents.letter_pdf import letter_pdf, letter_pictures
from integrations.errors import Refused, Unavailable
from rooms.errors import Problem
from scheduler.booking.approving.letter_draft import letter_wish
from scheduler.booking.approving.official_queries import ENDED_OTHERWISE
from scheduler.errors import WrongMove
from scheduler.models import Conference

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MAKERS: dict[str, Callable[[InvitationLetter, Path | None], bytes]] = {
    PDF: letter_pdf,
    DOCX: lambda letter, fonts: letter_docx(letter),
}
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="letters")
_seen = lru_cache(maxsize=4)(letter_pictures)
"""A page shows the pictures of one letter one by one; they are made once."""

T = TypeVar("T")


def letter_now(db: Session, conference: Conference, *, now: datetime) -> InvitationLetter:
    """The letter as it stands. Raises WrongMove: a draft has none, nor what was cancelled."""
    if conference.state in ENDED_OTHERWISE:
        raise WrongMove(state=conference.state, to="letter")
    return invitation_letter(db, conference, letter_wish(db, conference)[0], now=now)


async def printed(letter: InvitationLetter, media: str, fonts: Path | None) -> bytes:
    """The file. Raises Problem "too_large", "unavailable"."""
    return await _made(MAKERS[media], letter, fonts)


async def pictures(letter: InvitationLetter, fonts: Path | None) -> list[bytes]:
    """Its pages as PNG. As ``printed``."""
    return await _made(_seen, letter, fonts)


async def _made(
    make: Callable[[InvitationLetter, Path | None], T], letter: InvitationLetter, fonts: Path | None
) -> T:  # fmt: skip
    try:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, make, letter, fonts)
    except Refused as problem:
        raise Problem("too_large") from problem
    except Unavailable as problem:
        raise Problem("unavailable") from problem
