"""What every way of delivering a letter offers, so that the outbox does not care which one is configured."""

from __future__ import annotations

from typing import Protocol

from integrations.mail.letter import Letter


class Mailer(Protocol):
    """Delivers letters one at a time; safe to call again with the same letter."""

    async def send(self, letter: Letter) -> None:
        """Hand the letter over; returns only when the other side has taken it.

        Raises Unavailable (try later; ``maybe`` when it may have been taken) or Refused (this letter never will be).
        """

    async def aclose(self) -> None:
        """Close what is kept open between letters."""
