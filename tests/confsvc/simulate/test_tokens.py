"""Who is let in with which token; the rules of jitsi's own check, seen through the simulator's door."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any

import pytest
from aiohttp import web
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from tests.confsvc.simulate.service import RecordingService
from tests.fakes.jitsi import SECRET, NotLetIn, SimulatedJitsi, until

GOOD: dict[str, Any] = {"iss": "confsvc", "aud": "jitsi", "sub": "meet.simulated", "room": "r1"}
KEY = OctKey.import_key(SECRET)


def minted(claims: dict[str, Any], *, key: Any = KEY, **header: Any) -> str:
    full = {"typ": "JWT", "alg": "HS256", **header}
    return jws.serialize_compact(
        {name: value for name, value in full.items() if value is not ...},
        json.dumps({name: value for name, value in claims.items() if value is not ...}),
        key,
        algorithms=[full["alg"]],
    )


@pytest.mark.parametrize(
    ("token", "text"),
    [
        (None, "token required"),
        ("nothing like a token", "Invalid token"),
        (minted(GOOD, typ="at+jwt"), "Invalid typ"),
        (minted(GOOD, typ=...), "Invalid typ"),
        (minted(GOOD, alg="HS384"), "Invalid or incorrect alg"),
        (minted(GOOD, key=OctKey.import_key("another secret, as long")), "Invalid signature"),
        (minted({**GOOD, "iss": "other"}), "invalid 'iss' claim"),
        (minted({**GOOD, "iss": ...}), "'iss' claim is missing"),
        (minted({**GOOD, "aud": ["jitsi"]}), "invalid 'aud' claim"),
        (minted({**GOOD, "aud": ...}), "'aud' claim is missing"),
        (minted({**GOOD, "exp": 100}), "Not acceptable by exp"),
        (minted({**GOOD, "exp": "2999-01-01"}), "exp must be number"),
        (minted({**GOOD, "nbf": time.time() + 86400}), "Not acceptable by nbf"),
    ],
    ids=[f"wrong{number}" for number in range(13)],  # the tokens differ from run to run, names of tests must not
)
async def test_refused_at_login(jitsi: SimulatedJitsi, token: str | None, text: str) -> None:
    with pytest.raises(NotLetIn) as caught:
        await jitsi.join("r1", token)
    assert caught.value.stage == "login"
    assert caught.value.text.startswith(text)


@pytest.mark.parametrize("claims", [{**GOOD, "room": "r2"}, {**GOOD, "sub": "other.example"}])
async def test_refused_at_the_join_although_the_room_was_made(
    service: RecordingService, jitsi: SimulatedJitsi, claims: dict[str, Any]
) -> None:
    with pytest.raises(NotLetIn, match="Room and token mismatched") as caught:
        await jitsi.join("r1", minted(claims))
    assert caught.value.stage == "join-error"
    assert len(service.of("POST", "/conference")) == 1, "a POST is not a meeting"


@pytest.mark.parametrize(
    "claims",
    [GOOD, {**GOOD, "room": "*"}, {**GOOD, "room": "R1"}, {**GOOD, "sub": "*"}, {**GOOD, "exp": time.time() + 86400.5}],
)
async def test_let_in(jitsi: SimulatedJitsi, claims: dict[str, Any]) -> None:
    await jitsi.join("r1", minted(claims))
    assert len(jitsi.host.rooms["r1"].occupants) == 1


@pytest.mark.parametrize(
    ("claims", "stage"),
    [({**GOOD, "room": ...}, "login"), ({**GOOD, "sub": ...}, "join"), ({**GOOD, "room": ["r1"]}, "join")],
)
async def test_never_answered(jitsi: SimulatedJitsi, claims: dict[str, Any], stage: str) -> None:
    endpoint = await jitsi.connect()
    await endpoint.send("login", token=minted(claims))
    if stage == "join":
        await endpoint.hear("login")
        await endpoint.ask("r1")
        await endpoint.send("join", room="r1")
    await until(lambda: jitsi.host.unanswered == 1)
    await endpoint.send("ping")
    await endpoint.hear("pong")
    assert endpoint.heard == []


@pytest.mark.parametrize(
    ("user", "role"),
    [
        ({}, "participant"), ({"moderator": True}, "moderator"), ({"moderator": "true"}, "moderator"),
        ({"affiliation": "owner"}, "moderator"), ({"affiliation": "member"}, "participant"),
    ],
)  # fmt: skip
async def test_roles(jitsi: SimulatedJitsi, user: dict[str, Any], role: str) -> None:
    endpoint = await jitsi.connect()
    await endpoint.login(minted({**GOOD, "context": {"user": user}}))
    await endpoint.ask("r1")
    assert (await endpoint.enter("r1"))["role"] == role


async def test_the_clock_of_the_simulator_decides_and_only_at_login(jitsi: SimulatedJitsi) -> None:
    token = minted({**GOOD, "exp": time.time() + 60})
    inside = await jitsi.join("r1", token)
    await jitsi.advance(3000)
    assert len(jitsi.host.rooms["r1"].occupants) == 1, "nobody is put out when the token expires"
    with pytest.raises(NotLetIn, match="Not acceptable by exp"):
        await jitsi.join("r1", token)
    await inside.leave()


async def test_guests_where_they_are_allowed(service: RecordingService) -> None:
    async with SimulatedJitsi(service.url, allow_guests=True) as jitsi:
        await jitsi.join("r1", None, "khách")
        await jitsi.quiet()
        occupant = service.of("POST", "/occupant/joined")[0].json["occupant"]
        assert set(occupant) == {"occupant_jid", "joined_at"}


async def test_without_domain_verification_only_the_room_counts(service: RecordingService) -> None:
    async with SimulatedJitsi(service.url, domain_verification=False) as jitsi:
        await jitsi.join("r1", minted({**GOOD, "sub": "other.example"}))
        with pytest.raises(NotLetIn, match="mismatched"):
            await jitsi.join("r2", minted(GOOD))


async def test_rs256_keys_come_from_the_key_server_once_per_kid(service: RecordingService) -> None:
    key = RSAKey.generate_key(2048)
    name = hashlib.sha256(b"key-1").hexdigest()

    async def key_server(asked: Any) -> web.Response:
        if asked.target.endswith(".pem"):
            found = asked.target.endswith(f"/asap/{name}.pem")
            return web.Response(body=key.as_pem(private=False)) if found else web.Response(status=404)
        return await willing_answer(asked)

    willing_answer = service.answer
    service.answer = key_server
    async with SimulatedJitsi(service.url, rs256_key_server=f"{service.url}/asap") as jitsi:
        for _ in range(2):
            await jitsi.join("r1", minted(GOOD, key=key, alg="RS256", kid="key-1"))
        assert len(service.of("GET", f"/asap/{name}.pem")) == 1
        for header, text in (({"kid": "key-2"}, "could not obtain public key"), ({}, "'kid' claim is missing")):
            with pytest.raises(NotLetIn, match=text):
                await jitsi.join("r1", minted(GOOD, key=key, alg="RS256", **header))
        with pytest.raises(NotLetIn, match="Invalid or incorrect alg"):
            await jitsi.join("r1", minted(GOOD, kid="key-1"))


async def test_an_unsigned_token_is_nobody(jitsi: SimulatedJitsi) -> None:
    parts = [json.dumps({"typ": "JWT", "alg": "none"}), json.dumps(GOOD)]
    token = ".".join(base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts) + "."
    with pytest.raises(NotLetIn) as caught:
        await jitsi.join("r1", token)
    assert caught.value.stage == "login"
