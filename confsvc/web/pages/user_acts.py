"""What an administrator does with one account: functions, its end and return, sessions, a new link."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc import accounts, queries
from confsvc.sessions import end_session
from confsvc.web import keys
from confsvc.web.errors import text_of
from confsvc.web.pages.form import Form, read_form, told
from confsvc.web.pages.users import account_id_of, account_page, admit, link_address, make_link
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect
from rooms.changes import add_change
from rooms.errors import Invalid, NotAllowed, NotFound
from rooms.queries import find_unit
from scheduler.local_time import local_day

GRANT_FIELDS = ("function", "unit", "valid_from", "valid_to", "substitute_for")


async def grant(request: web.Request) -> web.Response:
    """Give a function."""
    admit(request)
    account_id, form, now = account_id_of(request), await read_form(request), keys.now(request)
    try:
        await request.app[keys.DATABASE].write(_grant, account_id, form, keys.actor(request).text, now=now)
    except Invalid as problem:
        values = {name: form.values.get(name, "") for name in GRANT_FIELDS}
        return await account_page(request, account_id, errors=told(request, problem), values=values)
    return _back(request, account_id, "The function is given.")


def _grant(db: Session, account_id: int, form: Form, actor: str, *, now: datetime) -> None:
    first, last = form.day("valid_from"), form.day("valid_to")
    code, other = form.text("unit", 20), form.number("substitute_for")
    if form.values.get("scope") not in ("all", "unit"):
        form.wrong("scope", "required")
    elif form.values["scope"] == "all":
        code = ""  # the form proposes the person's own office; for all offices it means nothing
    elif not code:
        form.wrong("unit", "required")
    unit = find_unit(db, code, local_day(now)) if code else None
    if code and unit is None:
        form.wrong("unit", "unknown_value")
    function = form.choice("function", accounts.GRANTABLE)
    form.done()
    accounts.add_grant(
        db, account_id, function, actor=actor, now=now, unit_id=unit.id if unit else None, valid_from=first,
        valid_to=last, substitute_for=other,
    )  # fmt: skip


async def end_grant(request: web.Request) -> web.Response:
    """Take a function away: yesterday was its last day, so it ends now."""
    admit(request)
    account_id, now = account_id_of(request), keys.now(request)
    grant_id = int(request.match_info["grant"][:18])
    last = local_day(now) - timedelta(days=1)
    try:
        await request.app[keys.DATABASE].write(_end, account_id, grant_id, last, keys.actor(request).text, now=now)
    except NotAllowed as problem:
        return _refused(request, account_id, problem)
    return _back(request, account_id, "The function is taken away.")


def _end(db: Session, account_id: int, grant_id: int, last: date, actor: str, *, now: datetime) -> None:
    found = queries.find_role_grant(db, grant_id)
    if found is None or found.account_id != account_id:
        raise NotFound("grant_not_found")
    accounts.end_grant(db, grant_id, last=last, actor=actor, now=now)


async def disable(request: web.Request) -> web.Response:
    """Nobody signs in with it any more."""
    admit(request)
    account_id, form = account_id_of(request), await read_form(request)
    reason = form.text("reason", 200)
    form.done()
    try:
        await request.app[keys.DATABASE].write(
            accounts.disable_account, account_id, actor=keys.actor(request).text, now=keys.now(request),
            reason=reason or None,
        )  # fmt: skip
    except NotAllowed as problem:
        return _refused(request, account_id, problem)
    return _back(request, account_id, "The account is disabled.")


async def enable(request: web.Request) -> web.Response:
    admit(request)
    account_id = account_id_of(request)
    await request.app[keys.DATABASE].write(
        accounts.enable_account, account_id, actor=keys.actor(request).text, now=keys.now(request)
    )
    return _back(request, account_id, "The account may sign in again.")


async def new_link(request: web.Request) -> web.Response:
    """A link that sets a password; shown once, an older one is void."""
    admit(request)
    account_id = account_id_of(request)
    token = await request.app[keys.DATABASE].write(
        make_link, account_id, actor=keys.actor(request).text, now=keys.now(request)
    )
    return await account_page(request, account_id, link=link_address(request, token))


async def end_sessions(request: web.Request) -> web.Response:
    """Sign one browser out, or every one."""
    admit(request)
    account_id, form = account_id_of(request), await read_form(request)
    session_id = form.number("session")
    form.done()
    actor, now = keys.actor(request).text, keys.now(request)
    await request.app[keys.DATABASE].write(_end_sessions, account_id, session_id, actor, now=now)
    return _back(request, account_id, "Signed out.")


def _end_sessions(db: Session, account_id: int, session_id: int | None, actor: str, *, now: datetime) -> None:
    if session_id is not None:
        if not end_session(db, account_id, session_id, actor=actor, now=now):
            raise NotFound
        return
    count = queries.set_sessions_revoked(db, account_id, now)
    if count:
        add_change(db, "account", account_id, "session.ended", actor=actor, now=now, after={"count": count})


def _back(request: web.Request, account_id: int, message: str) -> web.Response:
    said = Words(request[keys.LANGUAGE])(message)
    return redirect(request, f"/users/{account_id}", flash=said, tone="ok")


def _refused(request: web.Request, account_id: int, problem: NotAllowed) -> web.Response:
    said = text_of(problem, request[keys.LANGUAGE])
    return redirect(request, f"/users/{account_id}", flash=said, tone="bad")
