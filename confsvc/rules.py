"""The booking rules as the configuration has them."""

from __future__ import annotations

from collections.abc import Sequence

from confsvc.config import Settings
from scheduler.booking.booking import Rules
from scheduler.bridge_queries import Configured
from scheduler.rule_whats import Value
from scheduler.rulebook import RuleBook


def rules_of(settings: Settings, bridges: Sequence[int]) -> Rules:
    """``bridges``: ids of the configured video hosts, the preferred first. The rows of the rules come on top."""
    return Rules(
        timing=settings.timing,
        bridges=tuple(bridges),
        horizon_days=settings.policy.horizon_days,
        mail_domain=settings.mail.domain,
        book=RuleBook(house=house_of(settings)),
    )


def configured_bridges(settings: Settings) -> list[Configured]:
    """The video hosts as the configuration names them, the preferred first."""
    return [Configured(one.name, one.base_url, one.seats, one.kbps) for one in settings.bridges]


def house_of(settings: Settings) -> dict[str, Value]:
    """What the configuration says where no row of the rules does."""
    return {
        "notice_days": settings.policy.min_notice_days,
        "longest_hours": settings.policy.longest_hours,
        "endpoint_lead": settings.timing.endpoint_lead,
    }
