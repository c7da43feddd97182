"""What people read instead of the codes of functions and scopes; English as message ids."""

from __future__ import annotations

FUNCTIONS: dict[str, str] = {
    "booker": "Books meetings",
    "approver": "Approves meetings",
    "operator": "Technical operator",
    "site_contact": "Contact of a site",
    "leader": "Leadership",
    "reporter": "Writes the reports",
    "admin": "System administrator",
    "auditor": "Auditor",
}

SCOPES: dict[str, str] = {
    "read": "Look at meetings, rooms and figures",
    "book": "Book, change and cancel meetings",
    "conduct": "Approve and conduct meetings",
    "directory": "Change the directory",
    "report": "Write reports",
    "audit": "Read the log",
    "accounts": "Handle accounts",
    "tokens": "Handle tokens",
}
