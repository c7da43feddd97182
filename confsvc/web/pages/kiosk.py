"""The room screen: a page for a device without a person. It may load the video hosts' script and frame."""

from __future__ import annotations

from aiohttp import web

from confsvc.web import keys
from confsvc.web.rendering import render
from confsvc.web.security import allow_video_hosts


async def show(request: web.Request) -> web.Response:
    """GET /kiosk: pairs, shows the room's conferences and joins them by itself."""
    allow_video_hosts(request)
    origins = sorted({bridge.origin for bridge in request.app[keys.BRIDGES].values()})
    return render(request, "kiosk.html", bridges=origins)
