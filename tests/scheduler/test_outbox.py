"""The outbox: chains in order, leases with tokens, nothing lost, nothing sent that nobody needs."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from confsvc.database import Database
from scheduler.drain import attempt, drain
from scheduler.models import CalendarItem, Effect, Told
from scheduler.outbox import claim, is_due, owe, settle, supersede
from scheduler.outcomes import Claimed, Dead, Done, Later, Outcome, Untried, patience
from scheduler.pulse_queries import find_oldest_owed

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
END = NOW + timedelta(days=2)
LEASE = 60.0


def add_entries(db: Session, count: int = 1) -> None:
    db.execute(insert(CalendarItem), [{"uid": f"u{n}@hop.example", "last_dtstamp": NOW} for n in range(count)])


def letter(
    edition: int, *, uid: int = 0, mail: str = "a@hop.example", method: str = "REQUEST", **values: Any
) -> dict[str, Any]:
    name = f"u{uid}@hop.example"
    payload = {"edition": edition, "uid": name, "number": edition, "method": method, "mail": mail}
    return {
        "kind": "letter", "key": f"letter:{edition}:0:{mail}:0", "chain": f"letter:{name}:{mail}", "payload": payload,
        "due": NOW, "expires": END, "created": NOW, **values,
    }  # fmt: skip


def states(db: Session) -> dict[str, str]:
    return {row.key: row.state for row in db.execute(select(Effect.key, Effect.state))}


@pytest.fixture
def box(database: Database) -> Database:
    database.write_now(add_entries, 40)
    return database


def take(box: Database, at: datetime = NOW, **kwargs: Any) -> list[Claimed]:
    return box.write_now(claim, now=at, limit=kwargs.pop("limit", 10), lease_seconds=LEASE, **kwargs)


def test_owing_the_same_key_again_owes_nothing(box: Database) -> None:
    assert box.write_now(owe, [letter(1)]) == 1
    assert box.write_now(owe, [letter(1)]) == 0
    assert len(take(box)) == 1


def test_only_the_oldest_live_row_of_a_chain_is_claimed(box: Database) -> None:
    box.write_now(owe, [letter(1)])
    (first,) = take(box)
    box.write_now(owe, [letter(2), letter(3, mail="b@hop.example")])
    assert [c.key for c in take(box)] == ["letter:3:0:b@hop.example:0"]
    box.write_now(settle, first, Done(), now=NOW)
    assert [c.key for c in take(box)] == ["letter:2:0:a@hop.example:0"]


def test_a_newer_letter_supersedes_an_untried_one(box: Database) -> None:
    box.write_now(owe, [letter(1)])
    box.write_now(owe, [letter(2)])
    assert box.read_now(states) == {"letter:1:0:a@hop.example:0": "superseded", "letter:2:0:a@hop.example:0": "owed"}


def test_a_letter_that_may_have_arrived_is_repeated_before_the_newer_one(box: Database) -> None:
    box.write_now(owe, [letter(1)])
    (first,) = take(box)
    box.write_now(settle, first, Later(maybe=True, error="lost"), now=NOW)
    box.write_now(owe, [letter(2)])
    assert take(box) == []
    (again,) = take(box, NOW + timedelta(minutes=1))
    assert (again.key, again.maybe, again.attempts) == (first.key, True, 2)
    assert again.payload == first.payload


def test_a_refused_connection_does_not_keep_an_overtaken_letter_alive(box: Database) -> None:
    box.write_now(owe, [letter(1)])
    (first,) = take(box)
    box.write_now(owe, [letter(2)])
    box.write_now(settle, first, Later(error="refused"), now=NOW)
    assert [c.payload["edition"] for c in take(box)] == [2]


def test_supersede_spares_what_was_sent_and_other_chains(box: Database) -> None:
    box.write_now(owe, [letter(1), letter(2, mail="b@hop.example"), letter(3, mail="c@hop.example")])
    chains = ["letter:u0@hop.example:a@hop.example", "letter:u0@hop.example:c@hop.example"]
    assert box.write_now(supersede, chains, 3, now=NOW) == 1
    assert sorted(box.read_now(states).values()) == ["owed", "owed", "superseded"]


def test_an_expired_lease_is_claimed_again_and_its_old_holder_cannot_settle(box: Database) -> None:
    box.write_now(owe, [letter(1)])
    (late,) = take(box)
    assert take(box, NOW + timedelta(seconds=LEASE - 1)) == []
    (again,) = take(box, NOW + timedelta(seconds=LEASE))
    assert again.maybe
    assert not box.write_now(settle, late, Dead("no"), now=NOW)
    assert box.write_now(settle, again, Done(), now=NOW)
    assert list(box.read_now(states).values()) == ["done"]


def test_a_cancel_to_somebody_never_told_is_needless(box: Database) -> None:
    box.write_now(owe, [letter(1)])
    box.write_now(owe, [letter(2, method="CANCEL")])
    assert take(box) == []
    assert sorted(box.read_now(states).values()) == ["needless", "superseded"]


@pytest.mark.parametrize("outcome", [Done({"message_id": "<1@x>"}), Later(maybe=True)])
def test_a_cancel_goes_out_when_the_first_letter_arrived_or_may_have(box: Database, outcome: Outcome) -> None:
    box.write_now(owe, [letter(1)])
    (first,) = take(box)
    box.write_now(settle, first, outcome, now=NOW)
    box.write_now(owe, [letter(2, method="CANCEL")])
    if isinstance(outcome, Later):
        (again,) = take(box, NOW + timedelta(minutes=1))
        box.write_now(settle, again, Dead("550"), now=NOW)
    assert [c.payload["method"] for c in take(box, NOW + timedelta(minutes=1))] == ["CANCEL"]


def test_a_killed_sender_leaves_a_maybe_behind(box: Database) -> None:
    """The lease ran out and the conference is over: the letter expires, visible, and its CANCEL is not needless."""
    box.write_now(owe, [letter(1)])
    take(box)
    box.write_now(owe, [letter(2, method="CANCEL", expires=END + timedelta(days=1))])
    assert [c.payload["edition"] for c in take(box, END)] == [2]
    assert box.read_now(states)["letter:1:0:a@hop.example:0"] == "expired"


def test_what_was_told_is_remembered(box: Database) -> None:
    def told(db: Session) -> list[Any]:
        return list(db.execute(select(Told.sure_edition, Told.maybe_edition, Told.first_message_id)).one())

    box.write_now(owe, [letter(1)])
    (first,) = take(box)
    box.write_now(settle, first, Later(maybe=True), now=NOW)
    assert box.read_now(told) == [None, 1, None]
    (again,) = take(box, NOW + timedelta(minutes=1))
    box.write_now(settle, again, Done({"message_id": "<1@x>"}), now=NOW)
    box.write_now(owe, [letter(2)])
    (second,) = take(box, NOW + timedelta(minutes=1))
    box.write_now(settle, second, Done({"message_id": "<2@x>"}), now=NOW)
    assert box.read_now(told) == [2, 1, "<1@x>"]


def test_waits_grow_to_an_hour_and_honour_the_other_side(box: Database) -> None:
    waits = [patience("letter").wait(n).total_seconds() for n in range(1, 12)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (30, 3600)
    box.write_now(owe, [letter(1)])
    (first,) = take(box)
    box.write_now(settle, first, Later(after=900), now=NOW)
    assert take(box, NOW + timedelta(seconds=899)) == []
    assert len(take(box, NOW + timedelta(seconds=900))) == 1


def test_untried_costs_no_attempt(box: Database) -> None:
    box.write_now(owe, [letter(1)])
    (first,) = take(box)
    box.write_now(settle, first, Untried(), now=NOW)
    (again,) = take(box)
    assert (again.attempts, again.maybe) == (1, False)


def test_due_and_oldest(box: Database) -> None:
    assert not box.read_now(is_due, now=NOW)
    box.write_now(owe, [letter(1)])
    assert box.read_now(is_due, now=NOW)
    assert not box.read_now(is_due, now=NOW - timedelta(seconds=1))
    assert box.read_now(find_oldest_owed, NOW) == NOW
    take(box)
    assert not box.read_now(is_due, now=NOW)


async def test_an_act_beyond_its_deadline_may_have_happened() -> None:
    async def never(_claimed: Claimed) -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError

    claimed = Claimed(1, "letter", "k", "c", None, {}, "t", NOW, 1, False)
    outcome = await attempt(never, claimed, 0.01)
    assert isinstance(outcome, Later)
    assert outcome.maybe


async def test_a_handler_that_raises_leaves_the_effect_owed(box: Database, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_claimed: Claimed) -> Outcome:
        raise ValueError("a bug")

    await box.write(owe, [letter(1)])
    assert await drain(box, {"letter": broken}, now=lambda: NOW) == 1
    rows = await box.read(lambda db: db.execute(select(Effect.state, Effect.last_error)).one())
    assert tuple(rows) == ("owed", "ValueError: a bug")
    assert "a bug" in caplog.text


class World:
    """Recipients that see what arrives; answers get lost, servers say no, senders stall beyond their lease."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.seen: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.now = NOW

    async def send(self, claimed: Claimed) -> Outcome:
        await asyncio.sleep(0)
        luck = self.random.random()
        if luck < 0.15:
            return Later(error="refused")
        self.seen[claimed.chain].append(dict(claimed.payload))
        await asyncio.sleep(0)
        if luck < 0.3:
            return Later(maybe=True, error="lost")
        if luck < 0.35:
            raise ConnectionResetError("cut")
        return Done()


async def _edit(box: Database, world: World, chains: int, editions: int) -> dict[str, dict[str, Any]]:
    """Several editions for every chain, the last of some a CANCEL; the last one of each chain."""
    last = {}
    for number in range(1, editions + 1):
        for chain in range(chains):
            cancel = number == editions and chain % 5 == 0
            row = letter(number * 1000 + chain, uid=chain, method="CANCEL" if cancel else "REQUEST", due=world.now,
                         expires=NOW + timedelta(days=30))  # fmt: skip
            await box.write(owe, [row])
            last[row["chain"]] = row["payload"]
            await asyncio.sleep(0)
    return last


@pytest.mark.parametrize("seed", [1, 2])
async def test_many_drainers_deliver_the_last_edition_in_order(box: Database, seed: int) -> None:
    world = World(seed)
    logging_off = {"letter": world.send}
    chains = 30

    async def drainer() -> None:
        for _ in range(40):
            await drain(box, logging_off, now=lambda: world.now, batch=4)
            world.now += timedelta(minutes=20)

    last, *_ = await asyncio.gather(_edit(box, world, chains, 4), *(drainer() for _ in range(4)))
    world.now += timedelta(hours=30)
    while await box.read(is_due, now=world.now):
        await drain(box, logging_off, now=lambda: world.now, batch=8)
        world.now += timedelta(minutes=20)
    final = await box.read(states)
    for chain, payload in last.items():
        got = [one["edition"] for one in world.seen[chain]]
        assert got == sorted(got), "a newer letter was overtaken"
        if payload["method"] == "CANCEL" and not got:
            assert final[f"letter:{payload['edition']}:0:{payload['mail']}:0"] == "needless"
        else:
            assert world.seen[chain][-1] == payload
            assert world.seen[chain][0]["method"] == "REQUEST", "a CANCEL came first"
    assert set(final.values()) <= {"done", "superseded", "needless"}


async def test_a_stalled_sender_only_repeats_the_same_letter(box: Database) -> None:
    """A sender that sleeps through its lease acts, and so does the one who took over: both send the same edition."""
    world = World(3)
    stalled, go_on = asyncio.Event(), asyncio.Event()

    async def slow(claimed: Claimed) -> Outcome:
        world.seen[claimed.chain].append(dict(claimed.payload))
        stalled.set()
        await go_on.wait()
        return Done()

    async def quick(claimed: Claimed) -> Outcome:
        world.seen[claimed.chain].append(dict(claimed.payload))
        return Done()

    await box.write(owe, [letter(1)])
    first = asyncio.create_task(drain(box, {"letter": slow}, now=lambda: NOW))
    await stalled.wait()
    await box.write(owe, [letter(2)])
    later = NOW + timedelta(minutes=5)
    await drain(box, {"letter": quick}, now=lambda: later)
    go_on.set()
    assert await first == 0
    assert [one["edition"] for one in world.seen["letter:u0@hop.example:a@hop.example"]] == [1, 1, 2]
    assert set((await box.read(states)).values()) == {"done"}
