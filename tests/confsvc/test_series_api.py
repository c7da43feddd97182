"""Series over the API: looked at, booked, read, changed with each scope, cancelled and brought back."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.confsvc.conftest import Service
from tests.confsvc.pages.scenes import recorded
from tests.confsvc.pages.test_approvals import refresh, rule
from tests.confsvc.test_api import wish

URL = "/api/v1/series"
FIRST = "2026-12-15T08:00:00+07:00"


@pytest.fixture
def clerk(service: Service) -> httpx.AsyncClient:
    return service.program(service.account("clerk", "booker", unit="STTTT"))


async def room_of(client: httpx.AsyncClient, unit: str) -> str:
    rooms = (await client.get("/api/v1/rooms")).json()["items"]
    return str(next(room["key"] for room in rooms if room["unit"] == unit))


async def series(client: httpx.AsyncClient, **over: Any) -> dict[str, Any]:
    return wish(
        title="Giao ban tuần", kind="briefing", ends="2026-12-15T09:30:00+07:00", rule="FREQ=WEEKLY;COUNT=4",
        sites=[await room_of(client, "STTTT")], **over,
    )  # fmt: skip


async def test_a_series_is_looked_at_booked_and_read(service: Service, clerk: httpx.AsyncClient) -> None:
    asked = await series(clerk)
    other = wish(
        starts="2026-12-22T08:00:00+07:00", ends="2026-12-22T09:00:00+07:00", sites=asked["sites"], title="Họp khác"
    )
    assert (await clerk.post("/api/v1/conferences", json=other)).status_code == 201
    check = (await clerk.post(f"{URL}/check", json=asked)).json()
    assert (check["ok"], check["fitting"], [d["fits"] for d in check["dates"]]) == (False, 3, [True, False, True, True])
    blocked = check["dates"][1]
    assert "is held by Sở TT&TT from 07:45 22/12/2026" in blocked["blocked"][0]
    refused = await clerk.post(URL, json=asked)
    assert (refused.status_code, refused.json()["code"]) == (409, "series_blocked")
    assert refused.json()["data"]["dates"][0]["original"] == "2026-12-22T01:00:00+00:00"
    choices = [
        {"original": blocked["original"], "starts": blocked["times"][0]["starts"]},
        {"original": check["dates"][3]["original"], "starts": None},
    ]
    made = await clerk.post(URL, json={**asked, "choices": choices})
    assert made.status_code == 201, made.text
    assert len(made.json()["dates"]) == 3
    found = (await clerk.get(made.headers["Location"])).json()
    assert (found["counts"], found["rule"], found["words"]) == ("each", "FREQ=WEEKLY;COUNT=4", "every week, 4 times")
    assert [date["moved"] for date in found["dates"]] == [False, True, False, False]
    assert found["dates"][3]["conference"] is None
    stranger = service.program(service.account("stranger", "booker", unit="SYT"))
    assert (await stranger.get(made.headers["Location"])).status_code == 404
    assert (await stranger.patch(made.headers["Location"], json={"scope": "all", "version": 1})).status_code == 404


async def test_scopes_and_bringing_back(clerk: httpx.AsyncClient) -> None:
    made = (await clerk.post(URL, json=await series(clerk))).json()
    address, dates = f"{URL}/{made['key']}", [date["key"] for date in made["dates"]]
    change = {"scope": "following", "since": dates[2], "version": 1, "title": "Giao ban đầu tuần"}
    split = await clerk.patch(address, json=change)
    assert split.status_code == 200, split.text
    assert split.json()["key"] != made["key"]
    later = f"{URL}/{split.json()['key']}"
    assert (await clerk.get(later)).json()["split_from"] == made["key"]
    stale = await clerk.patch(address, json={**change, "scope": "all"})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    moved = {"scope": "all", "version": 1, "starts": "2026-12-29T14:00:00+07:00", "ends": "2026-12-29T15:00:00+07:00"}
    assert (await clerk.patch(later, json=moved)).status_code == 200
    after = (await clerk.get(later)).json()
    assert [date["starts"] for date in after["dates"]] == ["2026-12-29T07:00:00Z", "2027-01-05T07:00:00Z"]
    gone = await clerk.post(f"{later}/cancel", json={"scope": "all", "version": after["version"], "reason": "Thôi"})
    assert [date["state"] for date in gone.json()["dates"]] == ["cancelled", "cancelled"]
    one = (await clerk.get(f"/api/v1/conferences/{dates[2]}")).json()
    back = await clerk.post(f"/api/v1/conferences/{dates[2]}/put-back", json={"version": one["version"]})
    assert back.status_code == 200, back.text
    assert (await clerk.get(f"/api/v1/conferences/{dates[2]}")).json()["state"] == "planned"


async def test_a_date_is_added_and_one_that_was_left_out_comes_back(clerk: httpx.AsyncClient) -> None:
    asked = await series(clerk, choices=[{"original": FIRST, "starts": None}])
    made = (await clerk.post(URL, json=asked)).json()
    address = f"{URL}/{made['key']}"
    back = await clerk.post(f"{address}/put-back", json={"original": FIRST, "version": 1})
    assert back.status_code == 200, back.text
    more = {"starts": "2026-12-16T08:00:00+07:00", "ends": "2026-12-16T09:00:00+07:00", "version": 2}
    added = await clerk.post(f"{address}/dates", json=more)
    assert added.status_code == 201, added.text
    found = (await clerk.get(address)).json()
    assert [date["original"] is None for date in found["dates"]] == [False, True, False, False, False]
    again = await clerk.post(f"{address}/put-back", json={"original": FIRST, "version": 3})
    assert again.status_code == 404


async def test_short_notice_of_a_single_date_is_given_a_reason(service: Service, clerk: httpx.AsyncClient) -> None:
    asked = await series(clerk, choices=[{"original": FIRST, "starts": None}])
    made = (await clerk.post(URL, json=asked)).json()
    address = f"{URL}/{made['key']}"
    service.wait(days=20)
    data = {"original": FIRST, "version": 1}
    refused = await clerk.post(f"{address}/put-back", json=data)
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("short_notice_reason", "required")]
    back = await clerk.post(f"{address}/put-back", json={**data, "short_notice_reason": "Chỉ đạo gấp"})
    assert back.status_code == 200, back.text
    more = {"starts": "2026-12-16T08:00:00+07:00", "ends": "2026-12-16T09:00:00+07:00", "version": 2}
    refused = await clerk.post(f"{address}/dates", json=more)
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("short_notice_reason", "required")]
    added = await clerk.post(f"{address}/dates", json={**more, "short_notice_reason": "Chỉ đạo gấp"})
    assert added.status_code == 201, added.text


async def test_a_repeated_key_books_one_series(clerk: httpx.AsyncClient) -> None:
    headers, asked = {"Idempotency-Key": "order-7"}, await series(clerk)
    bad = await clerk.post(URL, json={**asked, "rule": "FREQ=YEARLY;COUNT=2"}, headers=headers)
    assert bad.status_code == 422, "a refusal leaves the key free"
    answers = await asyncio.gather(*(clerk.post(URL, json=asked, headers=headers) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}, [answer.text for answer in answers]
    assert len({answer.text for answer in answers}) == 1
    assert {answer.headers["Location"] for answer in answers} == {f"{URL}/{answers[0].json()['key']}"}
    assert len((await clerk.get("/api/v1/conferences")).json()["items"]) == 4, "four dates, not sixteen"
    other = await clerk.post(URL, json={**asked, "title": "Giao ban khác"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    wrong = await clerk.post(URL, json=asked, headers={"Idempotency-Key": "hai tu"})
    assert wrong.status_code == 422


async def test_an_act_on_a_series_whose_answer_was_lost_is_repeated_without_a_second_effect(
    clerk: httpx.AsyncClient,
) -> None:
    made = (await clerk.post(URL, json=await series(clerk))).json()
    address, dates = f"{URL}/{made['key']}", [date["key"] for date in made["dates"]]
    more = {"starts": "2026-12-16T08:00:00+07:00", "ends": "2026-12-16T09:00:00+07:00"}
    cases: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", f"{address}/dates", more),
        ("PATCH", address, {"scope": "following", "since": dates[2], "title": "Giao ban đầu tuần"}),
        ("POST", f"{address}/cancel", {"scope": "all", "reason": "Thôi"}),
    ]
    for number, (method, url, body) in enumerate(cases):
        seen = (await clerk.get(address)).headers["ETag"]
        headers = {"Idempotency-Key": f"act-{number}", "If-Match": seen}
        first, again = [await clerk.request(method, url, json=body, headers=headers) for _ in range(2)]
        assert first.status_code < 300, first.text
        assert (again.status_code, again.text, again.headers["ETag"]) == (
            first.status_code, first.text, first.headers["ETag"],
        )  # fmt: skip
        plain = await clerk.request(method, url, json=body, headers={"If-Match": seen})
        assert (plain.status_code, plain.json()["code"]) == (412, "stale"), "without the key it is a second act"
        other = await clerk.request(method, url, json=body, headers={**headers, "If-Match": '"v99"'})
        assert (other.status_code, other.json()["code"]) == (422, "key_reused"), "another version is another request"
    assert len((await clerk.get(address)).json()["split_off"]) == 1


async def test_places_by_what_came_are_accepted_and_taken_back(service: Service, clerk: httpx.AsyncClient) -> None:
    made = (await clerk.post(URL, json=await series(clerk))).json()
    address = f"{URL}/{made['key']}"
    refused = await clerk.post(f"{address}/expected-size", json={"accept": True, "version": 1})
    assert refused.status_code == 422
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("accept", "too_few_recorded")]
    assert "At least 3 dates" in refused.json()["errors"][0]["detail"]
    assert (await clerk.get(address)).json()["show_rate"] is None
    service.database.write_now(recorded, made["key"], 3, 1)
    rate = {"dates": 3, "planned": 3, "came": 3, "most": 1}
    found = (await clerk.get(address)).json()
    assert (found["show_rate"], found["expected"]) == (rate, None)
    headers = {"Idempotency-Key": "size-1"}
    for _ in range(2):
        done = await clerk.post(f"{address}/expected-size", json={"accept": True, "version": 1}, headers=headers)
        assert done.status_code == 200, done.text
        assert (done.json()["expected"], done.json()["version"]) == (rate, 2)
    back = await clerk.post(f"{address}/expected-size", json={"accept": False, "version": 2})
    assert (back.status_code, back.json()["expected"]) == (200, None)
    stranger = service.program(service.account("stranger", "booker", unit="SYT"))
    unknown = await stranger.post(f"{address}/expected-size", json={"accept": True, "version": 3})
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("over", "field", "code"),
    [
        ({"rule": "FREQ=YEARLY;COUNT=2"}, "rule", "rule_part"),
        ({"rule": "FREQ=WEEKLY"}, "rule", "rule_end"),
        ({"rule": "WEEKLY"}, "rule", "rule_form"),
        ({"rule": "FREQ=WEEKLY;COUNT=2;BYDAY=MO"}, "rule", "rule_start"),
        ({"rule": "FREQ=MONTHLY;COUNT=90"}, "rule", "rule_length"),
        ({"counts": "once"}, "counts", "once_is_a_list"),
        ({"rule": None}, "sessions", "required"),
        ({"choices": [{"original": "2026-12-16T08:00:00+07:00", "starts": None}]}, "choices", "no_such_date"),
        (
            {"rule": "FREQ=WEEKLY;COUNT=1", "choices": [{"original": FIRST, "starts": None}]},
            "choices",
            "none_left",
        ),
    ],
)
async def test_a_rule_that_is_not_understood_says_what_is_allowed(
    clerk: httpx.AsyncClient, over: dict[str, Any], field: str, code: str
) -> None:
    for language in ("en", "vi"):
        answer = await clerk.post(URL, json={**await series(clerk), **over}, headers={"Accept-Language": language})
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert (error["field"], error["code"]) == (field, code)
        assert "%(" not in error["detail"]


async def test_sessions_that_count_once_are_a_list(clerk: httpx.AsyncClient) -> None:
    asked = await series(clerk)
    listed = [
        {"starts": FIRST, "ends": "2026-12-15T11:00:00+07:00"},
        {"starts": "2026-12-17T08:00:00+07:00", "ends": "2026-12-17T11:00:00+07:00"},
    ]
    made = await clerk.post(URL, json={**asked, "kind": "training", "rule": None, "counts": "once", "sessions": listed})
    assert made.status_code == 201, made.text
    found = (await clerk.get(made.headers["Location"])).json()
    assert (found["counts"], found["rule"], len(found["dates"])) == ("once", None, 2)
    change = {"scope": "all", "version": 1, "starts": "2026-12-15T09:00:00+07:00"}
    refused = await clerk.patch(made.headers["Location"], json=change)
    assert [(e["field"], e["code"]) for e in refused.json()["errors"]] == [("starts", "list_times")]


async def test_what_waits_for_approval_is_no_more_known_of_a_series_than_of_a_conference(
    service: Service, clerk: httpx.AsyncClient
) -> None:
    """Who reads everything reads no requests; a guest of one date learns nothing of the others."""
    leader = service.account("leader", "leader", unit="SYT", at=None)
    guest = service.account("guest", "booker", unit="HHOA")
    made = (await clerk.post(URL, json=await series(clerk))).json()
    address, dates = f"{URL}/{made['key']}", [date["key"] for date in made["dates"]]
    extra = {"version": 1, "sites": [await room_of(clerk, "STTTT"), await room_of(clerk, "HHOA")]}
    assert (await clerk.patch(f"/api/v1/conferences/{dates[1]}", json=extra)).status_code == 200
    seen = (await service.program(guest).get(address)).json()["dates"]
    assert [date["conference"] for date in seen] == [dates[1]]
    assert len((await service.program(leader).get(address)).json()["dates"]) == 4
    rule(service, "approval_by", "own_head")
    await refresh(service)
    asked = await series(clerk, starts="2026-12-15T14:00:00+07:00")
    waiting = (await clerk.post(URL, json={**asked, "ends": "2026-12-15T15:00:00+07:00"})).json()
    assert len((await clerk.get(f"{URL}/{waiting['key']}")).json()["dates"]) == 4
    reader = service.program(leader)
    for path in (f"{URL}/{waiting['key']}", f"/series/{waiting['key']}"):
        assert (await reader.get(path)).status_code == 404
    assert (await reader.get(f"/api/v1/conferences/{waiting['dates'][0]['key']}")).status_code == 404
