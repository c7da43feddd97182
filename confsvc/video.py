"""The configured video hosts as this process uses them: one minting key and one client each."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from confsvc.config import BridgeSection
from integrations.jitsi.client import JitsiClient
from integrations.jitsi.tokens import SigningKey, TokenMint


@dataclass(frozen=True)
class Video:
    """One deployment: ``id`` is its row, ``callback_sha256`` the digest of what it shows when it calls us."""

    id: int
    section: BridgeSection
    mint: TokenMint
    client: JitsiClient
    callback_sha256: bytes

    @property
    def name(self) -> str:
        return self.section.name

    def is_shown_by(self, secret: str) -> bool:
        """Whether this is the callback secret; takes the same time for every wrong one."""
        shown = hashlib.sha256(secret.encode(errors="surrogateescape")).digest()
        return hmac.compare_digest(shown, self.callback_sha256)


def open_videos(bridges: Mapping[int, BridgeSection], clock: Callable[[], datetime]) -> dict[int, Video]:
    """By id; reads the secrets once. Raises ConfigError or ValueError when one is missing or no good.

    Whoever opens them closes them with `close_videos`.
    """
    return {bridge_id: _open(bridge_id, section, clock) for bridge_id, section in bridges.items()}


async def close_videos(videos: Mapping[int, Video]) -> None:
    for video in videos.values():
        await video.client.aclose()


def _open(bridge_id: int, section: BridgeSection, clock: Callable[[], datetime]) -> Video:
    if section.algorithm == "RS256":
        key = SigningKey.rs256(section.private_key or "", section.kid or "")
    else:
        key = SigningKey.hs256(section.secret or "")
    mint = TokenMint(key, issuer=section.app_id, subject=section.subject)
    client = JitsiClient(
        section.control_url, domain=section.subject, mint=mint, muc_domain=section.muc_domain,
        jicofo_url=section.jicofo_url, clock=clock,
    )  # fmt: skip
    shown = section.callback_secret
    if not shown:
        raise ValueError(f"the video host {section.name} has no callback secret")
    return Video(bridge_id, section, mint, client, hashlib.sha256(shown.encode()).digest())
