"""What the outside can do to us: be unavailable for a while, or refuse for good."""

from __future__ import annotations


class IntegrationError(Exception):
    """The one root of every failure that leaves an integration; the foreign exception is its ``__cause__``."""


class Unavailable(IntegrationError):
    """The other side did not answer, or said "later": the same call may succeed if repeated.

    ``after``: seconds the other side asked us to wait (``Retry-After``), or None when it did not say.
    ``maybe``: the act may have taken effect although no answer came (a lost answer, not a refused connection).
    ``code``: the status where it was an answer.
    """

    def __init__(
        self, reason: str, *, after: float | None = None, maybe: bool = False, code: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.maybe = maybe
        self.code = code


class Refused(IntegrationError):
    """The other side understood and said no: repeating the same call is pointless.

    ``code``: the status or reply code of the other side where it has one (HTTP 403, SMTP 550).
    """

    def __init__(self, reason: str, *, code: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
