"""One process of the service without its web part, to be killed: ``python -m tests.stories.worker``.

Its arguments: database URL, port of the mail server, URL of the video host, and when its time begins (ISO). It goes on
from each moment at which something is due to the next, until nothing is due and nothing is owed any more. It says
"ready", then "AT <time>" before every tick.

`forked` is the same in a process that was forked with everything imported, which starts in no time.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from multiprocessing.connection import Connection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsvc.config import BridgeSection
from confsvc.database import Database
from confsvc.effects import Sender, handlers
from confsvc.jobs import Jobs
from confsvc.video import close_videos, open_videos
from integrations.mail.smtp import SmtpMailer
from scheduler.conduct.queries import find_next_due
from scheduler.models import Effect
from scheduler.timing import Timing

STEP = timedelta(minutes=1)
MOST_TICKS = 200
SENDER = Sender("hnth@hop.example", "Hệ thống họp", "hop.example", "https://hop.example")


def _next_moment(db: Session) -> datetime | None:
    """When something is due, owed again or let go by a process that died; None when everything is at rest."""
    free = func.coalesce(Effect.lease_until, Effect.due)
    owed = db.scalars(select(free).where(Effect.state.in_(("owed", "leased"))).order_by(free).limit(1)).first()
    return min((at for at in (find_next_due(db), owed) if at is not None), default=None)


async def work(
    url: str, smtp_port: int, video_url: str, start: datetime, *, say: Callable[[str], None],
    until: datetime | None = None,
) -> bool:  # fmt: skip
    """Whether everything came to rest, or nothing more is due up to ``until``."""
    os.environ.update(TEST_SECRET="a secret of the simulated host", TEST_CALLBACK="secret-of-the-callbacks")
    clock = [start]

    def now() -> datetime:
        return clock[0]

    bridge = BridgeSection(
        name="chinh", base_url=video_url, muc_domain="conference.meet.example", domain="meet.example",
        secret_env="TEST_SECRET", callback_secret_env="TEST_CALLBACK",
    )  # fmt: skip
    database, videos = Database(url), open_videos({1: bridge}, now)
    async with SmtpMailer("127.0.0.1", smtp_port, timeout=5, deadline=10) as mailer:
        clients = {video.name: video.client for video in videos.values()}
        acts = handlers(database, mailer, SENDER, clients, now=now)
        jobs = Jobs(database, now=now, timing=Timing(), handlers=acts, videos=videos)
        say("ready")
        for _ in range(MOST_TICKS):
            say(f"AT {now().isoformat()}")
            await jobs.tick()
            later = await database.read(_next_moment)
            following = max(later, now() + STEP) if later else None
            if following is None or (until is not None and following > until):
                break
            clock[0] = following
        else:
            return False
    await close_videos(videos)
    database.close()
    return True


def forked(pipe: Connection, url: str, smtp_port: int, video_url: str, start: datetime, until: datetime | None) -> None:
    """The whole life of a forked worker, which says what it says into ``pipe``; it ends with 3 when it never rests."""
    if not asyncio.run(work(url, smtp_port, video_url, start, say=pipe.send, until=until)):
        sys.exit(3)


def main(url: str, smtp_port: str, video_url: str, start: str) -> int:
    def say(word: str) -> None:
        print(word, flush=True)

    logging.basicConfig(level=logging.WARNING)
    return 0 if asyncio.run(work(url, int(smtp_port), video_url, datetime.fromisoformat(start), say=say)) else 3


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
