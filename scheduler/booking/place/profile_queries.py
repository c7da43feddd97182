"""The rows of the table of picture qualities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from scheduler.booking.place.capacity import Profile
from scheduler.models import ProfileRow


def set_profile_rows(db: Session, profiles: Sequence[Profile]) -> None:
    """The whole table, best first."""
    db.execute(delete(ProfileRow))
    db.execute(insert(ProfileRow), [{**asdict(profile), "position": n} for n, profile in enumerate(profiles)])
