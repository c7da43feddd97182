"""Webhooks against a real HTTP server that fails in every way, on both databases."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from confsvc.calls import Calls
from confsvc.database import Database
from confsvc.webhooks import delivering, secret_of, webhook_feed
from integrations.outside import Allowed
from scheduler import outbox
from scheduler.booking.edit import cancel, change
from scheduler.drain import drain
from scheduler.models import Effect
from scheduler.outcomes import Done
from scheduler.telling.models import Webhook, WebhookDelivery
from scheduler.telling.webhook_queries import list_deliveries
from scheduler.telling.webhooks import (
    WebhookWish,
    add_webhook,
    remove_webhook,
    switch_off,
    switch_on,
    tell_again,
    tell_all_again,
    try_out,
)
from tests.fakes.http_sink import HttpSink
from tests.scheduler.booking.offices import NOW, RULES, START, wish
from tests.scheduler.conduct.world import END, World

KEY = b"k" * 64
LOCAL = Allowed.of(["127.0.0.0/8"])
ALL = ("booked", "changed", "cancelled", "started", "ended", "recorded")


class Post:
    """A conference, a sink, and a webhook that tells the sink of it."""

    def __init__(self, world: World, sink: HttpSink, allowed: Allowed = LOCAL) -> None:
        self.world, self.sink, self.now = world, sink, NOW
        self.calls = Calls(allowed, timeout=0.4)
        self.door = delivering(world.database, self.calls, KEY, now=lambda: self.now)
        self.feed = webhook_feed(world.database)

    def add(self, url: str = "", events: tuple[str, ...] = ALL, units: tuple[int, ...] = ()) -> Webhook:
        made = WebhookWish("Cổng thông tin", url or self.sink.url, events, units)
        return self.world.database.write_now(add_webhook, made, actor="account:1", now=self.now)

    async def deliver(self, after: timedelta = timedelta()) -> None:
        self.now += after
        await self.feed(self.now)
        await drain(self.world.database, {"webhook": self.door}, now=lambda: self.now)

    def told(self) -> list[str]:
        return [json.loads(one.body)["event"] for one in self.sink.received]

    def states(self) -> list[str]:
        return [row.state for row in self.world.rows(Effect, kind="webhook")]

    def note(self, text: str, **more: Any) -> None:
        there = self.world.conference()
        booking = replace(wish(), note=text, **more)
        self.world.database.write_now(
            change, there.key, booking, version=there.version, actor="account:1", now=self.now, rules=RULES
        )


@pytest.fixture
async def post(database: Database) -> AsyncIterator[Post]:
    async with HttpSink() as sink:
        made = Post(World(database), sink)
        yield made
        await made.calls.aclose()


def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As the operators' handbook tells a receiver to do it."""
    signed = headers["confsvc-timestamp"].encode() + b"." + body
    wanted = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, headers["confsvc-signature"])


async def test_a_whole_life_is_told_in_order_and_signed(post: Post) -> None:
    hook = post.add()
    post.note("ghi chú", title="Tập huấn mới", starts=START + timedelta(hours=1), ends=END + timedelta(hours=1))
    await post.deliver()
    for at in (START + timedelta(hours=1), END + timedelta(hours=2), END + timedelta(hours=3)):
        post.world.pass_time(at)
        post.now = at
        await post.deliver()
    assert post.told() == ["changed", "started", "ended", "recorded"]
    secret = secret_of(KEY, hook.salt)
    for one in post.sink.received:
        assert verify(secret, one.headers, one.body)
        assert not verify(secret, one.headers, one.body + b" ")
        assert not verify("whsec_other", one.headers, one.body)
        assert one.headers["confsvc-event-id"] == json.loads(one.body)["id"]
    assert set(post.states()) == {"done"}


async def test_what_is_told_holds_nothing_private(post: Post) -> None:
    post.add()
    post.note("Bí mật nội bộ", chair_name="Trần B", chair_mail="b@hop.example", contact_phone="0912345678",
              starts=START + timedelta(hours=1), ends=END + timedelta(hours=1))  # fmt: skip
    await post.deliver()
    body = post.sink.received[0].body.decode()
    for word in ("Tập huấn", "Bí mật", "Trần", "@", "0912", "jitsi"):
        assert word not in body
    shown = json.loads(body)["conference"]
    assert set(shown) == {"key", "version", "state", "kind", "form", "starts", "ends", "host", "sites"}
    assert shown["sites"][1] == {"room": "r11", "name": "Phòng 11", "units": ["Huyện 0"]}


async def test_a_note_of_ours_is_no_news(post: Post) -> None:
    post.add()
    post.note("một", starts=START + timedelta(hours=1), ends=END + timedelta(hours=1))
    await post.deliver()
    post.note("hai", starts=START + timedelta(hours=1), ends=END + timedelta(hours=1))
    await post.deliver()
    assert post.told() == ["changed"]


async def test_only_the_wanted_events_and_offices(post: Post) -> None:
    post.add(events=("cancelled",), units=(11,))
    post.add(events=ALL, units=(19,))
    there = post.world.conference()
    post.world.database.write_now(
        cancel, there.key, version=there.version, reason="bão", actor="account:1", now=NOW
    )  # fmt: skip
    await post.deliver()
    assert post.told() == ["cancelled"]


async def test_while_nobody_wants_to_be_told_nothing_is_read(post: Post) -> None:
    post.note("a", starts=START + timedelta(hours=1), ends=END + timedelta(hours=1))
    await post.deliver()
    assert post.world.rows(WebhookDelivery) == []
    post.add()
    await post.deliver()
    assert post.told() == []  # what was before is not news


@pytest.mark.parametrize("how", ["500", "429", "404", "stall", "drop", "redirect", "slow"])
async def test_whatever_is_no_yes_is_tried_again_with_the_same_id_and_bytes(post: Post, how: str) -> None:
    post.add()
    there = post.world.conference()
    post.world.database.write_now(cancel, there.key, version=there.version, reason="bão", actor="clock", now=NOW)
    if how.isdecimal():
        post.sink.status = int(how)
    else:
        post.sink.mode, post.sink.status = how, 200
    await post.deliver()
    assert post.states() == ["owed"]
    assert all(one.path == "/hook" for one in post.sink.received)  # a redirect is not followed
    post.sink.status, post.sink.mode = 200, "answer"
    await post.deliver(timedelta(minutes=2))
    assert post.states() == ["done"]
    first, last = post.sink.received[0], post.sink.received[-1]
    assert first.body == last.body and first.headers["confsvc-event-id"] == last.headers["confsvc-event-id"]
    assert first.headers["confsvc-timestamp"] != last.headers["confsvc-timestamp"]


async def test_a_huge_answer_that_says_yes_is_a_yes_and_is_not_read(post: Post) -> None:
    hook = post.add()
    post.sink.mode, post.sink.status = "huge", 200
    post.world.database.write_now(try_out, hook.key, actor="account:1", now=NOW)
    await post.deliver()
    assert post.states() == ["done"]


async def test_a_server_that_refuses_the_connection(database: Database) -> None:
    async with HttpSink() as sink:
        url = sink.url
        post = Post(World(database), sink)
    hook = post.add(url)
    post.world.database.write_now(try_out, hook.key, actor="account:1", now=NOW)
    await post.deliver()
    (row,) = post.world.rows(Effect, kind="webhook")
    assert (row.state, row.maybe) == ("owed", False) and "no connection" in row.last_error
    await post.calls.aclose()


async def test_waits_grow_and_end_after_three_days(post: Post) -> None:
    hook = post.add()
    post.sink.status = 503
    post.world.database.write_now(try_out, hook.key, actor="account:1", now=NOW)
    tried: list[datetime] = []
    while post.now < NOW + timedelta(days=3, hours=2):
        before = len(post.sink.received)
        await post.deliver(timedelta(minutes=30))
        tried += [post.now] * (len(post.sink.received) - before)
    assert post.states() == ["expired"]
    assert 40 < len(tried) < 150 and tried[-1] - NOW > timedelta(days=2, hours=22)


async def test_order_holds_within_a_conference_and_others_do_not_wait(post: Post) -> None:
    hook = post.add()
    post.note("", starts=START + timedelta(hours=1), ends=END + timedelta(hours=1))
    await post.feed(NOW)
    there = post.world.conference()
    post.world.database.write_now(cancel, there.key, version=there.version, reason="bão", actor="clock", now=NOW)
    post.sink.status = 500
    await post.deliver()
    assert post.told() == ["changed"]  # the second waits behind the first
    post.world.database.write_now(try_out, hook.key, actor="account:1", now=NOW)
    post.sink.status = 200
    await post.deliver()
    assert post.told() == ["changed", "test"]
    await post.deliver(timedelta(minutes=1))
    assert post.told()[2:] == ["changed", "cancelled"]


async def test_one_that_is_silent_does_not_keep_the_others_waiting(post: Post) -> None:
    silent = post.add(post.sink.url.replace("hook", "silent"))
    for _ in range(5):
        post.world.database.write_now(try_out, silent.key, actor="account:1", now=NOW)
    post.sink.mode = "stall"
    await post.deliver()
    assert len(post.sink.received) == 1


async def test_a_kill_between_act_and_settle_repeats_the_same_event(post: Post) -> None:
    hook = post.add()
    post.world.database.write_now(try_out, hook.key, actor="account:1", now=NOW)
    (claimed,) = post.world.database.write_now(
        outbox.claim, now=NOW, limit=8, lease_seconds=60, kinds=["webhook"], holder="one"
    )  # fmt: skip
    assert isinstance(await post.door(claimed), Done)  # and the process is killed here
    await post.deliver(timedelta(minutes=5))
    first, again = post.sink.received
    assert first.body == again.body and first.headers["confsvc-event-id"] == again.headers["confsvc-event-id"]
    assert post.states() == ["done"]


async def test_reading_twice_owes_once(post: Post) -> None:
    post.add()
    there = post.world.conference()
    post.world.database.write_now(cancel, there.key, version=there.version, reason="bão", actor="clock", now=NOW)
    for _ in range(3):  # as many processes, each with nothing in mind
        await webhook_feed(post.world.database)(NOW)
    assert len(post.world.rows(WebhookDelivery)) == 1


@pytest.mark.parametrize("host", ["localhost", "hop.localhost"])
async def test_a_name_that_leads_into_the_house_is_not_called(database: Database, host: str) -> None:
    async with HttpSink() as sink:
        post = Post(World(database), sink, Allowed(hosts=frozenset({host})))
        hook = post.add(sink.url.replace("127.0.0.1", host))
        post.world.database.write_now(try_out, hook.key, actor="account:1", now=NOW)
        await post.deliver()
        assert sink.received == []
        (row,) = post.world.rows(Effect, kind="webhook")
        assert row.state == "owed"
        await post.calls.aclose()


async def test_told_again_byte_for_byte_once_or_all_since(post: Post) -> None:
    hook = post.add()
    post.note("", starts=START + timedelta(hours=1), ends=END + timedelta(hours=1))
    await post.deliver()
    there = post.world.conference()
    post.now += timedelta(hours=1)
    post.world.database.write_now(cancel, there.key, version=there.version, reason="x", actor="clock", now=post.now)
    await post.deliver()
    first = post.world.rows(WebhookDelivery)[0]
    write = post.world.database.write_now
    assert write(tell_again, hook.key, first.id, now=post.now) == 1
    assert write(tell_all_again, hook.key, NOW + timedelta(minutes=30), now=post.now) == 1
    assert write(tell_all_again, hook.key, NOW, now=post.now) == 2
    await post.deliver()
    assert post.told() == ["changed", "cancelled", "changed", "cancelled", "changed", "cancelled"]
    assert len({one.headers["confsvc-event-id"] for one in post.sink.received}) == 2
    assert post.sink.received[0].body == post.sink.received[2].body == post.sink.received[4].body


async def test_after_a_week_of_failing_it_is_switched_off_and_can_be_switched_on(post: Post) -> None:
    hook = post.add()
    post.sink.status = 500
    for _ in range(4):
        post.world.database.write_now(try_out, hook.key, actor="account:1", now=post.now)
        await post.deliver(timedelta(days=2, hours=12))
    (now_off,) = post.world.rows(Webhook)
    assert now_off.disabled_by == "failures"
    post.world.pass_time(post.now)
    await post.deliver(timedelta(hours=1))
    assert "ended" not in post.told() and "owed" not in post.states()
    post.sink.status = 200
    write = post.world.database.write_now
    write(switch_on, hook.key, actor="account:1", now=post.now)
    write(try_out, hook.key, actor="account:1", now=post.now)
    await post.deliver()
    assert post.states()[-1] == "done"
    (on,) = post.world.rows(Webhook)
    assert on.failing_since is None and on.disabled_at is None


async def test_switching_off_and_removing_gives_up_what_is_owed(post: Post) -> None:
    hook, other = post.add(), post.add()
    write = post.world.database.write_now
    for one in (hook, other):
        write(try_out, one.key, actor="account:1", now=NOW)
    write(switch_off, hook.key, by="account:1", now=NOW)
    write(remove_webhook, other.key, actor="account:1", now=NOW)
    await post.deliver()
    assert post.sink.received == [] and set(post.states()) == {"dead"}


async def test_the_list_shows_the_answer_and_how_long_it_took(post: Post) -> None:
    hook = post.add()
    post.sink.status = 418
    post.world.database.write_now(try_out, hook.key, actor="account:1", now=NOW)
    await post.deliver()
    (one,) = post.world.database.read_now(list_deliveries, hook.id, before=None, limit=10)
    assert (one.status, one.state, one.attempts, one.event) == (418, "owed", 1, "test")
    assert one.millis is not None and one.answered_at == NOW
