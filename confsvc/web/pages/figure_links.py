"""What a page of figures was asked for, and the addresses of the pages and lists that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args
from urllib.parse import urlencode

from scheduler.kinds import KindClass
from scheduler.record.attendance import Evidence
from scheduler.record.selection import WHATS, Selection, What
from scheduler.record.tally import HostGroup

FIRST_YEAR, LAST_YEAR = 2000, 2200
KIND_CLASSES = ("meeting", "training")


class NotAsked(Exception):
    """The address names something that there is not."""


@dataclass(frozen=True)
class Asked:
    """A year and whose meetings: ``host`` and ``district`` are codes of units; ``by``: what the second table is sorted
    into, hosts if empty. All of it stands in the address."""

    year: int
    host: str = ""
    group: str = ""
    kind: str = ""
    what: str = "all"
    month: int | None = None
    district: str = ""
    evidence: str = ""
    lawful: bool = False
    reason: str | None = None
    by: str = ""

    def figures(self, **changes: Any) -> str:
        """The page of figures with the same choice, changed."""
        return self._address("/figures", {**self._whose(), **changes})

    def behind(self, what: What, **more: Any) -> str:
        """The list behind a figure of this page."""
        return self._address("/figures/list", {**self._whose(), "what": what, **more})

    def page(self, number: int) -> str:
        """Another page of this list."""
        more = {
            "what": self.what, "month": self.month, "district": self.district, "evidence": self.evidence,
            "lawful": int(self.lawful) or "", "page": number if number > 1 else "",
        }  # fmt: skip
        address = self._address("/figures/list", {**self._whose(), **more})
        return address if self.reason is None else f"{address}&{urlencode({'reason': self.reason})}"

    def selection(self, ids: Mapping[str, int]) -> Selection:
        """The choice for the domain; ``ids`` of the units named. Raises NotAsked for a code without one."""
        if any(code and code not in ids for code in (self.host, self.district)):
            raise NotAsked
        return Selection(
            what=cast(What, self.what),
            month=self.month,
            host_unit_id=ids.get(self.host),
            group=cast(HostGroup, self.group) if self.group else None,
            kind=cast(KindClass, self.kind) if self.kind else None,
            district=ids.get(self.district),
            evidence=cast(Evidence, self.evidence) if self.evidence else None,
            lawful=self.lawful,
        )

    def _whose(self) -> dict[str, Any]:
        return {"year": self.year, "host": self.host, "group": self.group, "kind": self.kind}

    def _address(self, path: str, values: Mapping[str, Any]) -> str:
        kept = {name: value for name, value in values.items() if value not in ("", None)}
        if "reason" in values:
            kept["reason"] = values["reason"]
        return f"{path}?{urlencode(kept)}"


def asked(query: Mapping[str, str], this_year: int) -> Asked:
    """What the address asks for. Raises NotAsked when it makes no sense."""
    year = _number(query, "year", FIRST_YEAR, LAST_YEAR)
    return Asked(
        year=this_year if year is None else year,
        host=query.get("host", "")[:20],
        group=_choice(query, "group", get_args(HostGroup)),
        kind=_choice(query, "kind", KIND_CLASSES),
        what=_choice(query, "what", WHATS) or "all",
        month=_number(query, "month", 1, 12),
        district=query.get("district", "")[:20],
        evidence=_choice(query, "evidence", get_args(Evidence)),
        lawful=query.get("lawful", "") == "1",
        by=_choice(query, "by", ("district",)),
        reason=query["reason"][:30] if "reason" in query else None,
    )


def _choice(query: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = query.get(name, "")
    if value and value not in allowed:
        raise NotAsked
    return value


def _number(query: Mapping[str, str], name: str, low: int, high: int) -> int | None:
    value = query.get(name, "")
    if not value:
        return None
    if not value.isascii() or not value.isdecimal() or len(value) > 6 or not low <= int(value) <= high:
        raise NotAsked
    return int(value)
