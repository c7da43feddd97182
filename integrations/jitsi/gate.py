"""What Prosody asks of a token: the check at login, and the one at the door of a room.

Used by the simulated Jitsi and by tests, so that a ticket that passes here passes there. Rules and texts follow
Jitsi's token plugins; where Prosody would hang for ever instead of answering, :attr:`TokenRefused.hangs` is set.
Lua patterns as room names (``context.room.regex``) are left out: we never mint one.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.jitsi.tokens import SigningKey

MISMATCH = "Room and token mismatched"
_TENANT = re.compile(r"\[([^\]]+)\](.+)\Z", re.DOTALL)


class TokenRefused(Exception):
    """Jitsi's refusal text. ``hangs``: the real Prosody fails inside and never answers this one."""

    def __init__(self, text: str, *, hangs: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.hangs = hangs


@dataclass(frozen=True, slots=True)
class Gate:
    """One virtual host's token settings.

    ``issuers``: ``asap_accepted_issuers``. ``audiences``: ``asap_accepted_audiences``, where ``*`` takes any.
    ``domain``: the main domain. ``verify_domain``: ``enable_domain_verification`` (docker leaves it off: then only the
    room is compared).
    """

    key: SigningKey
    issuers: Collection[str]
    domain: str
    audiences: Collection[str] = ("*",)
    verify_domain: bool = True

    def login(self, token: str, now: datetime) -> Mapping[str, Any]:
        """The claims of a good token; raises TokenRefused. Expiry is looked at here and never again."""
        parts = [part for part in token.split(".") if part]
        if len(parts) != 3:
            raise TokenRefused("Invalid token")
        header = _decoded(parts[0], "Invalid header")
        claims = _decoded(parts[1], "Invalid body")
        if self.key.algorithm == "RS256" and header.get("kid") is None:
            raise TokenRefused("'kid' claim is missing")
        if self.key.algorithm == "RS256" and header["kid"] != self.key.kid:
            raise TokenRefused("could not obtain public key")
        if header.get("typ") != "JWT":
            raise TokenRefused("Invalid typ")
        if header.get("alg") != self.key.algorithm:
            raise TokenRefused("Invalid or incorrect alg")
        if self.key.read(token) is None:
            raise TokenRefused("Invalid signature")
        _check_times(claims, now)
        _check_claim(claims, "iss", self.issuers)
        _check_claim(claims, "aud", self.audiences)
        if "room" not in claims:
            raise TokenRefused("'room' claim is missing", hangs=True)
        return claims

    def join(self, claims: Mapping[str, Any], room: str) -> None:
        """Refuse a room that the claims do not name. ``room``: the MUC node, with ``[tenant]`` in front if any."""
        claimed = claims.get("room")
        tenant, name = (found[1], found[2]) if (found := _TENANT.match(room)) else (None, room)
        if not isinstance(claimed, str):
            raise TokenRefused(MISMATCH, hangs=True)
        if not self.verify_domain:
            if claimed not in ("*",) and claimed.lower() != room.lower():
                raise TokenRefused(MISMATCH)
            return
        subject = claims.get("sub")
        if not isinstance(subject, str):
            raise TokenRefused(MISMATCH, hangs=True)
        wanted = self.domain if tenant is None else tenant
        if subject.lower() not in ("*", wanted.lower()):
            raise TokenRefused(MISMATCH)
        if claimed != "*" and claimed.lower() != name.lower():
            raise TokenRefused(MISMATCH)


def is_moderator(claims: Mapping[str, Any]) -> bool:
    """What token_affiliation makes of the claims: owner, or else an ordinary member."""
    context = claims.get("context")
    user = context.get("user") if isinstance(context, dict) else None
    if not isinstance(user, dict):
        return False
    return user.get("moderator") in (True, "true") or user.get("affiliation") in ("owner", "moderator", "teacher")


def _decoded(part: str, refusal: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError) as exc:
        raise TokenRefused(refusal) from exc
    if not isinstance(found, dict):
        raise TokenRefused(refusal)
    return found


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    instant = int(now.timestamp())
    for name in ("exp", "nbf"):
        if name in claims and (isinstance(claims[name], bool) or not isinstance(claims[name], int | float)):
            raise TokenRefused(f"{name} must be number")
    if "exp" in claims and instant >= claims["exp"]:
        raise TokenRefused(f"Not acceptable by exp ({instant - float(claims['exp'])} sec since expired)")
    if "nbf" in claims and instant < claims["nbf"]:
        raise TokenRefused("Not acceptable by nbf")


def _check_claim(claims: Mapping[str, Any], name: str, accepted: Collection[str]) -> None:
    if claims.get(name) is None:
        raise TokenRefused(f"'{name}' claim is missing")
    if "*" not in accepted and not (isinstance(claims[name], str) and claims[name] in accepted):
        raise TokenRefused(f"invalid '{name}' claim")
