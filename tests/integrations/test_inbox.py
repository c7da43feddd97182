"""Fetching mail: from a real IMAP server that fails in every way, and from a folder."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.errors import Refused, Unavailable
from integrations.mail.inbox import Fetched
from integrations.mail.inbox_folder import FolderInbox
from integrations.mail.inbox_imap import ImapInbox
from tests.fakes.dovecot import DOVECOT, WHY, Dovecot

MAIL = b"From: a@b.example\r\nSubject: 1\r\n\r\nx\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    if DOVECOT is None:
        pytest.skip(WHY)
    with Dovecot() as started:
        yield started


def imap(server: Dovecot, user: str, **changes: object) -> ImapInbox:
    given = {"user": user, "password": server.password, "most_bytes": 10_000, "timeout": 5.0, **changes}
    return ImapInbox(server.host, server.port, tls="none", **given)  # type: ignore[arg-type]


class Kept:
    """What was handed over; ``fails``: how often it cannot be stored first."""

    def __init__(self, fails: int = 0) -> None:
        self.mails: list[Fetched] = []
        self.fails = fails

    def __call__(self, mail: Fetched) -> None:
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the database is away")
        self.mails.append(mail)


def test_what_is_unread_is_fetched_once(server: Dovecot) -> None:
    kept = Kept()
    assert imap(server, "an").collect(kept, 10) == 0
    for number in range(5):
        server.deliver("an", MAIL.replace(b"1", str(number).encode(), 1))
    assert imap(server, "an").collect(kept, 3) == 3
    assert imap(server, "an").collect(kept, 3) == 2
    assert imap(server, "an").collect(kept, 3) == 0
    assert len({mail.raw for mail in kept.mails}) == 5
    assert server.flags("an") == ["S"] * 5


def test_what_could_not_be_stored_comes_again(server: Dovecot) -> None:
    server.deliver("binh", MAIL)
    kept = Kept(fails=1)
    with pytest.raises(ConnectionError):
        imap(server, "binh").collect(kept, 10)
    assert imap(server, "binh").collect(kept, 10) == 1
    assert kept.mails[0].raw == MAIL


def test_a_connection_lost_after_storing_brings_the_mail_again(server: Dovecot) -> None:
    server.deliver("chi", MAIL)
    kept = Kept()

    def keep(mail: Fetched) -> None:
        kept(mail)
        server.stop()

    with pytest.raises(Unavailable):
        imap(server, "chi").collect(keep, 10)
    server.start()
    assert imap(server, "chi").collect(kept, 10) == 1
    assert [mail.raw for mail in kept.mails] == [MAIL, MAIL]


def test_what_is_too_large_is_noted_and_left(server: Dovecot) -> None:
    server.deliver("dung", MAIL + b"x" * 20_000)
    kept = Kept()
    assert imap(server, "dung").collect(kept, 10) == 1
    assert (kept.mails[0].raw, kept.mails[0].size > 20_000) == (None, True)
    assert server.flags("dung") == ["FS"]
    assert imap(server, "dung").collect(kept, 10) == 0


def test_what_is_configured_wrongly_is_refused(server: Dovecot) -> None:
    with pytest.raises(Refused, match="user and password"):
        imap(server, "em", password="wrong").collect(Kept(), 1)
    with pytest.raises(Refused, match="no such folder"):
        imap(server, "em", folder="Nowhere").collect(Kept(), 1)


def test_a_server_that_is_not_there_or_says_nothing_is_unavailable() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = int(silent.getsockname()[1])
        box = ImapInbox("127.0.0.1", port, tls="none", user="a", password="b", most_bytes=1, timeout=0.2)
        with pytest.raises(Unavailable):
            box.collect(Kept(), 1)
    with pytest.raises(Unavailable):
        box.collect(Kept(), 1)


def drop(folder: Path, name: str, mail: bytes, *, age: float = 60) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(mail)
    state = path.stat()
    os.utime(path, (state.st_mtime - age, state.st_mtime - age))
    return path


def test_a_folder(tmp_path: Path) -> None:
    folder, kept = tmp_path / "inbox", Kept()
    inbox = FolderInbox(folder, most_bytes=10_000)
    assert inbox.collect(kept, 10) == 0
    drop(folder, "a.eml", MAIL)
    drop(folder / "new", "b.host", MAIL + b"2", age=0)
    drop(folder, "large.eml", b"x" * 20_000)
    drop(folder, "half.eml", MAIL, age=0)
    drop(folder, "notes.txt", MAIL)
    (folder / "link.eml").symlink_to("/etc/passwd")
    assert inbox.collect(kept, 10) == 3
    assert {(mail.name, mail.raw is None) for mail in kept.mails} == {
        ("a.eml", False), ("b.host", False), ("large.eml", True),
    }  # fmt: skip
    drop(folder, "a.eml", MAIL + b"another of that name")
    assert inbox.collect(kept, 10) == 1
    assert sorted(path.name for path in (folder / "cur").iterdir()) == ["a.1.eml", "a.eml", "b.host"]


def test_a_folder_that_cannot_be_used_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "inbox").write_text("a file")
    with pytest.raises(Unavailable):
        FolderInbox(tmp_path / "inbox", most_bytes=1).collect(Kept(), 1)
