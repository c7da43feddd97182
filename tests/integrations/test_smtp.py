"""Delivery through a real mail server that fails as told: which failures may have delivered, and which will never."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from integrations.errors import Refused, Unavailable
from integrations.http import HttpClient
from integrations.mail.maildir import MaildirMailer
from integrations.mail.mailer import Mailer
from integrations.mail.smtp import SmtpMailer
from tests.fakes.certificates import make_certificate
from tests.fakes.smtp_sink import SmtpSink
from tests.integrations.test_letter import letter

LETTER = letter()


async def test_a_batch_over_one_connection_arrives_byte_for_byte() -> None:
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port) as mailer:
        for n in range(3):
            await mailer.send(replace(LETTER, recipient=f"r{n}@huyen.example"))
        assert sink.connections == 1
        assert [one.recipients for one in sink.received] == [[f"r{n}@huyen.example"] for n in range(3)]
        assert {one.content for one in sink.received} == {LETTER.content}
        assert sink.received[0].sender == LETTER.sender
        assert sink.to("r1@huyen.example")[0].message["Message-ID"] == LETTER.message_id


@pytest.mark.parametrize("offered", [True, False])
async def test_reports_are_asked_of_failures_only_where_they_are_understood(offered: bool) -> None:
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port) as mailer:
        sink.dsn = offered
        await mailer.send(LETTER)
        await mailer.send(LETTER)
        assert sink.asked == ["RET=HDRS", "NOTIFY=FAILURE"] * (2 if offered else 0)
        assert len(sink.received) == 2


async def test_dots_at_the_start_of_a_line_survive() -> None:
    dotted = replace(LETTER, content=LETTER.content + b".\r\n..x\r\n")
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port) as mailer:
        await mailer.send(dotted)
        assert sink.received[0].content == dotted.content


@pytest.mark.parametrize(("answer", "code"), [("550 5.1.1 no such user", 550), ("553 no", 553)])
async def test_a_no_for_one_address_leaves_the_connection_for_the_next(answer: str, code: int) -> None:
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port) as mailer:
        sink.answers["b@huyen.example"] = answer
        with pytest.raises(Refused) as refusal:
            await mailer.send(LETTER)
        assert refusal.value.code == code
        assert refusal.value.__cause__ is not None
        await mailer.send(replace(LETTER, recipient="c@huyen.example"))
        assert (sink.connections, len(sink.received)) == (1, 1)


@pytest.mark.parametrize("place", ["recipient", "content", "greeting"])
async def test_later_is_later(place: str) -> None:
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port) as mailer:
        if place == "recipient":
            sink.answers["b@huyen.example"] = "451 4.7.1 greylisted"
        elif place == "content":
            sink.data_answer = "452 4.3.1 disk full"
        else:
            sink.greeting_answer = "554 not you"
        with pytest.raises(Unavailable) as failure:
            await mailer.send(LETTER)
        assert failure.value.maybe is False
        sink.answers, sink.data_answer, sink.greeting_answer = {}, None, None
        await mailer.send(LETTER)
        assert len(sink.received) == 1


async def test_a_content_that_is_refused() -> None:
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port) as mailer:
        sink.data_answer = "554 5.7.1 looks like spam"
        with pytest.raises(Refused) as refusal:
            await mailer.send(LETTER)
        assert refusal.value.code == 554


async def test_an_envelope_that_cannot_be_written_is_refused_and_injects_nothing() -> None:
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port) as mailer:
        for bad in ({"recipient": "a@b>\r\nRCPT TO:<x@y"}, {"sender": "độ@h.example"}):
            with pytest.raises(Refused):
                await mailer.send(replace(LETTER, **bad))
        await mailer.send(LETTER)
        assert [one.recipients for one in sink.received] == [["b@huyen.example"]]


async def test_a_lost_answer_may_have_delivered() -> None:
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port) as mailer:
        sink.drop_after_data = True
        with pytest.raises(Unavailable) as failure:
            await mailer.send(LETTER)
        assert failure.value.maybe is True
        sink.drop_after_data = False
        await mailer.send(LETTER)
        assert [one.content for one in sink.received] == [LETTER.content] * 2


async def test_a_line_cut_before_the_content_did_not_deliver() -> None:
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port) as mailer:
        sink.drop_before_data = True
        with pytest.raises(Unavailable) as failure:
            await mailer.send(LETTER)
        assert failure.value.maybe is False


@pytest.mark.parametrize("limits", [{"timeout": 0.1}, {"deadline": 0.3}])
async def test_a_server_that_hangs(limits: dict[str, float]) -> None:
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port, **limits) as mailer:  # type: ignore[arg-type]
        sink.hang = True
        with pytest.raises(Unavailable) as failure:
            await mailer.send(LETTER)
        assert failure.value.maybe is True
        sink.hang = False
        await mailer.send(LETTER)
        assert sink.connections == 2


async def test_nobody_listens_and_then_somebody_does() -> None:
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port) as mailer:
        await mailer.send(LETTER)
        await sink.stop()
        with pytest.raises(Unavailable) as failure:
            await mailer.send(LETTER)
        assert failure.value.maybe is False
        await sink.start()
        await mailer.send(LETTER)
        assert len(sink.received) == 2


async def test_a_kept_connection_that_was_closed_meanwhile_is_replaced() -> None:
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port) as mailer:
        await mailer.send(LETTER)
        sink.cut()
        await mailer.send(LETTER)
        assert (sink.connections, len(sink.received)) == (2, 2)


async def test_letters_at_once_go_one_after_the_other() -> None:
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port) as mailer:
        await asyncio.gather(*(mailer.send(replace(LETTER, recipient=f"r{n}@h.example")) for n in range(8)))
        assert (sink.connections, len(sink.received)) == (1, 8)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_tls_and_login(tls: str, tmp_path: Path) -> None:
    ca, context = make_certificate(tmp_path)
    starttls = context if tls == "starttls" else None
    async with SmtpSink(
        login=("confsvc", "hush") if starttls else None, starttls=starttls, tls=None if starttls else context
    ) as sink:
        login = {"username": "confsvc", "password": "hush"} if starttls else {}
        async with SmtpMailer(sink.host, sink.port, tls=tls, ca=ca, **login) as mailer:  # type: ignore[arg-type]
            await mailer.send(LETTER)
        assert len(sink.received) == 1
        async with SmtpMailer(sink.host, sink.port, tls=tls) as stranger:  # type: ignore[arg-type]
            with pytest.raises(Unavailable):
                await stranger.send(LETTER)


async def test_a_wrong_password_waits_for_its_repair_and_is_not_shown(tmp_path: Path) -> None:
    ca, context = make_certificate(tmp_path)
    async with (
        SmtpSink(login=("confsvc", "hush"), starttls=context) as sink,
        SmtpMailer(sink.host, sink.port, tls="starttls", ca=ca, username="confsvc", password="wrong-hush") as mailer,
    ):
        with pytest.raises(Unavailable) as failure:
            await mailer.send(LETTER)
        assert "wrong-hush" not in str(failure.value) + str(failure.value.__cause__)


async def test_starttls_is_never_skipped() -> None:
    async with SmtpSink() as sink, SmtpMailer(sink.host, sink.port, tls="starttls") as mailer:
        with pytest.raises(Unavailable):
            await mailer.send(LETTER)
        assert sink.received == []


async def test_a_folder_takes_a_letter_once(tmp_path: Path) -> None:
    mailer = MaildirMailer(tmp_path / "mail")
    await mailer.send(LETTER)
    await mailer.send(LETTER)
    (file,) = (tmp_path / "mail" / "new").iterdir()
    assert file.read_bytes() == (
        f"Return-Path: <{LETTER.sender}>\r\nDelivered-To: b@huyen.example\r\n".encode() + LETTER.content
    )
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []
    seen = tmp_path / "mail" / "cur" / f"{file.name}:2,S"
    file.rename(seen)
    await mailer.send(LETTER)
    assert list((tmp_path / "mail" / "new").iterdir()) == []
    assert mailer.find(LETTER.message_id) == seen
    assert mailer.find("<other@h>") is None
    await mailer.aclose()


async def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(Unavailable):
        await MaildirMailer(tmp_path / "mail").send(LETTER)


async def test_both_are_mailers(tmp_path: Path) -> None:
    async with SmtpSink() as sink:
        mailers: list[Mailer] = [SmtpMailer(sink.host, sink.port), MaildirMailer(tmp_path)]
        for mailer in mailers:
            await mailer.send(LETTER)
            await mailer.aclose()
        assert len(sink.received) == len(list((tmp_path / "new").iterdir())) == 1


async def test_https_with_an_own_authority(tmp_path: Path) -> None:
    ca, context = make_certificate(tmp_path)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with HttpClient(url, verify=ca) as http:
        assert (await http.call("GET", "/")).body == b"ok"
    async with HttpClient(url, retries=0) as http:
        with pytest.raises(Unavailable, match="no connection"):
            await http.call("GET", "/")
    server.close()
    await server.wait_closed()
