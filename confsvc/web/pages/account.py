"""My account: who I am here, where I am signed in, my password, my programs' keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc import accounts, queries, tokens
from confsvc.access import Actor
from confsvc.i18n import text
from confsvc.sessions import end_session
from confsvc.web import keys
from confsvc.web.errors import field_texts
from confsvc.web.login import field, new_password
from confsvc.web.names import FUNCTIONS, SCOPES
from confsvc.web.rendering import redirect, render
from rooms.errors import FieldError, Invalid, NotFound
from rooms.queries import list_names
from scheduler.local_time import LOCAL, local_day

TOKEN_DAYS = (30, 90, 365)


async def show(request: web.Request) -> web.Response:
    return await _page(request)


async def change_password(request: web.Request) -> web.Response:
    """The present password first; every other browser is signed out."""
    actor, database, now = keys.actor(request), request.app[keys.DATABASE], keys.now(request)
    stored = await database.read(_hash, actor.account_id)
    try:
        if not await request.app[keys.PASSWORDS].verify(stored, await field(request, "present", 1000)):
            raise Invalid([FieldError("present", "password_wrong")])
        hashed = await new_password(request, actor.login)
    except Invalid as problem:
        return await _page(request, status=422, errors=field_texts(problem, request[keys.LANGUAGE]))
    await database.write(
        accounts.set_password, actor.account_id, hashed, actor=actor.text, now=now,
        keep_session=request[keys.SIGNED_IN].session_id,
    )  # fmt: skip
    said = text("The password is changed; other browsers are signed out.", request[keys.LANGUAGE])
    return redirect(request, "/account", flash=said)


async def revoke_session(request: web.Request) -> web.Response:
    actor = keys.actor(request)
    ended = await request.app[keys.DATABASE].write(
        end_session, actor.account_id, _number(request), actor=actor.text, now=keys.now(request)
    )
    if not ended:
        raise NotFound
    return redirect(request, "/account", flash=text("That browser is signed out.", request[keys.LANGUAGE]))


async def make_token(request: web.Request) -> web.Response:
    actor, now = keys.actor(request), keys.now(request)
    form = await request.post()
    days = await field(request, "days", 4)
    chosen = [scope for scope in form.getall("scopes", []) if isinstance(scope, str)]
    try:
        if days not in {str(day) for day in TOKEN_DAYS}:
            raise Invalid([FieldError("days", "unknown_value")])
        made = await request.app[keys.DATABASE].write(
            tokens.add_token, actor.account_id, await field(request, "name"), chosen,
            expires=now + timedelta(days=int(days)), actor=actor, by=actor.text, now=now,
        )  # fmt: skip
    except Invalid as problem:
        return await _page(request, status=422, token_errors=field_texts(problem, request[keys.LANGUAGE]))
    return await _page(request, made=made.token)


async def revoke_token(request: web.Request) -> web.Response:
    actor = keys.actor(request)
    await request.app[keys.DATABASE].write(
        tokens.revoke_token, actor.account_id, _number(request), by=actor.text, now=keys.now(request)
    )
    return redirect(request, "/account", flash=text("The token is revoked.", request[keys.LANGUAGE]))


async def _page(
    request: web.Request, *, status: int = 200, errors: dict[str, str] | None = None,
    token_errors: dict[str, str] | None = None, made: str | None = None,
) -> web.Response:  # fmt: skip
    actor, now = keys.actor(request), keys.now(request)
    rows = await request.app[keys.DATABASE].read(_rows, actor, now=now)
    return render(
        request, "account.html", status=status, errors=errors or {}, token_errors=token_errors or {}, made=made,
        session_id=request[keys.SIGNED_IN].session_id, scopes=list(SCOPES), token_days=TOKEN_DAYS, actor=actor,
        local=_local, function_names=FUNCTIONS, scope_names=SCOPES, **rows,
    )  # fmt: skip


def _rows(db: Session, actor: Actor, *, now: datetime) -> dict[str, Any]:
    ids = [grant.unit_id for grant in actor.grants if grant.unit_id is not None]
    names = {unit_id: name.short for unit_id, name in list_names(db, ids, local_day(now)).items()}
    return {
        "sessions": queries.list_sessions(db, actor.account_id, now),
        "tokens": queries.list_tokens(db, actor.account_id),
        "grants": [(grant.function, names.get(grant.unit_id) if grant.unit_id else None) for grant in actor.grants],
    }


def _hash(db: Session, account_id: int) -> str | None:
    account = queries.find_account(db, account_id)
    return account.password_hash if account else None


def _number(request: web.Request) -> int:
    number = int(request.match_info["id"])
    if number >= 2**63:
        raise NotFound
    return number


def _local(at: datetime | None) -> str:
    return at.astimezone(LOCAL).strftime("%H:%M %d/%m/%Y") if at else ""
