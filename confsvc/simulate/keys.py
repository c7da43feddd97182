"""The key that a token is checked with: the shared secret, or a public key fetched from the key server by kid."""

from __future__ import annotations

import hashlib

import aiohttp
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from confsvc.simulate.config import SimulatorConfig
from integrations.jitsi.gate import TokenRefused
from integrations.jitsi.tokens import SigningKey

MAX_KEYS = 100
MAX_PEM = 16 * 1024


class Keys:
    """Fetched keys are kept for the life of the process, as Prosody keeps them: rotation means a new kid."""

    def __init__(self, config: SimulatorConfig) -> None:
        self._config = config
        self._secret = SigningKey.hs256(config.hs256_secret) if config.hs256_secret is not None else None
        self._fetched: dict[str, SigningKey] = {}

    async def key_for(self, token: str) -> SigningKey:
        """Raises TokenRefused where Prosody finds no key."""
        if self._secret is not None:
            return self._secret
        try:
            kid = jws.extract_compact(token.encode()).headers().get("kid")
        except (JoseError, ValueError) as error:
            raise TokenRefused("Invalid token") from error
        if not isinstance(kid, str):
            raise TokenRefused("'kid' claim is missing")
        if kid not in self._fetched:
            if len(self._fetched) >= MAX_KEYS:
                self._fetched.clear()
            self._fetched[kid] = await self._fetch(kid)
        return self._fetched[kid]

    async def _fetch(self, kid: str) -> SigningKey:
        name = hashlib.sha256(kid.encode()).hexdigest()
        timeout = aiohttp.ClientTimeout(total=30)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
                session.get(f"{self._config.rs256_key_server}/{name}.pem", allow_redirects=False) as response,
            ):
                if response.status != 200:
                    raise TokenRefused("could not obtain public key")
                key = RSAKey.import_key(await response.content.read(MAX_PEM))
        except (aiohttp.ClientError, OSError, TimeoutError, JoseError, ValueError) as error:
            raise TokenRefused("could not obtain public key") from error
        return SigningKey(key, "RS256", kid)
