"""Who may do what: permissions, the functions that carry them, and the one question ``may``.  (pure)

A function is held for one unit or for all. Held for a unit it covers that unit's own office and nothing else: the
province's committee is nobody's superior here unless its people hold a function for all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rooms.errors import NotAllowed


class Permission(StrEnum):
    """What a route asks for. The first five are not held through functions."""

    PUBLIC = "public"  # anybody, signed in or not
    SIGNED_IN = "signed_in"  # any account
    ENDPOINT = "endpoint"  # a paired device, by its token
    BRIDGE_CALLBACK = "bridge_callback"  # a video host, by its callback secret
    METRICS = "metrics"  # this machine, or whoever operates the service

    CONFERENCE_READ = "conference.read"
    CONFERENCE_BOOK = "conference.book"
    CONFERENCE_CHANGE = "conference.change"
    CONFERENCE_CANCEL = "conference.cancel"
    CONFERENCE_APPROVE = "conference.approve"
    CAPACITY_APPROVE = "capacity.approve"  # whether lines and video hosts can bear it
    APPROVAL_READ = "approval.read"  # what waits to be decided on
    CONFERENCE_PURGE = "conference.purge"  # empty what was written about a conference, for good
    LETTER_PURGE = "letter.purge"  # take a signed letter's file out for good
    CONFERENCE_CONDUCT = "conference.conduct"  # help a running one: end it, call a site
    RESULT_CONFIRM = "result.confirm"
    RESULT_CORRECT = "result.correct"
    CONFERENCE_LOG = "conference.log"
    DIRECTORY_READ = "directory.read"
    DIRECTORY_EDIT = "directory.edit"
    CONTACT_EDIT = "contact.edit"
    ENDPOINT_READ = "endpoint.read"
    ENDPOINT_PAIR = "endpoint.pair"
    OUTBOX_READ = "outbox.read"
    OUTBOX_RETRY = "outbox.retry"
    FIGURES_READ = "figures.read"
    REPORT_WRITE = "report.write"
    GOAL_EDIT = "goal.edit"
    ACCOUNT_ADMIN = "account.admin"
    AUDIT_READ = "audit.read"
    RULES_EDIT = "rules.edit"
    CLOSURE_EDIT = "closure.edit"  # take rooms, lines and video hosts out of use for a time


P = Permission
NOT_BY_FUNCTION = frozenset({P.PUBLIC, P.SIGNED_IN, P.ENDPOINT, P.BRIDGE_CALLBACK, P.METRICS})
_READING = frozenset({P.CONFERENCE_READ, P.DIRECTORY_READ, P.FIGURES_READ})
_BOOKING = frozenset({P.CONFERENCE_BOOK, P.CONFERENCE_CHANGE, P.CONFERENCE_CANCEL, P.CONFERENCE_LOG, P.RESULT_CONFIRM})

FUNCTION_PERMISSIONS: dict[str, frozenset[Permission]] = {
    "booker": _READING | _BOOKING | {P.OUTBOX_READ},
    "approver": _READING | {P.CONFERENCE_APPROVE, P.APPROVAL_READ, P.CONFERENCE_CANCEL, P.OUTBOX_READ},
    "operator": _READING
    | {
        P.CONFERENCE_CONDUCT, P.RESULT_CORRECT, P.ENDPOINT_READ, P.ENDPOINT_PAIR, P.OUTBOX_READ, P.OUTBOX_RETRY,
        P.CLOSURE_EDIT, P.CONTACT_EDIT, P.CAPACITY_APPROVE, P.APPROVAL_READ,
    },
    "site_contact": _READING | {P.ENDPOINT_READ, P.CONTACT_EDIT},
    "endpoint": frozenset(),
    "leader": _READING,
    "reporter": _READING | {P.REPORT_WRITE, P.GOAL_EDIT, P.CONFERENCE_LOG, P.RESULT_CONFIRM},
    "admin": _READING
    | {
        P.DIRECTORY_EDIT, P.CONTACT_EDIT, P.ENDPOINT_READ, P.ENDPOINT_PAIR, P.OUTBOX_READ, P.OUTBOX_RETRY,
        P.CLOSURE_EDIT, P.ACCOUNT_ADMIN, P.GOAL_EDIT, P.RULES_EDIT, P.LETTER_PURGE, P.CONFERENCE_PURGE,
    },
    "auditor": _READING | {P.AUDIT_READ, P.OUTBOX_READ},
}  # fmt: skip
"""The nine functions and what each carries."""

SCOPES: dict[str, frozenset[Permission]] = {
    "read": _READING | {P.ENDPOINT_READ, P.OUTBOX_READ},
    "book": _BOOKING,
    "conduct": frozenset(
        {
            P.CLOSURE_EDIT,
            P.CONFERENCE_APPROVE,
            P.CAPACITY_APPROVE,
            P.APPROVAL_READ,
            P.CONFERENCE_CONDUCT,
            P.RESULT_CORRECT,
            P.OUTBOX_RETRY,
            P.ENDPOINT_PAIR,
        }
    ),
    "directory": frozenset({P.DIRECTORY_EDIT, P.CONTACT_EDIT, P.RULES_EDIT}),
    "report": frozenset({P.REPORT_WRITE, P.GOAL_EDIT}),
    "audit": frozenset({P.AUDIT_READ}),
    "accounts": frozenset({P.ACCOUNT_ADMIN, P.LETTER_PURGE, P.CONFERENCE_PURGE}),
    "tokens": frozenset(),
}
"""What an API token may be narrowed to; ``tokens`` is needed to handle tokens with a token."""


@dataclass(frozen=True)
class Grant:
    """A function in force today, for one unit or for all (None). ``substitute_for``: the account in whose absence."""

    function: str
    unit_id: int | None
    substitute_for: int | None = None


@dataclass(frozen=True)
class Actor:
    """Who asks. ``scopes`` None: a person's session; else what the API token is narrowed to."""

    account_id: int
    login: str
    name: str
    unit_id: int | None
    language: str
    grants: tuple[Grant, ...] = ()
    scopes: frozenset[str] | None = None

    @property
    def text(self) -> str:
        """As ``change`` rows name it."""
        return f"account:{self.account_id}"

    @property
    def functions(self) -> frozenset[str]:
        return frozenset(grant.function for grant in self.grants)


def may(actor: Actor, permission: Permission, unit_id: int | None = None) -> bool:
    """Whether ``actor`` may do this for the office ``unit_id``; None asks "for all offices"."""
    if permission in NOT_BY_FUNCTION:
        return permission is Permission.SIGNED_IN
    if not _in_scope(actor, permission):
        return False
    return any(
        permission in FUNCTION_PERMISSIONS[grant.function] and (grant.unit_id is None or grant.unit_id == unit_id)
        for grant in actor.grants
    )


def may_somewhere(actor: Actor, permission: Permission) -> bool:
    """Whether there is any office for which ``actor`` may do this: what a route asks before it knows the office."""
    if permission in NOT_BY_FUNCTION:
        return permission is Permission.SIGNED_IN
    return _in_scope(actor, permission) and any(permission in FUNCTION_PERMISSIONS[g.function] for g in actor.grants)


def units_for(actor: Actor, permission: Permission) -> frozenset[int] | None:
    """The offices for which ``actor`` may do this; None means all."""
    if not _in_scope(actor, permission):
        return frozenset()
    held = [g.unit_id for g in actor.grants if permission in FUNCTION_PERMISSIONS[g.function]]
    return None if None in held else frozenset(unit_id for unit_id in held if unit_id is not None)


def holds_any(actor: Actor, functions: Collection[str], unit_id: int) -> bool:
    """Whether ``actor`` holds one of these functions for this office or for all: for acts that a rule gives away."""
    return any(grant.function in functions and grant.unit_id in (None, unit_id) for grant in actor.grants)


def require(actor: Actor, permission: Permission, unit_id: int | None = None) -> None:
    """Raises NotAllowed unless ``may``."""
    if not may(actor, permission, unit_id):
        raise NotAllowed(permission=str(permission))


def acts_for(actor: Actor, permission: Permission, unit_id: int | None = None) -> int | None:
    """The account in whose place ``actor`` does this; None when the right is the actor's own."""
    held = [
        grant.substitute_for
        for grant in actor.grants
        if permission in FUNCTION_PERMISSIONS[grant.function] and grant.unit_id in (None, unit_id)
    ]
    return None if None in held else next(iter(held), None)


def request_hosts(actor: Actor) -> frozenset[int] | None:
    """The offices whose requests ``actor`` may see besides those whose drafts he sees: where he is asked; None: all."""
    if may(actor, Permission.CAPACITY_APPROVE):
        return None
    return units_for(actor, Permission.CONFERENCE_APPROVE)


def sees_draft(actor: Actor, host_unit_id: int) -> bool:
    """Whether ``actor`` may know of a draft of this office: its own people, and whoever books for it."""
    return actor.unit_id == host_unit_id or may(actor, Permission.CONFERENCE_BOOK, host_unit_id)


def draft_hosts(actor: Actor) -> Sequence[int] | None:
    """The offices whose drafts ``actor`` may see (``sees_draft``); None means all."""
    units = units_for(actor, Permission.CONFERENCE_BOOK)
    if units is None:
        return None
    return sorted(units | ({actor.unit_id} if actor.unit_id is not None else set()))


def _in_scope(actor: Actor, permission: Permission) -> bool:
    return actor.scopes is None or any(permission in SCOPES[scope] for scope in actor.scopes if scope in SCOPES)
