"""Addresses and links that nobody but this service can make: where a letter bounces to, and each recipient's page.

(pure) Both come from the service's key. Nothing of them is stored; they are in nobody's hands but the recipient's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

from integrations.mail.bounces import bounce_address, read_bounce_address


def return_path(effect_id: int, domain: str, key: bytes) -> str:
    """The envelope sender of what an effect sends."""
    return bounce_address(str(effect_id), domain, _purpose(key, "bounce"))


def read_return_path(address: str, key: bytes) -> int | None:
    """The effect whose letter came back to this address of ours, else None."""
    found = read_bounce_address(address, _purpose(key, "bounce"))
    return int(found) if found is not None and found.isdecimal() else None


def bounce_key(key: bytes) -> bytes:
    """What `integrations.mail.bounces` reads our return addresses with."""
    return _purpose(key, "bounce")


def recipient_token(item_id: int, uid: str, mail: str, key: bytes) -> str:
    """The name of one recipient's page about one calendar entry: the same in all letters about it."""
    seal = hmac.new(_purpose(key, "recipient"), f"{uid}\n{mail.lower()}".encode(), hashlib.sha256).digest()[:16]
    return f"{item_id}-{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"


def read_recipient_token(token: str, item_id: int, uid: str, mails: Iterable[str], key: bytes) -> str | None:
    """Whose page it is of those who were written to, or None. All are compared, so that time tells nothing."""
    given, found = token.encode(errors="replace"), None
    for mail in mails:
        if hmac.compare_digest(given, recipient_token(item_id, uid, mail, key).encode()):
            found = mail
    return found


def _purpose(key: bytes, purpose: str) -> bytes:
    return hmac.new(key, purpose.encode(), hashlib.sha256).digest()
