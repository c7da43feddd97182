"""Which requests somebody decides on, and in whose place.  (pure)

The head of an office is whoever holds "approver" for it; the province's halls and leaders belong to whoever holds it
for all offices; capacity to the operator for all.
"""

from __future__ import annotations

from collections.abc import Iterable

from confsvc.access import Actor, Permission, acts_for, may, units_for
from scheduler.booking.approving.models import Approval
from scheduler.booking.approving.queries import Scope

PERMISSIONS = {
    "head": Permission.CONFERENCE_APPROVE, "hall": Permission.CONFERENCE_APPROVE,
    "operator": Permission.CAPACITY_APPROVE,
}  # fmt: skip


def scope_of(actor: Actor) -> Scope:
    """Everything that this person may answer."""
    return Scope(
        heads=units_for(actor, Permission.CONFERENCE_APPROVE), hall=may(actor, Permission.CONFERENCE_APPROVE),
        operator=may(actor, Permission.CAPACITY_APPROVE),
    )  # fmt: skip


def deciders(actor: Actor, approvals: Iterable[Approval]) -> dict[int, str | None]:
    """Of open questions those that this person may answer, by id; the value: in whose place, None in the own."""
    found: dict[int, str | None] = {}
    for one in approvals:
        permission = PERMISSIONS[one.function]
        if one.decided is None and may(actor, permission, one.unit_id):
            absent = acts_for(actor, permission, one.unit_id)
            found[one.id] = f"account:{absent}" if absent is not None else None
    return found
