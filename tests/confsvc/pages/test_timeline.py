"""The rooms over a day and a week: cells as pure rules, and who may read which title."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from confsvc.web import keys
from confsvc.web.pages.timeline_grid import Cell, frame_of, row_cells
from scheduler.held_queries import Held
from scheduler.local_time import instant
from scheduler.work_calendar import WorkCalendar
from tests.confsvc.conftest import Service
from tests.confsvc.pages import scenes
from tests.confsvc.pages.test_book import form

DAY = date(2026, 12, 2)
PLAIN = WorkCalendar()
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def held(start: str, end: str, **values: object) -> Held:
    """A reservation with quarter of an hour before the sitting."""
    begin, finish = instant(DAY, time.fromisoformat(start)), instant(DAY, time.fromisoformat(end))
    known = {
        "room_id": 1, "starts": begin, "ends": finish, "holds": True, "key": "k", "title": "t", "state": "planned",
        "host_unit_id": 2, "conference_starts": begin + timedelta(minutes=15), "conference_ends": finish, "own": False,
        "seen": False,
    }  # fmt: skip
    return Held(**(known | values))  # type: ignore[arg-type]


def shown(cells: list[Cell]) -> list[tuple[str, int]]:
    return [(cell.kind, cell.span) for cell in cells]


def test_a_free_day_is_cut_at_the_office_hours_into_two_hours_at_most() -> None:
    frame = frame_of(DAY, [], PLAIN)
    assert frame.steps == 44 and [h.astimezone(UTC).hour for h in frame.hours] == list(range(11))
    assert shown(row_cells(frame, [], NOW)) == [
        ("off", 2), ("free", 8), ("free", 8), ("off", 8), ("free", 8), ("free", 6), ("off", 4),
    ]  # fmt: skip


def test_the_cells_of_a_row_always_fill_it_whatever_is_held() -> None:
    early, late = held("05:40", "06:10"), held("17:50", "21:20")
    for items in ([held("07:45", "10:00")], [held("08:05", "08:10"), held("08:10", "08:20")], [early, late], [late]):
        frame = frame_of(DAY, items, PLAIN)
        cells = row_cells(frame, items, NOW)
        assert sum(cell.span for cell in cells) == frame.steps
        shown_held = [cell.held for cell in cells if cell.held and cell.kind != "buffer"]
        assert shown_held == sorted(items, key=lambda h: h.starts)
    assert frame_of(DAY, [early, late], PLAIN).steps == 4 * 17, "05:00 to 22:00"


def test_kinds_are_told_apart() -> None:
    frame = frame_of(DAY, [], PLAIN)
    running = instant(DAY, time(9))

    def kind(**values: object) -> str:
        cells = row_cells(frame, [held("07:45", "10:00", **values)], running)
        return next(c.kind for c in cells if c.held and c.kind != "buffer")

    assert [kind(), kind(own=True), kind(holds=False), kind(state="open", own=True)] == [
        "held", "mine", "waiting", "live",
    ]  # fmt: skip
    assert kind(state="pending", own=True) == "asked"


def test_nothing_is_free_at_the_weekend_and_the_line_of_now_lies_inside_the_day_only() -> None:
    frame = frame_of(date(2026, 12, 5), [], PLAIN)
    assert shown(row_cells(frame, [], NOW)) == [("off", 44)]
    assert frame_of(DAY, [], PLAIN).share(instant(DAY, time(12, 30))) == "50.0"
    assert frame_of(DAY, [], PLAIN).share(NOW) is None


async def test_a_title_stands_only_where_it_may_be_known(service: Service) -> None:
    rules, starts = service.app[keys.RULES], instant(DAY, time(8))
    service.database.write_now(
        scenes.booked, "SNV", ("SNV", "HHOA"), starts, now=service.now, rules=rules, title="Kiểm điểm cán bộ"
    )
    address = "/timeline?day=2026-12-02"
    for login, function, unit, scope, knows in (
        ("clerk", "booker", "STTTT", "own", False), ("snv", "booker", "SNV", "own", True),
        ("hhoa", "site_contact", "HHOA", "own", True), ("leader", "leader", "UBNDT", None, True),
    ):  # fmt: skip
        browser = await service.browser(service.account(login, function, unit=unit, at=scope))
        for view in (f"{address}&view=list", f"{address}&view=week", address):
            page = (await browser.get(view)).text
            assert ("Kiểm điểm cán bộ" in page) is knows, (login, view)
            assert "Sở Nội vụ" in page
            assert ("/book?room=" in page) is (function == "booker")
            assert ("Chuyển giờ" in page) is (login == "snv"), "only who may change it is offered that"
            assert ("data-move=" in page) is (login == "snv" and "list" not in view)
        if not knows:
            assert "Sở Nội vụ, đến 10:00" in page


async def test_a_date_of_a_series_is_marked_for_whoever_may_know_it(service: Service) -> None:
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    weekly = form(service, "HHOA", repeat="week", days=["WE"], times="3", kind="briefing", title="Giao ban tuần")
    address = (await clerk.post("/book", data=weekly)).headers["location"]
    rules, starts = service.app[keys.RULES], instant(DAY, time(14))
    service.database.write_now(scenes.booked, "STTTT", ("STTTT",), starts, now=service.now, rules=rules)
    foreign = await service.browser(service.account("foreign", "booker", unit="SYT"))
    for view in ("", "&view=week", "&view=list"):
        page = (await clerk.get(f"/timeline?day=2026-12-02{view}")).text
        assert page.count(f'class="again" href="{address}"') == 2, f"once for each of its two rooms {view}"
        assert page.count('class="again"') == 2, "a single meeting has no sign"
        assert "Mọi buổi của lịch họp này" in page and "Giao ban tuần" in page, "the sign has a text"
        if "list" not in view:
            assert "một buổi của lịch họp định kỳ" in page and "Một buổi của lịch họp định kỳ: bấm dấu này" in page
        page = (await foreign.get(f"/timeline?day=2026-12-02{view}")).text
        assert 'class="again"' not in page and address not in page
        assert "một buổi của lịch họp định kỳ" not in page


async def test_units_stand_in_protocol_order_and_are_found_without_accents(service: Service) -> None:
    browser = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    page = (await browser.get("/timeline?day=2026-12-02")).text
    rows = re.findall(r'<tr><th scope="row">([^<]+)', page)
    assert rows[:2] == ["UBND tỉnh", "VP UBND tỉnh"] and rows[-1] == "Hiệp Hòa" and len(rows) == 34
    found = (await browser.get("/timeline?day=2026-12-02&q=luc%20ng")).text
    assert re.findall(r'<tr><th scope="row">([^<]+)', found) == ["Lục Ngạn"]
    assert 'href="/timeline?day=2026-12-03&amp;q=luc+ng"' in found, "filters stay when the day changes"
    room = re.search(r'href="/book\?room=([a-z0-9]+)&day=2026-12-02&start=07:30"', found)
    assert room
    assert "02/12/2026" in (await browser.get(f"/book?room={room[1]}&day=2026-12-02&start=07:30")).text
    assert "Không có phòng phù hợp" in (await browser.get("/timeline?q=zzz")).text
    assert (await browser.get("/timeline?day=rubbish&view=x&page=-1")).status_code == 200


async def test_a_new_time_is_filled_into_the_form_and_nothing_is_saved(service: Service) -> None:
    rules, starts = service.app[keys.RULES], instant(DAY, time(8))
    key = service.database.write_now(
        scenes.booked, "STTTT", ("STTTT", "HHOA"), starts, now=service.now, rules=rules
    ).key
    service.database.write_now(
        scenes.booked, "SNV", ("SNV", "HHOA"), instant(DAY, time(14)), now=service.now, rules=rules
    )
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    page = (await clerk.get(f"/conferences/{key}/edit?day=2026-12-02&start=14:30")).text
    assert 'value="14:30"' in page and 'value="16:30"' in page and 'id="moved"' in page
    assert "Sở Nội vụ giữ đến" in page, "the clash is shown before anything is saved"
    for rubbish in ("day=x&start=14:30", "day=2026-12-02&start=99:99", "day=2026-12-02", ""):
        page = (await clerk.get(f"/conferences/{key}/edit?{rubbish}")).text
        assert 'value="08:00"' in page and 'id="moved"' not in page
    listed = (await clerk.get("/timeline?day=2026-12-02&view=list")).text
    assert f'href="/conferences/{key}/edit#f-date"' in listed and "Trống cả ngày" in listed
