"""What a browser loads from the simulated host: external_api.js, the room page, and a page that says what this is."""

from __future__ import annotations

from importlib.resources import files

from aiohttp import web

from confsvc.simulate.state import HOST

_STATIC = files("confsvc.simulate") / "static"
_ASSETS = {"room.js": "text/javascript", "frame.js": "text/javascript", "room.css": "text/css"}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'none'"
)
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
ROOM = r"[^/?&:'\"]{1,500}"


def routes() -> list[web.RouteDef]:
    """The room page comes last: it takes every single-segment path that nothing else wanted."""
    return [
        web.get("/", index),
        web.get("/external_api.js", external_api),
        web.get("/libs/external_api.min.js", external_api),
        web.get("/favicon.ico", nothing),
        web.get("/simulated/{name}", asset),
        web.get(f"/{{room:{ROOM}}}", room_page),
    ]


def _file(name: str, content_type: str, **headers: str) -> web.Response:
    text = (_STATIC / name).read_text(encoding="utf-8")
    return web.Response(text=text, content_type=content_type, charset="utf-8", headers={**HEADERS, **headers})


async def index(request: web.Request) -> web.Response:
    return _file("index.html", "text/html", **{"Content-Security-Policy": CSP})


async def room_page(request: web.Request) -> web.Response:
    text = (_STATIC / "room.html").read_text(encoding="utf-8")
    devices = "yes" if request.app[HOST].config.ask_for_devices else "no"
    return web.Response(
        text=text.replace("{{devices}}", devices),
        content_type="text/html",
        charset="utf-8",
        headers={**HEADERS, "Content-Security-Policy": CSP},
    )


async def external_api(request: web.Request) -> web.Response:
    fault = request.app[HOST].faults.take("script", "/external_api.js")
    if fault is not None:
        return web.Response(status=fault.status, text="refused as told")
    return _file("external_api.js", "text/javascript", **{"Cross-Origin-Resource-Policy": "cross-origin"})


async def asset(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    if name not in _ASSETS:
        raise web.HTTPNotFound
    return _file(name, _ASSETS[name])


async def nothing(request: web.Request) -> web.Response:
    return web.Response(status=204)
