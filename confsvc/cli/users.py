"""Accounts and API tokens from the command line."""

from __future__ import annotations

from datetime import timedelta

import click
from sqlalchemy.orm import Session

from confsvc import accounts, tokens
from confsvc.access import SCOPES
from confsvc.asker_queries import list_grants
from confsvc.cli.setup import Setup, fail, json_option, now, show, told
from confsvc.models import Account
from confsvc.passwords import Passwords, password_errors
from confsvc.queries import find_account_by_login, list_accounts
from confsvc.sessions import actor_of
from rooms.errors import Invalid
from rooms.queries import find_unit
from scheduler.local_time import local_day


@click.group()
def user() -> None:
    """Who can sign in: add, password, disable, list."""


def _account(db: Session, login: str) -> Account:
    account = find_account_by_login(db, accounts.fold_login(login))
    if account is None:
        fail(f"there is no account {login}")
    return account


def _link(setup: Setup, token: str) -> str:
    return f"{setup.settings().public_url}/password/{token}"


@user.command("add")
@click.argument("login")
@click.option("--name", required=True, help="The person's name.")
@click.option("--unit", help="Code of the office (STTTT). Functions are for this office unless --all-units.")
@click.option("--function", "functions", multiple=True, type=click.Choice(accounts.GRANTABLE), help="May be repeated.")
@click.option("--all-units", is_flag=True, help="The functions hold for every office.")
@click.option("--mail", help="Mail address.")
@click.option("--language", type=click.Choice(accounts.LANGUAGES), default="vi", show_default=True)
@json_option
@click.pass_obj
def add(
    setup: Setup, login: str, name: str, unit: str | None, functions: tuple[str, ...], all_units: bool,
    mail: str | None, language: str, as_json: bool,
) -> None:  # fmt: skip
    """Add an account and print the link with which its owner sets the password (once, within three days)."""
    at = now()

    def work(db: Session) -> str:
        place = find_unit(db, unit, local_day(at)) if unit else None
        if unit and place is None:
            fail(f"there is no unit {unit} today")
        unit_id = place.id if place else None
        account_id = accounts.add_account(
            db, login, name, actor="cli", now=at, mail=mail, unit_id=unit_id, language=language
        )
        for function in functions:
            scope = None if all_units else unit_id
            accounts.add_grant(db, account_id, function, actor="cli", now=at, unit_id=scope)
        return tokens.add_link(db, "password", now=at, account_id=account_id)

    if functions and not unit and not all_units:
        raise click.UsageError("say for which office (--unit) or for all (--all-units)")
    with setup.database() as database, told():
        link = _link(setup, database.write_now(work))
    show({"login": login, "link": link}, as_json=as_json, line=f"» {login} was added; set the password at\n  {link}")


@user.command("password")
@click.argument("login")
@click.option("--prompt", is_flag=True, help="Ask for the password here instead of printing a link.")
@json_option
@click.pass_obj
def password(setup: Setup, login: str, prompt: bool, as_json: bool) -> None:
    """Print a link that sets a new password, or set it here (--prompt). Sessions end when it is set."""
    at = now()
    if not prompt:
        with setup.database() as database, told():
            token = database.write_now(
                lambda db: tokens.add_link(db, "password", now=at, account_id=_account(db, login).id)
            )
        show({"login": login, "link": _link(setup, token)}, as_json=as_json, line=f"» {_link(setup, token)}")
        return
    typed: str = click.prompt("New password", hide_input=True, confirmation_prompt=True)
    with setup.database() as database, told():
        if errors := password_errors(typed, login=login):
            raise Invalid(errors)
        hashed = Passwords().hash_now(typed)
        database.write_now(lambda db: accounts.set_password(db, _account(db, login).id, hashed, actor="cli", now=at))
    show({"login": login, "set": True}, as_json=as_json, line="» the password was set, sessions have ended")


@user.command("disable")
@click.argument("login")
@click.option("--reason", help="Kept in the log.")
@click.option("--enable", is_flag=True, help="Let the account sign in again instead.")
@click.pass_obj
def disable(setup: Setup, login: str, reason: str | None, enable: bool) -> None:
    """Nobody signs in with this account any more; its sessions, tokens and links end."""
    at = now()

    def work(db: Session) -> None:
        account_id = _account(db, login).id
        if enable:
            accounts.enable_account(db, account_id, actor="cli", now=at)
        else:
            accounts.disable_account(db, account_id, actor="cli", now=at, reason=reason)

    with setup.database() as database, told():
        database.write_now(work)
    click.echo(f"» {login} is {'enabled' if enable else 'disabled'}")


@user.command("list")
@json_option
@click.pass_obj
def list_(setup: Setup, as_json: bool) -> None:
    """Every account with its functions."""
    day = local_day(now())

    def work(db: Session) -> list[dict[str, object]]:
        return [
            {
                "login": account.login, "name": account.name, "disabled": account.disabled_at is not None,
                "functions": sorted({grant.function for grant in list_grants(db, account.id, day)}),
            }
            for account in list_accounts(db)
        ]  # fmt: skip

    with setup.database() as database:
        found = database.read_now(work)
    lines = [f"{a['login']}  {a['name']}  {a['functions']}{'  (disabled)' if a['disabled'] else ''}" for a in found]
    show(list(found), as_json=as_json, line="\n".join(lines) or "» nobody yet")


@click.group()
def token() -> None:
    """Keys for programs that use the API."""


@token.command("add")
@click.argument("login")
@click.option("--name", required=True, help="What the program is called.")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(sorted(SCOPES)))
@click.option("--days", type=click.IntRange(1, 730), default=365, show_default=True)
@json_option
@click.pass_obj
def token_add(setup: Setup, login: str, name: str, scopes: tuple[str, ...], days: int, as_json: bool) -> None:
    """Make an API token for an account, narrowed to scopes. It is shown once."""
    at = now()

    def work(db: Session) -> str:
        account = _account(db, login)
        actor = actor_of(db, account, now=at)
        expires = at + timedelta(days=days)
        return tokens.add_token(db, account.id, name, scopes, expires=expires, actor=actor, by="cli", now=at).token

    with setup.database() as database, told():
        made = database.write_now(work)
    show({"token": made}, as_json=as_json, line=made)
