"""Problems and the framework's own refusals as answers: a page for people, problem+json for programs, and for the video
host ``{"message": "<string>"}``, which is all it understands.
"""

from __future__ import annotations

from typing import Any

from aiohttp import hdrs, web

from confsvc.i18n import text
from confsvc.web import keys
from confsvc.web.api.ways import ways_shown
from confsvc.web.errors import TEXTS, field_text, full_text, taken_text, text_of
from confsvc.web.rendering import render
from confsvc.web.statuses import retry_after, status_of
from rooms.errors import Invalid, NotFound, Problem
from scheduler.errors import Full, NoCapacity, NoExtension, RoomTaken

API, CALLBACKS = "/api/", "/jitsi/"
_CODES = {
    400: "malformed", 401: "not_signed_in", 403: "not_allowed", 404: "not_found", 405: "method_not_allowed",
    406: "not_acceptable", 410: "gone", 413: "too_large", 415: "media_type", 417: "expectation", 503: "unavailable",
}  # fmt: skip
PHRASES = {
    400: "Not readable", 401: "Not signed in", 403: "Not allowed", 404: "Not found", 405: "Not that way",
    406: "Not in that form", 409: "Not possible", 410: "No longer there", 412: "Changed in the meantime",
    413: "Too large", 415: "Not in that form", 417: "Not possible", 422: "Some fields are not right",
    429: "Too many tries", 500: "Our mistake", 503: "Not available",
}  # fmt: skip


def area(request: web.Request) -> str:
    """Who is talking: "callback" (video host), "api" (a program), "page" (a person)."""
    if request.path.startswith(CALLBACKS):
        return "callback"
    wants_json = request.headers.get(hdrs.ACCEPT, "").split(";")[0].split(",")[0].strip() in (
        "application/json", "application/problem+json",
    )  # fmt: skip
    return "api" if request.path.startswith(API) or wants_json else "page"


def answer(request: web.Request, problem: Problem, *, headers: dict[str, str] | None = None) -> web.Response:
    """A problem as the asker understands it."""
    status, kind = status_of(problem), area(request)
    headers = dict(headers or {})
    if status == 401 and kind != "page":
        headers.setdefault("WWW-Authenticate", 'Bearer realm="confsvc"')
    if status == 429:
        headers.setdefault("Retry-After", retry_after(problem))
    if kind == "callback":
        said = text_of(problem, request[keys.LANGUAGE])
        return web.json_response({"message": said}, status=status, headers=headers)
    if kind == "api":
        return web.json_response(
            document(request, problem), status=status, headers=headers, content_type="application/problem+json"
        )
    language = request[keys.LANGUAGE]
    page = render(
        request, "error.html", status=status, title=text(PHRASES.get(status, "Not possible"), language),
        said=text_of(problem, language), code=problem.code, status_code=status, number=request[keys.REQUEST_ID],
    )  # fmt: skip
    page.headers.update(headers)
    return page


def document(request: web.Request, problem: Problem) -> dict[str, Any]:
    """RFC 9457. ``code`` is stable, ``detail`` is in the caller's language; rooms are named by key, never by id."""
    language, status = request[keys.LANGUAGE], status_of(problem)
    made: dict[str, Any] = {
        "type": f"urn:confsvc:problem:{problem.code}",
        "title": text(PHRASES.get(status, "Not possible"), language),
        "status": status,
        "detail": text_of(problem, language),
        "code": problem.code,
        "instance": f"urn:confsvc:request:{request[keys.REQUEST_ID]}",
    }
    if isinstance(problem, Invalid):
        made["errors"] = errors(problem, language)
    elif isinstance(problem, NoExtension):
        made["data"] = problem.data
        made["taken"] = [_taken(taken.as_data(), language) for taken in problem.taken]
        made["full"] = [shown_full(full, language) for full in problem.full]
    elif isinstance(problem, RoomTaken):
        made["taken"] = [_taken(taken.as_data(), language) for taken in problem.taken]
        made["full"] = [shown_full(full, language) for full in problem.full]
    elif isinstance(problem, NoCapacity):
        made["full"] = [shown_full(full, language) for full in problem.full]
    elif not isinstance(problem, NotFound) and problem.data:
        made["data"] = problem.data
    if isinstance(problem, RoomTaken | NoCapacity) and problem.ways is not None:
        made["ways_out"] = ways_shown(problem.ways).model_dump(mode="json")
    return made


def errors(problem: Invalid, language: str) -> list[dict[str, Any]]:
    """One entry a wrong field, the first that was found; ``data`` holds the limits."""
    found: dict[str, dict[str, Any]] = {}
    for error in problem.errors:
        entry: dict[str, Any] = {"field": error.field, "code": error.code, "detail": field_text(error, language)}
        found.setdefault(error.field, {**entry, **({"data": dict(error.data)} if error.data else {})})
    return list(found.values())


def from_http(problem: web.HTTPException) -> Problem:
    """The framework's own refusal as one of ours."""
    code = _CODES.get(problem.status, "malformed" if problem.status < 500 else "internal")
    return Problem(code, wanted="") if "%(" in TEXTS[code] else Problem(code)


def http_headers(problem: web.HTTPException) -> dict[str, str]:
    """What of the framework's refusal must stay: which methods there are."""
    return {hdrs.ALLOW: problem.headers[hdrs.ALLOW]} if hdrs.ALLOW in problem.headers else {}


def shown_full(full: Full, language: str) -> dict[str, Any]:
    """A full line or host for programs, without our ids."""
    return {**{k: v for k, v in full.as_data().items() if k != "id"}, "detail": full_text(full, language)}


def _taken(data: dict[str, Any], language: str) -> dict[str, Any]:
    shown = {name: data[name] for name in ("room", "unit", "starts", "ends")}
    return {**shown, "detail": taken_text(data, language)}
