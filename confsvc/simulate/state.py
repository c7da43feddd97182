"""Where the web application keeps its one VideoHost, and what of it is shown to whoever asks."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from confsvc.simulate.host import VideoHost
from confsvc.simulate.muc import Room

HOST: web.AppKey[VideoHost] = web.AppKey("video_host", VideoHost)


def shown(host: VideoHost) -> dict[str, Any]:
    """The whole state as JSON; tokens and secrets are not in it."""
    return {
        "now": host.clock.now().isoformat(),
        "offset": host.clock.offset.total_seconds(),
        "sessions": len(host.sessions),
        "unanswered": host.unanswered,
        "rooms": [_room(room) for room in host.rooms.values()],
        "reservations": [
            {
                "room": record.node, "state": record.state, "waiting": record.waiting,
                "expires": record.expires.isoformat() if record.expires is not None else None,
            }
            for record in host.gate.records.values()
        ],
        "callbacks": {
            "sent": host.caller.sent, "lost": host.caller.lost, "pending": host.events.pending,
            "journal": list(host.caller.journal),
        },
        "faults": host.faults.list(),
    }  # fmt: skip


def _room(room: Room) -> dict[str, Any]:
    return {
        "room": room.node, "jid": room.jid, "created_at": room.created_at,
        "occupants": [
            {**occupant.seen(), "jid": occupant.jid, "joined_at": occupant.joined_at,
             "hidden": occupant.hidden_since is not None}
            for occupant in room.occupants.values()
        ],
    }  # fmt: skip
