"""Which HTTP status a problem gets: by its class, or by its code where the class does not say it."""

from __future__ import annotations

from confsvc.sessions import TooManyAttempts
from rooms.errors import Invalid, NotAllowed, NotFound, Problem
from scheduler.errors import RoomTaken, Stale, TooLate, WrongMove

STATUS_BY_CLASS: tuple[tuple[type[Problem], int], ...] = (
    (Invalid, 422), (NotFound, 404), (NotAllowed, 403), (RoomTaken, 409), (TooLate, 409), (WrongMove, 409),
    (Stale, 412), (TooManyAttempts, 429),
)  # fmt: skip

STATUS_BY_CODE: dict[str, int] = {
    "not_found": 404, "not_allowed": 403, "not_asked": 403, "own_request": 403,
    "malformed": 400, "not_signed_in": 401, "sign_in_wrong": 401, "cross_site": 403, "method_not_allowed": 405,
    "gone": 410, "too_large": 413, "media_type": 415, "key_reused": 422, "internal": 500, "unavailable": 503,
    "admin_exists": 409, "too_many_tries": 429, "not_acceptable": 406, "expectation": 417,
}  # fmt: skip


def status_of(problem: Problem) -> int:
    """The HTTP status of a problem."""
    by_class = (status for kind, status in STATUS_BY_CLASS if isinstance(problem, kind))
    return STATUS_BY_CODE.get(problem.code) or next(by_class, 409)


def retry_after(problem: Problem) -> str:
    """Seconds to wait, for the Retry-After header."""
    return str(int(problem.data.get("after", int(problem.data.get("minutes", 1)) * 60)))
