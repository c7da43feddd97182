"""The two checks that Jitsi makes of a token, put together from the settings of this simulated deployment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from confsvc.simulate.config import SimulatorConfig
from integrations.jitsi.gate import Gate, TokenRefused
from integrations.jitsi.tokens import SigningKey

Claims = Mapping[str, Any]


class NeverAnswered(Exception):
    """Prosody runs into a Lua error here: the client waits for ever."""


def check_login(token: str, key: SigningKey, config: SimulatorConfig, now: datetime) -> Claims:
    """The claims of a token that may log in; raises TokenRefused, or NeverAnswered where Prosody breaks.

    A list as ``aud`` is refused whatever audiences are accepted: stricter than some Jitsi, as strict as others.
    """
    try:
        claims = _gate(key, config).login(token, now)
    except TokenRefused as error:
        raise _answered(error) from error
    if not isinstance(claims.get("aud"), str):
        raise TokenRefused("invalid 'aud' claim")
    return claims


def check_room(claims: Claims, node: str, key: SigningKey, config: SimulatorConfig) -> None:
    """Lets this login into the room, or raises TokenRefused, or NeverAnswered for a claim of a wrong type."""
    try:
        _gate(key, config).join(claims, node)
    except TokenRefused as error:
        raise _answered(error) from error


def user_of(claims: Claims) -> dict[str, Any]:
    """``context.user`` as event_sync copies it: nulls dropped, every number a float."""
    context = claims.get("context")
    user = context.get("user") if isinstance(context, Mapping) else None
    if not isinstance(user, Mapping):
        return {}
    return {
        key: float(value) if type(value) is int else value for key, value in user.items() if value is not None
    }  # fmt: skip


def _gate(key: SigningKey, config: SimulatorConfig) -> Gate:
    return Gate(
        key,
        issuers=(config.app_id,),
        domain=config.domain,
        audiences=config.audiences,
        verify_domain=config.domain_verification,
    )


def _answered(error: TokenRefused) -> Exception:
    return NeverAnswered() if error.hangs else error
