"""Where a person gets back to after signing in or switching the language: an address that opens, never one that only
takes forms."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from confsvc.web import keys

_NO_PAGES = ("/api/", "/jitsi/")


def way_back(request: web.Request) -> str:
    """The address itself where it opens; else the page whose form was sent, else the nearest page above it."""
    if request.method in ("GET", "HEAD"):
        return request.path_qs
    return next(path for path in _candidates(request) if _opens(request, path.partition("?")[0]))


def _candidates(request: web.Request) -> Iterator[str]:
    yield request.path
    try:
        sent_from = urlsplit(request.headers.get(hdrs.REFERER, ""))
    except ValueError:  # "http://[" is no address at all
        sent_from = urlsplit("")
    if sent_from.netloc == request.host:
        yield f"{sent_from.path}?{sent_from.query}" if sent_from.query else sent_from.path
    path = request.path
    while path := path.rpartition("/")[0]:
        yield path
    yield "/"


def _opens(request: web.Request, path: str) -> bool:
    """Whether a page answers GET there; the first page always does."""
    if path == "/":
        return True
    if path.startswith(_NO_PAGES):
        return False
    return any(
        _fits(served.resource, path)
        for served, route in request.app[keys.ROUTE_OF].items()
        if route.method == "GET" and served.method == "GET"
    )


def _fits(resource: web.AbstractResource | None, path: str) -> bool:
    info = resource.get_info() if resource is not None else {}
    return info["pattern"].fullmatch(path) is not None if "pattern" in info else info.get("path") == path
