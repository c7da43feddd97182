"""The whole URL map: every address, who answers, who may. A route without a permission does not start."""

from __future__ import annotations

from confsvc.access import Permission as P
from confsvc.web import callbacks, channel, endpoint, health, login, metrics, openapi
from confsvc.web.api import conferences, directory, me, reading
from confsvc.web.pages import account
from confsvc.web.route import Route

API = "/api/v1"
CONFERENCE = f"{API}/conferences/{{key:[2-9a-hjkmnp-z]{{10}}}}"

PAGES = (
    Route("GET", "/sign-in", login.show_sign_in, P.PUBLIC),
    Route("POST", "/sign-in", login.sign_in, P.PUBLIC),
    Route("POST", "/sign-out", login.sign_out, P.PUBLIC),
    Route("POST", "/language", login.choose_language, P.PUBLIC),
    Route("GET", "/first-admin/{token:[A-Za-z0-9_-]{20,80}}", login.show_first_admin, P.PUBLIC),
    Route("POST", "/first-admin/{token:[A-Za-z0-9_-]{20,80}}", login.make_first_admin, P.PUBLIC),
    Route("GET", "/password/{token:[A-Za-z0-9_-]{20,80}}", login.show_new_password, P.PUBLIC),
    Route("POST", "/password/{token:[A-Za-z0-9_-]{20,80}}", login.set_new_password, P.PUBLIC),
    Route("GET", "/account", account.show, P.SIGNED_IN),
    Route("POST", "/account/password", account.change_password, P.SIGNED_IN),
    Route("POST", r"/account/sessions/{id:\d{1,19}}/revoke", account.revoke_session, P.SIGNED_IN),
    Route("POST", "/account/tokens", account.make_token, P.SIGNED_IN),
    Route("POST", r"/account/tokens/{id:\d{1,19}}/revoke", account.revoke_token, P.SIGNED_IN),
)

PROGRAMS = (
    Route("GET", f"{API}/openapi.json", openapi.openapi, P.PUBLIC),
    Route("GET", f"{API}/me", me.me, P.SIGNED_IN),
    Route("GET", f"{API}/tokens", me.list_mine, P.SIGNED_IN),
    Route("POST", f"{API}/tokens", me.make, P.SIGNED_IN),
    Route("DELETE", rf"{API}/tokens/{{token_id:\d{{1,19}}}}", me.revoke, P.SIGNED_IN),
    Route("GET", f"{API}/units", directory.units, P.DIRECTORY_READ),
    Route("GET", f"{API}/units/{{code:[A-Za-z0-9][A-Za-z0-9._-]{{0,59}}}}", directory.unit, P.DIRECTORY_READ),
    Route("GET", f"{API}/rooms", directory.rooms, P.DIRECTORY_READ),
    Route("GET", f"{API}/rooms/busy", directory.busy, P.CONFERENCE_READ),
    Route("GET", f"{API}/conferences", reading.index, P.CONFERENCE_READ),
    Route("POST", f"{API}/conferences", conferences.book, P.CONFERENCE_BOOK),
    Route("POST", f"{API}/conferences/check", conferences.check, P.CONFERENCE_BOOK),
    Route("POST", f"{API}/conferences/logged", conferences.log, P.CONFERENCE_LOG),
    Route("GET", CONFERENCE, reading.read, P.CONFERENCE_READ),
    Route("PUT", CONFERENCE, conferences.put, P.CONFERENCE_CHANGE),
    Route("PATCH", CONFERENCE, conferences.patch, P.CONFERENCE_CHANGE),
    Route("POST", f"{CONFERENCE}/submit", conferences.submit, P.CONFERENCE_BOOK),
    Route("POST", f"{CONFERENCE}/cancel", conferences.cancel, P.CONFERENCE_CANCEL),
)

DEVICES = (
    Route("POST", f"{API}/endpoint/pair/start", endpoint.start_pairing, P.PUBLIC),
    Route("POST", f"{API}/endpoint/pair/poll", endpoint.poll_pairing, P.PUBLIC),
    Route("POST", f"{API}/endpoint/token", endpoint.refresh, P.PUBLIC),
    Route("GET", f"{API}/endpoint/agenda", endpoint.show_agenda, P.ENDPOINT),
    Route("GET", f"{API}/endpoint/ws", channel.channel, P.PUBLIC),  # its first message carries the token
)

_JITSI = ("/jitsi/{bridge:[a-z0-9-]{1,40}}", "/jitsi/{bridge:[a-z0-9-]{1,40}}/s/{secret:[^/]{1,200}}")
VIDEO_HOSTS = tuple(
    Route(method, f"{prefix}{path}", handler, P.BRIDGE_CALLBACK)
    for prefix in _JITSI
    for method, path, handler in (
        ("POST", "/conference", callbacks.ask_room),
        ("GET", "/conference/{id}", callbacks.find_room),
        ("DELETE", "/conference/{id}", callbacks.release_room),
        ("POST", "/events/{event:.{1,60}}", callbacks.tell_event),
    )
) + (Route("GET", f"{_JITSI[0]}/keys/{{name}}", callbacks.public_key, P.PUBLIC),)

OPERATION = (
    Route("GET", "/health", health.health, P.PUBLIC),
    Route("GET", "/metrics", metrics.metrics, P.METRICS),
)

ROUTES: tuple[Route, ...] = (*PAGES, *PROGRAMS, *DEVICES, *VIDEO_HOSTS, *OPERATION)
