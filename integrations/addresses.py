"""Mail addresses as they may stand in an envelope, a header and a calendar: plain ASCII, nothing to inject with."""

from __future__ import annotations

import re

_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@(?=.{1,253}\Z)"
    r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*\Z"
)


def plain_address(mail: str) -> str:
    """The address in lower case, as calendars compare addresses as text; ValueError when it is not a plain one."""
    if len(mail) > 254 or not _ADDRESS.match(mail):
        raise ValueError(f"not a plain mail address: {mail!r}")
    return mail.lower()


def one_line(text: str) -> str:
    """The text without control characters, line and paragraph separators: each run of them becomes one space."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text.encode("utf-8", "ignore").decode()).strip()
