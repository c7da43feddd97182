"""What a report about an undelivered mail says: RFC 3464 where it is one, else what known servers write. (pure)"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from email import message_from_string
from email.message import Message

from flufl.bounce import all_failures

from integrations.addresses import plain_address
from integrations.mail.explain_parts import Part, TooMuch, read_headers

MOST_RECIPIENTS = 100
_MOST_STATUS = 128 * 1024
_MOST_TEXT = 48 * 1024
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_PLAIN = re.compile(r"(?<![\d.])([45])(\d\d)(?:[ -]|\Z)")
_ADDRESS = re.compile(r"<?([^\s<>;,:\"()\[\]]{1,64}@[A-Za-z0-9.-]{1,253})>?")
_ORIGINAL = re.compile(
    r"original message|message headers follow|copy of (the|your) (original )?message|message (body )?follows"
    r"|headers of your|unsent message|^Received: |^-{3,}.{0,80}-{3,}$",
    re.IGNORECASE | re.MULTILINE,
)
UNDELIVERED = re.compile(
    r"undeliver|delivery (status|fail|has failed|problem|error|notification)|mail (delivery|failure|error|system error)"
    r"|failure notice|returned (mail|to sender)|could ?n.t be delivered|not delivered|non[- ]?delivery|error.*mail"
    r"|không (thể )?(gửi|chuyển|phát) được",
    re.IGNORECASE,
)
ACTIONS = frozenset({"failed", "delayed", "delivered", "relayed", "expanded"})


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address of a report. ``action``: of ACTIONS, or complaint. ``status``: like 5.1.1, "" when nothing says it.
    ``diagnostic``: the first line of what the other server answered."""

    address: str
    action: str
    status: str
    diagnostic: str = ""


def from_report(mail: Part) -> list[Recipient]:
    """Recipients of every message/delivery-status in it."""
    found: list[Recipient] = []
    for part in mail.walk():
        if part.kind in ("message/delivery-status", "message/global-delivery-status"):
            for block in _blocks(part.text(_MOST_STATUS)):
                found += _recipient(block)
    return _distinct(found)


def from_known_text(mail: Part, raw: bytes) -> list[Recipient]:
    """Recipients by X-Failed-Recipients, else by the shapes that flufl.bounce knows; at most 48 kB are looked at."""
    text = first_text(mail)
    status = _status_in(text)
    named = mail.get("x-failed-recipients")
    if named:
        addresses = _ADDRESS.findall(named)
        return _distinct(
            Recipient(_plain(one), "failed", status or "5.0.0", _line_with(text, status)) for one in addresses
        )
    temporary, permanent = all_failures(_shortened(raw))
    soft = status if status.startswith("4") else "4.0.0"
    hard = status if status.startswith("5") else "5.0.0"
    said = _line_with(text, status)
    found = [Recipient(_plain(one), "failed", hard, said) for one in sorted(permanent)]
    found += [Recipient(_plain(one), "delayed", soft, said) for one in sorted(temporary - permanent)]
    return _distinct(found)


def from_any_words(mail: Part) -> list[Recipient]:
    """The one recipient that a mail server's own words name before what it sends back; only for what surely comes from
    one, since people write such numbers and addresses too."""
    text = first_text(mail)
    if found := _distinct(one for block in _blocks(text) for one in _recipient(block)):
        return found
    cut = _ORIGINAL.search(text, 60)
    text = text[: cut.start()] if cut else text
    status = _status_in(text)
    if not status and not UNDELIVERED.search(mail.get("subject")):
        return []
    ours = f"{mail.get('from')} {mail.get('to')}".lower()
    others = [one for one in _ADDRESS.findall(text) if _plain(one) and one.lower() not in ours]
    action = "delayed" if status.startswith("4") else "failed"
    return [Recipient(_plain(one), action, status, _line_with(text, status)) for one in others[:1]]


def from_complaint(mail: Part) -> list[Recipient]:
    """Whose mail provider passes on that they do not want our mail (RFC 5965)."""
    for part in mail.walk():
        if part.kind == "message/feedback-report":
            fields = [field for block in _blocks(part.text(_MOST_STATUS)) for field in block.items()]
            named = [value for name, value in fields if name in ("original-rcpt-to", "removal-recipient")]
            found = [_plain(one) for value in named for one in _ADDRESS.findall(value)]
            return _distinct(Recipient(one, "complaint", "") for one in found)
    return []


def original_headers(mail: Part) -> Mapping[str, str]:
    """The headers of the mail that a report is about, as far as it carries them."""
    for part in mail.walk():
        if part.kind in ("message/rfc822", "text/rfc822-headers", "message/global", "message/rfc822-headers"):
            try:
                headers, _ = read_headers(part.content(_MOST_TEXT).lstrip(b"\n"))
            except TooMuch:
                return {}
            return dict(reversed(headers))
    return {}


def first_text(mail: Part) -> str:
    """The first part for people, at most 48 kB."""
    texts = (part for part in mail.walk() if part.kind in ("text/plain", "text/html"))
    return next((part.text(_MOST_TEXT) for part in texts), "")


def _blocks(text: str) -> list[dict[str, str]]:
    """Groups of fields with an empty line between them; the first line of a field counts."""
    blocks: list[dict[str, str]] = [{}]
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if not line.strip():
            blocks.append({})
        elif colon and line[0] not in " \t":
            blocks[-1].setdefault(name.strip().lower()[:100], value.strip()[:500])
    return [block for block in blocks if block]


def _recipient(block: Mapping[str, str]) -> list[Recipient]:
    named = block.get("final-recipient") or block.get("original-recipient") or ""
    found = _ADDRESS.search(named.partition(";")[2] or named) or _ADDRESS.search(block.get("original-recipient", ""))
    action = block.get("action", "").split(" ")[0].lower().rstrip(";")
    if not found or not (action or "status" in block or "diagnostic-code" in block):
        return []
    diagnostic = block.get("diagnostic-code", "")
    status = _status_in(block.get("status", ""))
    deeper = _status_in(diagnostic)
    if deeper and (not status or (status.endswith(".0.0") and deeper[0] == status[0])):
        status = deeper
    if action not in ACTIONS:
        action = "delayed" if status.startswith("4") else "delivered" if status.startswith("2") else "failed"
    return [Recipient(_plain(found[1]), action, status, diagnostic.partition(";")[2].strip() or diagnostic)]


def _status_in(text: str) -> str:
    """The first status in a text: an enhanced code, else 5.0.0 or 4.0.0 for a plain reply code."""
    if found := _ENHANCED.search(text):
        return f"{found[1]}.{int(found[2])}.{int(found[3])}"
    found = _PLAIN.search(text)
    return f"{found[1]}.0.0" if found else ""


def _line_with(text: str, status: str) -> str:
    return next((line.strip()[:500] for line in text.splitlines() if status and _status_in(line) == status), "")


def _plain(address: str | bytes) -> str:
    named = address.decode("ascii", "replace") if isinstance(address, bytes) else address
    try:
        return plain_address(named.strip("<> ."))
    except ValueError:
        return ""


def _distinct(recipients: Iterable[Recipient]) -> list[Recipient]:
    """One for each address, the first."""
    found: dict[str, Recipient] = {}
    for recipient in recipients:
        if recipient.address and len(found) < MOST_RECIPIENTS:
            found.setdefault(recipient.address, recipient)
    return list(found.values())


def _shortened(raw: bytes) -> Message:
    """The beginning of the mail for the library's patterns, whose time grows faster than what they read: no long
    line, no more than 2,000 of them."""
    lines = raw[:_MOST_TEXT].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n").split(b"\n")[:2_000]
    return message_from_string("\n".join(line[:500].decode("ascii", "replace") for line in lines))
