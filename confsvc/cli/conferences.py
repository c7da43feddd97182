"""Conferences and the figure on the command line."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import click
from sqlalchemy.orm import Session

from confsvc.cli.setup import Setup, fail, json_option, now, show, told
from rooms.queries import list_units
from scheduler.booking.giving_way.postpone import Chosen, concerned, postpone_together
from scheduler.booking.queries import find_conference, list_guests
from scheduler.list_queries import list_starting
from scheduler.local_time import LOCAL, instant, local_day
from scheduler.models import STATES, Conference
from scheduler.record.figures import Figures, read_figures
from scheduler.record.indicator import Share
from scheduler.record.queries import list_delegations
from scheduler.record.selection import Selection


@click.group()
def conference() -> None:
    """Look at conferences: list, show; postpone many."""


def _row(item: Conference, hosts: dict[int, str]) -> dict[str, Any]:
    return {
        "key": item.key,
        "starts": item.starts.astimezone(LOCAL).isoformat(timespec="minutes"),
        "ends": item.ends.astimezone(LOCAL).isoformat(timespec="minutes"),
        "state": item.state,
        "form": item.form,
        "host": hosts.get(item.host_unit_id, str(item.host_unit_id)),
        "title": item.title,
    }


@conference.command("list")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="First day. [default: today]")
@click.option("--days", type=click.IntRange(1, 366), default=7, show_default=True)
@click.option("--state", type=click.Choice(STATES))
@json_option
@click.pass_obj
def list_(setup: Setup, since: datetime | None, days: int, state: str | None, as_json: bool) -> None:
    """Conferences that start within some days, in order of time."""
    first = since.date() if since else local_day(now())
    begins = instant(first)

    def work(db: Session) -> list[dict[str, Any]]:
        hosts = {unit.id: unit.short for unit in list_units(db, first)}
        return [_row(item, hosts) for item in list_starting(db, begins, begins + timedelta(days=days), state=state)]

    with setup.database() as database:
        found = database.read_now(work)
    lines = [
        f"{c['starts'][:16].replace('T', ' ')}  {c['key']}  {c['state']:<11}  {c['host']}: {c['title']}" for c in found
    ]
    show(list(found), as_json=as_json, line="\n".join(lines) or "» none in these days")


@conference.command("show")
@click.argument("key")
@json_option
@click.pass_obj
def show_(setup: Setup, key: str, as_json: bool) -> None:
    """Everything of one conference but its tickets."""

    def work(db: Session) -> dict[str, Any] | None:
        item = find_conference(db, key)
        if item is None:
            return None
        hosts = {unit.id: unit.short for unit in list_units(db, local_day(item.starts))}
        return {
            **_row(item, hosts),
            "kind": item.kind,
            "outcome": item.outcome,
            "version": item.version,
            "delegations": [{"unit": d.unit_short, "mode": d.planned_mode} for d in list_delegations(db, item.id)],
            "recipients": [{"mail": g.mail, "role": g.role} for g in list_guests(db, item.id)],
        }

    with setup.database() as database, told():
        found = database.read_now(work)
    if found is None:
        fail(f"there is no conference {key}")
        return
    show(found, as_json=as_json)


@click.command()
@click.option("--year", type=click.IntRange(2000, 2200), help="[default: this year]")
@json_option
@click.pass_obj
def report(setup: Setup, year: int | None, as_json: bool) -> None:
    """The share of counted meetings held online in a year, against its goal, by month and host group."""
    at = now()
    number = year or local_day(at).year
    with setup.database() as database, told():
        figures = database.read_now(read_figures, number, Selection(), now=at)
    shown = _figures(figures)
    lines = [
        f"{number}: {shown['online']} of {shown['counted']} counted meetings were held online: {shown['share']}",
        f"goal: {shown['goal']}" if shown["goal"] else "no goal is set for the year",
        f"waiting for their result: {shown['unconfirmed']}",
        *(f"  {m['month']:02d}  {m['online']:>4} / {m['counted']:<4} {m['share']}" for m in shown["months"]),
    ]
    show(shown, as_json=as_json, line="\n".join(lines))


def _figures(figures: Figures) -> dict[str, Any]:
    gross = figures.measure.gross
    goal = f"{figures.goal.num}/{figures.goal.den}" if figures.goal else None
    if goal and figures.attained is not None:
        goal += " attained" if figures.attained else " not attained"
    return {
        "year": figures.year,
        "counted": gross.den,
        "online": gross.num,
        "share": _shown(gross),
        "goal": goal,
        "unconfirmed": figures.measure.awaited,
        "months": [
            {"month": m.number, "counted": m.share.den, "online": m.share.num, "share": _shown(m.share)}
            for m in figures.months
        ],
    }


def _shown(share: Share) -> str:
    text = share.shown(".")
    return f"{text} %" if text is not None else "nothing to count"


@conference.command("postpone")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day.")
@click.option("--days", type=click.IntRange(1, 31), default=2, show_default=True)
@click.option("--notice", default="", help="Stands in every letter; needed unless --dry-run.")
@click.option("--dry-run", is_flag=True, help="Only say which meetings and how many people it concerns.")
@json_option
@click.pass_obj
def postpone_(setup: Setup, since: datetime, days: int, notice: str, dry_run: bool, as_json: bool) -> None:
    """Postpone the everyday meetings of some days together; the service works through them."""
    begins = instant(since.date())
    chosen = Chosen(begins, begins + timedelta(days=days))
    with setup.database() as database, told():
        found = database.read_now(concerned, chosen, now=now())
        key = ""
        if not dry_run:
            key = database.write_now(postpone_together, chosen, notice, actor="cli", now=now())
    people, sites = sum(one.people for one in found), sum(one.sites for one in found)
    said = {"key": key, "meetings": [one.key for one in found], "sites": sites, "people": people}
    lines = [f"{one.starts.astimezone(LOCAL):%Y-%m-%d %H:%M}  {one.key}  {one.title}" for one in found]
    lines.append(f"» {len(found)} meetings, {sites} sites, {people} people")
    lines.append(f"» batch {key}: /postpone/{key}" if key else "» nothing was changed")
    show(said, as_json=as_json, line="\n".join(lines))
