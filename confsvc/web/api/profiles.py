"""The picture qualities for programs, best first."""

from __future__ import annotations

from aiohttp import web

from confsvc.web import keys
from confsvc.web.api.fields import Shown
from confsvc.web.api.layer import operation
from scheduler.booking.place.capacity import UNKNOWN_DOWN, UNKNOWN_UP


class ProfileOut(Shown):
    """``height``: lines of the picture, 0 for sound alone; ``kbps_up``: one sender's stream; ``last_n``: how many
    streams of others a site receives."""

    code: str
    height: int
    kbps_up: int
    last_n: int


class ProfilesOut(Shown):
    """``unmeasured_up``, ``unmeasured_down``: kbit/s that a line counts as while nobody has measured it."""

    items: list[ProfileOut]
    unmeasured_up: int
    unmeasured_down: int


@operation("The picture qualities, best first", answer=ProfilesOut)
async def profiles(request: web.Request) -> ProfilesOut:
    items = [ProfileOut.model_validate(vars(profile)) for profile in keys.rules(request).profiles]
    return ProfilesOut(items=items, unmeasured_up=UNKNOWN_UP, unmeasured_down=UNKNOWN_DOWN)
