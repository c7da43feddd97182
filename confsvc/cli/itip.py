"""Invitations on the command line: which messages a change means, for anybody's test cases."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import click

from confsvc.cli.itip_apply import apply
from confsvc.cli.setup import fail, json_option, show
from integrations.addresses import plain_address
from integrations.calendar.itip.event import bare
from integrations.calendar.itip.sets import plan_files
from integrations.errors import Refused

REFUSED = 3


@click.group()
def itip() -> None:
    """Calendar messages (iTIP), worked out from files; touches no data and sends nothing."""


itip.add_command(apply)


@itip.command()
@click.argument("old", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.argument("new", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--organizer", required=True, metavar="MAILTO", help="Whose entry it is; gets no mail himself.")
@click.option("--now", "at", metavar="TIME", help="Leave out what is over by then (ISO). [default: nothing is over]")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write each message as .ics there.")
@json_option
def plan(old: Path, new: Path, organizer: str, at: str | None, out: Path | None, as_json: bool) -> None:
    """The messages that are mailed when the entry in OLD becomes the one in NEW; - stands for none.

    Exit code 3, with the reason, where no calendar could follow such a change.
    """
    try:
        messages = plan_files(_content(old), _content(new), _address(organizer), now=_time(at))
    except Refused as problem:
        refuse(problem)
    lines = []
    for number, one in enumerate(messages, start=1):
        date = f" of {one.recurrence_id}" if one.recurrence_id else ""
        weight = ", answers void" if one.significant else ""
        lines.append(f"{number:03} {one.method} {one.recipient}{date} (SEQUENCE {one.sequence}{weight})")
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            (out / f"{number:03}-{one.method.lower()}-{_file_name(one.recipient)}.ics").write_bytes(one.ics)
    document = [
        {"method": one.method, "recipient": one.recipient, "significant": one.significant, "sequence": one.sequence,
         "recurrence_id": one.recurrence_id}
        for one in messages
    ]  # fmt: skip
    show(document, as_json=as_json, line="\n".join([*lines, f"» {len(messages)} messages"]))


def refuse(problem: Refused) -> NoReturn:
    """The reason on standard error, and the exit code for it."""
    fail(problem.reason, REFUSED)


def _content(path: Path) -> bytes | None:
    return None if str(path) == "-" else path.read_bytes()


def _address(value: str) -> str:
    try:
        return plain_address(bare(value))
    except ValueError as problem:
        raise click.BadParameter(f"{value!r} is no mail address", param_hint="--organizer") from problem


def _time(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError as problem:
        raise click.BadParameter(f"{value!r} is no ISO time", param_hint="--now") from problem
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _file_name(recipient: str) -> str:
    return re.sub(r"[^a-z0-9@._-]", "_", bare(recipient))[:100]
