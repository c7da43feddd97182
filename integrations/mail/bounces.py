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
