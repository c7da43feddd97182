"""What runs beside the answers: video hosts and endpoints in every process that serves, the clock's jobs where wanted.

Each is a generator for ``app.cleanup_ctx``: before its yield it starts, after it stops. They start in the order listed
and stop in the reverse one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from aiohttp import web

from confsvc.alone import serving
from confsvc.batches import batch_round
from confsvc.effects import handlers, open_mailer, sender_of
from confsvc.faces import faces
from confsvc.holders import announce, lease_round
from confsvc.inbox import Incoming, inbox_rounds, incoming
from confsvc.jobs import Jobs, Rounds, usual_rounds
from confsvc.letter_files import LetterFiles, letter_round
from confsvc.notify import EVERYTHING, Notices
from confsvc.outside import open_outside
from confsvc.rules import configured_bridges, rules_of
from confsvc.standing_rules import TOPIC, StandingRules
from confsvc.video import Video, close_videos, open_videos
from confsvc.web import keys
from confsvc.web.callbacks import VIDEOS
from confsvc.web.endpoint import AGENDA, HUB, WRONG_CODES, AgendaSource
from rooms.hub import Hub, flush
from rooms.pairing import WrongCodes
from scheduler.booking.place.lowering import look_at_hosts
from scheduler.bridge_queries import register_bridges
from scheduler.clock import Clock
from scheduler.conduct.agenda import Mint
from scheduler.outbox import give_back

log = logging.getLogger(__name__)

NOTICES: web.AppKey[Notices] = web.AppKey("notices", Notices)
"""Only with PostgreSQL: what this process and the others tell each other."""
MOST_TICKETS = 20_000
JOBS: web.AppKey[Jobs] = web.AppKey("jobs", Jobs)
INCOMING: web.AppKey[Incoming] = web.AppKey("incoming", Incoming)
"""Only where `jobs` is among the parts; its ``tick`` is one whole round, for tests."""


async def video_hosts(app: web.Application) -> AsyncIterator[None]:
    """The rows of the configured video hosts, their keys and clients, and the rules that name them."""
    settings, database = app[keys.SETTINGS], app[keys.DATABASE]
    ids = await database.write(register_bridges, configured_bridges(settings))
    if short := await database.write(look_at_hosts, actor="cli", now=app[keys.NOW]()):
        log.warning("%s conferences are booked beyond what their video host is configured to carry", short)
    app[keys.BRIDGES] = dict(zip(ids, settings.bridges, strict=True))
    app[keys.RULES] = rules_of(settings, ids)
    standing = app[keys.STANDING] = StandingRules(database, app[keys.RULES])
    await standing.read_again()
    app[VIDEOS] = open_videos(app[keys.BRIDGES], app[keys.NOW])
    yield
    await close_videos(app[VIDEOS])


async def endpoints(app: web.Application) -> AsyncIterator[None]:
    """Who is connected, what an agenda is made of, and commits that poke them."""
    hub, loop = Hub(), asyncio.get_running_loop()
    app[HUB], app[WRONG_CODES] = hub, WrongCodes()
    app[AGENDA] = AgendaSource(
        rules=lambda: app[keys.STANDING].current, mint=mint_of(app[VIDEOS]), faces=faces(app[keys.BRIDGES]),
        operator_phone=app[keys.SETTINGS].service.operator_phone,
    )  # fmt: skip

    def heard(topics: frozenset[str]) -> None:
        hub.poke(topics)
        _read_rules(app, topics)

    notices = None if app[keys.DATABASE].sqlite else Notices(app[keys.DATABASE].url, heard)

    def committed(topics: frozenset[str]) -> None:
        _deliver(app, topics)
        if notices:
            notices.say(topics)

    def poked(topics: set[str]) -> None:
        loop.call_soon_threadsafe(committed, frozenset(topics))

    app[keys.DATABASE].on_poke = poked
    app.on_shutdown.append(_say_goodbye)
    if notices:
        app[NOTICES] = notices
        notices.start()
    yield
    app[keys.DATABASE].on_poke = None
    if notices:
        await notices.stop()
    await app[keys.STANDING].stop()
    await app[keys.DATABASE].write(flush, hub.take_seen())


def mint_of(videos: Mapping[int, Video]) -> Mint:
    """Tickets of endpoints; the video host repeats ``endpoint:<key>``, by which we know who came.

    Kept once signed: the same arguments give the same ticket, and an agenda is made far more often than it changes.
    """

    @lru_cache(MOST_TICKETS)
    def mint(bridge_id: int, jitsi_name: str, endpoint: str, name: str, nbf: datetime, exp: datetime) -> str:
        user = {"id": f"endpoint:{endpoint}", "name": name}
        return videos[bridge_id].mint.room_token(jitsi_name, nbf=nbf, exp=exp, user=user)

    return mint


async def jobs(app: web.Application) -> AsyncIterator[None]:
    """The bell and what it rings: the loop over conferences, the outbox, the slower rounds. Where the settings leave
    the jobs to another process, only the rounds that are this process's own."""
    settings, database, pulse = app[keys.SETTINGS], app[keys.DATABASE], app[keys.PULSE]
    videos = app[VIDEOS] if settings.service.jobs else {}
    clients = {video.name: video.client for video in videos.values()}
    mailer = open_mailer(settings)
    lock = await asyncio.to_thread(serving, database)
    if lock is not None and lock.alone:  # whoever held a lease was killed: its letters need not wait until it runs out
        await database.write(give_back, now=app[keys.NOW]())
        lock.share()
    outside = open_outside(settings, database, now=app[keys.NOW])
    holders = settings.var / "holders"
    holder = await asyncio.to_thread(announce, holders)
    mailbox = app[INCOMING] = incoming(settings, database, now=app[keys.NOW])
    work = app[JOBS] = Jobs(
        database, now=app[keys.NOW], timing=settings.timing,
        handlers=handlers(database, mailer, sender_of(settings), clients, now=app[keys.NOW]) | outside.doors,
        videos=videos, feeds=outside.feeds,
        rounds=_rounds(app, mailbox, holders),
        noted=pulse.video.__setitem__, acts=settings.service.jobs, holder=holder.name,
    )  # fmt: skip

    async def ring() -> datetime | None:
        wanted = await work.ring()
        pulse.last_tick = app[keys.NOW]()
        return wanted

    clock = app[CLOCK] = Clock(ring)
    if app[RINGING]:
        clock.start()
    yield
    await clock.stop()
    await work.stop()
    await mailbox.aclose()
    await mailer.aclose()
    await outside.aclose()
    holder.close()
    if lock is not None:
        lock.close()


def _rounds(app: web.Application, mailbox: Incoming, holders: Path) -> dict[str, Rounds]:
    """The slower work of this process; the mailbox is looked into where the jobs are."""
    settings, database = app[keys.SETTINGS], app[keys.DATABASE]
    found = usual_rounds(database, app[HUB]) | {
        "rules": app[keys.STANDING].round(),
        "letters": letter_round(database, LetterFiles(settings.var / "letters")),
        "batches": batch_round(database, lambda: app[keys.STANDING].current),
        "leases": lease_round(database, holders),
    }
    return found | inbox_rounds(mailbox, settings) if settings.service.jobs else found


CLOCK: web.AppKey[Clock] = web.AppKey("clock", Clock)
RINGING: web.AppKey[bool] = web.AppKey("ringing", bool)
"""Whether the clock rings by itself; tests call ``app[JOBS].tick()`` instead."""


def _deliver(app: web.Application, topics: frozenset[str]) -> None:
    app[HUB].poke(topics)
    _read_rules(app, topics)
    if topics & {"outbox", "due"} and CLOCK in app and app[keys.SETTINGS].service.jobs:
        app[CLOCK].ring()


def _read_rules(app: web.Application, topics: frozenset[str]) -> None:
    if topics & {TOPIC, EVERYTHING}:
        app[keys.STANDING].read_soon()


async def _say_goodbye(app: web.Application) -> None:
    app[HUB].close_all()
