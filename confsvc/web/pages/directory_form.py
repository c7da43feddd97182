"""A change of the directory as one form: what is asked, who may, what is done, and where one comes back to.

Every form is one ``Act`` in ``directory_acts`` or ``place_acts``; this module shows it, reads it, says what was wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, require
from confsvc.web import keys
from confsvc.web.pages.form import Form, read_form, told
from confsvc.web.pages.hits import Hits, hits_shown
from confsvc.web.pages.words import Words
from confsvc.web.rendering import redirect, render
from rooms.errors import Invalid
from scheduler.errors import StillBooked
from scheduler.local_time import local_day

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Asks:
    """One field. ``kind``: text, day, number, flag, choice. ``options`` for a choice, from the database."""

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    required: bool = True
    most: int = 200
    options: Callable[[Session, Subject, date, Words], Sequence[tuple[str, str]]] | None = None
    empty: str = ""


@dataclass(frozen=True)
class Subject:
    """What a form is about: its office (None: the directory as a whole), a heading, and what the fields hold now."""

    unit_id: int | None
    unit_code: str
    heading: str
    key: str = ""
    values: Values = field(default_factory=dict)


@dataclass(frozen=True)
class By:
    """Who does it, when, and on which local day."""

    actor: str
    now: datetime
    today: date
    mail_domain: str
    seen: str = ""  # confirms the conferences that stay booked beyond what is changed


@dataclass(frozen=True)
class Act:
    """``find`` reads the subject of an address; ``do`` does it with the values and may answer with the address of what
    it made."""

    title: str
    button: str
    permission: Permission
    asks: tuple[Asks, ...]
    find: Callable[[Session, str, date], Subject]
    do: Callable[[Session, Subject, Values, By], str | None]
    done: str = "Saved."
    warning: str = ""

    async def show(self, request: web.Request) -> web.Response:
        """The form with what is there now."""
        subject, fields = await request.app[keys.DATABASE].read(self._read, *self._asked(request))
        return self._page(request, subject, fields, subject.values, {})

    async def submit(self, request: web.Request) -> web.Response:
        """Do it, or show the form again with what was wrong."""
        form, database = await read_form(request), request.app[keys.DATABASE]
        by = self._by(request, form.values.get("seen", "") if form.flag("confirmed") else "")
        try:
            values = {one.name: _value(form, one) for one in self.asks}
            form.done()
            where = await database.write(self._do, *self._asked(request), values, by)
        except Invalid as problem:
            subject, fields = await database.read(self._read, *self._asked(request))
            return self._page(request, subject, fields, form.values, told(request, problem))
        except StillBooked as problem:
            asked = self._asked(request)
            subject, fields = await database.read(self._read, *asked)
            hits = await database.read(hits_shown, problem.hits, asked[0], asked[3])
            return self._page(request, subject, fields, form.values, {}, hits)
        return redirect(request, where, flash=Words(request[keys.LANGUAGE])(self.done), tone="ok")

    def _asked(self, request: web.Request) -> tuple[Actor, str, date, Words]:
        key = next(iter(request.match_info.values()), "")
        return keys.actor(request), key, local_day(keys.now(request)), Words(request[keys.LANGUAGE])

    def _by(self, request: web.Request, seen: str) -> By:
        now = keys.now(request)
        domain = request.app[keys.SETTINGS].mail.domain
        return By(keys.actor(request).text, now, local_day(now), domain, seen)

    def _read(
        self, db: Session, actor: Actor, key: str, today: date, words: Words
    ) -> tuple[Subject, list[tuple[Asks, Sequence[tuple[str, str]]]]]:
        subject = self.find(db, key, today)
        require(actor, self.permission, subject.unit_id)
        return subject, [(one, one.options(db, subject, today, words) if one.options else ()) for one in self.asks]

    def _do(self, db: Session, actor: Actor, key: str, today: date, words: Words, values: Values, by: By) -> str:
        subject = self.find(db, key, today)
        require(actor, self.permission, subject.unit_id)
        made = self.do(db, subject, values, by)
        return made or (f"/directory/units/{subject.unit_code}" if subject.unit_code else "/directory")

    def _page(
        self, request: web.Request, subject: Subject, fields: Sequence[tuple[Asks, Sequence[tuple[str, str]]]],
        values: Values, errors: Mapping[str, str], hits: Hits | None = None,
    ) -> web.Response:  # fmt: skip
        named = {one.name for one, _ in fields}
        shown = {(name if name in named else ""): said for name, said in errors.items()}
        return render(
            request, "directory_form.html", status=422 if errors else 409 if hits else 200,
            w=Words(request[keys.LANGUAGE]), act=self, subject=subject, fields=fields, values=values, errors=shown,
            hits=hits,
        )  # fmt: skip


def _value(form: Form, asks: Asks) -> Any:
    """A form sends all its fields; one that is not there must not be taken for an emptied one."""
    if asks.kind != "flag" and asks.name not in form.values:
        form.wrong(asks.name, "required")
        return None
    match asks.kind:
        case "day":
            return form.day(asks.name, required=asks.required)
        case "number":
            return form.number(asks.name, required=asks.required)
        case "flag":
            return form.flag(asks.name)
        case _:
            return form.text(asks.name, asks.most, required=asks.required)
