"""A booked conference and the means to let its time pass, for tests of conducting and recording."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from confsvc.database import Database
from rooms.models import Endpoint
from scheduler.booking.book import book
from scheduler.conduct.advance import advance
from scheduler.conduct.facts import NewFact, add_fact
from scheduler.conduct.lifecycle import GIVE_BACK, NOBODY_SEEN, ending_steps
from scheduler.conduct.queries import list_due
from scheduler.conduct.reminding import BEFORE
from scheduler.models import Conference, Opening
from scheduler.timing import Timing
from tests.scheduler.booking.offices import NOW, RULES, START, offices, wish

TIMING = Timing()
UNSAID = {"wait", NOBODY_SEEN, GIVE_BACK, *ending_steps(), *BEFORE}
END = START + timedelta(hours=2)


def _endpoints(db: Session, room_ids: tuple[int, ...]) -> None:
    for room in room_ids:
        db.execute(insert(Endpoint).values(id=room, key=f"k{room}", room_id=room))


class World:
    """One database with offices, endpoints in their rooms (key "k<room>") and a conference in rooms 2, 11, 12, 13."""

    def __init__(self, database: Database, **changes: Any) -> None:
        self.database = offices(database)
        database.write_now(_endpoints, (2, *range(11, 21)))
        self.booked = database.write_now(book, wish(**changes), actor="account:1", now=NOW, rules=RULES)

    def conference(self) -> Conference:
        query = select(Conference).where(Conference.id == self.booked.id)
        return self.database.read_now(lambda db: db.scalars(query).one())

    def opening(self) -> Opening:
        query = select(Opening).where(Opening.conference_id == self.booked.id).order_by(Opening.id.desc())
        return self.database.read_now(lambda db: db.scalars(query).first()) or _missing()

    def rows(self, model: Any, **where: Any) -> list[Any]:
        query = select(model).filter_by(**where).order_by(model.id)
        return list(self.database.read_now(lambda db: db.scalars(query).all()))

    def set(self, **values: Any) -> None:
        self.database.write_now(
            lambda db: db.execute(update(Conference).where(Conference.id == self.booked.id).values(**values))
        )

    def pass_time(self, until: datetime) -> list[str]:
        """Every step that is due by ``until``, as the loop would take them; the states reached. Steps that happen
        once while it runs are taken and not named."""
        reached = []
        while due := self.database.read_now(list_due, now=until):
            for conference_id in due:
                step = self.database.write_now(advance, conference_id, now=until, timing=TIMING)
                if step is None or step.act not in UNSAID:
                    reached.append(step.to or step.act if step else "nothing")
        return reached

    def seen(self, kind: str, room: int, joined: datetime, left: datetime | None = None, **more: Any) -> bool:
        """The video host's word on the endpoint of a room."""
        data = {
            "connection": f"c{room}-{joined.isoformat()}", "device": f"endpoint:k{room}", "name": f"Phòng {room}",
            "joined": joined.isoformat(), "left": left.isoformat() if left else None,
        }  # fmt: skip
        return self.tell(kind, left or joined, f"{kind}|{room}|{joined.isoformat()}", data, **more)

    def tell(self, kind: str, at: datetime, key: str, data: dict[str, Any], now: datetime | None = None) -> bool:
        opening = self.opening()
        fact = NewFact(key, kind, "bridge:1", at, data, bridge_id=1, jitsi_name=opening.jitsi_name)
        return self.database.write_now(add_fact, fact, now=now or at)


def _missing() -> Opening:
    raise AssertionError("there is no opening")
