"""Pages from templates: the context that base.html counts on, and going elsewhere after a form.

Every template gets ``_``/``t`` and ``ngettext``, lang, user, nav, csrf, asset, flash, demo, simulated, build, path, q,
operator_phone.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from confsvc.web import keys, navigation
from confsvc.web.back import way_back

FLASH_COOKIE = "flash"


@dataclass(frozen=True)
class User:
    """Who is signed in, for the head of the page."""

    name: str
    unit: str | None


def build() -> str:
    """The version that is running."""
    try:
        return version("confsvc")
    except PackageNotFoundError:
        return "dev"


BUILD = build()


def render(request: web.Request, template: str, /, *, status: int = 200, **context: Any) -> web.Response:
    """A page from templates/``template``; ``context`` besides what every page has."""
    page = request.app[keys.TEMPLATES].render(template, request[keys.LANGUAGE], {**page_context(request), **context})
    response = web.Response(text=page, status=status, content_type="text/html", charset="utf-8")
    if FLASH_COOKIE in request.cookies:
        response.del_cookie(FLASH_COOKIE, path="/")
    return response


def page_context(request: web.Request) -> dict[str, Any]:
    """What base.html counts on."""
    signed, settings = request[keys.SIGNED_IN], request.app[keys.SETTINGS]
    actor = signed.actor
    paths = {route.path for route in request.app[keys.ROUTES] if route.method == "GET"}
    language = request[keys.LANGUAGE]
    return {
        "lang": language,
        "user": User(actor.name, signed.unit) if actor else None,
        "nav": navigation.entries(actor, request.path, paths, language, waiting=signed.waiting) if actor else [],
        "csrf": signed.csrf,
        "asset": request.app[keys.ASSETS].url,
        "flash": _read_flash(request),
        "demo": signed.demo,
        "simulated": settings.simulated,
        "build": BUILD,
        "path": way_back(request),
        "q": request.query.get("q", "") if request.path == "/search" else "",
        "operator_phone": settings.service.operator_phone,
    }


def redirect(request: web.Request, path: str, *, flash: str | None = None, tone: str = "ok") -> web.Response:
    """Go to another page of ours after a form; ``flash`` is a text already in the reader's language."""
    response = web.Response(status=303, headers={"Location": local_path(path)})
    if flash:
        packed = urlsafe_b64encode(f"{tone}\n{flash}".encode()).decode()
        value = f"{packed}.{_mark(packed, request[keys.SIGNED_IN].csrf)}"
        response.set_cookie(
            FLASH_COOKIE, value, max_age=60, httponly=True, samesite="Lax", secure=request[keys.SECURE], path="/"
        )
    return response


def local_path(path: str, otherwise: str = "/") -> str:
    """``path`` when it is one of ours, never another host's address ("//evil", "/\\evil")."""
    try:
        parts = urlsplit(path)
    except ValueError:  # "//[" is no address at all
        return otherwise
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return path if ours and path.isprintable() else otherwise


def _read_flash(request: web.Request) -> list[dict[str, str]]:
    packed, _, mark = request.cookies.get(FLASH_COOKIE, "").partition(".")
    expected = _mark(packed, request[keys.SIGNED_IN].csrf)
    if not packed or not hmac.compare_digest(mark.encode(errors="replace"), expected.encode()):
        return []
    tone, _, said = urlsafe_b64decode(packed).decode().partition("\n")
    return [{"text": said, "tone": tone}]


def _mark(packed: str, csrf: str) -> str:
    """Only who knows the session's token can put words on its pages."""
    return hmac.new(b"flash " + csrf.encode(), packed.encode(errors="replace"), hashlib.sha256).hexdigest()
