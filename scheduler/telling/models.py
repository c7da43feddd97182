"""Tables of telling other systems: their addresses, what was delivered to each, and how far the changes were read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rooms.schema import Base, Id, Row, options


class Webhook(Row):
    """The address of another system that is told of conferences.

    ``wants``: {"events": […], "units": [ids]}, no units: of all offices. ``salt``: its secret is made from it and the
    service's own key. ``since``: the last change that it is not told of. ``failing_since``: nothing has arrived since
    then; ``disabled_by``: "failures" or who switched it off.
    """

    __tablename__ = "webhook"
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    url: Mapped[str]
    wants: Mapped[dict[str, Any]]
    salt: Mapped[str]
    since: Mapped[int] = mapped_column(Id)
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    failing_since: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_by: Mapped[str | None]
    __table_args__ = options()


class WebhookDelivery(Row):
    """One event for one webhook, whose bytes never change. ``number``: 0, then one more for each time it is told again;
    ``change_id`` 0: a trial. ``status``, ``millis``: the last answer and how long it took."""

    __tablename__ = "webhook_delivery"
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    conference_id: Mapped[int | None] = mapped_column(ForeignKey("conference.id", ondelete="CASCADE"))
    change_id: Mapped[int] = mapped_column(Id)
    number: Mapped[int] = mapped_column(default=0)
    event: Mapped[str]
    event_id: Mapped[str]
    body: Mapped[str]
    made_at: Mapped[datetime]
    status: Mapped[int | None]
    millis: Mapped[int | None]
    answered_at: Mapped[datetime | None]
    __table_args__ = options(
        UniqueConstraint("webhook_id", "event_id", "number"),
        Index(None, "webhook_id", "conference_id"),
        Index(None, "conference_id"),
    )


class NewsReader(Base):
    """How far somebody has read the changes: the id of the last one."""

    __tablename__ = "news_reader"
    name: Mapped[str] = mapped_column(primary_key=True)
    upto: Mapped[int] = mapped_column(Id)
    __table_args__ = ()
