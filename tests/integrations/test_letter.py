"""Invitation mails: structure, headers, identical bytes on repetition, and nothing that can inject a header."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.calendar.ics import Attendee, Organizer, render
from integrations.calendar.lint import lint
from integrations.mail.bounces import bounce_address, read_bounce_address
from integrations.mail.letter import _POLICY, Letter, Mailbox, build_letter, message_id
from tests.integrations.test_ics import REQUEST

AT = datetime(2026, 9, 1, 2, 3, 4, tzinfo=UTC)
KEY = b"a key of the test rig"
ID = message_id("5b0c0c0e-6f0f-4d0e-9a57-0b2f3d1b7a55@hop.example", "0", 0, 0, "b@huyen.example", "hop.example")


def letter(**changes: Any) -> Letter:
    given = {
        "sender": bounce_address("17", "hop.example", KEY),
        "author": Mailbox("hop@hop.example", "Họp trực tuyến tỉnh Bắc Giang"),
        "recipient": Mailbox("B@Huyen.example", "Trần B"),
        "message_id": ID,
        "date": AT,
        "method": "REQUEST",
        "subject": "Mời họp: Tập huấn an toàn thông tin, 07/09/2026",
        "text": "Kính gửi ông\n\nVào họp",
        "html": "<p>Kính gửi ông</p>",
        "ics": render(REQUEST),
    }
    return build_letter(**{**given, **changes})


def parsed(made: Letter) -> EmailMessage:
    found = message_from_bytes(made.content, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_the_structure_that_calendars_look_for() -> None:
    message = parsed(letter())
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    parts = {part.get_content_type(): part for part in message.walk()}
    calendar, attachment = parts["text/calendar"], parts["application/ics"]
    assert dict(calendar["Content-Type"].params) == {"charset": "utf-8", "method": "REQUEST", "name": "invite.ics"}
    assert "Content-Disposition" not in calendar
    assert attachment["Content-Disposition"].params["filename"] == "invite.ics"
    assert {part["Content-Transfer-Encoding"] for part in message.walk() if not part.is_multipart()} == {"base64"}
    assert calendar.get_payload(decode=True) == attachment.get_payload(decode=True) == render(REQUEST)
    assert lint(render(REQUEST), method=calendar["Content-Type"].params["method"], recipient="b@huyen.example") == []
    assert parts["text/plain"].get_payload(decode=True) == "Kính gửi ông\r\n\r\nVào họp\r\n".encode()


def test_the_headers() -> None:
    message = parsed(letter(references=[ID]))
    assert str(message["From"]) == "Họp trực tuyến tỉnh Bắc Giang <hop@hop.example>"
    assert str(message["To"]) == "Trần B <b@huyen.example>"
    assert str(message["Subject"]) == "Mời họp: Tập huấn an toàn thông tin, 07/09/2026"
    assert message["Date"].datetime == AT
    assert message["Message-ID"] == message["In-Reply-To"] == message["References"] == ID
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["Content-Language"] == "vi"
    assert not {"Reply-To", "Sender", "Precedence", "Return-Path"} & set(message.keys())
    assert "In-Reply-To" not in parsed(letter())


def test_the_bytes_travel_anywhere_and_repeat_exactly() -> None:
    made = letter()
    assert made == letter()
    assert made.content.isascii()
    assert b"\n" not in made.content.replace(b"\r\n", b"")
    assert max(map(len, made.content.split(b"\r\n"))) < 120
    assert f"\r\nMessage-ID: {ID}\r\n".encode() in made.content
    assert made.sender.startswith("bounce+17.")
    assert made.recipient == "b@huyen.example"


def test_a_big_list_travels_once() -> None:
    many = tuple(Attendee(f"nguoi-{n}@xa.example", "Ủy ban nhân dân xã có tên rất dài") for n in range(230))
    ics = render(replace(REQUEST, attendees=many, organizer=Organizer("hop@hop.example", "UBND")))
    assert len(ics) > 20_000
    kinds = [part.get_content_type() for part in parsed(letter(ics=ics)).walk()]
    assert ("text/calendar" in kinds, "application/ics" in kinds) == (True, False)


@given(name=st.text(max_size=60), subject=st.text(max_size=300), text=st.text(max_size=200))
def test_no_words_can_inject_a_header(name: str, subject: str, text: str) -> None:
    nasty = f"{subject}\r\nBcc: x@y.example\r\n\r\nbody{subject}"
    made = letter(
        author=Mailbox("hop@hop.example", name),
        recipient=Mailbox("b@huyen.example", nasty),
        subject=nasty,
        text=text,
        html=text,
    )
    message = parsed(made)
    assert set(message.keys()) == {
        "Content-Type",
        "MIME-Version",
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "X-Auto-Response-Suppress",
        "Content-Language",
    }
    assert message.defects == []
    assert [address.addr_spec for address in message["To"].addresses] == ["b@huyen.example"]
    assert [address.addr_spec for address in message["From"].addresses] == ["hop@hop.example"]
    assert len(str(message["Subject"])) <= 200
    assert len(list(message.walk())) == 6


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": "<a@b>\r\nBcc: <x@y>"},
        {"message_id": "a"},
        {"references": ["<a b@c>"]},
        {"method": "X\r\nY"},
        {"recipient": Mailbox("b@c\r\nBcc: x@y", "")},
        {"author": Mailbox("a", "")},
        {"sender": "a>\r\nRCPT TO:<x@y"},
        {"date": datetime(2026, 1, 1)},  # noqa: DTZ001
        {"language": "vi\r\nX: y"},
        {"attachment_name": 'a"; x="b'},
    ],
)
def test_what_cannot_stand_in_a_header_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        letter(**change)


def test_a_header_that_would_end_within_its_value_never_leaves() -> None:
    assert _POLICY.fold_binary("Subject", "a\n b") == b"Subject: a\r\n b\r\n"
    with pytest.raises(ValueError, match="Subject"):
        _POLICY.fold_binary("Subject", "a\r\nBcc: x@y.vn")


def test_message_ids_differ_by_everything_that_makes_another_letter() -> None:
    base = ("u@h", "0", 1, 0, "a@b.c", "hop.example")
    others = [
        ("v@h", *base[1:]),
        ("u@h", "20260907T010000Z", *base[2:]),
        (*base[:2], 2, *base[3:]),
        (*base[:3], 1, *base[4:]),
        (*base[:4], "x@b.c", base[5]),
    ]
    assert len({message_id(*each) for each in [base, *others]}) == 6  # type: ignore[arg-type]
    assert message_id("u@h", "0", 1, 0, "A@B.c", "hop.example") == message_id(*base)
    with pytest.raises(ValueError, match="Message-ID"):
        message_id("a b@h", "0", 1, 0, "a@b.c", "hop.example")


def test_only_our_own_bounce_addresses_are_read() -> None:
    address = bounce_address("17-3", "hop.example", KEY)
    assert read_bounce_address(address, KEY) == "17-3"
    assert read_bounce_address(address.upper(), KEY) == "17-3"
    assert read_bounce_address(address, b"another") is None
    assert read_bounce_address(address.replace("17-3", "17-4"), KEY) is None
    assert read_bounce_address("hop@hop.example", KEY) is None
    with pytest.raises(ValueError, match="outbox id"):
        bounce_address("a@b", "hop.example", KEY)
