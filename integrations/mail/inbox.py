"""What every way of fetching mail offers, so that whoever stores it does not care which one is configured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Fetched:
    """One new mail. ``name``: what its place calls it. ``raw`` None: it is larger than allowed and was not fetched."""

    name: str
    size: int
    raw: bytes | None


Keep = Callable[[Fetched], None]


class Inbox(Protocol):
    """Where mail waits; blocking, so for a thread."""

    def collect(self, keep: Keep, most: int) -> int:
        """Hand up to ``most`` new mails to ``keep``, one by one, and mark each as done only after ``keep`` returned: a
        connection that breaks in between brings the mail again. One that is too large is handed over without content
        and left where it is. How many were marked.

        Raises Unavailable (try later) or Refused (the configuration is wrong); what ``keep`` raises goes through.
        """
