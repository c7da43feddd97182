"""One simulated deployment: logins, conference requests, joins, leaves, ends, and everything that time brings about."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from confsvc.simulate.answers import Granted
from confsvc.simulate.caller import Caller
from confsvc.simulate.clock import Clock
from confsvc.simulate.config import SimulatorConfig
from confsvc.simulate.events import Events
from confsvc.simulate.faults import Faults
from confsvc.simulate.gate import Claims, NeverAnswered, check_login, check_room, user_of
from confsvc.simulate.keys import Keys
from confsvc.simulate.lua import Order
from confsvc.simulate.muc import JoinRefused, Link, Occupant, Room
from confsvc.simulate.reservation import Gate, Reservation
from integrations.jitsi.gate import TokenRefused, is_moderator
from integrations.jitsi.tokens import SigningKey

EXCEEDED = "Scheduled conference duration exceeded."


@dataclass(eq=False)
class Session:
    """A logged-in client. ``claims`` is None for a guest; ``occupants`` by room name may hold some that left."""

    jid: str
    claims: Claims | None
    key: SigningKey | None
    link: Link
    occupants: dict[str, Occupant] = field(default_factory=dict)

    @property
    def bare_jid(self) -> str:
        return self.jid.split("/", 1)[0]


class VideoHost:
    """Needs a running loop. Nothing here waits for the service except ``conference``."""

    def __init__(self, config: SimulatorConfig, clock: Clock | None = None) -> None:
        self.config = config
        self.clock = clock or Clock()
        self.faults = Faults()
        self.order = Order(config.seed)
        self.caller = Caller(config, self.clock, self.faults)
        self.events = Events(config, self.caller, self.faults, self.order)
        self.gate = Gate(config, self.clock, self.caller, self.order, self._open)
        self.keys = Keys(config)
        self.rooms: dict[str, Room] = {}
        self.sessions: set[Session] = set()
        self.unanswered = 0
        self._first_tick = self.clock.now()

    async def check_token(self, token: str) -> tuple[Claims, SigningKey]:
        """Raises TokenRefused, NeverAnswered."""
        key = await self.keys.key_for(token)
        return check_login(token, key, self.config, self.clock.now()), key

    async def login(self, token: str | None, link: Link) -> Session:
        """Raises TokenRefused, NeverAnswered."""
        if token is None and not self.config.allow_guests:
            raise TokenRefused("token required")
        claims, key = (None, None) if token is None else await self.check_token(token)
        if len(self.sessions) >= self.config.max_occupants:
            raise TokenRefused("too many sessions in the simulator")
        session = Session(f"{uuid.uuid4()}@{self.config.domain}/{secrets.token_urlsafe(9)}", claims, key, link)
        self.sessions.add(session)
        return session

    async def conference(self, session: Session, node: str) -> Room:
        """The conference request: an existing room costs nothing, a new one asks the service. Raises NotReserved."""
        if node in self.rooms:
            return self.rooms[node]
        granted = await self.gate.ask(node, session.bare_jid)
        return self._open(node, granted)

    def join(self, session: Session, node: str, *, name: str = "", email: str = "", password: str = "") -> Occupant:
        """Raises JoinRefused, NeverAnswered."""
        if self.faults.take("silent", room=node) is not None:
            raise NeverAnswered
        room = self.rooms.get(node)
        if room is None:
            raise JoinRefused("not-allowed", "The room does not exist", "room-does-not-exist")
        if session.occupants.get(node) in room.occupants.values():
            raise JoinRefused("conflict")
        self._admit(session, room, password)
        user = {} if session.claims is None else user_of(session.claims)
        occupant = Occupant(
            nick=secrets.token_hex(4),
            jid=session.jid,
            room=room,
            link=session.link,
            user=user,
            moderator=is_moderator(session.claims or {}),
            joined_at=self.clock.seconds(),
            name=name or str(user.get("name", "")),
            email=email or str(user.get("email", "")),
        )
        room.occupants[occupant.nick] = session.occupants[node] = occupant
        room.first_joined_at = room.first_joined_at or occupant.joined_at
        record = occupant.record(self.config.include_user_info)
        self.events.send(node, room.joined_event(record))
        room.tell_others(occupant.nick, {"t": "participant-joined", "participant": occupant.seen()})
        return occupant

    def leave(self, occupant: Occupant, at: datetime | None = None) -> None:
        """Goes for good; the last one to leave ends the room."""
        room = occupant.room
        moment = at or self.clock.now()
        if room.occupants.pop(occupant.nick, None) is None:
            return
        self.events.send(room.node, self._left(occupant, int(moment.timestamp())))
        room.tell_others(occupant.nick, {"t": "participant-left", "id": occupant.nick})
        if not room.occupants:
            self.destroy(room, "", moment)

    def close(self, session: Session, *, hidden: bool) -> None:
        """The link is gone. ``hidden``: cut without a goodbye, so its occupants stay until hibernation is over."""
        self.sessions.discard(session)
        for occupant in list(session.occupants.values()):
            if hidden and self.config.hibernation > 0:
                occupant.hidden_since = self.clock.now()
            else:
                self.leave(occupant)

    def kick(self, occupant: Occupant) -> None:
        kicked = {"t": "kicked", "id": occupant.nick}
        occupant.link.tell(kicked)
        occupant.room.tell_others(occupant.nick, kicked)
        self.leave(occupant)

    def destroy(
        self, room: Room, reason: str, at: datetime | None = None, *, events: bool = True, rejoin: bool = False
    ) -> None:
        """Ends a room: clients are told, the burst of final events and the DELETE leave in any order.

        ``events=False`` is a crash of that room: the service hears nothing. ``rejoin``: clients come back (silent
        reconnect).
        """
        moment = int((at or self.clock.now()).timestamp())
        if self.rooms.pop(room.node, None) is None:
            return
        told: dict[str, Any] = {"t": "destroyed", "room": room.node, "reason": reason}
        burst: list[dict[str, Any]] = []
        for occupant in self.order.shuffled(list(room.occupants.values())):
            del room.occupants[occupant.nick]
            burst.append(self._left(occupant, moment))
            occupant.link.tell({**told, "jid": room.jid} if rejoin else told)
        if not events:
            self.gate.records.pop(room.node, None)
            return
        burst.append(room.destroyed_event(moment))
        for event in self.order.shuffled(burst):
            self.events.send(room.node, event)
        ended = self.gate.forget(room.node)
        if ended is not None:
            self.events.later(self.caller.call(ended, self.gate.patience))

    def crash(self, *, events: bool = False) -> None:
        """The whole Prosody stops and starts: every link is cut; with ``events`` (SIGTERM) all final calls are made."""
        for session in list(self.sessions):
            session.link.cut()
        for room in list(self.rooms.values()):
            self.destroy(room, "", events=events)
        if not events:
            self.gate.records.clear()

    def advance(self) -> None:
        """Does everything that has come due by now, in its order and with its own time."""
        now = self.clock.now()
        for _ in range(10 * self.config.max_occupants):
            due = min(self._due(), key=lambda item: item[0], default=None)
            if due is None or due[0] > now:
                return
            match due[1]:
                case Occupant() as occupant:
                    self.leave(occupant, due[0])
                case Room() as room:
                    self.destroy(room, "", due[0])
                case Reservation() as record:
                    self._evict(record, due[0])

    async def stop(self) -> None:
        await self.gate.close()
        await self.events.close()

    def _open(self, node: str, granted: Granted) -> Room:
        if node not in self.rooms:
            now = self.clock.now()
            room = Room(node, self.config.room_jid(node), int(now.timestamp()), now)
            room.max_occupants, room.password = granted.max_occupants, granted.password
            self.rooms[node] = room
            self.events.send(node, room.created_event())
        return self.rooms[node]

    def _admit(self, session: Session, room: Room, password: str) -> None:
        if session.claims is not None and session.key is not None:
            try:
                check_room(session.claims, room.node, session.key, self.config)
            except TokenRefused as error:
                raise JoinRefused("not-allowed", error.text, "room-name-does-not-match") from error
        if room.max_occupants is not None and len(room.occupants) >= room.max_occupants:
            raise JoinRefused("service-unavailable")
        if room.password is not None and room.password != password:
            raise JoinRefused("not-authorized", extra="password-required")

    def _left(self, occupant: Occupant, at: int) -> dict[str, Any]:
        record = {
            **occupant.record(self.config.include_user_info), "left_at": at, "total_dominant_speaker_time": 0
        }  # fmt: skip
        occupant.room.remember(record)
        return occupant.room.left_event(record)

    def _due(self) -> list[tuple[datetime, Occupant | Room | Reservation]]:
        hibernation = timedelta(seconds=self.config.hibernation)
        alone = timedelta(seconds=self.config.focus_timeout)
        due: list[tuple[datetime, Occupant | Room | Reservation]] = []
        for room in self.rooms.values():
            due += [(o.hidden_since + hibernation, o) for o in room.occupants.values() if o.hidden_since is not None]
            if not room.occupants:
                due.append((room.empty_since + alone, room))
        for record in self.gate.records.values():
            if record.expires is not None and record.settled is not None:
                due.append((self._tick_after(max(record.expires, record.settled)), record))
        return due

    def _tick_after(self, at: datetime) -> datetime:
        period = self.config.tick
        passed = max((at - self._first_tick).total_seconds(), 0.0)
        return self._first_tick + timedelta(seconds=(passed // period + 1) * period)

    def _evict(self, record: Reservation, at: datetime) -> None:
        room = self.rooms.get(record.node)
        if room is not None:
            self.destroy(room, EXCEEDED, at)
        else:
            self.gate.records.pop(record.node, None)
