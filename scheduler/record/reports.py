"""What devices report of themselves, paired: from a join until the next leave of the same boot.

(pure) Within one boot the number counts, not the clock and not the order of arrival.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from scheduler.record.attendance import Sighting


@dataclass(frozen=True)
class Report:
    """One event that a device reports of itself: ``joined`` False for left, kicked, crash. ``boot`` and ``seq`` order
    a device's events where its clock cannot."""

    device: str
    site_id: int | None
    boot: str
    seq: int
    at: datetime
    joined: bool


def from_reports(reports: Iterable[Report]) -> list[Sighting]:
    """Sightings of a device's own events: within one boot a join lasts until the next leave, whatever the clock says.

    A second join without a leave continues the first; a leave without a join says nothing by itself.
    """
    runs: dict[tuple[str, str], dict[int, Report]] = {}
    for report in reports:
        runs.setdefault((report.device, report.boot), {})[report.seq] = report
    sightings = []
    for (device, boot), by_seq in runs.items():
        start: Report | None = None
        for _, report in sorted(by_seq.items()):
            if report.joined:
                start = start or report
            elif start is not None:
                sightings.append(_reported(device, boot, start, report.at))
                start = None
        if start is not None:
            sightings.append(_reported(device, boot, start, None))
    return sightings


def _reported(device: str, boot: str, start: Report, left: datetime | None) -> Sighting:
    return Sighting(f"{device}/{boot}/{start.seq}", device, start.site_id, start.at, left, "endpoint")
