"""What browsers are told and asked: security headers, the content policy, and where a form came from."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from confsvc.web import keys
from rooms.errors import Problem

OWN_PAGES = "/r/"
"""Pages that tell no other page where they are: browsers then hide the origin of their forms too. What a forger would
have to know stands in the address itself."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY: dict[str, tuple[str, ...]] = {
    "default-src": ("'self'",),
    "img-src": ("'self'", "data:"),
    "object-src": ("'none'",),
    "base-uri": ("'none'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
}
VIDEO_HOSTS: web.RequestKey[tuple[str, ...]] = web.RequestKey("video_hosts", tuple)


def allow_video_hosts(request: web.Request) -> None:
    """Let this page load the configured video hosts' script, frame and connections (kiosk, join), and the camera."""
    bridges = request.app[keys.BRIDGES].values()
    request[VIDEO_HOSTS] = tuple(sorted({bridge.origin for bridge in bridges}))


def content_policy(video: Iterable[str] = ()) -> str:
    """Everything from here only; ``video`` are origins whose script, frame and sockets a page may use."""
    policy = dict(_POLICY)
    hosts = tuple(video)
    if hosts:
        sockets = tuple(host.replace("http", "ws", 1) for host in hosts)
        policy["script-src"] = ("'self'", *hosts)
        policy["frame-src"] = ("'self'", *hosts)
        policy["connect-src"] = ("'self'", *hosts, *sockets)
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in policy.items())


def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Every answer's headers; a handler that set one itself keeps it."""
    hosts = request.get(VIDEO_HOSTS, ())
    devices = " ".join(["self", *(f'"{host}"' for host in hosts)]) if hosts else ""
    headers = {
        "Content-Security-Policy": content_policy(hosts),
        "Permissions-Policy": f"camera=({devices}), microphone=({devices}), geolocation=()",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Request-Id": request.get(keys.REQUEST_ID, ""),
    }
    if not request.path.startswith("/static/"):
        headers[hdrs.CACHE_CONTROL] = "no-store"
    elif response.status == 200:
        headers[hdrs.CACHE_CONTROL] = "public, max-age=31536000, immutable"
    if request.get(keys.SECURE):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    for name, value in headers.items():
        response.headers.setdefault(name, value)


def check_origin(request: web.Request) -> None:
    """An unsafe request from a browser must come from our own pages. Raises Problem "cross_site".

    Browsers send Origin with every such request and Sec-Fetch-Site where they are new enough; programs send neither.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Problem("cross_site")
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is None or (origin == "null" and request.path.startswith(OWN_PAGES)):
        return
    public = urlsplit(request.app[keys.SETTINGS].public_url)
    here = f"{'https' if request[keys.SECURE] else 'http'}://{request.host}"
    if origin not in (f"{public.scheme}://{public.netloc}", here):
        raise Problem("cross_site")


async def check_form_token(request: web.Request, expected: str) -> None:
    """What a session's browser sends must carry the session's token, in X-CSRF-Token or the field ``csrf``."""
    given = request.headers.get("X-CSRF-Token")
    if given is None and request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        field = (await request.post()).get("csrf")
        given = field if isinstance(field, str) else None
    if not given or not hmac.compare_digest(given.encode(errors="replace"), expected.encode()):
        raise Problem("cross_site")
