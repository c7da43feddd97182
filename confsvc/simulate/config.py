"""What one simulated deployment is told at its start: where to call, whose tokens to accept, how long to wait."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SimulatorConfig:
    """Settings of one simulated Jitsi; the defaults of the waits are those of Prosody's own modules.

    ``callback_url`` is both ``reservations_api_prefix`` (``/conference`` is appended) and, unless ``events_url`` is
    given, the ``api_prefix`` of event_sync (``/events/room/created`` … are appended).
    ``callback_secret`` goes out as ``Authorization: Bearer``; empty sends no such header.
    Exactly one of ``hs256_secret`` and ``rs256_key_server`` (the ``asap_key_server`` URL) is the token rule.
    All waits are seconds; ``hibernation`` is how long a cut link stays in its room, ``focus_timeout`` how long an
    empty room lives, ``tick`` the period of Prosody's reservation timer.
    """

    callback_url: str
    callback_secret: str = ""
    events_url: str | None = None
    app_id: str = "confsvc"
    hs256_secret: str | None = None
    rs256_key_server: str | None = None
    audiences: frozenset[str] = frozenset({"*"})
    domain: str = "meet.simulated"
    muc_domain: str = "conference.meet.simulated"
    host: str = "127.0.0.1"
    port: int = 8081
    allow_guests: bool = False
    domain_verification: bool = True
    include_user_info: bool = True
    ask_for_devices: bool = False
    reservation_timeout: float = 20.0
    reservation_retries: int = 3
    reservation_retry_delay: float = 3.0
    events_timeout: float = 20.0
    events_retries: int = 3
    events_retry_delay: float = 1.0
    tick: float = 60.0
    refusal_kept: float = 30.0
    hibernation: float = 60.0
    focus_timeout: float = 15.0
    max_rooms: int = 500
    max_occupants: int = 5000
    seed: int | None = None

    def __post_init__(self) -> None:
        if (self.hs256_secret is None) == (self.rs256_key_server is None):
            raise ValueError("one of hs256_secret and rs256_key_server, not both")
        if self.tick <= 0:
            raise ValueError("tick must be positive")

    @property
    def algorithm(self) -> str:
        return "HS256" if self.hs256_secret is not None else "RS256"

    @property
    def events_prefix(self) -> str:
        return self.events_url if self.events_url is not None else self.callback_url

    def room_jid(self, node: str) -> str:
        return f"{node}@{self.muc_domain}"
