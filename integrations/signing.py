"""Proof that a call comes from us: an HMAC over the moment and the body, in headers.  (pure)

The receiver makes the same from the shared secret, the header ``Confsvc-Timestamp`` and the bytes of the body, compares
in constant time, and refuses what is older than some minutes: docs/operations.md shows how.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

TIMESTAMP, SIGNATURE, EVENT, EVENT_ID = "Confsvc-Timestamp", "Confsvc-Signature", "Confsvc-Event", "Confsvc-Event-Id"


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """``v1=`` and the HMAC-SHA-256 in hex over ``timestamp``, a dot, and the body; the key is the secret as it is
    shown."""
    signed = f"{timestamp}.".encode() + body
    return f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def signed_headers(secret: str, timestamp: int, body: bytes, *, event: str, event_id: str) -> Mapping[str, str]:
    """The headers of one signed call with a JSON body."""
    return {
        "Content-Type": "application/json; charset=utf-8", "Accept-Encoding": "identity", "User-Agent": "confsvc",
        EVENT: event, EVENT_ID: event_id, TIMESTAMP: str(timestamp), SIGNATURE: signature(secret, timestamp, body),
    }  # fmt: skip
