"""Pairing and tokens, as a device and an operator see them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms import pairing
from rooms.errors import NotFound, Problem
from rooms.models import Change, Endpoint, EndpointToken, Pairing, Room
from rooms.pairing import (
    ALPHABET,
    MOST_PER_ADDRESS,
    Started,
    WrongCodes,
    confirm,
    deny,
    poll,
    revoke,
    start,
    waiting_devices,
)
from rooms.place_queries import list_rooms
from rooms.tokens import Holder, Refused, Tokens, check_access, mark_used, refresh_tokens
from tests.directory import NOW
from tests.postgres import Postgres

OPERATOR = "account:1"


def _room(database: Database, code: str = "HHOA") -> str:
    return next(r.key for r in database.read_now(list_rooms, NOW.date()) if r.unit_code == code)


def _start(database: Database, now: datetime = NOW) -> Started:
    return database.write_now(start, model="mini", app_version="1.0", address="10.0.0.7", now=now)


def _confirm(database: Database, code: str, room: str, now: datetime = NOW, limit: WrongCodes | None = None) -> str:
    return database.write_now(confirm, code, room, limit=limit or WrongCodes(), actor=OPERATOR, now=now)


def _pair(database: Database, now: datetime = NOW) -> Tokens:
    begun = _start(database, now)
    _confirm(database, begun.user_code, _room(database), now)
    tokens = database.write_now(poll, begun.device_code, now=now)
    assert isinstance(tokens, Tokens)
    return tokens


def _refresh(database: Database, secret: str, now: datetime = NOW) -> Tokens | Refused:
    return database.write_now(refresh_tokens, secret, now=now)


def _access(database: Database, secret: str, now: datetime = NOW) -> Holder | Refused:
    return database.read_now(check_access, secret, now=now)


def test_a_device_is_paired_with_the_rooms_waiting_row(directory: Database) -> None:
    before = directory.read_now(list_rooms, NOW.date())
    begun = _start(directory)
    assert len(begun.user_code) == 9 and set(begun.user_code) <= {*ALPHABET, "-"}
    assert [p.model for p in directory.read_now(waiting_devices, now=NOW)] == ["mini"]
    polled = [directory.write_now(poll, begun.device_code, now=NOW + timedelta(seconds=s)) for s in (0, 2, 7.5, 12)]
    assert [p.code for p in polled if isinstance(p, Refused)] == [
        "authorization_pending", "slow_down", "authorization_pending", "slow_down",
    ]  # fmt: skip
    room = next(r for r in before if r.unit_code == "HHOA")
    assert _confirm(directory, begun.user_code.lower().replace("-", " "), room.key) == room.endpoint_key
    tokens = directory.write_now(poll, begun.device_code, now=NOW)
    assert isinstance(tokens, Tokens) and tokens.endpoint_id == room.endpoint_key
    holder = _access(directory, tokens.access)
    assert isinstance(holder, Holder) and (holder.room_id, holder.fresh) == (room.id, True)
    assert directory.read_now(waiting_devices, now=NOW) == []

    def secrets_stored(db: Session) -> list[str]:
        return [*db.scalars(select(EndpointToken.sha256)), *db.scalars(select(Pairing.device_sha256))]

    stored = directory.read_now(secrets_stored)
    assert len(stored) == 3
    assert not {tokens.access, tokens.refresh, begun.device_code} & set(stored)


def test_a_lost_answer_of_the_pairing_is_given_again_until_used(directory: Database) -> None:
    begun = _start(directory)
    _confirm(directory, begun.user_code, _room(directory))
    lost = directory.write_now(poll, begun.device_code, now=NOW)
    again = directory.write_now(poll, begun.device_code, now=NOW)
    assert isinstance(lost, Tokens) and isinstance(again, Tokens)
    assert _access(directory, lost.access) == Refused("bad_token")
    holder = _access(directory, again.access)
    assert isinstance(holder, Holder)
    directory.write_now(mark_used, holder, now=NOW)
    assert directory.write_now(poll, begun.device_code, now=NOW) == Refused("expired_token")


def test_a_code_lives_a_quarter_of_an_hour_and_works_once(directory: Database) -> None:
    begun, room = _start(directory), _room(directory)
    late = NOW + timedelta(minutes=15)
    assert directory.write_now(poll, begun.device_code, now=late) == Refused("expired_token")
    with pytest.raises(NotFound):
        _confirm(directory, begun.user_code, room, late)
    _confirm(directory, begun.user_code, room)
    with pytest.raises(NotFound):
        _confirm(directory, begun.user_code, room)
    assert directory.write_now(poll, "x" * 300, now=NOW) == Refused("expired_token")


def test_an_operator_may_refuse(directory: Database) -> None:
    begun = _start(directory)
    directory.write_now(deny, begun.user_code, limit=WrongCodes(), actor=OPERATOR, now=NOW)
    assert directory.write_now(poll, begun.device_code, now=NOW) == Refused("access_denied")


def test_wrong_codes_are_counted_by_operator(directory: Database) -> None:
    limit, room, begun = WrongCodes(), _room(directory), _start(directory)
    for _ in range(5):
        with pytest.raises(NotFound):
            _confirm(directory, "BBBB-BBBB", room, limit=limit)
    with pytest.raises(Problem, match="too_many_tries"):
        _confirm(directory, begun.user_code, room, limit=limit)
    _confirm(directory, begun.user_code, room, NOW + timedelta(minutes=1), limit)


def test_codes_are_not_given_without_end(directory: Database) -> None:
    other = directory.write_now(start, model="hall", app_version="1", address="10.9.9.9", now=NOW)
    first, *_, last = [_start(directory, NOW + timedelta(seconds=n)) for n in range(MOST_PER_ADDRESS + 1)]
    now = NOW + timedelta(minutes=5)
    waiting = {device.user_code for device in directory.read_now(waiting_devices, now=now)}
    assert len(waiting) == MOST_PER_ADDRESS + 1
    shown = [begun.user_code.replace("-", "") in waiting for begun in (first, last, other)]
    assert shown == [False, True, True], "the oldest of the address that asks so often falls out, nobody else's"
    assert directory.write_now(poll, first.device_code, now=now) == Refused("expired_token")


def test_many_addresses_keep_nobody_from_being_paired(directory: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "MOST_WAITING", 6)
    for n, address in enumerate(("10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.2", "10.0.0.3", "10.0.0.3", "10.0.0.4")):
        begun = directory.write_now(
            start, model=address, app_version="1", address=address, now=NOW + timedelta(seconds=n)
        )
    _confirm(directory, begun.user_code, _room(directory), NOW + timedelta(minutes=1))
    left = [device.model for device in directory.read_now(waiting_devices, now=NOW + timedelta(minutes=1))]
    assert left == ["10.0.0.1", "10.0.0.2", "10.0.0.2", "10.0.0.3", "10.0.0.3"]


def test_a_new_device_replaces_the_old_one(directory: Database) -> None:
    heard: list[set[str]] = []
    directory.on_poke = heard.append
    old = _pair(directory)
    new = _pair(directory)
    assert old.endpoint_id != new.endpoint_id
    assert _access(directory, old.access) == Refused("revoked")
    assert _refresh(directory, old.refresh) == Refused("revoked")
    assert isinstance(_access(directory, new.access), Holder)
    assert any(topic.startswith("revoked:") for topics in heard for topic in topics)
    acts = directory.read_now(lambda db: list(db.scalars(select(Change.act).where(Change.subject_kind == "endpoint"))))
    assert acts == ["paired", "replaced", "paired"]


def test_revoking_ends_everything(directory: Database) -> None:
    tokens = _pair(directory)
    directory.write_now(revoke, tokens.endpoint_id, actor=OPERATOR, now=NOW, reason="stolen")
    assert _access(directory, tokens.access) == Refused("revoked")
    with pytest.raises(NotFound):
        directory.write_now(revoke, tokens.endpoint_id, actor=OPERATOR, now=NOW)
    live = directory.read_now(list_rooms, NOW.date())
    assert next(r.endpoint_id for r in live if r.unit_code == "HHOA") is None
    assert _pair(directory).endpoint_id != tokens.endpoint_id


def test_rotation_survives_lost_answers(directory: Database) -> None:
    first = _pair(directory)
    lost = _refresh(directory, first.refresh)
    kept = _refresh(directory, first.refresh)
    assert isinstance(lost, Tokens) and isinstance(kept, Tokens)
    following = _refresh(directory, kept.refresh)
    assert isinstance(following, Tokens)
    assert isinstance(_refresh(directory, following.refresh), Tokens)


def test_a_superseded_token_means_a_clone(directory: Database) -> None:
    stolen = _pair(directory)
    second = _refresh(directory, stolen.refresh)
    assert isinstance(second, Tokens)
    assert isinstance(_refresh(directory, second.refresh), Tokens)
    assert _refresh(directory, stolen.refresh) == Refused("cloned")
    assert _refresh(directory, second.refresh) == Refused("revoked")

    def look(db: Session) -> tuple[bool, list[str]]:
        endpoint = db.scalar(select(Endpoint).where(Endpoint.key == stolen.endpoint_id))
        acts = db.scalars(select(Change.act).where(Change.subject_kind == "endpoint"))
        return endpoint is not None and endpoint.revoked_at == NOW, list(acts)

    assert directory.read_now(look) == (True, ["paired", "quarantined"])


def test_tokens_run_out(directory: Database) -> None:
    tokens = _pair(directory)
    assert isinstance(_access(directory, tokens.access, NOW + timedelta(minutes=59)), Holder)
    assert _access(directory, tokens.access, NOW + timedelta(hours=1)) == Refused("bad_token")
    assert _refresh(directory, tokens.refresh, NOW + timedelta(days=90)) == Refused("bad_token")
    assert _refresh(directory, "nonsense") == Refused("bad_token")
    assert _access(directory, tokens.refresh) == Refused("bad_token")


def test_operators_who_pair_one_room_at_once_leave_one_device_in_it(postgres: Postgres, filled_postgres: str) -> None:
    racers = 8
    database = Database(postgres.url(postgres.create(template=filled_postgres)), workers=racers)
    try:
        _pair(database)
        room = _room(database)
        codes = [_start(database).user_code for _ in range(racers)]
        barrier = threading.Barrier(racers)

        def run(code: str) -> str:
            barrier.wait()
            return _confirm(database, code, room)

        with ThreadPoolExecutor(racers) as pool:
            given = list(pool.map(run, codes))
        assert len(set(given)) == racers
        here = select(Endpoint.key).join(Room, Room.id == Endpoint.room_id).where(Room.key == room)
        assert database.read_now(lambda db: db.scalars(here.where(Endpoint.revoked_at.is_(None))).one()) in given
    finally:
        database.close()
