"""Tickets for Jitsi rooms (JSON Web Tokens): minting them, and checking them with exactly Jitsi's rules.

Tickets are deterministic: the same room, user and window give the same bytes (HS256 and RS256 are both without
chance, and neither ``iat`` nor ``jti`` is set), so that an agenda's hash changes only when something changed.

With HS256 Prosody offers ending and counting; kicking and system messages demand RS256 and a key server.
"""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

SERVER_TOKEN_LIFE = timedelta(seconds=60)
CLOCK_SKEW = timedelta(seconds=60)
_ROOM = re.compile(r"[^\x00-\x20@/]{1,200}\Z")


class SigningKey:
    """One key of a deployment, parsed once. Its secret half never appears in ``repr``."""

    def __init__(self, key: OctKey | RSAKey, algorithm: str, kid: str | None) -> None:
        self._key = key
        self.algorithm = algorithm
        self.kid = kid

    def __repr__(self) -> str:
        return f"SigningKey({self.algorithm}, kid={self.kid!r})"

    @classmethod
    def hs256(cls, secret: str) -> Self:
        """Prosody's ``app_secret``; ValueError under 14 bytes (112 bits), which can be guessed."""
        if len(secret.encode()) < 14:
            raise ValueError("the HS256 secret is shorter than 14 bytes")
        return cls(OctKey.import_key(secret.encode()), "HS256", None)

    @classmethod
    def rs256(cls, pem: bytes | str, kid: str) -> Self:
        """A private RSA key in PEM and the name under which the key server shows its public half."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of short keys, which are refused below
                key = RSAKey.import_key(pem)
        except Exception as exc:  # the library raises many kinds; the text must not carry the key
            raise ValueError("the RS256 key is not an RSA key in PEM") from exc
        if not key.is_private:
            raise ValueError("the RS256 key is a public key: the private one signs")
        if key.public_key.key_size < 2048:
            raise ValueError("the RS256 key is shorter than 2048 bits")
        if not kid:
            raise ValueError("an RS256 key needs a name (kid)")
        return cls(key, "RS256", kid)

    def public_pem(self) -> bytes:
        """The public half as SubjectPublicKeyInfo PEM; ValueError for HS256, which has none."""
        if not isinstance(self._key, RSAKey):
            raise ValueError("an HS256 secret has no public half")
        return self._key.as_pem(private=False)

    def public_name(self) -> str:
        """File name that Prosody asks from ``asap_key_server``: lower-case hex SHA-256 of the kid, ``.pem``."""
        return f"{hashlib.sha256((self.kid or '').encode()).hexdigest()}.pem"

    def sign(self, claims: Mapping[str, Any]) -> str:
        """The compact token; claims in sorted order, so that equal claims give equal bytes."""
        header = {"typ": "JWT", "alg": self.algorithm} | ({"kid": self.kid} if self.kid else {})
        payload = json.dumps(claims, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return jws.serialize_compact(header, payload.encode(), self._key, [self.algorithm])

    def read(self, token: str) -> bytes | None:
        """The payload when the signature is ours, else None."""
        try:
            return jws.deserialize_compact(token, self._key, [self.algorithm]).payload
        except Exception:  # noqa: BLE001  every way of being wrong means the same: not signed by this key
            return None


class TokenMint:
    """Mints the tickets of one deployment.

    ``issuer``: Prosody's ``app_id``. ``subject``: the main domain (``meet.example``) or the tenant; always sent, since
    a token without ``sub`` or ``room`` is never answered. ``audience``: one string, a list is refused by Jitsi.
    """

    def __init__(self, key: SigningKey, *, issuer: str, subject: str, audience: str = "jitsi") -> None:
        if not (issuer and subject and audience):
            raise ValueError("issuer, subject and audience are all needed")
        self.key = key
        self._fixed = {"iss": issuer, "sub": subject, "aud": audience}

    def room_token(
        self,
        room: str,
        *,
        nbf: datetime,
        exp: datetime,
        user: Mapping[str, str],
        features: Mapping[str, bool] | None = None,
        moderator: bool = False,
    ) -> str:
        """A ticket for one room.

        ``user``: the keys that come back in Jitsi's events (``id``, ``name``, ``email`` and ours); strings only, since
        an integer 17 comes back as 17.0 and null breaks presence. ``features``: exactly these are allowed; left out,
        a moderator may do everything. Times are aware, whole seconds. Raises ValueError for what Jitsi would not take.
        """
        if not _ROOM.match(room) or room == "*":
            raise ValueError(f"not a room name: {room!r}")
        if exp <= nbf:
            raise ValueError("a ticket must end after it begins")
        person: dict[str, str] = {}
        for name, value in user.items():
            if not isinstance(value, str):
                raise ValueError(f"user.{name} is not a string")
            person[name] = value
        if moderator:
            person |= {"moderator": "true", "affiliation": "owner"}
        context: dict[str, Any] = {"user": person}
        if features is not None:
            context["features"] = {name: bool(value) for name, value in features.items()}
        return self.key.sign(
            self._fixed | {"room": room.lower(), "nbf": _seconds(nbf), "exp": _seconds(exp), "context": context}
        )

    def server_token(self, now: datetime) -> str:
        """A token for Prosody's control calls: every room, one minute. It can end any meeting: keep it inside."""
        return self.key.sign(
            self._fixed | {"room": "*", "nbf": _seconds(now - CLOCK_SKEW), "exp": _seconds(now + SERVER_TOKEN_LIFE)}
        )


def _seconds(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return int(at.timestamp())
