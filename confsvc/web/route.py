"""One line of the URL map: what is asked, who answers, who may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from confsvc.access import Permission

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Route:
    """``permission`` is asked for at the door (``may_somewhere``); the handler asks again for the office it touches.
    ``most_bytes``: how large a request may be where it may be larger than elsewhere."""

    method: str
    path: str
    handler: Handler
    permission: Permission
    most_bytes: int = 0

    @property
    def operation(self) -> Any:
        """The API's description of the handler (``web.api.layer.Operation``), or None for pages and callbacks."""
        return getattr(self.handler, "operation", None)
