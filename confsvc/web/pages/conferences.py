"""The list of conferences, of all that one may see or of the own office: search that folds accents, filters and paging
in the address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import Actor, Permission, may_somewhere
from confsvc.web import keys
from confsvc.web.pages.lines import LineView, line_views
from confsvc.web.pages.phrases import FORMS, STANDINGS, Phrases
from confsvc.web.pages.sight import sight_of
from confsvc.web.pages.typed import Fields, parse_day
from confsvc.web.rendering import render
from rooms.names import search_key
from rooms.queries import list_units
from scheduler.list_queries import Filter, list_lines
from scheduler.local_time import instant, local_day

PAGE = 50
ALL, OURS = "/conferences", "/our-conferences"
STATES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "draft": (("draft",), ()), "pending": (("pending",), ()), "scheduled": (("planned", "provisioned"), ()),
    "live": (("open",), ()),
    "unconfirmed": (("ended", "recorded"), ("unknown",)), "held": (("ended", "recorded"), ("held",)),
    "failed_online": (("ended", "recorded"), ("failed_online",)), "not_held": (("ended", "recorded"), ("not_held",)),
    "cancelled": (("cancelled",), ()), "postponed": (("postponed",), ()),
}  # fmt: skip
"""What the filter offers, as states and outcomes."""


@dataclass(frozen=True)
class Query:
    """The address as read; what cannot be read is left out, and said."""

    when: str
    q: str
    since: date | None
    until: date | None
    host: str
    state: str
    form: str
    after: tuple[datetime, int] | None
    unread: tuple[str, ...]
    path: str = ALL

    def address(self, **changes: str) -> str:
        """The same list with other parts; paging starts again unless ``after`` is given."""
        parts = {
            "when": self.when if self.when != "ahead" else "", "q": self.q, "host": self.host, "state": self.state,
            "form": self.form, "from": f"{self.since:%Y-%m-%d}" if self.since else "",
            "to": f"{self.until:%Y-%m-%d}" if self.until else "",
        } | changes  # fmt: skip
        told = {name: value for name, value in parts.items() if value}
        return self.path + (f"?{urlencode(told)}" if told else "")


def read_query(query: Fields, path: str = ALL) -> Query:
    def given(name: str) -> str:
        return str(query.get(name, "")).strip()[:200]

    since, until = parse_day(given("from")), parse_day(given("to"))
    unread = tuple(n for n, day in (("from", since), ("to", until)) if given(n) and day is None)
    when = given("when") if given("when") in ("past", "all") else "ahead"
    return Query(
        when, given("q"), since, until, given("host"), given("state") if given("state") in STATES else "",
        given("form") if given("form") in FORMS else "", _cursor(given("after")), unread, path,
    )  # fmt: skip


def _cursor(text: str) -> tuple[datetime, int] | None:
    """ "<epoch microseconds>_<id>": where the page before ended."""
    moment, _, number = text.partition("_")
    if not (moment.isascii() and moment.isdecimal() and number.isascii() and number.isdecimal()) or len(text) > 40:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=min(int(moment), 10**17)), int(number[:18])


async def show(request: web.Request) -> web.Response:
    """GET /conferences, GET /our-conferences."""
    query = read_query(request.query, OURS if request.path == OURS else ALL)
    words, now = Phrases(request[keys.LANGUAGE]), keys.now(request)
    context = await request.app[keys.DATABASE].read(_load, keys.actor(request), query, words, now=now)
    return render(
        request, "conferences.html", w=words, query=query, values={
            "from": f"{query.since:%d/%m/%Y}" if query.since else str(request.query.get("from", "")),
            "to": f"{query.until:%d/%m/%Y}" if query.until else str(request.query.get("to", "")),
        },
        states=[(code, words.say(STANDINGS[code][1])) for code in STATES],
        forms=[(code, words.form(code)) for code in FORMS],
        may_postpone=may_somewhere(keys.actor(request), Permission.CONFERENCE_CANCEL),
        may_plan=may_somewhere(keys.actor(request), Permission.CONFERENCE_BOOK), **context,
    )  # fmt: skip


def _load(db: Session, actor: Actor, query: Query, words: Phrases, *, now: datetime) -> dict[str, Any]:
    units = list_units(db, local_day(now))
    host = next((u for u in units if u.code == query.host), None)
    states, outcomes = STATES.get(query.state, ((), ()))
    today = local_day(now)
    since = query.since or (today if query.when == "ahead" else None)
    until = query.until or (today if query.when == "past" else None)
    wanted = Filter(
        since=instant(since) if since else None, host_unit_id=host.id if host else (0 if query.host else None),
        until=_until(query, until), form=query.form, states=states, outcomes=outcomes, search=search_key(query.q),
        own_unit_id=(actor.unit_id or 0) if query.path == OURS else None,
    )  # fmt: skip
    lines = list_lines(
        db, sight_of(actor), wanted, limit=PAGE + 1, after=query.after, newest_first=query.when != "ahead"
    )
    shown = lines[:PAGE]
    further = ""
    if len(lines) > PAGE:
        last = shown[-1]
        further = query.address(after=f"{round(last.starts.timestamp() * 1_000_000)}_{last.id}")
    return {
        "lines": _with_days(line_views(db, shown, words, now)), "further": further,
        "hosts": [(u.code, u.short) for u in units if u.level not in ("province", "commune")],
    }  # fmt: skip


def _until(query: Query, until: date | None) -> datetime | None:
    """A day that was typed is inclusive; "past" ends with yesterday."""
    if until is None:
        return None
    return instant(until) + (timedelta(days=1) if query.until else timedelta(0))


def _with_days(views: list[LineView]) -> list[tuple[str, list[LineView]]]:
    """Grouped by day, in the order given."""
    days: dict[str, list[LineView]] = {}
    for view in views:
        days.setdefault(view.day, []).append(view)
    return list(days.items())
