"""What a mail is, in the shapes of many servers; and that no file costs more time than it should."""

from __future__ import annotations

import base64
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from confsvc.cli import main
from confsvc.mail_reader import TOO_LONG, MailReader
from integrations.mail.bounces import bounce_address, weight
from integrations.mail.explain import Explained, explain
from integrations.mail.explain_child import decode, encode
from tests.fakes.mails import ABSENT, CALENDAR, EXIM, GMAIL, QMAIL, answer, multipart, report

KEY = b"key"
VERP = bounce_address("17", "hop.example", KEY)


def first(explained: Explained) -> tuple[str, str, str]:
    return explained.recipients[0].address, explained.recipients[0].action, explained.recipients[0].status


@pytest.mark.parametrize(
    "mail, expected",
    [
        (report("5.1.1", diagnostic="550 5.1.1 unknown"), ("b@huyen.example", "failed", "5.1.1")),
        (report("5.0.0", diagnostic="550 5.7.1 denied"), ("b@huyen.example", "failed", "5.7.1")),
        (report("5.1.10", diagnostic="550 5.1.10 RESOLVER.ADR"), ("b@huyen.example", "failed", "5.1.10")),
        (report("4.4.1", action="delayed"), ("b@huyen.example", "delayed", "4.4.1")),
        (report("2.1.5", action="relayed"), ("b@huyen.example", "relayed", "2.1.5")),
        (report("5.2.2").replace(b"rfc822;", b"RFC822;"), ("b@huyen.example", "failed", "5.2.2")),
        (QMAIL, ("b@huyen.example", "failed", "5.1.1")),
        (EXIM, ("b@huyen.example", "failed", "5.7.1")),
        (GMAIL, ("b@huyen.example", "failed", "5.2.2")),
    ],
)  # fmt: skip
def test_bounces_of_many_makes(mail: bytes, expected: tuple[str, str, str]) -> None:
    found = explain(mail)
    assert found.kind == "bounce"
    assert first(found) == expected


def test_what_a_status_means_for_an_address() -> None:
    assert [weight("failed", one) for one in ("5.1.1", "5.1.10", "5.7.1", "", "5.2.2", "4.2.2")] == [
        "gone", "gone", "hard", "hard", "soft", "soft",
    ]  # fmt: skip
    assert [weight("delayed", "5.1.1"), weight("relayed", ""), weight("complaint", "")] == ["soft", "none", "none"]


def test_a_mail_without_a_sender_to_a_sealed_address_is_a_bounce_whatever_it_says() -> None:
    mail = f"Return-Path: <>\nFrom: x@mx.example\nTo: {VERP}\nSubject: ?\n\nunreadable\n".encode()
    assert (explain(mail, bounce_key=KEY).kind, explain(mail, bounce_key=KEY).outbox_id) == ("bounce", "17")
    assert explain(mail, bounce_key=b"another").kind == "auto-reply", "nobody can claim a letter without the key"
    named = report("5.1.1", headers=f"Delivered-To: {VERP}\n")
    assert explain(named, bounce_key=KEY).outbox_id == "17"
    assert explain(named).about == "<ours@hop.example>"


@pytest.mark.parametrize("name", ABSENT)
def test_who_is_absent_has_not_bounced(name: str) -> None:
    assert explain(ABSENT[name]).kind == "auto-reply"
    sealed = b"Delivered-To: " + VERP.encode() + b"\n" + ABSENT[name]
    if name != "no header at all":  # that one nobody can tell from a bounce
        assert explain(sealed, bounce_key=KEY).kind == "auto-reply"


def test_complaints_and_read_receipts() -> None:
    arf = report("5.0.0").replace(b"message/delivery-status", b"message/feedback-report")
    arf = arf.replace(b"Reporting-MTA: dns; mx.example", b"Feedback-Type: abuse\nOriginal-Rcpt-To: <b@huyen.example>")
    assert (explain(arf).kind, first(explain(arf))) == ("abuse-report", ("b@huyen.example", "complaint", ""))
    read = report("x").replace(b"message/delivery-status", b"message/disposition-notification")
    assert explain(read).kind == "auto-reply"


@pytest.mark.parametrize("method, kind", [("REPLY", "reply"), ("COUNTER", "counter"), ("REFRESH", "refresh")])
def test_answers(method: str, kind: str) -> None:
    found = explain(answer(method, headers="Authentication-Results: mx; dmarc=pass\nAuto-Submitted: auto-generated\n"))
    assert (found.kind, found.method, found.from_address) == (kind, method, "b@huyen.example")
    assert found.calendar and b"UID:u1@hop.example" in found.calendar
    assert found.authentication == "mx; dmarc=pass"


def test_answers_in_odd_places() -> None:
    head = "From: b@huyen.example\n"
    text = CALENDAR.format(method="REPLY")
    top = f"{head}Content-Type: text/calendar; method=reply\n\n{text}".encode()
    packed = base64.encodebytes(text.encode("utf-16")).decode()
    coded = f"{head}Content-Type: text/calendar; method=REPLY; charset=utf-16\n"
    coded += f"Content-Transfer-Encoding: base64\n\n{packed}"
    attached = multipart("mixed", f'Content-Type: application/octet-stream; name="R.ics"\n\n{text}', headers=head)
    for mail in (top, top.replace(b"\n", b"\r\n"), top.replace(b"\r\n", b"\n"), coded.encode(), attached):
        found = explain(mail)
        assert (found.kind, found.calendar is not None and b"UID:u1" in found.calendar) == ("reply", True)


@pytest.mark.parametrize(
    "mail, reason",
    [
        (answer("REQUEST"), "method_request"),
        (answer("REPLY", kind="text/calendar; method=REQUEST"), "method_mismatch"),
        (answer("REPLY").replace(b"From: B", b"From: A <a@x.example>, B"), "no_single_sender"),
        (answer("REPLY").replace(b"From: B", b"From: a@x.example\nFrom: B"), "no_single_sender"),
        (answer("REPLY").replace(b"SEQUENCE", b"X" * 300_000 + b":\r\nSEQUENCE"), "too_much_calendar"),
        (b"", "no_headers"),
        (b"x" * (2 * 1024 * 1024 + 1), "too_much_size"),
    ],
)  # fmt: skip
def test_refused(mail: bytes, reason: str) -> None:
    assert (explain(mail).kind, explain(mail).reason) == ("refused", reason)


def test_an_invitation_in_a_report_is_no_answer() -> None:
    inside = multipart(
        "report; report-type=delivery-status", "Content-Type: text/plain\n\nx",
        f"Content-Type: text/calendar; method=REPLY\n\n{CALENDAR.format(method='REPLY')}",
        "Content-Type: message/rfc822\n\n" + answer().decode().replace("=_b", "=_inner"),
        headers="From: b@huyen.example\n",
    )  # fmt: skip
    assert explain(inside).calendar is None
    passed_on = multipart(
        "mixed",
        "Content-Type: message/rfc822\n\n" + answer().decode().replace("=_b", "=_inner"),
        headers="From: c@x.example\n",
    )
    assert explain(passed_on).kind == "human"


def test_people_and_ourselves() -> None:
    mail = "From: Lan <lan@so.example>\nIn-Reply-To: <a@hop.example>\n\nTôi bận.\n".encode()
    found = explain(mail)
    assert (found.kind, found.in_reply_to, found.words.strip()) == ("human", "<a@hop.example>", "Tôi bận.")
    assert explain(mail, own_address="lan@so.example").reason == "own_mail"
    assert explain(b"From: news@x.example\nList-Id: <l>\n\nx").kind == "auto-reply"
    bare = answer(kind="text/calendar").replace(b"METHOD:REPLY\r\n", b"")
    assert (explain(bare).kind, explain(bare).reason) == ("human", "calendar_without_method")


HEAD = b"From: MAILER-DAEMON\nReturn-Path: <>\nSubject: Undelivered\n"
HOSTILE = {
    "a million headers": b"X: y\n" * 400_000,
    "continuations": b"From: a@b.vn\n" + b" x\n" * 600_000,
    "deep nesting": b"".join(b"Content-Type: multipart/x; boundary=b%d\n\n--b%d\n" % (i, i) for i in range(20_000)),
    "one encoded word": b"From: a@b.vn\nSubject: =?utf-8?q?" + b"=3D" * 600_000 + b"?=\n\nx",
    "comments in From": b"From: " + b"(" * 3_000 + b"\n\nx",
    "quotes in From": b"From: " + b'"\\' * 1_900 + b"\n\nx",
    "boundaries": HEAD + b'Content-Type: multipart/mixed; boundary="a"\n\n' + b"--a\n" * 500_000,
    "nearly boundaries": HEAD + b'Content-Type: multipart/mixed; boundary="a"\n\n' + b"--ab\n" * 400_000,
    "one line": HEAD + b"\n" + b"a" * 1_900_000,
    "ats": HEAD + b"\n" + b"a@" * 900_000,
    "angles": HEAD + b"Content-Type: text/html\n\n" + b"<" * 1_900_000,
    "dots": HEAD + b"\n" + b"5.1." * 20_000 + b"\n" + b"-" * 100_000,
    "blanks": HEAD + b"\n" + (b" " * 499 + b"\n") * 4_000,
    "recipients": HEAD + b"Content-Type: multipart/report; boundary=a\n\n--a\nContent-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822; a@b.example\nAction: failed\n\n" * 30_000,
    "parameters": HEAD + b"Content-Type: multipart/mixed; " + b'; a="' * 20_000 + b"\n\nx",
    "quoted-printable": HEAD
    + b"Content-Type: text/calendar; method=REPLY\nContent-Transfer-Encoding: quoted-printable\n\n"
    + b"=" * 1_900_000,
    "methods": HEAD + b"Content-Type: text/calendar; method=REPLY\n\n" + b"METHOD\n" * 36_000,
    "zeros": b"\0" * 2_000_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_file_costs_more_than_it_should(name: str) -> None:
    began = time.process_time()
    assert explain(HOSTILE[name]).kind
    assert time.process_time() - began < 0.5


def test_what_takes_too_much_ends_the_child_and_the_next_mail_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("confsvc.mail_reader._START", "import sys; sys.stdin.buffer.read(9); 2 ** 30000000")
    with MailReader(deadline=0.3) as reader:
        assert reader.explain(QMAIL) == TOO_LONG
        monkeypatch.undo()
        reader._deadline = 10
        assert reader.explain(QMAIL).kind == "bounce"
        assert reader.explain(answer()).kind == "reply", "the same child goes on"


def test_memory_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    start = "import sys; sys.path.insert(0, sys.argv[1]); import integrations.mail.explain_child as c; "
    monkeypatch.setattr(
        "confsvc.mail_reader._START", start + "c.explain = lambda *a, **k: bytes(300_000_000); c.main()"
    )
    with MailReader() as reader:
        assert reader.explain(QMAIL) == TOO_LONG


def test_an_explanation_travels() -> None:
    for mail in (QMAIL, answer(), report("5.1.1"), b""):
        assert decode(encode(explain(mail, bounce_key=KEY))) == explain(mail, bounce_key=KEY)


def test_the_command(tmp_path: Path) -> None:
    path = tmp_path / "m.eml"
    path.write_bytes(QMAIL)
    said = CliRunner().invoke(main, ["mail", "explain", str(path)])
    assert (said.exit_code, said.output.splitlines()[0]) == (0, "bounce: known_text")
    assert "b@huyen.example  failed  5.1.1" in said.output
    piped = CliRunner().invoke(main, ["mail", "explain", "-", "--json"], input=answer())
    assert '"kind": "reply"' in piped.output
    assert CliRunner().invoke(main, ["mail", "explain", str(tmp_path / "none.eml")]).exit_code == 2
    assert CliRunner().invoke(main, ["mail", "explain", str(tmp_path)]).exit_code == 2
