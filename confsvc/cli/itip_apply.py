"""``confsvc itip apply``: what an incoming message would do to an entry, both as files."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from confsvc.cli.setup import WRONG, fail, json_option, show
from confsvc.cli.untrusted import content, limited
from integrations.calendar.itip.apply import apply_incoming
from integrations.calendar.itip.event import Event
from integrations.calendar.itip.files import event_from_ics
from integrations.calendar.itip.memory import MINE
from integrations.calendar.itip.outcome import Outcome
from integrations.calendar.itip.raw import MOST_BYTES
from integrations.calendar.itip.reading import Unreadable, read
from integrations.calendar.itip.writing import event_to_ics
from integrations.errors import Refused


@click.command("apply")
@click.argument("existing", type=click.Path(path_type=Path))
@click.argument("incoming", type=click.Path(path_type=Path))
@click.option("--sender", required=True, metavar="MAILTO", help="The address of the mail's From header.")
@click.option("--now", "at", metavar="ISO", help="The present. [default: no stamp is beyond tomorrow]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the entry as it is afterwards.")
@json_option
def apply(existing: Path, incoming: Path, sender: str, at: str | None, out: Path | None, as_json: bool) -> None:
    """Say what the message INCOMING (REPLY, COUNTER, …) would do to the entry EXISTING.

    Either may be - for standard input. Prints the outcome and the resulting entry. Exit 0 for every decision; 1 where a
    file cannot be read.
    """
    now = _moment(at)
    with limited():
        try:
            event = _event(content(existing, MOST_BYTES))
        except Refused as problem:
            fail(f"{existing}: {problem.reason}")
        try:
            parsed = read(content(incoming, MOST_BYTES))
        except Unreadable as problem:
            fail(f"{incoming}: not read: {problem.reason}")
        outcome = apply_incoming(event, parsed, sender, now=now)
        ics = event_to_ics(outcome.event or event)
    if out is not None:
        out.write_bytes(ics)
    document = _document(outcome)
    lines = [f"{name}: {value}" for name, value in document.items() if value and name != "more"]
    for other in outcome.more:
        lines.append(f"also {other.recurrence_id.text() if other.recurrence_id else 'the series'}: {other.code}")
    shown = "" if out is not None else "\n\n" + ics.decode().replace("\r\n", "\n").rstrip("\n")
    show(document, as_json=as_json, line="\n".join(lines) + shown)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        read_at = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--now {text} is no time like 2026-09-02T03:00Z", WRONG)
    return read_at.astimezone(UTC) if read_at.tzinfo else read_at.replace(tzinfo=UTC)


def _event(data: bytes) -> Event:
    """Of a file that does not say which of its changes were major, all are taken for it."""
    event = event_from_ics(data)
    if MINE.encode() in data:
        return event
    master = replace(event.master, last_major_sequence=event.master.sequence) if event.master else None
    dates = tuple(replace(date, last_major_sequence=date.sequence) for date in event.overrides)
    return replace(event, master=master, overrides=dates)


def _document(outcome: Outcome) -> dict[str, object]:
    return {
        "outcome": outcome.code,
        "reason": outcome.reason,
        "attendee": f"mailto:{outcome.attendee}" if outcome.attendee else None,
        "partstat": outcome.partstat,
        "recurrence_id": outcome.recurrence_id.text() if outcome.recurrence_id else None,
        "comment": outcome.comment,
        "proposed_start": outcome.starts.text() if outcome.starts else None,
        "proposed_end": outcome.ends.text() if outcome.ends else None,
        "deputy": f"mailto:{outcome.deputy.mail}" if outcome.deputy else None,
        "more": [_document(other) for other in outcome.more],
    }
