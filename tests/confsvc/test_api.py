"""The API: booking and its refusals, every wrong field at once, keys that repeat nothing, versions, lists."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.confsvc.conftest import Service

URL = "/api/v1/conferences"


def wish(**over: Any) -> dict[str, Any]:
    """A conference that can be booked, three weeks ahead."""
    return {
        "title": "Tập huấn an toàn thông tin", "kind": "training", "form": "online",
        "starts": "2026-12-15T08:00:00+07:00", "ends": "2026-12-15T11:00:00+07:00", "no_secrets": True, **over,
    }  # fmt: skip


@pytest.fixture
def clerk(service: Service) -> httpx.AsyncClient:
    return service.program(service.account("clerk", "booker", unit="STTTT"))


@pytest.fixture
async def halls(clerk: httpx.AsyncClient) -> list[str]:
    """The keys of the host's hall and of the ten districts'."""
    rooms = (await clerk.get("/api/v1/rooms")).json()["items"]
    own = [room["key"] for room in rooms if room["unit"] == "STTTT"]
    units = (await clerk.get("/api/v1/units", params={"level": "district"})).json()["items"]
    codes = {unit["code"] for unit in units}
    assert len(codes) == 10
    return own[:1] + [room["key"] for room in rooms if room["unit"] in codes]


async def test_a_conference_is_booked_and_read(clerk: httpx.AsyncClient, halls: list[str]) -> None:
    guests = [{"name": "Ông Nam", "mail": "nam@example.vn"}]
    made = await clerk.post(URL, json=wish(sites=halls, guests=guests))
    assert made.status_code == 201, made.text
    assert made.headers["ETag"] == '"v1"'
    one = await clerk.get(made.headers["Location"])
    body = one.json()
    assert (body["host"], body["state"], body["version"], len(body["sites"])) == ("STTTT", "planned", 1, 11)
    assert body["sites"][0]["role"] == "main"
    assert "nam@example.vn" in {guest["mail"] for guest in body["guests"]}
    assert not {"id", "host_unit_id"} & set(body)


async def test_a_taken_room_says_by_whom_and_until_when(
    service: Service, clerk: httpx.AsyncClient, halls: list[str]
) -> None:
    await clerk.post(URL, json=wish(sites=halls[:2]))
    other = service.program(service.account("other", "booker", unit="SYT"))
    asked = wish(sites=[halls[1]], title="Họp khác")
    check = (await other.post(f"{URL}/check", json=asked)).json()
    assert not check["ok"]
    refused = await other.post(URL, json=asked)
    assert refused.status_code == 409
    assert refused.headers["Content-Type"] == "application/problem+json; charset=utf-8"
    (taken,) = refused.json()["taken"]
    assert taken["unit"] == "Sở TT&TT"
    assert taken["ends"] == "2026-12-15T04:00:00+00:00"
    assert "11:00 15/12/2026" in taken["detail"]
    assert "room_id" not in refused.text
    assert "An toàn" not in refused.text


async def test_all_wrong_fields_are_told_at_once_and_once(clerk: httpx.AsyncClient) -> None:
    bad = {
        "title": "x", "kind": 3, "form": "phone", "starts": "2026-12-15T08:00:00", "ends": 0, "sites": "all",
        "guests": [{"name": "", "mail": "m@x.vn", "age": 3}], "no_secrets": "yes", "extra": 1,
        "note": "a\u0000b", "host": "STTTT",
    }  # fmt: skip
    first = await clerk.post(URL, json=bad)
    assert [error["field"] for error in first.json()["errors"]] == ["note"]
    answer = await clerk.post(URL, json=bad | {"note": ""})
    assert answer.status_code == 422
    codes = {error["field"]: error["code"] for error in answer.json()["errors"]}
    assert codes == {
        "title": "too_short", "kind": "not_a_text", "form": "unknown_value", "starts": "not_a_time",
        "ends": "not_a_time", "sites": "not_a_list", "guests.0.name": "too_short", "guests.0.age": "unknown_field",
        "no_secrets": "not_yes_or_no", "extra": "unknown_field",
    }  # fmt: skip


async def test_what_the_domain_refuses_names_the_same_fields(clerk: httpx.AsyncClient) -> None:
    answer = await clerk.post(
        URL, json=wish(sites=["nowhere"], units=["XX"], ends="2026-12-15T07:00:00+07:00", no_secrets=False),
        headers={"Accept-Language": "vi"},
    )  # fmt: skip
    found = {error["field"]: error["detail"] for error in answer.json()["errors"]}
    assert {"sites.0", "units.0", "ends", "no_secrets"} <= set(found)
    assert found["units.0"] == "Không có cơ quan này vào ngày đó."


async def test_short_notice_warns_and_asks_why(clerk: httpx.AsyncClient, halls: list[str]) -> None:
    soon = wish(sites=halls[:1], starts="2026-11-25T08:00:00+07:00", ends="2026-11-25T09:00:00+07:00")
    check = (await clerk.post(f"{URL}/check", json=soon)).json()
    assert [warning["code"] for warning in check["warnings"]] == ["short_notice"]
    assert [error["field"] for error in check["errors"]] == ["short_notice_reason"]
    made = await clerk.post(URL, json={**soon, "short_notice_reason": "Chỉ đạo gấp"})
    assert made.status_code == 201
    said = made.json()["warnings"][0]["data"]
    assert (said["days"], said["required"], said["from"]) == (0, 3, "2026-11-28")


async def test_a_repeated_key_books_once(clerk: httpx.AsyncClient, halls: list[str]) -> None:
    headers = {"Idempotency-Key": "order-1"}
    body = wish(sites=halls[:1])
    answers = await asyncio.gather(*(clerk.post(URL, json=body, headers=headers) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["key"] for answer in answers}) == 1
    assert len((await clerk.get(URL)).json()["items"]) == 1
    other = await clerk.post(URL, json={**body, "title": "Khác"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


async def test_a_refused_request_leaves_its_key_free(clerk: httpx.AsyncClient, halls: list[str]) -> None:
    headers = {"Idempotency-Key": "order-2"}
    assert (await clerk.post(URL, json=wish(sites=["nowhere"]), headers=headers)).status_code == 422
    assert (await clerk.post(URL, json=wish(sites=halls[:1]), headers=headers)).status_code == 201


async def test_a_change_names_the_version_it_saw(clerk: httpx.AsyncClient, halls: list[str]) -> None:
    key = (await clerk.post(URL, json=wish(sites=halls[:1]))).json()["key"]
    one = f"{URL}/{key}"
    assert (await clerk.patch(one, json={"title": "Không nói phiên bản"})).status_code == 422
    changed = await clerk.patch(one, json={"title": "Tập huấn lần hai"}, headers={"If-Match": '"v1"'})
    assert changed.status_code == 200, changed.text
    assert changed.headers["ETag"] == '"v2"'
    stale = await clerk.patch(one, json={"title": "Muộn rồi", "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    body = (await clerk.get(one)).json()
    assert (body["title"], body["starts"]) == ("Tập huấn lần hai", "2026-12-15T01:00:00Z")
    whole = await clerk.put(one, json=wish(sites=halls[:2], version=2))
    assert whole.status_code == 200
    assert len((await clerk.get(one)).json()["sites"]) == 2
    moved = await clerk.put(one, json=wish(sites=halls[:2], version=3, host="SYT"))
    assert moved.json()["errors"][0]["code"] == "fixed"


async def test_a_draft_is_submitted_and_cancelled(clerk: httpx.AsyncClient, halls: list[str]) -> None:
    key = (await clerk.post(URL, json=wish(draft=True))).json()["key"]
    assert (await clerk.post(f"{URL}/{key}/submit", json={"version": 1})).status_code == 422
    await clerk.patch(f"{URL}/{key}", json={"version": 1, "sites": halls[:1]})
    assert (await clerk.post(f"{URL}/{key}/submit", json={"version": 2})).status_code == 200
    cancelled = await clerk.post(f"{URL}/{key}/cancel", json={"reason": "Mưa lũ"}, headers={"If-Match": '"v3"'})
    assert cancelled.status_code == 200, cancelled.text
    assert (await clerk.get(f"{URL}/{key}")).json()["state"] == "cancelled"
    again = await clerk.post(f"{URL}/{key}/cancel", json={"reason": "Mưa lũ", "version": 4})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_move")


async def test_a_meeting_held_in_person_is_registered(clerk: httpx.AsyncClient) -> None:
    body = {
        "title": "Giao ban tháng", "kind": "briefing", "starts": "2026-11-20T08:00:00+07:00",
        "ends": "2026-11-20T10:00:00+07:00", "units": ["SYT"], "reason": "content", "place": "Hội trường",
    }  # fmt: skip
    made = await clerk.post(f"{URL}/logged", json=body)
    assert made.status_code == 201, made.text
    one = (await clerk.get(f"{URL}/{made.json()['key']}")).json()
    assert (one["origin"], one["form"], one["state"], one["place"]) == ("logged", "in_person", "ended", "Hội trường")


async def test_lists_are_searched_filtered_and_paged(clerk: httpx.AsyncClient, halls: list[str]) -> None:
    for day in range(10, 15):
        times = {"starts": f"2026-12-{day}T08:00:00+07:00", "ends": f"2026-12-{day}T09:00:00+07:00"}
        made = await clerk.post(URL, json=wish(sites=[halls[day - 10]], title=f"Họp số {day}", **times))
        assert made.status_code == 201, made.text

    async def titles(**query: Any) -> list[str]:
        return [item["title"][-2:] for item in (await clerk.get(URL, params=query)).json()["items"]]

    assert await titles() == ["10", "11", "12", "13", "14"]
    assert await titles(q="hop so 12") == ["12"]
    assert await titles(**{"from": "2026-12-11T08:30:00+07:00", "to": "2026-12-13T08:00:00+07:00"}) == ["11", "12"]
    assert await titles(room=halls[2], state="planned") == ["12"]
    assert await titles(host="SYT") == await titles(state="cancelled") == await titles(room="nowhere") == []
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await clerk.get(URL, params={"limit": 2, **cursor})).json()
        seen += [item["title"][-2:] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert seen == ["10", "11", "12", "13", "14"]
    wrong = await clerk.get(URL, params={"cursor": "nonsense", "limit": 0, "colour": "red"})
    assert {error["field"] for error in wrong.json()["errors"]} == {"limit", "colour"}
    assert (await clerk.get(URL, params={"cursor": "nonsense"})).json()["errors"][0]["field"] == "cursor"


async def test_busy_times_say_who_but_not_what(service: Service, clerk: httpx.AsyncClient, halls: list[str]) -> None:
    await clerk.post(URL, json=wish(sites=halls[:3]))
    other = service.program(service.account("other", "leader", unit="SYT"))
    span = {"from": "2026-12-15T00:00:00+07:00", "to": "2026-12-16T00:00:00+07:00"}
    busy = await other.get("/api/v1/rooms/busy", params={**span, "rooms": halls[:2]})
    assert {item["room"] for item in busy.json()["items"]} == set(halls[:2])
    assert {item["unit"] for item in busy.json()["items"]} == {"Sở TT&TT"}
    assert "Tập huấn" not in busy.text and {item["conference"] for item in busy.json()["items"]} == {None}
    mine = await clerk.get("/api/v1/rooms/busy", params={**span, "rooms": halls[:1]})
    assert mine.json()["items"][0]["conference"] is not None
    assert len((await other.get("/api/v1/rooms/busy", params=span)).json()["items"]) == 3
    long = await other.get("/api/v1/rooms/busy", params={**span, "to": "2028-01-01T00:00:00Z"})
    assert long.json()["errors"][0]["code"] == "span_too_long"


async def test_addresses_of_guests_are_for_the_host(
    service: Service, clerk: httpx.AsyncClient, halls: list[str]
) -> None:
    key = (await clerk.post(URL, json=wish(sites=halls[:1]))).json()["key"]
    leader = service.program(service.account("leader", "leader", unit="SYT", at=None))
    assert (await leader.get(f"{URL}/{key}")).json()["guests"] is None
    assert (await clerk.get(f"{URL}/{key}")).json()["guests"] != []


async def test_what_other_offices_hold_among_themselves_stays_theirs(
    service: Service, clerk: httpx.AsyncClient, halls: list[str]
) -> None:
    """As on the pages: hosts and those who take part see it, whoever holds a function for all too; drafts the host."""
    key = (await clerk.post(URL, json=wish(sites=halls[:2]))).json()["key"]
    draft = (await clerk.post(URL, json=wish(draft=True))).json()["key"]
    rooms = (await clerk.get("/api/v1/rooms")).json()["items"]
    guest_unit = next(room["unit"] for room in rooms if room["key"] == halls[1])
    asked = {
        "host": clerk,
        "guest": service.program(service.account("guest", "site_contact", unit=guest_unit)),
        "all": service.program(service.account("leader", "leader", unit="SYT", at=None)),
        "other": service.program(service.account("other", "booker", unit="SYT")),
    }
    seen = {}
    for name, client in asked.items():
        listed = {item["key"] for item in (await client.get(URL)).json()["items"]}
        read = {one for one in (key, draft) if (await client.get(f"{URL}/{one}")).status_code == 200}
        assert listed == read, name
        seen[name] = read
    assert seen == {"host": {key, draft}, "guest": {key}, "all": {key}, "other": set()}
    for one in (key, draft):
        answer = await asked["other"].patch(f"{URL}/{one}", json={"title": "Khác hẳn", "version": 1})
        assert answer.status_code == 404
    assert (await asked["guest"].patch(f"{URL}/{key}", json={"title": "Khác hẳn", "version": 1})).status_code == 403


async def test_offices_as_of_a_day(clerk: httpx.AsyncClient) -> None:
    units = (await clerk.get("/api/v1/units")).json()["items"]
    assert len(units) == 35
    assert (await clerk.get("/api/v1/units", params={"as_of": "1990-01-01"})).json()["items"] == []
    one = (await clerk.get("/api/v1/units/STTTT")).json()
    assert (one["parent"], one["short"]) == ("UBNDT", "Sở TT&TT")
    found = (await clerk.get("/api/v1/units", params={"q": "hiep hoa"})).json()["items"]
    assert [unit["name"] for unit in found] == ["Huyện Hiệp Hòa"]
    assert (await clerk.get("/api/v1/units/STTTT", params={"as_of": "1990-01-01"})).status_code == 404


async def test_tokens_are_handled_only_by_tokens_made_for_it(service: Service) -> None:
    account = service.account("clerk", "booker", unit="STTTT")
    whole, narrow = service.program(account), service.program(account, "read")
    body = {"name": "robot", "scopes": ["read"], "expires": "2027-01-01T00:00:00Z"}
    assert (await narrow.post("/api/v1/tokens", json=body)).status_code == 403
    made = await whole.post("/api/v1/tokens", json=body)
    assert made.status_code == 201
    robot = service.client(headers={"Authorization": f"Bearer {made.json()['token']}"})
    assert (await robot.get(URL)).status_code == 200
    assert (await robot.post(URL, json=wish())).status_code == 403
    assert (await whole.delete(f"/api/v1/tokens/{made.json()['id']}")).status_code == 204
    assert (await robot.get(URL)).status_code == 401
    assert (await whole.delete(f"/api/v1/tokens/{made.json()['id']}")).status_code == 404
    narrower = service.program(account, "tokens")
    wide = await narrower.post("/api/v1/tokens", json={**body, "scopes": ["book"]})
    assert (wide.status_code, wide.json()["code"]) == (403, "scope_missing")
    service.wait(days=60)
    assert (await whole.get("/api/v1/me")).status_code == 401


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"a": NaN}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"[]", "application/json", 422),
        (b'"' + b"x" * 2_000_000 + b'"', "application/json", 413),
    ],
)
async def test_bodies_that_are_no_requests(clerk: httpx.AsyncClient, content: bytes, kind: str, status: int) -> None:
    answer = await clerk.post(URL, content=content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert answer.json()["status"] == status
