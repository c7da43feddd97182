"""Prosody's reservation calls: every recorded question and answer, and what must never be sent."""

from __future__ import annotations

import json
import string
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.jitsi import reservation
from integrations.jitsi.reservation import JunkCall, RoomQuestion, read_question
from tests.fakes.captures import load, recorded
from tests.fakes.prosody import AnswerRefused, question_body, read_answer

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
POSTS = [(case, call) for case, call in recorded() if call["target"] == "/reservation/conference"]
ANSWERED = [(case, call) for case, call in POSTS if "status" in call]


def test_the_recordings_are_all_there() -> None:
    assert len(POSTS) == 29
    assert len({case for case, _ in recorded()}) == 24


@pytest.mark.parametrize(("case", "call"), POSTS)
def test_recorded_questions_read_and_write_back(case: str, call: dict[str, Any]) -> None:
    body = call["body"].encode()
    question = read_question(body)
    order = [name for name, _ in parse_qsl(call["body"])]
    assert question_body(question, order) == body
    assert question.mail_owner.endswith("@meet.rig")
    assert abs(question.asked_at.timestamp() - call["t"]) < 20


@pytest.mark.parametrize(("case", "call"), ANSWERED)
def test_recorded_answers_read_as_prosody_did(case: str, call: dict[str, Any]) -> None:
    question = read_question(call["body"].encode())
    if call["status"] == 200:
        granted = read_answer(200, call["answer"].encode(), question.name, question.asked_at)
        assert 0 <= (granted.starts - question.asked_at).total_seconds() < 5
        assert granted.expires == granted.starts + timedelta(seconds=json.loads(call["answer"])["duration"])
        return
    with pytest.raises(AnswerRefused) as refusal:
        read_answer(call["status"], call["answer"].encode(), question.name, question.asked_at)
    assert refusal.value.code == call["status"]
    assert refusal.value.text == json.loads(call["answer"]).get("message", "Invalid response from reservation server")


def test_recorded_texts_reached_the_client_as_we_read_them() -> None:
    denied = load("res_deny")
    iq = next(seen[2] for seen in denied["client"] if seen[1] == "conference-iq")
    with pytest.raises(AnswerRefused) as refusal:
        read_answer(403, denied["requests"][0]["answer"].encode(), "deny-78540", NOW)
    assert (str(refusal.value.code), refusal.value.text) == (iq["code"], iq["text"])


def test_a_recorded_integer_id_is_asked_back_as_a_float() -> None:
    calls = load("res_intid")["requests"]
    granted = read_answer(200, calls[0]["answer"].encode(), "intid-78049", NOW)
    assert calls[-2]["target"].endswith("/" + granted.reservation_id) or calls[-1]["target"].endswith(
        "/" + granted.reservation_id
    )
    big = json.dumps({**json.loads(calls[0]["answer"]), "id": 123456789012345678}).encode()
    assert read_answer(200, big, "intid-78049", NOW).reservation_id == "1.2345678901235e+17"


def test_tenants_and_vietnamese_names() -> None:
    tenant = read_question(load("res_tenant")["requests"][0]["body"].encode())
    assert (tenant.tenant, tenant.jitsi_name, tenant.name) == (
        "bacgiang",
        "ok-tenant-78049",
        "[bacgiang]ok-tenant-78049",
    )
    assert read_question(load("res_unicode")["requests"][0]["body"].encode()).jitsi_name.startswith("ok-ph%c3%b2ng")


GOOD = b"name=hop&start_time=2026-11-22T20%3a07%3a29.000Z&mail_owner=x%40meet.rig"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"name",
        b"name=hop",
        GOOD + b"&name=other",
        GOOD.replace(b"hop", b""),
        GOOD.replace(b"hop", b"a%0ab"),
        GOOD.replace(b"hop", b"%ff%fe"),
        GOOD.replace(b"2026-11-22T20", b"2026-13-22T20"),
        GOOD.replace(b"Z", b"+07:00:1"),
        GOOD.replace(b"hop", "phòng".encode()),
        GOOD + b"&x=" + b"y" * 5000,
        b"&".join(b"a%d=1" % n for n in range(30)),
        b'{"name": "hop"}',
    ],
)
def test_junk_questions(body: bytes) -> None:
    with pytest.raises(JunkCall):
        read_question(body)


def test_unknown_fields_are_ignored() -> None:
    assert read_question(GOOD + b"&new=1").jitsi_name == "hop"


def test_a_success_leaves_out_what_is_not_set() -> None:
    body = reservation.success_body(
        reservation_id="c-1", name="hop", mail_owner="x", starts=NOW, duration=timedelta(hours=3)
    )
    assert body == {
        "id": "c-1",
        "name": "hop",
        "mail_owner": "x",
        "start_time": "2026-11-22T20:00:00.000Z",
        "duration": 10800,
    }


@given(
    st.builds(
        dict,
        name=st.text(string.ascii_lowercase + "ộđ-[]%", min_size=1, max_size=40),
        most=st.none() | st.integers(1, 500),
        lobby=st.none() | st.booleans(),
        password=st.none() | st.text(max_size=20),
        minutes=st.integers(1, 3000),
    )
)
def test_every_success_is_taken_by_prosody(wish: dict[str, Any]) -> None:
    starts = NOW.astimezone()
    body = reservation.success_body(
        reservation_id="c_1-X",
        name=wish["name"],
        mail_owner="x",
        starts=starts,
        max_occupants=wish["most"],
        duration=timedelta(minutes=wish["minutes"]),
        lobby=wish["lobby"],
        password=wish["password"],
    )
    granted = read_answer(200, json.dumps(body).encode(), wish["name"], NOW)
    assert granted.expires == NOW + timedelta(minutes=wish["minutes"])
    assert (granted.max_occupants, granted.lobby, granted.password) == (
        wish["most"],
        wish["lobby"],
        wish["password"] or None,
    )
    assert None not in body.values()


@given(st.text(max_size=50))
def test_every_refusal_reaches_the_screen(text: str) -> None:
    with pytest.raises(AnswerRefused) as refusal:
        read_answer(403, json.dumps(reservation.error_body(text)).encode(), "hop", NOW)
    assert refusal.value.text == text
    assert not refusal.value.hangs


@pytest.mark.parametrize("bad", ["", "a b", "a/b", "ộ", "x" * 129, "[t]a"])
def test_ids_that_break_urls_are_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="reservation id"):
        reservation.success_body(reservation_id=bad, name="a", mail_owner="x", starts=NOW, duration=timedelta(1))
    with pytest.raises(ValueError, match="reservation id"):
        reservation.conflict_body(bad)


@pytest.mark.parametrize(
    ("body", "hangs", "text"),
    [
        (b"null", True, ""),
        (b"5", True, ""),
        (b'{"message": null}', True, ""),
        (b'{"message": 3}', True, ""),
        (b"403: Forbidden", False, "Rejected by reservation server"),
        (b"{}", False, "Rejected by reservation server"),
        (b'{"message": "x"}', False, "x"),
    ],
)
def test_error_bodies_that_silence_prosody(body: bytes, hangs: bool, text: str) -> None:
    with pytest.raises(AnswerRefused) as refusal:
        read_answer(404, body, "hop", NOW)
    assert (refusal.value.hangs, refusal.value.text) == (hangs, text)


@pytest.mark.parametrize(
    "change",
    [
        {"max_occupants": None},
        {"password": None},
        {"id": None},
        {"name": "other"},
        {"duration": None},
        {"start_time": "soon"},
        {"mail_owner": None},
        {"max_occupants": 0},
        {"duration": "x"},
    ],
)
def test_successes_that_prosody_throws_away(change: dict[str, Any]) -> None:
    good = {"id": "1", "name": "hop", "mail_owner": "x", "start_time": "2026-11-22T20:00:00Z", "duration": "60"}
    assert read_answer(200, json.dumps(good).encode(), "hop", NOW).lobby is None
    with pytest.raises(AnswerRefused, match="Invalid response"):
        read_answer(200, json.dumps(good | change).encode(), "hop", NOW)
    with pytest.raises(AnswerRefused, match="expired"):
        read_answer(201, json.dumps(good).encode(), "hop", NOW + timedelta(seconds=60))


@given(
    st.builds(
        RoomQuestion,
        name=st.text(string.printable.strip() + "độ", min_size=1, max_size=60).map(
            lambda text: text.lstrip("[") or "x"
        ),
        tenant=st.none(),
        jitsi_name=st.just(""),
        mail_owner=st.just("a@b"),
        asked_at=st.just(NOW),
    ),
    st.permutations(["name", "start_time", "mail_owner"]),
)
def test_any_question_survives_the_wire(question: RoomQuestion, order: list[str]) -> None:
    read = read_question(question_body(question, order))
    assert (read.name, read.asked_at, read.mail_owner) == (question.name, NOW, "a@b")


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    try:
        read_question(body)
    except JunkCall as junk:
        assert str(junk)
