"""Every table of the house in one place, for whoever needs the whole schema (migrations, tests)."""

from __future__ import annotations

import confsvc.feeds.models as feed_models
import confsvc.models as service_models
import rooms.models as room_models
import scheduler.calendar_models as calendar_models
import scheduler.inbox_models as inbox_models
import scheduler.models as scheduler_models
import scheduler.rule_models as rule_models
import scheduler.telling.models as telling_models
from rooms.schema import Base

MODELS = (
    room_models,
    calendar_models,
    rule_models,
    scheduler_models,
    service_models,
    feed_models,
    telling_models,
    inbox_models,
)

__all__ = ["MODELS", "Base"]
