"""Words for what the invited answered.  (pure)"""

from __future__ import annotations

NAMES = {
    "accepted": ("confirmed", "Will come"), "tentative": ("waiting", "Perhaps"),
    "delegated": ("held", "Sends a deputy"), "declined": ("cancelled", "Will not come"),
    "old": ("late", "Answered an old version"), "none": ("draft", "No answer"),
}  # fmt: skip
"""Shape and words by code."""
SAID_WORDS = {
    "ACCEPTED": "Will come", "TENTATIVE": "Perhaps", "DELEGATED": "Sends a deputy", "DECLINED": "Will not come",
    "NEEDS-ACTION": "No answer",
}  # fmt: skip
BAR = (("accepted", "a"), ("tentative", "c"), ("delegated", "c"), ("declined", "b"))
"""What the picture shows, from left to right, and its shade."""
WHY = {
    "sender": "sent by somebody else: %(sender)s",
    "dmarc": "the mail server of the sender's domain disowns it",
}
ANSWERED = {
    "guest_answered": "Answered by somebody invited", "stranger_added": "Somebody invited who had not been",
    "stranger_refused": "Somebody refused who was not invited", "proposal_declined": "Proposed time declined",
}  # fmt: skip
"""Acts in the log."""
