"""The two cookies: the session's (``__Host-`` where the connection is secure) and the language's."""

from __future__ import annotations

from aiohttp import web

from confsvc.sessions import LONGEST
from confsvc.web import keys

SESSION, LANGUAGE = "confsvc_session", "lang"


def session_cookie(request: web.Request) -> str:
    """The cookie's name: with TLS one that no other host or path can set."""
    return f"__Host-{SESSION}" if request[keys.SECURE] else SESSION


def set_session(request: web.Request, response: web.StreamResponse, token: str) -> None:
    response.set_cookie(
        session_cookie(request), token, max_age=int(LONGEST.total_seconds()), path="/", httponly=True, samesite="Lax",
        secure=request[keys.SECURE],
    )  # fmt: skip


def drop_session(request: web.Request, response: web.StreamResponse) -> None:
    response.del_cookie(session_cookie(request), path="/", secure=request[keys.SECURE], httponly=True, samesite="Lax")


def set_language(request: web.Request, response: web.StreamResponse, language: str) -> None:
    response.set_cookie(
        LANGUAGE, language, max_age=31536000, path="/", httponly=True, samesite="Lax", secure=request[keys.SECURE]
    )
