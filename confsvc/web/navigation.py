"""The main menu: what stands in it, for whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from confsvc.access import Actor, Permission, may_somewhere
from confsvc.i18n import text

OURS = "/our-conferences"
"""Only for people of an office."""
MENU: tuple[tuple[str, str, Permission], ...] = (
    ("/", "Today", Permission.SIGNED_IN),
    ("/timeline", "Rooms", Permission.CONFERENCE_READ),
    ("/book", "Book a meeting", Permission.CONFERENCE_BOOK),
    ("/find-time", "Find a time", Permission.CONFERENCE_BOOK),
    ("/in-person", "In-person meeting", Permission.CONFERENCE_LOG),
    ("/approvals", "Approvals", Permission.APPROVAL_READ),
    (OURS, "Our meetings", Permission.CONFERENCE_READ),
    ("/conferences", "Meetings", Permission.CONFERENCE_READ),
    ("/figures", "Figures", Permission.FIGURES_READ),
    ("/outbox", "Outbox", Permission.OUTBOX_READ),
    ("/endpoints", "Sites", Permission.ENDPOINT_READ),
    ("/directory", "Directory", Permission.DIRECTORY_READ),
    ("/closures", "Closures", Permission.CLOSURE_EDIT),
    ("/rules", "Rules", Permission.SIGNED_IN),
    ("/users", "Users", Permission.ACCOUNT_ADMIN),
    ("/webhooks", "Other systems", Permission.ACCOUNT_ADMIN),
    ("/audit", "Log", Permission.AUDIT_READ),
)
"""Address, English name, and what one must be allowed somewhere to see it. Addresses without a route are left out."""
PARENTS = {
    "/plan-import": "/conferences", "/postpone": "/conferences", "/series": "/conferences",
    "/inbox": "/outbox", "/what-if": "/find-time", "/pair": "/endpoints", "/templates": "/book",
}  # fmt: skip
"""Pages that stand below an entry without their address saying so."""


@dataclass(frozen=True)
class Entry:
    """One entry; ``count`` is how many things wait there, 0 for none."""

    href: str
    label: str
    current: bool
    count: int = 0


def entries(actor: Actor, path: str, existing: Collection[str], language: str, *, waiting: int = 0) -> list[Entry]:
    """The menu for somebody, with the page that is open marked; ``waiting``: requests for this person's word."""
    top = f"/{path.split('/')[1]}" if "/" in path else path
    path = PARENTS.get(top, path)
    return [
        Entry(
            href,
            text(label, language),
            path == href or (href != "/" and path.startswith(f"{href}/")),
            waiting if href == "/approvals" else 0,
        )
        for href, label, permission in MENU
        if href in existing and may_somewhere(actor, permission) and (href != OURS or actor.unit_id is not None)
    ]
