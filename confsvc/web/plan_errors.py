"""What only a plan's file can be told, for the tables of ``errors``.  (pure)"""

from __future__ import annotations

TEXTS = {
    "planned_already": "The office has a meeting of this title at this time already.",
}
FIELD_TEXTS = {
    "not_a_plan_file": "This is no table or calendar that can be read here.",
    "repeats": "What repeats is not taken from a calendar file.",
    "cancelled_entry": "The file says that this is cancelled.",
    "zone_unknown": "The time zone of this entry is not known.",
    "all_day": "This has a day and no time.",
    "unknown_site": "There is no office, room or group “%(text)s”.",
    "not_your_office": "You do not book for %(text)s.",
}
