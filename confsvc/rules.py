"""The booking rules as the configuration has them."""

from __future__ import annotations

from collections.abc import Sequence

from confsvc.config import Settings
from scheduler.booking.booking import Rules


def rules_of(settings: Settings, bridges: Sequence[int]) -> Rules:
    """``bridges``: ids of the configured video hosts, the preferred first."""
    return Rules(
        timing=settings.timing,
        bridges=tuple(bridges),
        min_notice_days=settings.policy.min_notice_days,
        horizon_days=settings.policy.horizon_days,
        longest_hours=settings.policy.longest_hours,
        mail_domain=settings.mail.domain,
    )
