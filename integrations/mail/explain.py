"""What a mail that came in is: an answer to an invitation, a report about one, a machine's or a person's words. (pure)

Nothing here trusts the mail: it says what the mail claims, and a limit that it goes beyond makes it ``refused``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from integrations.addresses import one_line, plain_address
from integrations.mail.bounces import read_bounce_address
from integrations.mail.explain_bounce import (
    UNDELIVERED,
    Recipient,
    first_text,
    from_any_words,
    from_complaint,
    from_known_text,
    from_report,
    original_headers,
)
from integrations.mail.explain_parts import Part, TooMuch, read_text, take_apart

KINDS = ("reply", "counter", "refresh", "bounce", "auto-reply", "abuse-report", "human", "refused")
MOST_CALENDAR = 256 * 1024
MOST_WORDS = 20_000
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_COMMENT = re.compile(r"\([^()]*\)")
_METHODS = {"REPLY": "reply", "COUNTER": "counter", "REFRESH": "refresh"}
_ADDRESS = re.compile(r"[^\s<>]@[^\s<>]")
_ID = re.compile(r"<[^<>\s]{1,250}>")
_METHOD = re.compile(r"^METHOD(?:;[^:\r\n]{0,200})?:[ \t]*([^\r\n]{0,40})", re.IGNORECASE | re.MULTILINE)
_DAEMON = re.compile(r"(mailer-?_?daemon|mail-?daemon|postmaster|mdaemon|mailerdaemon)(\W|\Z)", re.IGNORECASE)
_ABSENT = re.compile(
    r"out of (the )?office|automatic reply|auto(matic)?[- ]?(reply|response|antwort)|autoreply|vacation|abwesen"
    r"|trả lời tự động|thư trả lời tự động|vắng mặt|nghỉ phép",
    re.IGNORECASE,
)
_MACHINES = (
    "x-autoreply", "x-autorespond", "x-autoresponse", "x-autoreply-from", "x-mail-autoreply",
    "x-ms-exchange-inbox-rules-loop", "x-ms-exchange-generated-message-source", "x-vacation",
)  # fmt: skip
_REACHED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")


@dataclass(frozen=True, slots=True)
class Explained:
    """What a mail is (``kind``, of KINDS) and why (``reason``, a code).

    ``recipients``: of a report, with what it says of each. ``calendar``: of an answer, the calendar file in UTF-8;
    ``method`` its METHOD. ``from_address``: the one address of From, "" where there is none or are several.
    ``outbox_id``: of the letter whose return address it came to, proved by its seal. ``about``: Message-ID of the mail
    that a report is about. ``null_sender``: it has no return address. ``authentication``: the topmost
    Authentication-Results. ``words``: what people read, at most 20,000 signs.
    """

    kind: str
    reason: str
    recipients: tuple[Recipient, ...] = ()
    calendar: bytes | None = None
    method: str = ""
    from_address: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    auto_submitted: str = ""
    outbox_id: str = ""
    about: str = ""
    subject: str = ""
    null_sender: bool = False
    authentication: str = ""
    words: str = ""


def explain(raw: bytes, *, bounce_key: bytes = b"", own_address: str = "") -> Explained:
    """The mail explained. ``bounce_key``: of `bounces.bounce_address`; ``own_address``: what we send from. Never
    raises for what a mail holds; time and memory grow with its size, which has an end at 2 MB."""
    try:
        mail = take_apart(raw)
    except TooMuch as problem:
        return Explained("refused", f"too_much_{problem.reason}")
    if not mail.headers:
        return Explained("refused", "no_headers")
    known = _envelope(mail, bounce_key)
    if _from_ourselves(mail, known, own_address):
        return replace(known, kind="refused", reason="own_mail")
    return _report(mail, known) or _calendar(mail, known) or _automatic(mail, raw, known) or _human(mail, known)


def _envelope(mail: Part, bounce_key: bytes) -> Explained:
    senders = {address for address in map(_plain, _addresses(mail.get("from"))) if address}
    several = sum(name == "from" for name, _ in mail.headers) > 1 or len(senders) > 1
    reached = [one for name, value in mail.headers if name in _REACHED for one in _addresses(value)]
    outbox = (read_bounce_address(one, bounce_key) for one in reached) if bounce_key else iter(())
    ids = _ID.findall(mail.get("in-reply-to"))
    returned = mail.get("return-path").replace(" ", "")
    return Explained(
        kind="refused", reason="", from_address="" if several else next(iter(senders), ""),
        message_id=next(iter(_ID.findall(mail.get("message-id"))), ""), in_reply_to=ids[0] if ids else "",
        references=tuple(_ID.findall(mail.get("references"))[-20:]),
        auto_submitted=mail.get("auto-submitted").partition(";")[0].partition("(")[0].strip().lower()[:40],
        outbox_id=next((one for one in outbox if one), ""), subject=one_line(mail.get("subject"))[:300],
        null_sender=returned == "<>" or (not _ADDRESS.search(returned) and _from_daemon(mail)),
        authentication=one_line(mail.get("authentication-results")),
    )  # fmt: skip


def _from_ourselves(mail: Part, known: Explained, own_address: str) -> bool:
    """A letter of ours that found its way back."""
    return bool(own_address) and known.from_address == own_address.lower() and mail.kind != "multipart/report"


def _report(mail: Part, known: Explained) -> Explained | None:
    """A complaint, a delivery report, a read receipt: what says so itself."""
    kinds = {part.kind for part in mail.walk()}
    about = original_headers(mail)
    known = replace(known, about=next(iter(_ID.findall(about.get("message-id", ""))), ""))
    if "message/feedback-report" in kinds:
        found = from_complaint(mail) or _to_of(about)
        return replace(known, kind="abuse-report", reason="feedback_report", recipients=tuple(found))
    if found := from_report(mail):
        return replace(known, kind="bounce", reason="delivery_status", recipients=tuple(found))
    if "message/disposition-notification" in kinds:
        return replace(known, kind="auto-reply", reason="read_receipt")
    return None


def _calendar(mail: Part, known: Explained) -> Explained | None:
    """The first calendar part with a method beside a type that says so; a file of a report's original is none."""
    parts = [part for part in mail.walk() if not part.reported and not part.parts]
    typed = [part for part in parts if part.kind == "text/calendar" and part.parameters.get("method")]
    files = [
        part for part in parts if part.kind in ("text/calendar", "application/ics") or part.file_name.endswith(".ics")
    ]
    bare = False
    for part in (*typed, *(part for part in files if part not in typed)):
        content = part.content(MOST_CALENDAR + 1)
        if len(content) > MOST_CALENDAR:
            return replace(known, reason="too_much_calendar")
        text = read_text(content, part.parameters.get("charset", ""))
        inside = {value.strip().upper() for value in _METHOD.findall(text)}
        outside = part.parameters.get("method", "").strip().upper()
        if not inside and not outside:
            bare = True
            continue
        if len(inside) != 1 or (outside and {outside} != inside):
            return replace(known, reason="method_mismatch")
        return _by_method(known, inside.pop(), text)
    return replace(_human(mail, known), reason="calendar_without_method") if bare and not known.null_sender else None


def _by_method(known: Explained, method: str, text: str) -> Explained:
    if method not in _METHODS:
        said = method.lower() if method.isascii() and method.isalpha() else "unknown"
        return replace(known, reason=f"method_{said}", method=method)
    if not known.from_address:
        return replace(known, reason="no_single_sender", method=method)
    calendar = text.encode("utf-8", "replace")
    return replace(known, kind=_METHODS[method], reason="calendar", method=method, calendar=calendar)


def _automatic(mail: Part, raw: bytes, known: Explained) -> Explained | None:
    """A machine's words: a report in an older shape, an absence note, a circular. A report comes first, since servers
    mark theirs as automatic too; but who is only absent has received the letter."""
    daemon = _from_daemon(mail)
    why = _machine(mail, known)
    absent = bool(_ABSENT.search(known.subject) or why in _MACHINES)
    if (known.null_sender or daemon or mail.get("x-failed-recipients")) and not absent:
        if found := from_known_text(mail, raw):
            return replace(known, kind="bounce", reason="known_text", recipients=tuple(found))
        if (daemon or UNDELIVERED.search(known.subject)) and (found := from_any_words(mail)):
            return replace(known, kind="bounce", reason="server_words", recipients=tuple(found))
        if known.outbox_id and known.null_sender and (daemon or not why):
            return replace(known, kind="bounce", reason="return_address")
    if why:
        return replace(known, kind="auto-reply", reason=why)
    if known.null_sender:
        return replace(known, kind="auto-reply", reason="absence_subject" if absent else "null_sender")
    return None


def _from_daemon(mail: Part) -> bool:
    """Whether the sender is a mail server by its name."""
    return _DAEMON.search(mail.get("from")) is not None or bool(mail.get("x-failed-recipients"))


def _machine(mail: Part, known: Explained) -> str:
    """Why it is nobody's own words, "" when nothing says so."""
    if known.auto_submitted and known.auto_submitted != "no":
        return "auto_submitted"
    for name in _MACHINES:
        if mail.get(name):
            return name
    if mail.get("x-auto-response-suppress"):
        return "auto_response_suppress"
    if mail.get("precedence").lower() in ("auto_reply", "bulk", "junk", "list"):
        return "precedence"
    return "mailing_list" if mail.get("list-id") or mail.get("list-unsubscribe") else ""


def _human(mail: Part, known: Explained) -> Explained:
    if not known.from_address:
        return replace(known, reason="no_single_sender")
    return replace(known, kind="human", reason="words", words=_words(mail))


def _words(mail: Part) -> str:
    text = first_text(mail)
    if not any(part.kind == "text/plain" for part in mail.walk()):
        text = re.sub(r"<[^<>]{0,2000}>", " ", text)
    return text[:MOST_WORDS]


def _to_of(about: object) -> list[Recipient]:
    to = about.get("to", "") if isinstance(about, dict) else ""
    return [Recipient(one, "complaint", "") for one in map(_plain, _addresses(to)) if one]


def _addresses(value: str) -> list[str]:
    """The addresses of a header, every one that any reader could take it to name. The standard library's reader goes as
    deep as the brackets do."""
    plain = _QUOTED.sub(" ", value[:1000])
    for _ in range(3):  # comments within comments
        plain = _COMMENT.sub(" ", plain)
    found = []
    for piece in re.split(r"[,;]", plain):
        angled = re.findall(r"<([^<>]*)>", piece)
        found += angled or [word for word in piece.split()[-1:] if "@" in word]
    return [mail for mail in found if mail][:20]


def _plain(mail: str) -> str:
    try:
        return plain_address(mail.strip())
    except ValueError:
        return ""
