"""Looking at conferences, for programs: the list and one of them."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated, Literal

from aiohttp import hdrs, web
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from confsvc.access import Actor
from confsvc.web import keys
from confsvc.web.api import shown
from confsvc.web.api.fields import Instant, Line100, Line200, Model, RoomKey, UnitCode
from confsvc.web.api.layer import Answer, operation
from confsvc.web.pages.sight import sight_of
from rooms.errors import FieldError, Invalid
from rooms.names import search_key
from scheduler.booking.whole import read_conference
from scheduler.list_queries import Filter, list_lines
from scheduler.local_time import local_day
from scheduler.name_queries import list_room_ids, list_short_names, list_unit_ids

State = Literal["draft", "pending", "planned", "provisioned", "open", "ended", "recorded", "cancelled", "postponed"]


class KeyPath(Model):
    key: Annotated[str, StringConstraints(pattern=r"^[2-9a-hjkmnp-z]{10}$")]


class ListQuery(Model):
    """``from``/``to``: conferences that overlap this span; ``q``: part of the title, without case and accents."""

    since: Instant | None = Field(default=None, alias="from")
    until: Instant | None = Field(default=None, alias="to")
    host: UnitCode | None = None
    room: RoomKey | None = None
    unit: UnitCode | None = None
    state: list[State] = Field(default=[], max_length=9)
    q: Line100 = ""
    cursor: Line200 | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


@operation("List conferences", answer=shown.ConferencesOut)
async def index(request: web.Request, *, query: ListQuery) -> shown.ConferencesOut:
    return await request.app[keys.DATABASE].read(_index, query, keys.actor(request))


def _index(db: Session, query: ListQuery, actor: Actor) -> shown.ConferencesOut:
    host = list_unit_ids(db, [query.host]).get(query.host, 0) if query.host else None
    unit = list_unit_ids(db, [query.unit]).get(query.unit, 0) if query.unit else None
    room = list_room_ids(db, [query.room]).get(query.room, 0) if query.room else None
    wanted = Filter(
        since=query.since, until=query.until, host_unit_id=host, room_id=room, unit_id=unit,
        states=tuple(query.state), title=search_key(query.q),
    )  # fmt: skip
    rows = list_lines(db, sight_of(actor), wanted, limit=query.limit + 1, after=_after(query.cursor))
    page = rows[: query.limit]
    names = list_short_names(db, [(row.host_unit_id, local_day(row.starts)) for row in page])
    items = [shown.listed_out(row, names.get((row.host_unit_id, local_day(row.starts)), row.host_code)) for row in page]
    more = len(rows) > query.limit
    return shown.ConferencesOut(items=items, next=_cursor(page[-1].starts, page[-1].id) if more else None)


@operation("One conference", answer=shown.ConferenceOut)
async def read(request: web.Request, *, path: KeyPath) -> Answer:
    actor = keys.actor(request)
    view = await request.app[keys.DATABASE].read(read_conference, path.key, sight=sight_of(actor))
    return Answer(shown.conference_out(view, actor), headers={hdrs.ETAG: f'"v{view.conference.version}"'})


def _cursor(starts: datetime, row_id: int) -> str:
    return base64.urlsafe_b64encode(f"{starts.isoformat()}|{row_id}".encode()).decode()


def _after(cursor: str | None) -> tuple[datetime, int] | None:
    if cursor is None:
        return None
    try:
        starts, _, row_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        number = int(row_id)
        if not 0 <= number < 2**63:
            raise ValueError("out of range")
        return datetime.fromisoformat(starts).astimezone(UTC), number
    except (ValueError, OverflowError, binascii.Error) as problem:
        raise Invalid([FieldError("cursor", "cursor")]) from problem
