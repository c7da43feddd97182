"""The check of everything that tests send: a calendar that is wrong, or goes to somebody who is not on it, is found."""

from __future__ import annotations

import pytest

from integrations.calendar.ics import render
from integrations.mail.letter import Mailbox, build_letter
from tests.fakes import post
from tests.integrations.test_ics import AT, REQUEST


def sent(ics: bytes, recipient: str, method: str = "REQUEST") -> list[str]:
    letter = build_letter(
        sender="hop@hop.example", author=Mailbox("hop@hop.example", "Họp"), recipient=Mailbox(recipient, "B"),
        subject="Mời họp", message_id="<1@hop.example>", date=AT, text="x", html="<p>x</p>", ics=ics, method=method,
    )  # fmt: skip
    post.keep(letter.content, [letter.recipient])
    return post.complaints()


@pytest.fixture(autouse=True)
def nothing_received(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "RECEIVED", {})


def test_a_good_letter_is_kept_and_passes() -> None:
    assert sent(render(REQUEST), "b@huyen.example") == []
    assert list(post.RECEIVED) == [render(REQUEST)]


def test_a_stranger_another_method_and_a_broken_line_are_found() -> None:
    assert "x@x.example is not on it" in sent(render(REQUEST), "x@x.example")[0]
    post.RECEIVED.clear()
    assert any(
        "differs from the MIME parameter CANCEL" in one for one in sent(render(REQUEST), "b@huyen.example", "CANCEL")
    )
    post.RECEIVED.clear()
    assert any("CRLF" in one for one in sent(render(REQUEST).replace(b"\r\nSEQ", b"\nSEQ"), "b@huyen.example"))
