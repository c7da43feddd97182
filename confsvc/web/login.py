"""Signing in and out, the first administrator, a new password by link, and the language."""

from __future__ import annotations

from datetime import datetime

from aiohttp import hdrs, web
from sqlalchemy.orm import Session

from confsvc import accounts, queries, tokens
from confsvc.i18n import LANGUAGES
from confsvc.passwords import password_errors
from confsvc.sessions import begin_attempt, end_session, start_session
from confsvc.web import cookies, keys
from confsvc.web.errors import field_texts
from confsvc.web.rendering import local_path, redirect, render
from confsvc.web.statuses import retry_after, status_of
from rooms.errors import FieldError, Invalid, Problem


async def field(request: web.Request, name: str, most: int = 300) -> str:
    """One text field of the form that was sent, "" when it is not there; longer ones are refused."""
    value = (await request.post()).get(name, "")
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise Problem("malformed")
    return value


async def show_sign_in(request: web.Request) -> web.Response:
    if request[keys.SIGNED_IN].actor is not None:
        return redirect(request, request.query.get("next", "/"))
    return _sign_in_page(request, next_path=request.query.get("next", "/"))


async def sign_in(request: web.Request) -> web.Response:
    """One answer for every way of being wrong, after the same time."""
    login, password = accounts.fold_login(await field(request, "login")), await field(request, "password", 1000)
    back = local_path(await field(request, "next", 2000))
    database, now, address = request.app[keys.DATABASE], keys.now(request), request[keys.ADDRESS]
    try:
        found = await database.write(begin_attempt, login, address, now=now)
        account_id, stored = found if found else (0, None)
        if not await request.app[keys.PASSWORDS].verify(stored, password):
            raise Problem("sign_in_wrong")
        return await _start(request, account_id, back)
    except Problem as problem:
        return _sign_in_page(request, problem=problem, login=login, next_path=back)


def _sign_in_page(
    request: web.Request, *, problem: Problem | None = None, login: str = "", next_path: str = "/"
) -> web.Response:
    errors = field_texts(problem, request[keys.LANGUAGE]) if problem else {}
    status = status_of(problem) if problem else 200
    page = render(request, "login.html", status=status, errors=errors, login=login, next=local_path(next_path))
    if status == 429 and problem:
        page.headers[hdrs.RETRY_AFTER] = retry_after(problem)
    return page


async def _start(request: web.Request, account_id: int, back: str = "/") -> web.Response:
    """A session for somebody who has shown who they are; an older one of this browser ends."""
    database, now, signed = request.app[keys.DATABASE], keys.now(request), request[keys.SIGNED_IN]
    if signed.actor is not None and signed.session_id is not None:
        await database.write(end_session, signed.actor.account_id, signed.session_id, actor=signed.actor.text, now=now)
    token = await database.write(
        start_session, account_id, address=request[keys.ADDRESS], agent=request.headers.get(hdrs.USER_AGENT, ""),
        now=now,
    )  # fmt: skip
    response = redirect(request, back)
    cookies.set_session(request, response, token)
    return response


async def sign_out(request: web.Request) -> web.Response:
    signed = request[keys.SIGNED_IN]
    if signed.actor is not None and signed.session_id is not None:
        await request.app[keys.DATABASE].write(
            end_session, signed.actor.account_id, signed.session_id, actor=signed.actor.text, now=keys.now(request)
        )
    response = redirect(request, "/sign-in")
    cookies.drop_session(request, response)
    return response


async def choose_language(request: web.Request) -> web.Response:
    """The cookie for this browser, and for whoever is signed in also the account."""
    language, back = await field(request, "lang", 10), await field(request, "back", 2000)
    if language not in LANGUAGES:
        raise Invalid([FieldError("lang", "unknown_value")])
    signed = request[keys.SIGNED_IN]
    if signed.actor is not None:
        await request.app[keys.DATABASE].write(accounts.set_language, signed.actor.account_id, language)
    response = redirect(request, back)
    cookies.set_language(request, response, language)
    return response


async def show_first_admin(request: web.Request) -> web.Response:
    """GET /start/{token}: the page behind the one-time link that the service prints."""
    token = request.match_info["token"]
    await request.app[keys.DATABASE].read(tokens.check_link, token, "first_admin", now=keys.now(request))
    return render(request, "first_admin.html", errors={}, login="", name="")


async def make_first_admin(request: web.Request) -> web.Response:
    login, name = await field(request, "login"), await field(request, "name")
    token, now, language = request.match_info["token"], keys.now(request), request[keys.LANGUAGE]
    database = request.app[keys.DATABASE]
    await database.read(tokens.check_link, token, "first_admin", now=now)
    try:
        hashed = await new_password(request, login)
        account_id = await database.write(
            tokens.make_first_admin, token, login, name, hashed, language=language, now=now
        )
    except Invalid as problem:
        errors = field_texts(problem, language)
        return render(request, "first_admin.html", status=422, errors=errors, login=login, name=name)
    return await _start(request, account_id)


async def show_new_password(request: web.Request) -> web.Response:
    """GET /password/{token}: the page behind a link that sets a password."""
    login = await request.app[keys.DATABASE].read(_login_of_link, request.match_info["token"], now=keys.now(request))
    return render(request, "password.html", errors={}, login=login)


async def set_new_password(request: web.Request) -> web.Response:
    database, token, now = request.app[keys.DATABASE], request.match_info["token"], keys.now(request)
    login = await database.read(_login_of_link, token, now=now)
    try:
        hashed = await new_password(request, login)
    except Invalid as problem:
        errors = field_texts(problem, request[keys.LANGUAGE])
        return render(request, "password.html", status=422, errors=errors, login=login)
    account_id = await database.write(_set_by_link, token, hashed, now=now)
    return await _start(request, account_id)


async def new_password(request: web.Request, login: str) -> str:
    """The hash of the password typed twice in the form. Raises Invalid."""
    password, again = await field(request, "password", 1000), await field(request, "again", 1000)
    errors = password_errors(password, login=login)
    if not errors and password != again:
        errors = [FieldError("again", "password_differs")]
    if errors:
        raise Invalid(errors)
    return await request.app[keys.PASSWORDS].hash(password)


def _login_of_link(db: Session, token: str, *, now: datetime) -> str:
    account = queries.find_account(db, tokens.check_link(db, token, "password", now=now) or 0)
    return account.login if account else ""


def _set_by_link(db: Session, token: str, hashed: str, *, now: datetime) -> int:
    account_id = tokens.use_link(db, token, "password", now=now) or 0
    accounts.set_password(db, account_id, hashed, actor=f"account:{account_id}", now=now)
    return account_id
