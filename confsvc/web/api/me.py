"""Who is asking, and the keys of one's programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field
from sqlalchemy.orm import Session

from confsvc import queries, tokens
from confsvc.access import Actor
from confsvc.web import keys
from confsvc.web.api.fields import Instant, Line100, Model, Shown
from confsvc.web.api.layer import Answer, operation
from rooms.errors import NotAllowed
from scheduler.name_queries import list_unit_codes

Scope = Literal["read", "book", "conduct", "directory", "report", "audit", "accounts", "tokens"]


class GrantOut(Shown):
    """``unit`` null: for all offices."""

    function: str
    unit: str | None


class MeOut(Shown):
    login: str
    name: str
    unit: str | None
    language: str
    functions: list[GrantOut]
    scopes: list[str] | None


class TokenOut(Shown):
    id: int
    name: str
    scopes: list[str]
    created: datetime
    expires: datetime
    last_used: datetime | None


class TokensOut(Shown):
    items: list[TokenOut]


class TokenMadeOut(Shown):
    """``token`` is shown this once."""

    id: int
    token: str


class TokenIn(Model):
    name: Line100 = Field(min_length=1)
    scopes: list[Scope] = Field(min_length=1, max_length=8)
    expires: Instant


class TokenPath(Model):
    token_id: Annotated[int, Field(ge=1, le=2**63 - 1)]


@operation("Who is asking", answer=MeOut)
async def me(request: web.Request) -> MeOut:
    return await request.app[keys.DATABASE].read(_me, keys.actor(request))


def _me(db: Session, actor: Actor) -> MeOut:
    ids = {grant.unit_id for grant in actor.grants} | {actor.unit_id}
    codes = list_unit_codes(db, [unit_id for unit_id in ids if unit_id is not None])
    return MeOut(
        login=actor.login,
        name=actor.name,
        unit=codes.get(actor.unit_id) if actor.unit_id is not None else None,
        language=actor.language,
        functions=[
            GrantOut(function=g.function, unit=codes.get(g.unit_id) if g.unit_id is not None else None)
            for g in actor.grants
        ],
        scopes=sorted(actor.scopes) if actor.scopes is not None else None,
    )


@operation("One's API tokens", answer=TokensOut)
async def list_mine(request: web.Request) -> TokensOut:
    return await request.app[keys.DATABASE].read(_list, _trusted(request).account_id)


def _list(db: Session, account_id: int) -> TokensOut:
    names = ("id", "name", "scopes", "created", "expires", "last_used")
    rows = queries.list_tokens(db, account_id)
    return TokensOut(items=[TokenOut(**{name: getattr(row, name) for name in names}) for row in rows])


@operation("Make an API token", answer=TokenMadeOut, status=201)
async def make(request: web.Request, *, body: TokenIn) -> TokenMadeOut:
    actor = _trusted(request)
    made = await request.app[keys.DATABASE].write(
        tokens.add_token, actor.account_id, body.name, body.scopes, expires=body.expires, actor=actor, by=actor.text,
        now=keys.now(request),
    )  # fmt: skip
    return TokenMadeOut(id=made.id, token=made.token)


@operation("Revoke an API token", answer=None, status=204)
async def revoke(request: web.Request, *, path: TokenPath) -> Answer:
    actor = _trusted(request)
    await request.app[keys.DATABASE].write(
        tokens.revoke_token, actor.account_id, path.token_id, by=actor.text, now=keys.now(request)
    )
    return Answer(None)


def _trusted(request: web.Request) -> Actor:
    """A token handles tokens only when it was made for that."""
    actor = keys.actor(request)
    if actor.scopes is not None and "tokens" not in actor.scopes:
        raise NotAllowed("scope_missing")
    return actor
