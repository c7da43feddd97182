"""Passwords: what a usable one is, and argon2 in a thread (a quarter of a second and 64 MiB each)."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rooms.errors import FieldError

SHORTEST, LONGEST = 10, 200
_COMMON = frozenset(
    {"1234567890", "0123456789", "0987654321", "qwertyuiop", "matkhau123", "password123", "administrator"}
)


def password_errors(password: str, *, login: str = "", field: str = "password") -> list[FieldError]:
    """Why this password is not taken: length, one repeated sign, known everywhere, or the login itself."""
    if len(password) < SHORTEST:
        return [FieldError(field, "password_short", {"min": SHORTEST})]
    if len(password) > LONGEST:
        return [FieldError(field, "too_long", {"max": LONGEST})]
    folded = password.casefold()
    if folded in _COMMON or len(set(folded)) < 4 or (login and folded.strip("0123456789!@#. ") == login.casefold()):
        return [FieldError(field, "password_easy")]
    return []


class Passwords:
    """Hashes and checks, at most two at a time, never in the event loop."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("nobody has this password")
        self._turn = asyncio.Semaphore(2)

    def hash_now(self, password: str) -> str:
        """The hash, in the calling thread (command line)."""
        return self._hasher.hash(password)

    async def hash(self, password: str) -> str:
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether ``password`` belongs to the hash; None (no such account) takes just as long and is False."""
        async with self._turn:
            return await asyncio.to_thread(self._verify, stored or self._nobody, password) and stored is not None

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
