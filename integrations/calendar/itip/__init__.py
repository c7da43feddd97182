"""iTIP (RFC 5546) as pure functions: which messages a change means, and what an incoming one means."""

from integrations.calendar.itip.apply import apply_incoming
from integrations.calendar.itip.files import event_from_ics, events_from_ics
from integrations.calendar.itip.planning import ItipMessage, Plan, plan, plan_messages, resend
from integrations.calendar.itip.sets import plan_files
from integrations.calendar.itip.writing import event_to_ics

__all__ = [
    "ItipMessage", "Plan", "apply_incoming", "event_from_ics", "event_to_ics", "events_from_ics", "plan",
    "plan_files", "plan_messages", "resend",
]  # fmt: skip
