"""What the house has rules about: each with the type of its value, its bounds, and what it holds by default.

(pure) Where a kind of meeting has a figure of its own (scheduler/kinds.py) that is its default. Names and sentences are
found at the edge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from scheduler.kinds import KINDS, WHY_NOT, Kind, find_kind

Value = int | float | bool | str | tuple[str, ...] | None
"""None: no limit. A tuple: several choices."""
Form = Literal["number", "decimal", "flag", "choice", "choices"]
OfKind = Literal["no", "may", "must"]

NONE = "none"
COUNTS = "yes"
GROUPS = ("notice", "length", "quota", "approval", "form", "measure", "order", "reminders")


class WrongValue(ValueError):
    """A text that is no value of a rule: ``code`` and ``data`` as a field error has them."""

    def __init__(self, code: str, **data: Any) -> None:
        self.code, self.data = code, data
        super().__init__(code)


@dataclass(frozen=True)
class What:
    """One thing that a rule can be about.

    ``measure``: what a number counts ("working_days", "minutes", "hours", "conferences", "sites", ""). ``of_kind``:
    whether a rule may or must name a kind of meeting; ``of_unit``: whether it may name an office. ``no_limit``: None is
    a value. ``built_in``: the default for one kind, where the kind has one.
    """

    name: str
    form: Form
    group: str
    default: Value
    low: float = 0
    high: float = 0
    measure: str = ""
    options: tuple[str, ...] = ()
    no_limit: bool = False
    of_kind: OfKind = "may"
    of_unit: bool = True
    built_in: Callable[[Kind], Value] | None = field(default=None, compare=False)

    def default_of(self, kind: str | None, house: Mapping[str, Value]) -> Value:
        """What holds without a row: the kind's own figure, else the house's."""
        known = find_kind(kind) if kind and self.built_in else None
        own = self.built_in(known) if known and self.built_in else None
        return own if own is not None else house.get(self.name, self.default)

    def parse(self, text: str) -> Value:
        """The value of a stored or typed text. Raises WrongValue."""
        typed = text.strip()
        if not typed:
            raise WrongValue("required")
        if typed == NONE and self.no_limit:
            return None
        if self.form in ("number", "decimal"):
            return self._number(typed)
        if self.form == "flag":
            if typed not in ("yes", "no"):
                raise WrongValue("unknown_value")
            return typed == "yes"
        chosen = tuple(part.strip() for part in typed.split(",")) if self.form == "choices" else (typed,)
        if not set(chosen) <= set(self.options):
            raise WrongValue("unknown_value")
        return tuple(option for option in self.options if option in chosen) if self.form == "choices" else typed

    def _number(self, typed: str) -> Value:
        whole, _, part = typed.replace(",", ".").partition(".")
        if not (whole.isascii() and whole.isdecimal()) or len(typed) > 9:
            raise WrongValue("not_a_number")
        if self.form == "number" and "." in typed.replace(",", "."):
            raise WrongValue("whole_number")
        if part and (not (part.isascii() and part.isdecimal()) or float(f"0.{part}") * 4 % 1):
            raise WrongValue("quarters")
        value = float(f"{whole}.{part or 0}")
        if not self.low <= value <= self.high:
            raise WrongValue("out_of_range", low=_short(self.low), high=_short(self.high))
        return int(value) if value == int(value) else value

    def text(self, value: Value) -> str:
        """The text that ``parse`` reads back."""
        if value is None:
            return NONE
        if isinstance(value, bool):
            return "yes" if value else "no"
        return ",".join(value) if isinstance(value, tuple) else str(_short(value) if self.low != self.high else value)


def _short(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value == int(value) else value


def _quota(name: str, measure: str, high: float) -> What:
    form: Form = "decimal" if measure == "hours" else "number"
    return What(name, form, "quota", None, 0, high, measure, no_limit=True)


_ALL: tuple[What, ...] = (
    What("notice_days", "number", "notice", 3, 0, 30, "working_days"),
    What("notice_refuses", "flag", "notice", False),
    What("waiver_by", "choices", "notice", ("booker",), options=("booker", "approver", "operator")),
    What("lead_minutes", "number", "notice", 0, 0, 14 * 24 * 60, "minutes"),
    What("hours_refuse", "flag", "notice", False),
    What("urgent", "flag", "notice", False, of_kind="must", of_unit=False, built_in=lambda kind: kind.urgent),
    What(
        "longest_working_days", "decimal", "length", None, 0.25, 60, "working_days", no_limit=True, of_kind="must",
        built_in=lambda kind: kind.longest_days,
    ),
    What("longest_hours", "decimal", "length", 12, 0.25, 60, "hours"),
    _quota("quota_count_week", "conferences", 1000),
    _quota("quota_count_month", "conferences", 5000),
    _quota("quota_hours_week", "hours", 5000),
    _quota("quota_hours_month", "hours", 20000),
    What("approval_by", "choice", "approval", "none", options=("none", "own_head", "hall")),
    What("pending_holds", "flag", "approval", True, of_kind="no"),
    What("operator_above", "number", "approval", None, 1, 300, "sites", no_limit=True),
    What("self_approval", "flag", "approval", False, of_kind="no"),
    What("letter_by_days", "number", "approval", None, 0, 30, "working_days", no_limit=True),
    What(
        "default_form", "choice", "form", "ask", options=("online", "in_person", "hybrid", "ask"), of_kind="must",
        built_in=lambda kind: kind.default_form,
    ),
    What(
        "counts", "choice", "measure", COUNTS, options=(COUNTS, *WHY_NOT), of_kind="must", of_unit=False,
        built_in=lambda kind: kind.why_not or COUNTS,
    ),
    What("endpoint_lead", "number", "order", 15, 1, 60, "minutes", of_unit=False),
    What("no_show_warns", "number", "order", 10, 1, 120, "minutes"),
    What("no_show_frees", "number", "order", 15, 2, 240, "minutes"),
    What("rank", "number", "order", 20, 0, 100, of_kind="must", of_unit=False, built_in=lambda kind: kind.rank),
    What(
        "rank_chairman", "number", "order", 85, 0, 100, of_unit=False,
        built_in=lambda kind: 100 if kind.code == "emergency" else None,
    ),
    What(
        "rank_leader", "number", "order", 80, 0, 100, of_unit=False,
        built_in=lambda kind: 95 if kind.code == "emergency" else None,
    ),
    What("rank_committee", "number", "order", 50, 0, 100, of_unit=False),
    What(
        "emergency_by", "choices", "order", ("nobody",), options=("nobody", "booker", "approver", "operator"),
        built_in=lambda kind: ("approver", "operator") if kind.code == "emergency" else None,
    ),
    What("remind_day", "flag", "reminders", True),
    What("remind_60", "flag", "reminders", True),
    What("remind_15", "flag", "reminders", True),
    What("remind_15_phone", "flag", "reminders", False),
)  # fmt: skip

WHATS: dict[str, What] = {what.name: what for what in _ALL}
"""Every thing by name, in the order of the page."""

LIMITED = tuple(name for name in WHATS if name.startswith("quota_"))


def kinds_of(what: What) -> tuple[str, ...]:
    """The kinds that a rule about ``what`` may name."""
    return () if what.of_kind == "no" else tuple(kind.code for kind in KINDS)
