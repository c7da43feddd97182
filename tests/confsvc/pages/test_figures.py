"""Figures: the worked example as the page shows it, and every figure equal to the list behind it."""

from __future__ import annotations

import re
from html import unescape
from itertools import product
from typing import cast, get_args

import httpx
import pytest
from sqlalchemy import select

from confsvc.web import keys
from confsvc.web.pages.figure_links import NotAsked, asked
from rooms.models import Change
from scheduler.record.figures import read_figures, read_list
from scheduler.record.goal_queries import find_goal
from scheduler.record.selection import CLASSES, Selection, What
from scheduler.record.tally import HostGroup
from scheduler.sight_queries import Sight
from tests.confsvc.conftest import Service
from tests.confsvc.pages.counted import YEAR, Made, add_example
from tests.confsvc.pages.scenes import booked

ALL = Sight(hosts=None, unit_id=None, drafts=None)


def _text(page: httpx.Response) -> str:
    """What a person reads, without marks, spaces folded."""
    assert page.status_code == 200, page.text[:500]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page.text)).replace("\xa0", " ").split())


def _total(page: httpx.Response) -> int:
    return int(re.search(r'<h1>[^<]*<span class="num">(\d+)</span>', page.text)[1])  # type: ignore[index]


async def _leader(service: Service) -> httpx.AsyncClient:
    return await service.browser(service.account("leader", "leader", unit="STTTT", at=None))


async def test_the_page_shows_the_worked_example(service: Service) -> None:
    service.database.write_now(add_example)
    text = _text(await (await _leader(service)).get("/figures", params={"year": YEAR}))
    assert "Chưa đạt 5 trên 9 cuộc" in text
    assert "55,5 %" in text and "mục tiêu 70 %" in text
    assert "62,5 % ( 5 / 8 )" in text, "net"
    assert "Giới hạn: 50,0 % – 60,0 %" in text
    assert "53,5 % (38/71)" in text, "weighted"
    assert "Còn phải thực hiện 2 cuộc trực tuyến" not in text, "one waits: two are out of reach"
    assert "Không thể đạt mục tiêu với các cuộc đã đăng ký:" in text


async def test_nothing_occurred_and_no_goal_are_said(service: Service) -> None:
    leader = await _leader(service)
    assert "Không phát sinh" in _text(await leader.get("/figures", params={"year": 2013}))
    assert "Năm này chưa đặt mục tiêu." in _text(await leader.get("/figures", params={"year": 2020}))


async def test_every_link_of_the_page_leads_to_a_list_of_that_length(service: Service) -> None:
    service.database.write_now(add_example)
    leader = await _leader(service)
    for query in ({}, {"group": "agency"}, {"kind": "training"}, {"host": "UBNDT"}, {"by": "district"}):
        page = await leader.get("/figures", params={"year": YEAR, **query})
        links = re.findall(r'href="(/figures/list\?[^"]*)">(?:<b>)?(\d+)<', page.text)
        assert len(links) > 10
        lists = {href: _total(await leader.get(unescape(href))) for href in {href for href, _ in links}}
        assert [(href, int(n)) for href, n in links if lists[href] != int(n)] == []


def test_figures_and_lists_add_up(service: Service) -> None:
    """Parts and whole, for every choice of group and class."""
    service.database.write_now(add_example)

    def figure(selection: Selection):  # type: ignore[no-untyped-def]
        return service.database.read_now(read_figures, YEAR, selection, now=service.now)

    def listed(**choice: object) -> int:
        return len(service.database.read_now(read_list, YEAR, Selection(**choice), sight=ALL))  # type: ignore[arg-type]

    for group, kind in product((None, *get_args(HostGroup)), (None, "meeting", "training")):
        selection = Selection(group=group, kind=cast("str", kind))  # type: ignore[arg-type]
        found = figure(selection)
        measure = found.measure
        assert sum(found.classes.values()) == listed(group=group, kind=kind)
        assert {what: listed(what=what, group=group, kind=kind) for what in CLASSES} == found.classes
        assert measure.gross.den == listed(what="denominator", group=group, kind=kind)
        assert sum(line.share.den for line in found.months) == measure.gross.den
        assert sum(line.share.num for line in found.hosts) == measure.gross.num
        assert sum(found.reasons.values()) == measure.gross.den - measure.gross.num
        assert sum(measure.evidence.values()) == measure.gross.den
        for line in found.districts:
            for what, number in (("numerator", line.share.num), ("denominator", line.share.den)):
                assert listed(what=cast("What", what), district=line.unit_id, group=group, kind=kind) == number


async def test_a_booked_meeting_is_still_to_come_and_a_draft_is_not(service: Service) -> None:
    rules, later = service.app[keys.RULES], service.now.replace(day=26, hour=2)
    codes = ("STTTT", "HHOA", "YTHE")
    service.database.write_now(booked, "STTTT", codes, later, now=service.now, rules=rules)
    service.database.write_now(booked, "STTTT", codes, later.replace(day=27), now=service.now, rules=rules, draft=True)
    found = service.database.read_now(read_figures, 2026, Selection(), now=service.now)
    assert (found.classes["expected"], found.months[10].expected, found.measure.gross.den) == (1, 1, 0)


async def test_another_offices_meeting_is_counted_without_its_title(service: Service) -> None:
    service.database.write_now(add_example)
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    text = _text(await clerk.get("/figures/list", params={"year": YEAR, "what": "numerator"}))
    assert text.count("Cuộc họp của cơ quan khác") == 4
    assert "Cuộc số 3" in text and "Cuộc số 1 " not in text


async def test_why_each_counts_or_not(service: Service) -> None:
    service.database.write_now(add_example)
    leader = await _leader(service)
    for what, wanted in (
        ("in_person", "không thực hiện được trực tuyến"), ("out_of_scope", "không mời đơn vị cấp huyện"),
        ("not_held", "đã hủy"), ("numerator", "V đạt ít nhất một nửa V + P"),
    ):  # fmt: skip
        assert wanted in _text(await leader.get("/figures/list", params={"year": YEAR, "what": what}))


async def test_the_method_is_told_in_both_languages(service: Service) -> None:
    leader = await _leader(service)
    assert "Phương pháp tính tỷ lệ" in _text(await leader.get("/figures/method"))
    leader.cookies.set("lang", "en")
    assert "a tie counts as online" in _text(await leader.get("/figures/method"))


@pytest.mark.parametrize(
    ("typed", "fraction"), [("75", (3, 4)), ("66,5", (133, 200)), ("2/3", (2, 3)), ("100 %", (1, 1))]
)
async def test_a_goal_is_kept_as_an_exact_fraction(service: Service, typed: str, fraction: tuple[int, int]) -> None:
    reporter = await service.browser(service.account("reporter", "reporter", unit="STTTT", at=None))
    answer = await reporter.post("/figures/goals", data={"year": "2027", "percent": typed, "basis": "QĐ 1/QĐ-UBND"})
    assert answer.status_code == 303
    goal = service.database.read_now(find_goal, 2027)
    assert goal is not None and (goal.numerator, goal.denominator) == fraction
    last = service.database.read_now(lambda db: db.scalars(select(Change).order_by(Change.id.desc())).first())
    assert (last.subject_kind, last.subject_id, last.act) == ("goal", 2027, "added")


@pytest.mark.parametrize("typed", ["0", "101", "abc", "", "7/0", "3/2"])
async def test_nonsense_is_no_goal(service: Service, typed: str) -> None:
    reporter = await service.browser(service.account("reporter", "reporter", unit="STTTT", at=None))
    answer = await reporter.post("/figures/goals", data={"year": "2027", "percent": typed, "basis": "QĐ 1"})
    assert answer.status_code == 422 and 'id="e-percent"' in answer.text
    assert service.database.read_now(find_goal, 2027) is None


async def test_a_clerk_sets_no_goal(service: Service) -> None:
    clerk = await service.browser(service.account("clerk", "booker", unit="STTTT"))
    data = {"year": "2027", "percent": "1", "basis": "x"}
    assert (await clerk.post("/figures/goals", data=data)).status_code == 403
    assert "/figures/goals" not in re.findall(r'action="([^"]*)"', (await clerk.get("/figures/goals")).text)


@pytest.mark.parametrize(
    "query", [{"year": "x"}, {"month": "13"}, {"what": "more"}, {"group": "x"}, {"year": "99999999999"}]
)
def test_an_address_without_sense_asks_for_nothing(query: dict[str, str]) -> None:
    with pytest.raises(NotAsked):
        asked(query, 2026)


async def test_an_unknown_host_is_not_found(service: Service) -> None:
    leader = await _leader(service)
    assert (await leader.get("/figures", params={"host": "NIX"})).status_code == 404
    assert (await leader.get("/figures/list", params={"district": "NIX"})).status_code == 404


async def test_programs_read_the_same_figures(service: Service) -> None:
    service.database.write_now(add_example)
    program = service.program(service.account("robot", "leader", unit="STTTT", at=None), "read")
    found = (await program.get("/api/v1/figures", params={"year": YEAR})).json()
    assert found["share"] == {"online": 5, "counted": 9, "tenths": 555}
    assert found["goal"]["attained"] is False
    listed = (await program.get("/api/v1/figures/list", params={"year": YEAR, "what": "numerator"})).json()
    assert (listed["total"], {item["online"] for item in listed["items"]}) == (5, {True})


async def test_a_long_list_comes_in_pages_that_keep_the_choice(service: Service) -> None:
    many = tuple(Made("SNV", 1 + n % 12, 10, 0) for n in range(60))
    service.database.write_now(add_example, many)
    leader = await _leader(service)
    first = await leader.get("/figures/list", params={"year": YEAR, "what": "numerator", "host": "SNV"})
    following = unescape(re.search(r'href="([^"]*)" rel="next"', first.text)[1])  # type: ignore[index]
    second = await leader.get(following)
    assert (_total(first), _total(second)) == (60, 60)
    assert [page.text.count("<time datetime=") for page in (first, second)] == [35, 25]
