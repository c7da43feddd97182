"""Who mails come from and where their links lead."""

from __future__ import annotations

from dataclasses import dataclass

from confsvc.config import Settings


@dataclass(frozen=True)
class Sender:
    """Who letters come from and where their links lead. ``operator_phone``: whom to call when something is wrong.
    ``key``: makes the addresses that letters come back to, at ``bounce_domain``, and recipients' links (own_links.py);
    without one neither is made."""

    mail: str
    name: str
    domain: str
    public_url: str
    operator_phone: str = ""
    bounce_domain: str = ""
    key: bytes = b""


def sender_of(settings: Settings) -> Sender:
    mail = settings.mail
    return Sender(
        mail.sender, mail.from_name, mail.domain, settings.public_url, settings.service.operator_phone,
        mail.bounce_domain or mail.domain, settings.service_key,
    )  # fmt: skip
