"""Mails on the command line: what the inbox would make of one."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any

import click

from confsvc.cli.setup import Setup, fail, json_option, show
from confsvc.mail_reader import MailReader
from confsvc.own_links import bounce_key
from integrations.mail.explain import Explained
from integrations.mail.explain_parts import MOST_BYTES

PATIENCE = 1.5
"""Seconds for the mail alone; with the start of the processes it stays under two."""
_UNREADABLE = 2


@click.group()
def mail() -> None:
    """Mails that come in."""


@mail.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@json_option
@click.pass_obj
def explain(setup: Setup, file: Path, as_json: bool) -> None:
    """Say what the inbox would make of the mail in FILE ("-": standard input): an answer to an invitation, a report
    that one did not arrive, a machine's or a person's words.

    Never more than two seconds and 200 MB; more than 2 MB are not read. Nothing is stored or sent. Return addresses of
    our own letters are recognised with the key in the folder of data (--var).
    """
    try:
        raw = _read(file)
    except OSError as problem:
        fail(f"{file} cannot be read: {problem.strerror or problem}", _UNREADABLE)
    with MailReader(bounce_key=_key(setup), deadline=PATIENCE) as reader:
        found = reader.explain(raw)
    show(_document(found), as_json=as_json, line=_line(found))


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read(MOST_BYTES + 1)
    with file.open("rb") as stream:
        return stream.read(MOST_BYTES + 1)


def _key(setup: Setup) -> bytes:
    path = (setup.var or Path("var")) / "secrets" / "service-key"
    try:
        return bounce_key(path.read_bytes().strip())
    except OSError:
        return b""


def _document(found: Explained) -> dict[str, Any]:
    names = ("kind", "reason", "method", "from_address", "message_id", "in_reply_to", "outbox_id", "about", "subject")
    recipients = [dataclasses.asdict(recipient) for recipient in found.recipients]
    return {name: getattr(found, name) for name in names} | {"recipients": recipients}


def _line(found: Explained) -> str:
    lines = [f"{found.kind}: {found.reason}"]
    if found.from_address:
        lines.append(f"  from {found.from_address}")
    if found.outbox_id:
        lines.append(f"  to the return address of letter {found.outbox_id}")
    for one in found.recipients:
        lines.append(f"  {one.address}  {one.action}  {one.status or '-'}  {one.diagnostic}".rstrip())
    return "\n".join(lines)
