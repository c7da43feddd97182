"""Which addresses may be called: public ones, and private ones only when they are listed."""

from __future__ import annotations

import ipaddress

import pytest

from integrations.errors import Refused
from integrations.http import HttpClient
from integrations.outside import Allowed, WrongUrl, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "198.18.0.1", "192.0.0.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:10.0.0.1",
        "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_what_is_not_everybodys(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "113.160.0.1", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://portal.example/x", "https_wanted"), ("ftp://portal.example", "not_an_address"),
        ("https://", "not_an_address"),
        ("https://user:pw@portal.example/", "not_an_address"), ("https://10.0.0.1/", "private_address"),
        ("https://[::1]/", "private_address"), ("https://localhost/", "private_address"),
        ("https://a.localhost/", "private_address"), ("https://portal.example:0/", "not_an_address"),
        ("https://portal.example:99999/", "not_an_address"), ("https://pörtal.example/", "not_an_address"),
        ("https://portal.example/a b", "not_an_address"), ("https://portal.example/#x", "not_an_address"),
        ("https://x/" + "a" * 500, "not_an_address"), ("javascript:alert(1)", "not_an_address"),
    ],
)  # fmt: skip
def test_addresses_that_are_never_called(url: str, code: str) -> None:
    with pytest.raises(WrongUrl) as problem:
        Allowed().check(url)
    assert problem.value.code == code


def test_what_is_listed_may_be_called() -> None:
    allowed = Allowed.of(["portal.noi-bo", "10.0.0.0/8", "192.168.7.9"])
    assert allowed.check("http://portal.noi-bo/x") and allowed.check("https://10.1.1.1/x")
    assert allowed.may_call("portal.noi-bo", ipaddress.ip_address("172.16.3.4"))
    assert allowed.may_call("anything.example", ipaddress.ip_address("10.9.9.9"))
    assert not allowed.may_call("portal.noi-bo", ipaddress.ip_address("127.0.0.1"))  # this machine: by network only
    assert not allowed.may_call("portal.noi-bo", ipaddress.ip_address("169.254.169.254"))
    assert not allowed.may_call("other.example", ipaddress.ip_address("172.16.3.4"))
    with pytest.raises(ValueError, match="does not appear"):
        Allowed.of(["not a host!"])


async def test_a_name_that_resolves_to_a_private_address_is_refused_before_anything_is_sent() -> None:
    async with HttpClient("http://localhost:9", allow=lambda one: Allowed().may_call("localhost", one)) as client:
        with pytest.raises(Refused, match="outside the allowed networks"):
            await client.call("POST", "/", body=b"secret")
