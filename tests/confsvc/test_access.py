"""Who may do what: the pure rules, grants in time, and the matrix of every route against every function."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsvc import accounts, asker_queries
from confsvc.access import (
    FUNCTION_PERMISSIONS,
    NOT_BY_FUNCTION,
    SCOPES,
    Actor,
    Grant,
    Permission,
    draft_hosts,
    may,
    may_somewhere,
    sees_draft,
)
from confsvc.config import Settings
from confsvc.database import Database
from confsvc.web import keys
from confsvc.web.route import Route
from confsvc.web.routes import API, CLOSURE, CONFERENCE, MEETING, ROUTES, UNIT, WEBHOOK
from rooms.models import Change
from scheduler.models import Conference
from tests.confsvc.conftest import START, Service, serving
from tests.directory import load_default

P = Permission
CARRIED = {
    P.CONFERENCE_READ: "booker approver operator site_contact leader reporter admin auditor",
    P.DIRECTORY_READ: "booker approver operator site_contact leader reporter admin auditor",
    P.FIGURES_READ: "booker approver operator site_contact leader reporter admin auditor",
    P.CONFERENCE_BOOK: "booker", P.CONFERENCE_CHANGE: "booker", P.CONFERENCE_CANCEL: "booker approver",
    P.CAPACITY_APPROVE: "operator", P.APPROVAL_READ: "approver operator", P.LETTER_PURGE: "admin",
    P.CONFERENCE_PURGE: "admin",
    P.CONFERENCE_APPROVE: "approver", P.CONFERENCE_CONDUCT: "operator", P.RESULT_CONFIRM: "booker reporter",
    P.RESULT_CORRECT: "operator", P.CONFERENCE_LOG: "booker reporter", P.DIRECTORY_EDIT: "admin",
    P.CONTACT_EDIT: "operator site_contact admin", P.ENDPOINT_READ: "operator site_contact admin",
    P.ENDPOINT_PAIR: "operator admin", P.OUTBOX_READ: "booker approver operator admin auditor",
    P.OUTBOX_RETRY: "operator admin", P.REPORT_WRITE: "reporter",
    P.GOAL_EDIT: "reporter admin", P.ACCOUNT_ADMIN: "admin", P.AUDIT_READ: "auditor", P.RULES_EDIT: "admin",
    P.CLOSURE_EDIT: "operator admin",
}  # fmt: skip
"""The rules once more, written from the domain's side: permission to functions."""
FUNCTIONS = sorted(set(FUNCTION_PERMISSIONS) - {"endpoint"})


def _actor(*grants: tuple[str, int | None], unit: int | None = 1, scopes: set[str] | None = None) -> Actor:
    held = tuple(Grant(function, unit_id) for function, unit_id in grants)
    return Actor(1, "x", "X", unit, "vi", held, frozenset(scopes) if scopes is not None else None)


def test_functions_carry_what_the_domain_says() -> None:
    assert {p: {f for f, held in FUNCTION_PERMISSIONS.items() if p in held} for p in CARRIED} == {
        p: set(functions.split()) for p, functions in CARRIED.items()
    }
    assert set(CARRIED) | NOT_BY_FUNCTION == set(Permission)
    assert len(FUNCTION_PERMISSIONS) == 9


def test_a_function_covers_its_own_office_only() -> None:
    clerk = _actor(("booker", 1))
    assert may(clerk, P.CONFERENCE_BOOK, 1)
    assert not may(clerk, P.CONFERENCE_BOOK, 2)
    assert not may(clerk, P.CONFERENCE_BOOK, None)
    assert may_somewhere(clerk, P.CONFERENCE_BOOK)
    assert may(_actor(("booker", None)), P.CONFERENCE_BOOK, 2)


def test_a_token_narrows_and_never_widens() -> None:
    assert not may(_actor(("booker", 1), scopes={"read"}), P.CONFERENCE_BOOK, 1)
    assert may(_actor(("booker", 1), scopes={"book"}), P.CONFERENCE_BOOK, 1)
    assert not may(_actor(("leader", 1), scopes=set(SCOPES)), P.CONFERENCE_BOOK, 1)
    covered = frozenset().union(*SCOPES.values())
    assert covered == set(Permission) - NOT_BY_FUNCTION


def test_drafts_are_for_their_own_office() -> None:
    clerk = _actor(("booker", 2), unit=1)
    assert [sees_draft(clerk, unit) for unit in (1, 2, 3)] == [True, True, False]
    assert draft_hosts(clerk) == [1, 2]
    assert draft_hosts(_actor(("booker", None))) is None
    assert not sees_draft(_actor(("leader", None), unit=None), 1)


def test_grants_hold_from_their_first_to_their_last_day(filled: Database) -> None:
    account = filled.write_now(accounts.add_account, "lan", "Lan", actor="cli", now=START)
    filled.write_now(
        accounts.add_grant, account, "booker", actor="cli", now=START, valid_from=date(2026, 12, 1),
        valid_to=date(2026, 12, 3),
    )  # fmt: skip
    days = [date(2026, 11, 30) + timedelta(days=n) for n in range(5)]
    assert [bool(filled.read_now(asker_queries.list_grants, account, day)) for day in days] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_a_substitute_acts_while_the_other_holds_the_function(filled: Database) -> None:
    def add(login: str) -> int:
        return filled.write_now(accounts.add_account, login, login, actor="cli", now=START)

    chief, deputy = add("chief"), add("deputy")
    own = filled.write_now(accounts.add_grant, chief, "approver", actor="cli", now=START)
    filled.write_now(accounts.add_grant, deputy, "approver", actor="cli", now=START, substitute_for=chief)
    today = date(2026, 11, 24)
    assert filled.read_now(asker_queries.list_grants, deputy, today) == (Grant("approver", None, chief),)
    filled.write_now(accounts.end_grant, own, last=date(2026, 11, 23), actor="cli", now=START)
    assert filled.read_now(asker_queries.list_grants, deputy, today) == ()


OWN, FOREIGN = "STTTT", "SYT"
NO_KEY = "2" * 10


@dataclass(frozen=True)
class Sample:
    """A harmless request for a route: what it says is wrong or stale, so that whoever is let in changes nothing.

    ``bound``: it touches something of the office OWN, so a function of another office does not help. ``whole``: it
    touches everybody's, so only a function for all offices helps. ``functions``: who may, where that depends on more
    than the route's permission.
    """

    url: str
    json: Any = None
    data: dict[str, str] | None = None
    bound: bool = False
    whole: bool = False
    functions: str | None = None

    def lets_in(self, permission: Permission, function: str, place: str) -> bool:
        """What the rules say: the handler must agree, whatever the page does besides."""
        carried = function in (self.functions or CARRIED[permission]).split()
        return carried and not (place == "foreign" and self.bound) and not (place != "all" and self.whole)


WISH = {"title": "Thử", "kind": "briefing", "form": "online", "host": OWN}
PAST = {"starts": "2020-01-01T08:00:00+07:00", "ends": "2020-01-01T09:00:00+07:00"}
FUTURE = {"starts": "2030-01-01T08:00:00+07:00", "ends": "2030-01-01T09:00:00+07:00"}
STALE = {"version": 999}
RUN = "booker approver operator"  # the host's booker, the head of that office, an operator
RESULT = "booker reporter operator"  # the host confirms, an operator corrects
WHOLE = (
    "/inbox", "/users", "/webhooks", f"{API}/webhooks",
    "/audit", "/directory/new-unit", "/directory/import", "/rules/calendar/", "/rules/change", "/rules/{",
)  # fmt: skip


NO_HOOK = "0" * 16
HOOK = {"name": "Thử", "url": "http://127.0.0.1/", "events": ["booked"]}


def samples(key: str) -> dict[tuple[str, str], Sample]:
    """Requests for routes whose access depends on an office. Other routes get theirs from ``sample``."""
    one = f"{API}/conferences/{key}"
    return {
        ("POST", f"{API}/conferences"): Sample(f"{API}/conferences", {**WISH, **PAST}, bound=True),
        ("POST", f"{API}/conferences/check"): Sample(f"{API}/conferences/check", {**WISH, **PAST}, bound=True),
        ("POST", f"{API}/series"): Sample(f"{API}/series", {**WISH, **PAST, "rule": "FREQ=DAILY;COUNT=2"}, bound=True),
        ("POST", f"{API}/series/check"): Sample(
            f"{API}/series/check", {**WISH, **PAST, "rule": "FREQ=DAILY;COUNT=2"}, bound=True
        ),
        ("POST", f"{CONFERENCE}/put-back"): Sample(f"{one}/put-back", STALE, bound=True),
        ("POST", f"{API}/conferences/logged"): Sample(
            f"{API}/conferences/logged",
            {"title": "Thử", "kind": "briefing", "host": OWN, **FUTURE, "units": ["SYT"], "reason": "content"},
            bound=True,
        ),
        ("PUT", CONFERENCE): Sample(one, {**WISH, **FUTURE, **STALE}, bound=True),
        ("PATCH", CONFERENCE): Sample(one, {"title": "Khác hẳn", **STALE}, bound=True),
        ("POST", f"{CONFERENCE}/submit"): Sample(f"{one}/submit", STALE, bound=True),
        ("POST", f"{CONFERENCE}/cancel"): Sample(f"{one}/cancel", {**STALE, "reason": "mưa lũ"}, bound=True),
        ("GET", f"{CONFERENCE}/letter.pdf"): Sample(f"{one}/letter.pdf", bound=True),
        ("GET", f"{CONFERENCE}/letter.docx"): Sample(f"{one}/letter.docx", bound=True),
        ("POST", f"{CONFERENCE}/extend"): Sample(f"{one}/extend", {**STALE, "minutes": 15}, bound=True, functions=RUN),
        ("POST", f"{CONFERENCE}/end"): Sample(f"{one}/end", STALE, bound=True, functions=RUN),
        ("POST", f"{MEETING}/extend"): Sample(f"/conferences/{key}/extend", data={}, bound=True, functions=RUN),
        ("GET", f"{MEETING}/end"): Sample(f"/conferences/{key}/end", bound=True, functions=RUN),
        ("POST", f"{MEETING}/end"): Sample(f"/conferences/{key}/end", data={}, bound=True, functions=RUN),
        ("GET", f"{MEETING}/result"): Sample(f"/conferences/{key}/result", bound=True, functions=RESULT),
        ("POST", f"{MEETING}/result"): Sample(f"/conferences/{key}/result", data={}, bound=True, functions=RESULT),
        ("POST", f"{UNIT}/change"): Sample(
            f"/directory/units/{OWN}/change", data={"letter_symbol": "x" * 50}, bound=True
        ),
        ("POST", f"{MEETING}/letter/purge"): Sample(f"/conferences/{key}/letter/purge", data={}, whole=True),
        ("GET", f"{MEETING}/purge"): Sample(f"/conferences/{key}/purge", whole=True),
        ("POST", f"{MEETING}/purge"): Sample(f"/conferences/{key}/purge", data={}, whole=True),
        ("POST", "/rules/profiles"): Sample("/rules/profiles", data={}, whole=True),
        ("POST", "/closures"): Sample("/closures", data={}, whole=True),
        ("POST", CLOSURE): Sample(f"/closures/{NO_KEY}/lift", data={}, whole=True),
        ("POST", f"{API}{CLOSURE}"): Sample(f"{API}/closures/{NO_KEY}/lift", {}, whole=True),
        ("POST", f"{API}/closures"): Sample(f"{API}/closures", {"reason": "Thử", **PAST}, whole=True),
        ("POST", f"{API}/webhooks"): Sample(f"{API}/webhooks", HOOK, whole=True),
        ("PUT", f"{API}{WEBHOOK}"): Sample(f"{API}/webhooks/{NO_HOOK}", HOOK, whole=True),
        ("GET", f"{API}{WEBHOOK}/deliveries"): Sample(f"{API}/webhooks/{NO_HOOK}/deliveries", whole=True),
        ("DELETE", f"{API}{WEBHOOK}"): Sample(f"{API}/webhooks/{NO_HOOK}", whole=True),
        ("POST", f"{API}{WEBHOOK}/test"): Sample(f"{API}/webhooks/{NO_HOOK}/test", {}, whole=True),
        ("POST", f"{API}{WEBHOOK}/replay"): Sample(f"{API}/webhooks/{NO_HOOK}/replay", {"delivery": 1}, whole=True),
        ("GET", f"{API}/webhooks"): Sample(f"{API}/webhooks", whole=True),
        ("GET", WEBHOOK): Sample(f"/webhooks/{NO_HOOK}", whole=True),
        ("POST", WEBHOOK): Sample(f"/webhooks/{NO_HOOK}", data={}, whole=True),
        ("POST", f"{WEBHOOK}/act"): Sample(f"/webhooks/{NO_HOOK}/act", data={}, whole=True),
        ("POST", "/figures/goals"): Sample("/figures/goals", data={}, whole=True),  # the goal is the whole province's
        **{
            ("GET", f"{UNIT}/week{form}"): Sample(f"/directory/units/{OWN}/week{form}", bound=True)
            for form in ("", ".docx", ".pdf")
        },
        ("GET", "/plan-import/template.{kind:csv|xlsx}"): Sample("/plan-import/template.csv"),
        ("GET", f"{API}/rooms/busy"): Sample(f"{API}/rooms/busy?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z"),
    }


def sample(route: Route, key: str) -> Sample:
    """A request for any route: path parameters by name, an empty body.

    A page with an office's or a meeting's key in its path is bound to it when it does more than show.
    """
    found = samples(key).get((route.method, route.path))
    if found is not None:
        return found
    values = {"key": key, "code": OWN, "id": "9999999", "token_id": "9999999", "token": "x" * 43, "month": "2026-11"}

    def value(match: re.Match[str]) -> str:
        return values.get(match[1], "1")

    url = re.sub(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}", value, route.path)
    body = {} if route.method not in ("GET", "DELETE") else None
    if route.path.startswith(API):
        return Sample(url, body)
    shows = route.permission in (P.CONFERENCE_READ, P.DIRECTORY_READ, P.FIGURES_READ)
    bound = not shows and route.path.startswith((MEETING, UNIT))
    return Sample(url, data=body, bound=bound, whole=route.path.startswith(WHOLE))


@pytest.fixture
async def served(settings: Settings, sqlite_url: str) -> AsyncIterator[Service]:
    """On one database: what is asked here is decided before the database is."""
    database = Database(sqlite_url)
    database.write_now(load_default)
    async for running in serving(settings, database):
        yield running
    database.close()


async def _planned(service: Service) -> str:
    clerk = service.program(service.account("planner", "booker", unit=OWN))
    wish = {**WISH, "starts": "2026-12-10T08:00:00+07:00", "ends": "2026-12-10T09:00:00+07:00", "no_secrets": True}
    rooms = (await clerk.get(f"{API}/rooms", params={"unit": OWN})).json()["items"]
    made = await clerk.post(f"{API}/conferences", json={**wish, "sites": [rooms[0]["key"]]})
    assert made.status_code == 201, made.text
    return str(made.json()["key"])


def _rows(db: Session) -> tuple[list[tuple[str, str]], int]:
    """What was changed, and how many conferences there are."""
    changes = select(Change.subject_kind, Change.act).where(Change.act.not_in(("session.started", "session.ended")))
    counted = db.scalar(select(func.count(Conference.id))) or 0
    return [(kind, act) for kind, act in db.execute(changes.order_by(Change.id))], counted


async def test_the_matrix_of_routes_and_functions_has_no_leak(served: Service) -> None:
    """Every route × every function × own office, foreign office, all offices, and nobody."""
    key = await _planned(served)
    places = {"own": OWN, "foreign": FOREIGN, "all": None}
    people: list[tuple[str, str, httpx.AsyncClient]] = []
    for function in FUNCTIONS:
        for place, at in places.items():
            login = f"{function}-{place}"
            people.append((function, place, await served.browser(served.account(login, function, unit=at, at=at))))
    plain = await served.browser(served.account("plain", unit=OWN))
    before, leaks, asked = served.database.read_now(_rows), [], 0
    for route in served.app[keys.ROUTES]:
        if route.permission in NOT_BY_FUNCTION or route.path in ("/sign-out",):
            continue
        request = sample(route, key)
        wanted = [("nobody", "own", served.client()), ("plain", "own", plain), *people]
        for function, place, client in wanted:
            if place == "all" and not (request.bound or request.whole):
                continue  # as for the own office
            status = await _ask(client, route, request)
            asked += 1
            # What exists may also be hidden from those who may not touch it.
            refused = status in ((401, 403, 404) if request.bound else (401, 403))
            if refused == request.lets_in(route.permission, function, place):
                leaks.append(f"{route.method} {route.path}: {function} ({place}) got {status}")
    assert leaks == [], "\n".join(leaks)
    changed, counted = served.database.read_now(_rows)
    assert (changed[len(before[0]) :], counted) == ([], before[1])
    assert asked > 200


async def _ask(client: httpx.AsyncClient, route: Route, request: Sample) -> int:
    answer = await client.request(route.method, request.url, json=request.json, data=request.data)
    turned_away = answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in")
    return 401 if turned_away else answer.status_code


async def test_nobody_gets_past_the_doors_of_machines(served: Service) -> None:
    """Sessions and API tokens of people open no machine's door, whatever their functions."""
    admin = served.account("root", *FUNCTIONS, at=None)
    for client in (served.client(), await served.browser(admin), served.program(admin)):
        for route in ROUTES:
            if route.permission in (P.ENDPOINT, P.BRIDGE_CALLBACK):
                request = sample(route, NO_KEY)
                answer = await client.request(route.method, request.url.replace("/jitsi/1/", "/jitsi/simulated/"))
                assert answer.status_code == 401, f"{route.method} {route.path}: {answer.status_code}"


async def test_routes_for_anybody_signed_in_want_somebody_signed_in(served: Service) -> None:
    for route in ROUTES:
        if route.permission is P.SIGNED_IN:
            assert await _ask(served.client(), route, sample(route, NO_KEY)) == 401, route.path


async def test_another_offices_draft_is_not_there(served: Service) -> None:
    own = served.program(served.account("own", "booker", unit=OWN))
    other = served.program(served.account("other", "booker", unit=FOREIGN))
    draft = {**WISH, "starts": "2026-12-10T08:00:00+07:00", "ends": "2026-12-10T09:00:00+07:00", "draft": True}
    key = (await own.post(f"{API}/conferences", json=draft)).json()["key"]
    for method, tail, body in (
        ("GET", "", None), ("PATCH", "", {"version": 1, "title": "Của tôi"}), ("POST", "/submit", {"version": 1}),
        ("POST", "/cancel", {"version": 1, "reason": "x"}),
    ):  # fmt: skip
        theirs = await other.request(method, f"{API}/conferences/{key}{tail}", json=body)
        nothing = await other.request(method, f"{API}/conferences/{NO_KEY}{tail}", json=body)
        same = ("status", "code", "detail", "title")
        assert [theirs.json()[name] for name in same] == [nothing.json()[name] for name in same]
        assert theirs.status_code == 404
    assert (await other.get(f"{API}/conferences")).json()["items"] == []
    assert [c["key"] for c in (await own.get(f"{API}/conferences")).json()["items"]] == [key]


def test_an_application_with_a_route_that_says_nothing_does_not_start(settings: Settings, sqlite_url: str) -> None:
    from confsvc.app import make_app
    from confsvc.web.health import health

    database = Database(sqlite_url)
    with pytest.raises(RuntimeError, match="does not say who may"):
        make_app(settings, database, routes=[Route("GET", "/x", health, None)])  # type: ignore[arg-type]
    database.close()
