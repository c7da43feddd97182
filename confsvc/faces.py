"""What endpoints are told of the configured video hosts.

(pure)
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from confsvc.config import BridgeSection
from scheduler.conduct.agenda import BridgeFace


def faces(bridges: Mapping[int, BridgeSection]) -> dict[int, BridgeFace]:
    """By the id of its row each video host as the IFrame API wants it; a tenant is part of the domain."""
    return {bridge_id: _face(bridge) for bridge_id, bridge in bridges.items()}


def _face(bridge: BridgeSection) -> BridgeFace:
    base = bridge.base_url.rstrip("/")
    parts = urlsplit(base)
    return BridgeFace(
        name=bridge.name,
        domain=f"{parts.netloc}{parts.path}",
        script_url=f"{bridge.origin}/external_api.js",
        base_url=base,
        simulated=bridge.simulated,
    )
