"""What happens around every request: its number, its language, the log line, the figures, and errors as answers."""

from __future__ import annotations

import ipaddress
import secrets
import time

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler
from sqlalchemy.exc import OperationalError

from confsvc.i18n import negotiate
from confsvc.web import cookies, keys, problem
from confsvc.web.gate import gate
from confsvc.web.metrics import observe
from confsvc.web.security import set_headers
from rooms.errors import Problem

log = structlog.get_logger("confsvc.web")


@web.middleware
async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Number, address, language; then the answer's headers, one log line, the figures."""
    began = time.perf_counter()
    request[keys.REQUEST_ID] = secrets.token_hex(8)
    request[keys.SIGNED_IN] = keys.SignedIn()
    request[keys.ADDRESS], request[keys.SECURE] = _sender(request)
    passed_on = any(name in request.headers for name in _ADDED_BY_PROXIES)
    request[keys.PASSED_ON] = passed_on and not _trusted(request, request.remote or "")
    # Office computers mostly run in English, their clerks do not: pages are Vietnamese until somebody switches.
    wished = request.headers.get(hdrs.ACCEPT_LANGUAGE, "") if request.path.startswith("/api/") else ""
    request[keys.LANGUAGE] = negotiate(wished, request.cookies.get(cookies.LANGUAGE))
    with structlog.contextvars.bound_contextvars(request=request[keys.REQUEST_ID]):
        response = await handler(request)
        set_headers(request, response)
        _note(request, response.status, time.perf_counter() - began)
    return response


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every way of failing as an answer that its asker understands."""
    try:
        return await handler(request)
    except Problem as caught:
        return problem.answer(request, caught)
    except web.HTTPException as caught:
        if caught.status < 400:
            raise
        return problem.answer(request, problem.from_http(caught), headers=problem.http_headers(caught))
    except (UnicodeDecodeError, HttpProcessingError, web.RequestPayloadError):
        # a body in another encoding than it says, compressed or not, or one that broke off
        return problem.answer(request, Problem("malformed"))
    except OperationalError:
        log.exception("the database is not available")
        return problem.answer(request, Problem("unavailable"), headers={"Retry-After": "5"})
    except Exception:
        log.exception("unexpected")
        return problem.answer(request, Problem("internal"))


_ADDED_BY_PROXIES = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Via")
MIDDLEWARES = (around, errors, gate)


def _sender(request: web.Request) -> tuple[str, bool]:
    """The client's address and whether it came over TLS; forwarded headers count only from a trusted proxy."""
    settings = request.app[keys.SETTINGS]
    address = request.remote or ""
    if not settings.service.trusted_proxies or not _trusted(request, address):
        return address, settings.https
    for hop in reversed([part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part]):
        address = hop
        if not _trusted(request, hop):
            break
    secure = settings.https or request.headers.get("X-Forwarded-Proto", "") == "https"
    return address[:64], secure


def _trusted(request: web.Request, address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in request.app[keys.SETTINGS].service.trusted_proxies)


def _note(request: web.Request, status: int, seconds: float) -> None:
    """The route's pattern, never the path: links and pairing codes are secrets."""
    resource = request.match_info.route.resource
    path = resource.canonical if resource is not None else "(none)"
    observe(request.app, request.method, path, status, seconds)
    if path.startswith("/static"):
        return
    actor = request[keys.SIGNED_IN].actor
    log.info(
        "answered", method=request.method, path=path, status=status, ms=round(seconds * 1000, 1),
        actor=actor.text if actor else None, address=request[keys.ADDRESS],
    )  # fmt: skip
