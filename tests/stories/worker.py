"""One process of the service without its web part, to be killed: ``python -m tests.stories.worker``.

Its arguments: database URL, port of the mail server, URL of the video host, and when its time begins (ISO). It goes on
from each moment at which something is due to the next, until nothing is due and nothing is owed any more. It says
"ready", then "AT <time>" before every tick.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from datetime import datetime, timedelta

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


async def work(url: str, smtp_port: int, video_url: str, start: datetime) -> bool:
    """Whether everything came to rest."""
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
        print("ready", flush=True)
        for _ in range(MOST_TICKS):
            print("AT", now().isoformat(), flush=True)
            await jobs.tick()
            later = await database.read(_next_moment)
            if later is None:
                break
            clock[0] = max(later, now() + STEP)
    await close_videos(videos)
    database.close()
    return later is None


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    done = asyncio.run(work(sys.argv[1], int(sys.argv[2]), sys.argv[3], datetime.fromisoformat(sys.argv[4])))
    sys.exit(0 if done else 3)
