"""Calendar files and rules of repetition on the command line, without a database."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from confsvc.cli.setup import json_option, show
from confsvc.cli.untrusted import content, limited
from integrations.calendar.timezones import TZID, known_zones
from rooms.errors import FieldError, Invalid
from scheduler.booking.series.recurrence import Rule, expand, parse_rule
from scheduler.local_time import LOCAL

REFUSED = 3
MOST_BYTES = 8 * 1024 * 1024
MOST_SHOWN = 100
_WHY = {
    "rule_form": "not NAME=VALUE;NAME=VALUE with each name once, of {allowed}",
    "rule_part": "{part} cannot be used like this; allowed: {allowed}",
    "rule_end": "needs either COUNT or UNTIL",
    "rule_start": "the first date is not one of the rule",
    "rule_length": "more than {max} dates or {years} years",
    "too_long": "more than {max} signs",
}


@click.group()
def calendar() -> None:
    """Calendar files and rules of repetition."""


@calendar.command("expand")
@click.argument("rule")
@click.option("--start", "starts", required=True, metavar="ISO", help="First occurrence: 2026-09-07T08:00.")
@click.option("--tz", "zone", default=TZID, show_default=True, metavar="ZONE", help="Time zone in which it repeats.")
@json_option
def expand_rule(rule: str, starts: str, zone: str, as_json: bool) -> None:
    """Print every occurrence of RULE (the value of an RRULE), or why it is refused (exit 3).

    Refused is what calendars read differently, and what never ends.
    """
    first, place = _start(starts, zone)
    try:
        with limited():
            dates = _dates(rule.removeprefix("RRULE:").strip(), first, place)
    except Invalid as problem:
        error = problem.errors[0]
        why = _why(error)
        show({"refused": error.code, "reason": why}, as_json=as_json, line=None if as_json else "")
        if not as_json:
            click.echo(f"✗ {why}", err=True)
        raise click.exceptions.Exit(REFUSED) from problem
    found = [date.isoformat() for date in dates]
    show(found, as_json=as_json, line="\n".join(found))


def _start(starts: str, zone: str) -> tuple[datetime, ZoneInfo]:
    if zone not in known_zones():
        raise click.UsageError(f"--tz {zone} is no time zone, like {TZID}")
    place = ZoneInfo(zone)
    try:
        first = datetime.fromisoformat(starts)
    except ValueError as problem:
        raise click.UsageError(f"--start {starts} is no time like 2026-09-07T08:00") from problem
    return (first.astimezone(place) if first.tzinfo else first.replace(tzinfo=place)).replace(microsecond=0), place


def _dates(text: str, first: datetime, place: ZoneInfo) -> list[datetime]:
    """The rule counts wall time, so that of any zone can be counted where ours would stand, which has no summer time;
    only UNTIL is an instant."""
    rule = _there(parse_rule(text), text, place)
    walls = [at.astimezone(LOCAL).replace(tzinfo=None) for at in expand(rule, first.replace(tzinfo=LOCAL))]
    return [wall.replace(tzinfo=place).astimezone(UTC).astimezone(place) for wall in walls]


def _there(rule: Rule, text: str, place: ZoneInfo) -> Rule:
    if rule.until is None or not re.search(r"UNTIL=\d{8}T\d{6}Z", text.upper()):
        return rule
    return replace(rule, until=rule.until.replace(tzinfo=LOCAL).astimezone(place).replace(tzinfo=None))


def _why(error: FieldError) -> str:
    return _WHY.get(error.code, error.code).format_map(error.data)


@calendar.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def check(file: Path, as_json: bool) -> None:
    """Say what calendars will trip over in FILE (.ics, or - for standard input): the rules for what we send, or for a
    feed where it is one, and libical's own check where that library is installed. Exit 1 with findings."""
    from integrations.calendar.libical import findings
    from integrations.calendar.lint import lint

    with limited():
        data = content(file, MOST_BYTES)
        feed = re.search(rb"^X-WR-CALNAME", data, re.MULTILINE | re.IGNORECASE) is not None
        own = lint(data, feed=feed)
    theirs = findings(data)
    found = [*own, *(f"libical: {one}" for one in theirs or [])]
    lines = [f"✗ {one}" for one in found[:MOST_SHOWN]]
    if len(found) > MOST_SHOWN:
        lines.append(f"✗ … and {len(found) - MOST_SHOWN} more")
    if theirs is None:
        lines.append("» libical is not on this machine (apt-get install libical3); only our own rules were checked")
    if not found:
        lines.append(f"✓ {file}: nothing found")
    document = {"findings": found[:MOST_SHOWN], "count": len(found), "libical": theirs is not None}
    show(document, as_json=as_json, line="\n".join(lines))
    if found:
        raise click.exceptions.Exit(1)
