"""Rooms and who is in them: what Prosody's MUC component knows, and the events that it makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

MAX_REMEMBERED = 10_000


class JoinRefused(Exception):
    """The presence error of a join: its XMPP condition, text and Jitsi's own element, where there are any."""

    def __init__(self, condition: str, text: str = "", extra: str = "") -> None:
        super().__init__(f"{condition} {text}")
        self.condition = condition
        self.text = text
        self.extra = extra


class Link(Protocol):
    """The client's side of an occupant."""

    def tell(self, message: dict[str, Any]) -> None: ...

    def cut(self) -> None: ...


@dataclass(eq=False)
class Occupant:
    """``nick`` is the id that other participants see, ``jid`` the real one that event_sync reports."""

    nick: str
    jid: str
    room: Room
    link: Link
    user: dict[str, Any]
    moderator: bool
    joined_at: int
    name: str = ""
    email: str = ""
    audio_muted: bool = False
    video_muted: bool = False
    hidden_since: datetime | None = None

    def seen(self) -> dict[str, Any]:
        """As told to the other participants."""
        return {
            "id": self.nick, "name": self.name, "email": self.email, "role": self.role,
            "audio_muted": self.audio_muted, "video_muted": self.video_muted, "user_id": self.user.get("id"),
        }  # fmt: skip

    @property
    def role(self) -> str:
        return "moderator" if self.moderator else "participant"

    def record(self, include_user_info: bool) -> dict[str, Any]:
        """As told to the service: the token's user, never the name typed in the page."""
        user = self.user if include_user_info else {k: v for k, v in self.user.items() if k in ("id", "name", "email")}
        return {**user, "occupant_jid": self.jid, "joined_at": self.joined_at}


@dataclass(eq=False)
class Room:
    node: str
    jid: str
    created_at: int
    empty_since: datetime
    max_occupants: int | None = None
    password: str | None = None
    occupants: dict[str, Occupant] = field(default_factory=dict)
    gone: list[dict[str, Any]] = field(default_factory=list)
    first_joined_at: int | None = None
    left_out: int = 0

    def others(self, nick: str) -> list[Occupant]:
        return [occupant for occupant in self.occupants.values() if occupant.nick != nick]

    def tell_others(self, nick: str, message: dict[str, Any]) -> None:
        for occupant in self.others(nick):
            occupant.link.tell(message)

    def head(self) -> dict[str, Any]:
        return {"room_name": self.node, "room_jid": self.jid, "is_breakout": False}

    def created_event(self) -> dict[str, Any]:
        return {"event_name": "muc-room-created", "created_at": self.created_at, **self.head()}

    def joined_event(self, record: dict[str, Any]) -> dict[str, Any]:
        count = len(self.occupants)
        return {
            "event_name": "muc-occupant-joined", "active_occupants_count": count, "occupant": record, **self.head()
        }  # fmt: skip

    def left_event(self, record: dict[str, Any]) -> dict[str, Any]:
        return {**self.joined_event(record), "event_name": "muc-occupant-left"}

    def destroyed_event(self, at: int) -> dict[str, Any]:
        """``all_occupants`` of an empty room is ``{}``: Lua cannot tell an empty list from an empty object."""
        return {
            "event_name": "muc-room-destroyed", "created_at": self.created_at, "destroyed_at": at,
            "all_occupants": list(self.gone) if self.gone else {}, **self.head(),
        }  # fmt: skip

    def remember(self, record: dict[str, Any]) -> None:
        if len(self.gone) < MAX_REMEMBERED:
            self.gone.append(record)
        else:
            self.left_out += 1
