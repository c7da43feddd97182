"""The share of counted meetings held online, and what stands beside it, from the lines of the measure.

(pure) Shares are pairs of integers. They are compared with a goal in integers and shown rounded down, so that no
figure ever looks attained before it is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from scheduler.kinds import KIND_CLASSES, KindClass
from scheduler.record.attendance import Evidence
from scheduler.record.periods import Period
from scheduler.record.tally import HostGroup, TallyRow

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Goal:
    """The share to reach in a year as an exact fraction, 7/10; a row, not a constant."""

    year: int
    num: int
    den: int

    def __post_init__(self) -> None:
        if not 0 < self.num <= self.den:
            raise ValueError("a goal is a fraction above 0 and up to 1")


@dataclass(frozen=True)
class Share:
    """``num`` of ``den``; with ``den`` 0 nothing occurred ("Không phát sinh") and every answer is None."""

    num: int
    den: int

    def __post_init__(self) -> None:
        if not 0 <= self.num <= self.den:
            raise ValueError("a share is between 0 and all")

    def tenths(self) -> int | None:
        """Tenths of a per cent, rounded down: 5/9 is 555."""
        return 1000 * self.num // self.den if self.den else None

    def shown(self, decimal: str = ",") -> str | None:
        """Per cent with one decimal, rounded down, without the sign: "55,5" ("55.5" with ``decimal`` a point)."""
        tenths = self.tenths()
        return None if tenths is None else f"{tenths // 10}{decimal}{tenths % 10}"

    def attains(self, goal: Goal) -> bool | None:
        """Exactly: 10·num ≥ 7·den for a goal of 7/10."""
        return goal.den * self.num >= goal.num * self.den if self.den else None


@dataclass(frozen=True)
class Need:
    """What is still needed: ``online`` of the ``expected`` meetings; ``feasible`` when that is not more than all."""

    expected: int
    online: int

    @property
    def feasible(self) -> bool:
        return self.online <= self.expected

    @property
    def required(self) -> Share | None:
        """The share of the expected meetings that has to be online; None when the goal is out of reach."""
        return Share(self.online, self.expected) if self.feasible else None


@dataclass(frozen=True)
class Indicator:
    """The measure of one period.

    ``gross`` is the headline. ``net`` leaves out what the law bars from the system. ``low`` and ``high`` are the
    bounds while ``awaited`` meetings wait for confirmation. ``weighted`` counts districts: attended online of attended.
    Every counted host has a line in ``hosts`` (unit id); ``districts`` is per counterpart unit id; ``evidence`` counts.
    """

    period: Period
    gross: Share
    net: Share
    low: Share
    high: Share
    awaited: int
    expected: int
    weighted: Share
    months: Mapping[int, Share]
    groups: Mapping[HostGroup, Share]
    kinds: Mapping[KindClass, Share]
    hosts: Mapping[int, Share]
    districts: Mapping[int, Share]
    evidence: Mapping[Evidence, int]


def indicator(rows: Iterable[TallyRow], period: Period) -> Indicator:
    """The measure over the rows whose local date lies in ``period``. ``months`` has every month of a year, also the
    empty ones; keys are 1 to 12."""
    first, last = period.first, period.last
    inside = [row for row in rows if first <= row.local_date <= last]
    counted = [row for row in inside if row.counted]
    awaited = sum(row.awaited for row in inside)
    gross = _share(counted)
    groups: tuple[HostGroup, ...] = ("ubnd", "agency")
    return Indicator(
        period=period,
        gross=gross,
        net=share(row for row in counted if row.lawful),
        low=Share(gross.num, gross.den + awaited),
        high=Share(gross.num + awaited, gross.den + awaited),
        awaited=awaited,
        expected=sum(row.expected for row in inside),
        weighted=weighted(counted),
        months=_by_month(counted, period),
        groups={**dict.fromkeys(groups, Share(0, 0)), **shares_by(counted, lambda row: row.host_group)},
        kinds={
            **dict.fromkeys((k for k in KIND_CLASSES if k != "other"), Share(0, 0)),
            **shares_by(counted, lambda row: row.kind_class),
        },
        hosts=shares_by(counted, lambda row: row.host_unit_id),
        districts=_by_district(counted),
        evidence=_evidence(counted),
    )


def share(rows: Iterable[TallyRow]) -> Share:
    """Online of counted; rows that do not count are passed over."""
    return _share([row for row in rows if row.counted])


def _share(counted: Sequence[TallyRow]) -> Share:
    return Share(sum([row.online for row in counted]), len(counted))


def weighted(rows: Iterable[TallyRow]) -> Share:
    """ΣV of Σ(V+P), each cuộc once per district: many tiny calls with one district cannot lift it."""
    counted = [row for row in rows if row.counted]
    return Share(sum(row.online_districts for row in counted), sum(row.attending_districts for row in counted))


def shares_by(rows: Iterable[TallyRow], key: Callable[[TallyRow], K]) -> dict[K, Share]:
    """The share for every value of ``key`` among the counted rows; the parts add up to the whole."""
    groups: dict[K, list[TallyRow]] = {}
    for row in rows:
        if row.counted:
            groups.setdefault(key(row), []).append(row)
    return {value: _share(group) for value, group in groups.items()}


def need(now: Share, expected: int, goal: Goal) -> Need:
    """How many of ``expected`` further meetings have to be online for the whole to reach the goal."""
    total = now.den + expected
    return Need(expected, max(0, -(-goal.num * total // goal.den) - now.num))


def in_a_row(now: Share, goal: Goal) -> int | None:
    """How many meetings, all of them online, would lift the share to the goal; None when a goal of 100 % is missed."""
    missing = goal.num * now.den - goal.den * now.num
    if missing <= 0:
        return 0
    return None if goal.num == goal.den else -(-missing // (goal.den - goal.num))


def _by_month(counted: Iterable[TallyRow], period: Period) -> dict[int, Share]:
    """``counted``: of the period's days only."""
    within = range(period.first.month, period.last.month + 1)
    found = shares_by(counted, lambda row: row.local_date.month)
    return {number: found.get(number, Share(0, 0)) for number in within}


def _by_district(counted: Iterable[TallyRow]) -> dict[int, Share]:
    online: dict[int, int] = {}
    present: dict[int, int] = {}
    for row in counted:
        for district in row.districts:
            unit_id = district.unit_id
            present[unit_id] = present.get(unit_id, 0) + 1
            if district.online:
                online[unit_id] = online.get(unit_id, 0) + 1
    return {unit_id: Share(online.get(unit_id, 0), present[unit_id]) for unit_id in sorted(present)}


def _evidence(counted: Iterable[TallyRow]) -> dict[Evidence, int]:
    counts: dict[Evidence, int] = {"auto": 0, "confirmed": 0, "declared": 0}
    for row in counted:
        if row.evidence is not None:
            counts[row.evidence] += 1
    return counts
