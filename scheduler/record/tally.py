"""One counted meeting (cuộc) and its line in the measure: in scope or not and why, V and P, online or not.

(pure) A cuộc is one convened event whatever the number of its days, sessions and sites; its sittings are the
conferences that are counted with the same leader. The definitions are those that every report prints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from scheduler.kinds import Kind, KindClass
from scheduler.local_time import local_day
from scheduler.record.attendance import Evidence, Mode
from scheduler.record.outcome import COUNTED, Sitting, Status, forms, is_over, ran_half, started_first, status_of

HostGroup = Literal["ubnd", "agency"]

HALF = Fraction(1, 2)
PROVINCE_OFFICES = frozenset({"VPUB"})  # the office that convenes in the name of the People's Committee
_WEAKEST: tuple[Evidence, ...] = ("declared", "confirmed", "auto")


@dataclass(frozen=True)
class Convened:
    """One cuộc before it is measured. ``host_counts``: the host was flagged as a host of the indicator on the day.
    ``district_required``: a counterpart-level unit is invited as a required participant. ``lawful`` False: the law
    keeps its content off the system."""

    leader_id: int
    host_unit_id: int
    host_group: HostGroup
    host_counts: bool
    kind: Kind
    district_required: bool
    sittings: tuple[Sitting, ...]
    lawful: bool = True


@dataclass(frozen=True)
class DistrictRow:
    """The form in which one district attended one cuộc: online if at least half of the sittings it attended were."""

    unit_id: int
    online: bool


@dataclass(frozen=True)
class TallyRow:
    """One cuộc measured.

    ``in_scope``: the four conditions hold, or only the confirmation of the result is missing (status "unconfirmed").
    ``reasons``: which of "host", "no_district", "kind", "status" fail; empty when in scope. ``v``, ``p``: sums over
    districts and sittings. ``unnamed``: districts that attended in person and are known by number only.
    """

    leader_id: int
    local_date: date
    host_unit_id: int
    host_group: HostGroup
    kind_class: KindClass
    in_scope: bool
    reasons: tuple[str, ...]
    status: Status
    v: int
    p: int
    online: bool
    lawful: bool
    evidence: Evidence | None
    districts: tuple[DistrictRow, ...]
    unnamed: int = 0

    @property
    def counted(self) -> bool:
        """In the denominator."""
        return self.in_scope and self.status in COUNTED

    @property
    def awaited(self) -> bool:
        """In scope, its result not confirmed: in no headline, in both bounds."""
        return self.in_scope and self.status == "unconfirmed"

    @property
    def expected(self) -> bool:
        """Would be in scope if it is held as booked."""
        return self.status == "upcoming" and self.reasons == ("status",)

    @property
    def year(self) -> int:
        return self.local_date.year

    @property
    def online_districts(self) -> int:
        return sum(row.online for row in self.districts)

    @property
    def attending_districts(self) -> int:
        return len(self.districts) + self.unnamed


def tally(convened: Convened, *, exclude_from_mode: frozenset[int] = frozenset()) -> TallyRow:
    """Measure one cuộc (domain definitions 4.1). ValueError when it has no sitting.

    ``exclude_from_mode``: districts that walk to the hall and are left out of V and P where the province decides so;
    the default leaves nobody out.
    """
    if not convened.sittings:
        raise ValueError("a counted meeting has at least one sitting")

    status = status_of(convened.sittings)
    took_place = [s for s in convened.sittings if s.outcome in COUNTED and is_over(s)]
    v, p = forms(took_place, exclude_from_mode)
    reasons = _reasons(convened, status)
    in_scope = not reasons
    evidence = min((s.evidence for s in took_place), key=_WEAKEST.index, default=None)
    return TallyRow(
        leader_id=convened.leader_id,
        local_date=local_day(started_first(convened.sittings)),
        host_unit_id=convened.host_unit_id,
        host_group=convened.host_group,
        kind_class=convened.kind.kind_class,
        in_scope=in_scope,
        reasons=reasons,
        status=status,
        v=v,
        p=p,
        online=in_scope and status in COUNTED and _mostly_online(v, p) and ran_half(took_place),
        lawful=convened.lawful,
        evidence=evidence,
        districts=_districts(took_place, exclude_from_mode),
        unnamed=max((s.unnamed_in_person for s in took_place), default=0),
    )


def host_group(level: str, code: str, province_offices: frozenset[str] = PROVINCE_OFFICES) -> HostGroup:
    """UBND tỉnh with its Chairman, Vice Chairmen and office, or the departments (sở ngành)."""
    return "ubnd" if level == "province_body" or code in province_offices else "agency"


def _reasons(convened: Convened, status: Status) -> tuple[str, ...]:
    fails = {
        "host": not convened.host_counts,
        "no_district": not convened.district_required,
        "kind": not convened.kind.counts,
        "status": status not in COUNTED and status != "unconfirmed",
    }
    return tuple(reason for reason, failed in fails.items() if failed)


def _mostly_online(v: int, p: int) -> bool:
    return v >= 1 and Fraction(v, v + p) >= HALF


def _districts(sittings: Iterable[Sitting], excluded: frozenset[int]) -> tuple[DistrictRow, ...]:
    attended: dict[int, Counter[Mode]] = {}
    for sitting in sittings:
        for seen in sitting.districts:
            if seen.mode in ("online", "in_person") and seen.unit_id not in excluded:
                attended.setdefault(seen.unit_id, Counter())[seen.mode] += 1
    return tuple(
        DistrictRow(unit_id, online=modes["online"] >= modes["in_person"])
        for unit_id, modes in sorted(attended.items())
    )
