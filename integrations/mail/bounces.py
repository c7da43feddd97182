"""Return addresses that name the letter they belong to (VERP), so that a bounce needs no parsing to be understood."""

from __future__ import annotations

import hashlib
import hmac
import re

_BOUNCE = re.compile(r"bounce\+([a-z0-9-]{1,40})\.([0-9a-f]{10})@", re.IGNORECASE)


def bounce_address(outbox_id: str, domain: str, key: bytes) -> str:
    """``bounce+<outbox_id>.<hmac10>@<domain>``; ValueError for an id other than 1 to 40 of a-z 0-9 -."""
    if not re.fullmatch(r"[a-z0-9-]{1,40}", outbox_id):
        raise ValueError(f"not an outbox id: {outbox_id!r}")
    return f"bounce+{outbox_id}.{_seal(outbox_id, key)}@{domain}"


def read_bounce_address(address: str, key: bytes) -> str | None:
    """The outbox id when we made this address, else None: anybody can write to any address of ours."""
    found = _BOUNCE.match(address)
    if found and hmac.compare_digest(_seal(found[1].lower(), key), found[2].lower()):
        return found[1].lower()
    return None


def _seal(outbox_id: str, key: bytes) -> str:
    return hmac.new(key, outbox_id.encode(), hashlib.sha256).hexdigest()[:10]


def weight(action: str, status: str) -> str:
    """What a report means for the address: "gone" (nobody there: 5.1.1, which Exchange writes 5.1.10), "hard" (another
    5.x.x, or failed without a status), "soft" (4.x.x, delayed, mailbox full 5.2.2), "none" (delivered, a complaint)."""
    if action in ("delivered", "relayed", "expanded", "complaint") or status.startswith("2"):
        return "none"
    if action == "delayed" or status.startswith("4") or status == "5.2.2":
        return "soft"
    return "gone" if status in ("5.1.1", "5.1.10") else "hard"
