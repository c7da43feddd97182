"""Tickets: deterministic bytes, Jitsi's own rules and refusal texts, both algorithms."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from integrations.jitsi.gate import Gate, TokenRefused, is_moderator
from integrations.jitsi.tokens import SigningKey, TokenMint

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
SECRET = "a secret of the test rig"


def pem(bits: int = 2048) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


RSA = SigningKey.rs256(pem(), "key-1")
HMAC = SigningKey.hs256(SECRET)


@pytest.fixture(params=["HS256", "RS256"])
def key(request: pytest.FixtureRequest) -> SigningKey:
    return HMAC if request.param == "HS256" else RSA


def mint(key: SigningKey) -> TokenMint:
    return TokenMint(key, issuer="confsvc", subject="meet.rig")


def gate(key: SigningKey, **options: Any) -> Gate:
    return Gate(key, issuers=("confsvc",), domain="meet.rig", **options)


def ticket(key: SigningKey, **changes: Any) -> str:
    return mint(key).room_token(
        **{
            "room": "hop-7k2m",
            "nbf": NOW,
            "exp": NOW + timedelta(hours=2),
            "user": {"id": "u-17", "name": "Nguyễn Văn A"},
            **changes,
        }
    )


def signed(key: SigningKey, **claims: Any) -> str:
    base = {"iss": "confsvc", "sub": "meet.rig", "aud": "jitsi", "room": "hop", "exp": NOW.timestamp() + 60}
    return key.sign({name: value for name, value in (base | claims).items() if value is not ...})


def test_claims_are_exactly_what_jitsi_reads(key: SigningKey) -> None:
    claims = gate(key).login(ticket(key, moderator=True, features={"recording": False}), NOW)
    assert claims == {
        "iss": "confsvc",
        "sub": "meet.rig",
        "aud": "jitsi",
        "room": "hop-7k2m",
        "nbf": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 7200,
        "context": {
            "user": {"id": "u-17", "name": "Nguyễn Văn A", "moderator": "true", "affiliation": "owner"},
            "features": {"recording": False},
        },
    }
    assert is_moderator(claims)
    assert not is_moderator(gate(key).login(ticket(key), NOW))
    gate(key).join(claims, "hop-7k2m")


def test_the_same_ticket_is_the_same_bytes(key: SigningKey) -> None:
    again = mint(key).room_token(
        "hop-7k2m", exp=NOW + timedelta(hours=2), nbf=NOW, user={"name": "Nguyễn Văn A", "id": "u-17"}
    )
    assert ticket(key) == again


@pytest.mark.parametrize(
    "changes",
    [
        {"room": ""},
        {"room": "*"},
        {"room": "a b"},
        {"room": "a@b"},
        {"user": {"id": 17}},
        {"user": {"id": None}},
        {"exp": NOW},
        {"nbf": datetime(2026, 1, 1)},  # noqa: DTZ001
    ],
)
def test_what_jitsi_would_choke_on_is_not_minted(changes: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        ticket(HMAC, **changes)


def test_a_server_token_opens_every_room_for_one_minute(key: SigningKey) -> None:
    token = mint(key).server_token(NOW)
    gate(key).join(gate(key).login(token, NOW + timedelta(seconds=59)), "any")
    with pytest.raises(TokenRefused, match=r"Not acceptable by exp \(0.0 sec since expired\)"):
        gate(key).login(token, NOW + timedelta(seconds=60))
    gate(key).login(token, NOW - timedelta(seconds=60))


def test_bad_keys_are_named_without_showing_them() -> None:
    public = RSA.public_pem()
    for make, text in [
        (lambda: SigningKey.hs256("short"), "14 bytes"),
        (lambda: SigningKey.rs256(b"x", "k"), "PEM"),
        (lambda: SigningKey.rs256(public, "k"), "public"),
        (lambda: SigningKey.rs256(pem(), ""), "kid"),
        (lambda: SigningKey.rs256(pem(1024), "k"), "2048"),
    ]:
        with pytest.raises(ValueError, match=text):
            make()
    assert SECRET not in repr(HMAC)


def test_the_key_server_gets_a_public_key_under_the_hash_of_its_name() -> None:
    assert RSA.public_pem().startswith(b"-----BEGIN PUBLIC KEY-----")
    assert RSA.public_name() == hashlib.sha256(b"key-1").hexdigest() + ".pem"
    with pytest.raises(ValueError, match="no public half"):
        HMAC.public_pem()


@pytest.mark.parametrize(
    ("claims", "text"),
    [
        ({"exp": str(int(NOW.timestamp()) + 60)}, "exp must be number"),
        ({"exp": NOW.timestamp() - 5}, "Not acceptable by exp (5.0 sec since expired)"),
        ({"nbf": NOW.timestamp() + 1}, "Not acceptable by nbf"),
        ({"nbf": "soon"}, "nbf must be number"),
        ({"iss": ...}, "'iss' claim is missing"),
        ({"iss": "other"}, "invalid 'iss' claim"),
        ({"aud": ...}, "'aud' claim is missing"),
        ({"aud": ["jitsi"]}, "invalid 'aud' claim"),
        ({"room": ...}, "'room' claim is missing"),
    ],
)
def test_login_refusals(key: SigningKey, claims: dict[str, Any], text: str) -> None:
    with pytest.raises(TokenRefused) as refusal:
        gate(key, audiences=("jitsi",)).login(signed(key, **claims), NOW)
    assert refusal.value.text == text
    assert refusal.value.hangs is (text == "'room' claim is missing")


def test_no_exp_never_expires_and_any_audience_still_needs_one(key: SigningKey) -> None:
    gate(key).login(signed(key, exp=...), NOW + timedelta(days=9999))
    gate(key).login(signed(key, aud="anything"), NOW)
    with pytest.raises(TokenRefused, match="'aud' claim is missing"):
        gate(key).login(signed(key, aud=...), NOW)


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("token", "text"),
    [
        ("", "Invalid token"),
        ("a.b", "Invalid token"),
        ("@@.e30.x", "Invalid header"),
        (f"{part([])}.{part({})}.x", "Invalid header"),
        (f"{part({})}.{part(1)}.x", "Invalid body"),
        (f"{part({'alg': 'HS256'})}.{part({})}.x", "Invalid typ"),
        (f"{part({'typ': 'JWT', 'alg': 'none'})}.{part({})}.x", "Invalid or incorrect alg"),
        (f"{part({'typ': 'JWT', 'alg': 'HS256'})}.{part({})}.x", "Invalid signature"),
    ],
)
def test_broken_tokens(token: str, text: str) -> None:
    with pytest.raises(TokenRefused) as refusal:
        gate(HMAC).login(token, NOW)
    assert refusal.value.text == text


def test_the_other_algorithm_and_another_key() -> None:
    with pytest.raises(TokenRefused, match="Invalid or incorrect alg"):
        gate(HMAC).login(ticket(RSA), NOW)
    with pytest.raises(TokenRefused, match="'kid' claim is missing"):
        gate(RSA).login(ticket(HMAC), NOW)
    with pytest.raises(TokenRefused, match="Invalid signature"):
        gate(HMAC).login(ticket(SigningKey.hs256(SECRET + "!")), NOW)
    with pytest.raises(TokenRefused, match="could not obtain public key"):
        gate(RSA).login(ticket(SigningKey.rs256(pem(), "key-2")), NOW)


@pytest.mark.parametrize(
    ("claims", "room", "verify_domain", "good"),
    [
        ({"room": "hop", "sub": "meet.rig"}, "hop", True, True),
        ({"room": "HOP", "sub": "meet.rig"}, "hop", True, True),
        ({"room": "hop", "sub": "meet.rig"}, "other", True, False),
        ({"room": "hop", "sub": "meet.rig"}, "[bacgiang]hop", True, False),
        ({"room": "hop", "sub": "bacgiang"}, "[bacgiang]hop", True, True),
        ({"room": "hop", "sub": "bacgiang"}, "hop", True, False),
        ({"room": "*", "sub": "*"}, "[bacgiang]x", True, True),
        ({"room": "*", "sub": "other.rig"}, "hop", True, False),
        ({"room": "hop", "sub": "other.rig"}, "hop", False, True),
        ({"room": "hop"}, "hop", False, True),
        ({"room": "hop"}, "other", False, False),
    ],
)
def test_the_door_of_a_room(claims: dict[str, str], room: str, verify_domain: bool, good: bool) -> None:
    door = gate(HMAC, verify_domain=verify_domain)
    if good:
        door.join(claims, room)
    else:
        with pytest.raises(TokenRefused, match="Room and token mismatched"):
            door.join(claims, room)


@pytest.mark.parametrize("claims", [{"room": ["hop"], "sub": "meet.rig"}, {"room": "hop"}, {"sub": "meet.rig"}])
def test_joins_that_prosody_never_answers(claims: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused) as refusal:
        gate(HMAC).join(claims, "hop")
    assert refusal.value.hangs
