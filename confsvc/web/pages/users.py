"""Users: who can sign in and do what. The list, a new account with its one-time link, and one account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc import queries, tokens
from confsvc.access import Permission, may, require
from confsvc.account_queries import Held, list_choices, list_held, list_last_seen, list_open_grants
from confsvc.accounts import GRANTABLE, LANGUAGES, add_account, add_grant
from confsvc.models import Account, LoginSession, RoleGrant
from confsvc.web import keys
from confsvc.web.pages.form import Form, read_form, told
from confsvc.web.pages.words import Words
from confsvc.web.rendering import render
from rooms.changes import add_change
from rooms.errors import FieldError, Invalid, NotFound
from rooms.names import search_key
from rooms.queries import NameOn, find_unit, list_names, list_units
from scheduler.local_time import local_day

FIELDS = ("login", "name", "mail", "unit", "language", "function", "scope")
PAGE = 100


@dataclass(frozen=True)
class Listed:
    """A row of the list."""

    account: Account
    unit: str
    held: Sequence[Held]
    last_seen: datetime | None

    @property
    def state(self) -> str:
        if self.account.disabled_at:
            return "disabled"
        return "active" if self.account.password_hash else "invited"


def admit(request: web.Request) -> None:
    """Accounts are administered for all offices or not at all: who grants functions could grant any."""
    require(keys.actor(request), Permission.ACCOUNT_ADMIN)


async def users(request: web.Request) -> web.Response:
    """The list, with part of a login, name, address or office."""
    admit(request)
    q = request.query.get("q", "")[:100]
    rows, units = await request.app[keys.DATABASE].read(_read, q, local_day(keys.now(request)))
    typed = request.query.get("page", "")
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(int(typed), 1), pages) if typed.isdecimal() and len(typed) < 6 else 1
    return render(
        request, "users.html", w=Words(request[keys.LANGUAGE]), rows=rows[(page - 1) * PAGE : page * PAGE], user_q=q,
        units=units, total=len(rows), page=page, pages=pages, now=keys.now(request),
    )  # fmt: skip


def _read(db: Session, q: str, day: date) -> tuple[list[Listed], Mapping[int, NameOn]]:
    accounts, held, seen = queries.list_accounts(db), list_held(db, day), list_last_seen(db)
    ids = {account.unit_id for account in accounts if account.unit_id} | {
        one.unit_id for many in held.values() for one in many if one.unit_id
    }
    units = list_names(db, ids, day)
    rows = []
    for account in accounts:
        unit = units[account.unit_id].short if account.unit_id in units else ""
        if search_key(q) in search_key(account.login, account.name, account.mail or "", unit):
            rows.append(Listed(account, unit, held.get(account.id, []), seen.get(account.id)))
    return rows, units


async def new(request: web.Request) -> web.Response:
    """The form of a new account."""
    admit(request)
    return await _form(request, {"language": "vi"}, {})


async def add(request: web.Request) -> web.Response:
    """Make it with its first function, if any, and show the link for its password: once, here, and never again."""
    admit(request)
    form, now = await read_form(request), keys.now(request)
    try:
        account_id, token = await request.app[keys.DATABASE].write(_add, form, keys.actor(request).text, now=now)
    except Invalid as problem:
        values = {name: form.values.get(name, "") for name in FIELDS}
        return await _form(request, values, told(request, problem))
    return await account_page(request, account_id, link=link_address(request, token))


def _add(db: Session, form: Form, actor: str, *, now: datetime) -> tuple[int, str]:
    code = form.text("unit", 20)
    unit = find_unit(db, code, local_day(now)) if code else None
    if code and unit is None:
        raise Invalid([FieldError("unit", "unknown_value")])
    account_id = add_account(
        db, form.text("login", 60), form.text("name", 200), actor=actor, now=now, mail=form.text("mail", 254) or None,
        unit_id=unit.id if unit else None, language=form.choice("language", LANGUAGES),
    )  # fmt: skip
    function = form.choice("function", GRANTABLE, required=False)
    everywhere = form.values.get("scope") == "all"
    if function and not everywhere and unit is None:
        form.wrong("unit", "required")
    form.done()
    if function:
        held_for = unit.id if unit and not everywhere else None
        add_grant(db, account_id, function, actor=actor, now=now, unit_id=held_for)
    return account_id, make_link(db, account_id, actor=actor, now=now)


def make_link(db: Session, account_id: int, *, actor: str, now: datetime) -> str:
    """A unit of work: the token of a link that sets this account's password; an older one is void."""
    if queries.find_account(db, account_id) is None:
        raise NotFound("account_not_found")
    token = tokens.add_link(db, "password", now=now, account_id=account_id)
    add_change(db, "account", account_id, "password.link", actor=actor, now=now)
    return token


def link_address(request: web.Request, token: str) -> str:
    return f"{request.app[keys.SETTINGS].public_url}/password/{token}"


async def _form(request: web.Request, values: Mapping[str, Any], errors: Mapping[str, str]) -> web.Response:
    units = await request.app[keys.DATABASE].read(list_units, local_day(keys.now(request)))
    options = [(unit.code, unit.short) for unit in units if unit.level != "commune"]
    words = Words(request[keys.LANGUAGE])
    return render(
        request, "user_new.html", status=422 if errors else 200, w=words, values=values, errors=errors, units=options,
        functions=[(code, words.function(code)) for code in GRANTABLE],
    )  # fmt: skip


@dataclass(frozen=True)
class Whole:
    """One account with all that belongs to it."""

    account: Account
    grants: Sequence[RoleGrant]
    sessions: Sequence[LoginSession]
    names: Mapping[int, NameOn]
    units: Sequence[tuple[str, str]]
    others: Sequence[tuple[int, str]]
    own_code: str | None


async def user(request: web.Request) -> web.Response:
    """One account."""
    admit(request)
    return await account_page(request, account_id_of(request))


def account_id_of(request: web.Request) -> int:
    number = int(request.match_info["id"])
    if number >= 2**63:
        raise NotFound
    return number


async def account_page(
    request: web.Request, account_id: int, *, link: str = "", errors: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
) -> web.Response:  # fmt: skip
    """The page of one account; ``link``: shown this once."""
    now, words = keys.now(request), Words(request[keys.LANGUAGE])
    found = await request.app[keys.DATABASE].read(_whole, account_id, now=now)
    today = local_day(now)
    own = found.own_code or ""
    return render(
        request, "user.html", status=422 if errors else 200, w=words, a=found, link=link, errors=errors or {},
        values=values or {"valid_from": words.date(today), "unit": own}, today=today, now=now,
        life=tokens.LINK_LIFE["password"].days, functions=[(code, words.function(code)) for code in GRANTABLE],
        may_audit=may(keys.actor(request), Permission.AUDIT_READ),
    )  # fmt: skip


def _whole(db: Session, account_id: int, *, now: datetime) -> Whole:
    account, day = queries.find_account(db, account_id), local_day(now)
    if account is None:
        raise NotFound("account_not_found")
    grants = list_open_grants(db, account_id, day)
    ids = {grant.unit_id for grant in grants if grant.unit_id} | ({account.unit_id} if account.unit_id else set())
    units = [unit for unit in list_units(db, day) if unit.level != "commune"]
    return Whole(
        account=account,
        grants=grants,
        sessions=queries.list_sessions(db, account_id, now),
        names=list_names(db, ids, day),
        units=[(unit.code, unit.short) for unit in units],
        others=[(i, name) for i, name in list_choices(db) if i != account_id],
        own_code=next((unit.code for unit in units if unit.id == account.unit_id), None),
    )
