"""A year's plan on the command line: what a file would do, booking it, and getting one out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from confsvc.access import Actor, Grant
from confsvc.accounts import fold_login
from confsvc.cli.setup import Setup, json_option, now, show, told
from confsvc.config import Settings
from confsvc.database import Database
from confsvc.plan_booking import PART, Asking, book_line, digest_of, judge_lines, list_exported
from confsvc.plan_files import TYPES, Line, read_plan, write_plan
from confsvc.queries import find_account_by_login
from confsvc.rules import rules_of
from confsvc.sessions import actor_of
from confsvc.standing_rules import read_rules
from confsvc.web.errors import text_of
from confsvc.web.pages.phrases import Phrases
from confsvc.web.pages.plan_words import field_sentences, reasons_of
from rooms.errors import Invalid, Problem
from scheduler.booking.booking import Rules
from scheduler.booking.plan_import import SoFar, Verdict
from scheduler.booking.plan_queries import list_active_hosts

WORDS = Phrases("en")
LOOKING = Actor(0, "cli", "cli", None, "en", (Grant("booker", None),))
"""Whoever may read the configuration may look at everything; booking needs a person."""


@click.command("import-plan")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--host", default="", help="Code of the office for rows that name none.")
@click.option("--dry-run", is_flag=True, help="Show row by row what would happen, book nothing.")
@click.option("--as", "login", help="The account that books; its name is kept with every meeting.")
@click.option("--no-secrets", is_flag=True, help="This account declares that no state secret will be spoken of.")
@click.option("--reason", default="", help="Reason for short notice, for all rows that need it.")
@click.option("--draft", is_flag=True, help="Save drafts, which hold no room.")
@json_option
@click.pass_obj
def import_plan(
    setup: Setup, file: Path, host: str, dry_run: bool, login: str | None, no_secrets: bool, reason: str, draft: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Book a year's plan from a CSV, XLSX or calendar file, each row by itself.

    A row that cannot be booked is told with its reason and stops nothing. The same file again books nothing twice.
    """
    at = now()
    settings = setup.settings()
    with setup.database(settings) as database, told():
        lines = read_plan(file.read_bytes()).lines
        rules = database.read_now(_rules, settings)
        if not dry_run and login is None:
            raise click.UsageError("say who books with --as LOGIN, or use --dry-run")
        actor = LOOKING if login is None else database.read_now(_person, login, now=at)
        asking = Asking(actor, digest_of(lines), host, reason, no_secrets, draft)
        rows = _look(database, lines, asking, rules, at) if dry_run else _book(database, lines, asking, rules, at)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["result"]] = counts.get(row["result"], 0) + 1
    lines_shown = [f"row {r['row']}: {r['result']} {r.get('key', '')} {r['title']} {r['why']}".rstrip() for r in rows]
    total = ", ".join(f"{count} {name}" for name, count in counts.items()) or "no rows"
    show({"rows": rows, **counts}, as_json=as_json, line="\n".join([*lines_shown, f"» {total}"]))


def _rules(db: Session, settings: Settings) -> Rules:
    """As the running service has them, with the video hosts that it has entered."""
    return read_rules(db, rules_of(settings, list_active_hosts(db)))


def _person(db: Session, login: str, *, now: datetime) -> Actor:
    account = find_account_by_login(db, fold_login(login))
    if account is None or account.disabled_at is not None:
        raise Problem("account_not_found")
    return actor_of(db, account, now=now)


def _look(
    database: Database, lines: tuple[Line, ...], asking: Asking, rules: Rules, at: datetime
) -> list[dict[str, Any]]:
    so_far, found = SoFar(), list[Verdict]()
    for start in range(0, len(lines), PART):
        part = lines[start : start + PART]
        found += database.read_now(judge_lines, part, so_far, asking, now=at, rules=rules)
        click.echo(f"{min(start + PART, len(lines))} of {len(lines)} rows", err=True)
    titles = [line.fields.get("title", "") for line in lines]
    return [
        {"row": v.number, "result": v.code, "title": title, "why": " ".join(reasons_of(v, WORDS)),
         "free": v.way.starts.isoformat() if v.way else None}
        for title, v in zip(titles, found, strict=True)
    ]  # fmt: skip


def _book(
    database: Database, lines: tuple[Line, ...], asking: Asking, rules: Rules, at: datetime
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(lines, start=1):
        row: dict[str, Any] = {"row": line.number, "title": line.fields.get("title", ""), "why": ""}
        try:
            made = database.write_now(book_line, line, asking, now=at, rules=rules)
            row |= {"result": made.state or "planned", "key": made.key}
        except Invalid as problem:
            row |= {"result": "refused", "why": " ".join(field_sentences(problem.errors, WORDS))}
        except Problem as problem:
            row |= {"result": "refused", "why": text_of(problem, "en")}
        rows.append(row)
        if number % PART == 0 or number == len(lines):
            click.echo(f"{number} of {len(lines)} rows", err=True)
    return rows


@click.command("export-plan")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day.")
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Last day.")
@click.option("--host", default="", help="Code of one office. [default: all]")
@click.option("--language", type=click.Choice(["vi", "en"]), default="vi", show_default=True)
@click.pass_obj
def export_plan(setup: Setup, file: Path, since: datetime, until: datetime, host: str, language: str) -> None:
    """Write the meetings of a period to FILE (.csv, .xlsx or .ics), to be read or imported again."""
    kind = file.suffix.lower().lstrip(".")
    if kind not in TYPES:
        raise click.UsageError("the file's name ends in .csv, .xlsx or .ics")
    settings = setup.settings()
    with setup.database(settings) as database, told():
        found = database.read_now(
            list_exported, LOOKING, since.date(), until.date(), host, language, domain=settings.mail.domain
        )
    file.write_bytes(write_plan(kind, found, language, stamp=now()))
    click.echo(f"» {len(found)} meetings in {file}")
