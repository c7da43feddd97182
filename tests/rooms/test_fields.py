"""Mail addresses: one rule for people in the directory, accounts, guests and what a calendar entry can carry."""

from __future__ import annotations

import pytest

from integrations.addresses import plain_address
from rooms.errors import Invalid
from rooms.fields import Checks, is_mail

GOOD = ("a@x.vn", "nguyen.van-a+1@bacgiang.gov.vn", "o'neil@x.vn", f"{'a' * 64}@x.vn", f"a@{'b' * 63}.vn")
WRONG = (
    "", "a", "a@", "@x.vn", "a@x", "a@-x.vn", "a@x-.vn", "a..b@x.vn", "...@x.vn", "a b@x.vn", "á@x.vn", "a`b@x.vn",
    "a@x.vn\n", "a@x.vn,b@x.vn", f"{'a' * 65}@x.vn", f"a@{'b' * 64}.vn", f"a@{'b.' * 130}vn", "A@X.VN",
)  # fmt: skip


@pytest.mark.parametrize("address", GOOD)
def test_what_is_taken_can_be_written_into_an_invitation(address: str) -> None:
    assert is_mail(address) and plain_address(address) == address
    assert Checks().mail("mail", f" {address.upper()} ") == address


@pytest.mark.parametrize("address", WRONG)
def test_what_cannot_be_an_address_is_refused(address: str) -> None:
    assert not is_mail(address)
    checks = Checks()
    if address.strip().lower() == address and address:
        checks.mail("mail", address)
        with pytest.raises(Invalid):
            checks.done()
