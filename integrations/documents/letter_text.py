"""The wording of a letter of invitation, the same for every output: lines and paragraphs in their order.

(pure) Form 1.7 of NĐ 30/2020, annex III, with the lines of a video conference. Letters are in Vietnamese by law, so the
words stand here and not among the translations. Zeros: NĐ 30/2020, annex I, part II: numbers and days below 10 and the
months 1 and 2 bear one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from integrations.documents.letter_content import Group, InvitationLetter, Sitting, bounded
from integrations.documents.letter_forms import LetterForm, form_on

COUNTRY, MOTTO, KIND = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "GIẤY MỜI"
_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_OPEN = "\u00a0" * 6
_NB = "\u00a0"


@dataclass(frozen=True)
class Paragraph:
    """``label`` is set bold before the text. ``item``: a line of a list."""

    label: str
    text: str
    item: bool = False


@dataclass(frozen=True)
class LetterText:
    """What stands where; the numbers in comments are the boxes of NĐ 30/2020."""

    form: LetterForm
    dated: date
    superior: str  # 2
    host: str  # 2
    number: str  # 3
    place_and_date: str  # 4
    subject: str  # 5a
    body: tuple[Paragraph, ...]  # 6
    authority: tuple[str, ...]  # 7a, with the title
    signer: str  # 7b
    recipients: tuple[str, ...]  # 9b
    urgency: str  # 10b


def letter_text(letter: InvitationLetter) -> LetterText:
    """The letter in words. Raises Refused (``bounded``)."""
    clean = bounded(letter)
    signs = clean.signature
    authority = tuple(line.upper() for line in (*signs.authority, signs.title) if line)
    return LetterText(
        form=form_on(clean.dated), dated=clean.dated, superior=clean.superior.upper(), host=clean.host.upper(),
        number=number_line(clean.number, clean.symbol), place_and_date=place_and_date(clean), subject=clean.subject,
        body=tuple(_body(clean)), authority=authority, signer=signs.name, recipients=_recipients(clean.recipients),
        urgency=clean.urgency,
    )  # fmt: skip


def number_line(number: str, symbol: str) -> str:
    """Số: 05/GM-UBND; without a number room to write it."""
    shown = number.zfill(2) if number.isdecimal() else number
    return f"Số: {shown or _OPEN}/{symbol}"


def day_month(day: date) -> str:
    """05 tháng 3, 10 tháng 01, 09 tháng 12."""
    return f"{day.day:02} tháng {_month(day)}"


def place_and_date(letter: InvitationLetter) -> str:
    """Bắc Giang, ngày 05 tháng 3 năm 2012."""
    said = f"{_OPEN} tháng {_month(letter.dated)}" if letter.day_open else day_month(letter.dated)
    where = f"{letter.place}, " if letter.place else ""
    return f"{where}ngày {said} năm {letter.dated.year}"


def moment(at: datetime) -> str:
    """08 giờ 00, thứ Hai, ngày 05/3/2012."""
    return f"{_hour(at)}, {_WEEKDAYS[at.weekday()]}, ngày{_NB}{_slashed(at.date())}"


def _month(day: date) -> str:
    return f"{day.month:02}" if day.month < 3 else str(day.month)


def _slashed(day: date) -> str:
    return f"{day.day:02}/{_month(day)}/{day.year}"


def _hour(at: datetime) -> str:
    return f"{at.hour:02}{_NB}giờ{_NB}{at.minute:02}"


def _body(letter: InvitationLetter) -> Iterator[Paragraph]:
    paragraphs = [
        Paragraph("", f"{letter.host} trân trọng kính mời:"), *_invited(letter.groups),
        Paragraph("Tới dự:", _stopped(letter.purpose)),
        *([Paragraph("Chủ trì:", _stopped(letter.chair))] if letter.chair else []), *_times(letter), *_places(letter),
        *_demands("Yêu cầu:", letter.requirements), *(Paragraph("", _stopped(one)) for one in letter.notices),
        *([Paragraph("Đầu mối liên hệ:", _stopped(letter.contact))] if letter.contact else []),
    ]  # fmt: skip
    yield from paragraphs[:-1]
    last = paragraphs[-1]
    yield Paragraph(last.label, f"{last.text.rstrip('.')}./.", last.item)


def _invited(groups: tuple[Group, ...]) -> Iterator[Paragraph]:
    for number, group in enumerate(groups, start=1):
        head = f"{number}. {group.at}" if len(groups) > 1 and group.at else group.at
        if len(group.who) == 1 and group.at:
            yield Paragraph(f"{head}:", _stopped(group.who[0]))
        else:
            yield from [Paragraph(f"{head}:", "")] if head else []
            yield from _listed(group.who)


def _times(letter: InvitationLetter) -> Iterator[Paragraph]:
    test = ""
    if letter.line_test is not None:
        test = f"kiểm tra đường truyền: {_hour(letter.line_test)} ngày{_NB}{_slashed(letter.line_test.date())}"
    if len(letter.sittings) == 1:
        yield Paragraph("Thời gian:", _stopped(moment(letter.sittings[0].starts) + (f" ({test})" if test else "")))
        return
    yield Paragraph("Thời gian:", f"{len(letter.sittings):02} buổi{f' ({test})' if test else ''}:")
    yield from _listed(_sitting(one, number) for number, one in enumerate(letter.sittings, start=1))


def _sitting(one: Sitting, number: int) -> str:
    same = one.starts.date() == one.ends.date()
    until = _hour(one.ends) if same else moment(one.ends)
    day = f"{_WEEKDAYS[one.starts.weekday()]}, ngày{_NB}{_slashed(one.starts.date())}"
    label = one.label or f"Buổi {number}"
    return f"{label}: từ {_hour(one.starts)} đến {until}, {day}" if same else f"{label}: {moment(one.starts)} - {until}"


def _places(letter: InvitationLetter) -> Iterator[Paragraph]:
    parts = [f"điểm cầu chính: {letter.main_site}"] if letter.main_site and letter.member_sites else [letter.main_site]
    parts += [f"điểm cầu thành phần: {letter.member_sites}"] if letter.member_sites else []
    said = "; ".join(part for part in parts if part)
    if said:
        yield Paragraph("Địa điểm:", _stopped(said[0].upper() + said[1:]))


def _demands(label: str, demands: tuple[str, ...]) -> Iterator[Paragraph]:
    if len(demands) == 1:
        yield Paragraph(label, _stopped(demands[0]))
    elif demands:
        yield Paragraph(label, "")
        yield from _listed(demands)


def _listed(lines: Iterable[str]) -> Iterator[Paragraph]:
    said = [line.rstrip(" .;") for line in lines]
    for number, line in enumerate(said, start=1):
        yield Paragraph("", f"- {line}{'.' if number == len(said) else ';'}", item=True)


def _stopped(text: str) -> str:
    """With a full stop, unless a bracket or another mark closes it."""
    return text if text.endswith((".)", "!", "?")) else f"{text.rstrip(' .;')}."


def _recipients(lines: tuple[str, ...]) -> tuple[str, ...]:
    said = [line.lstrip("-– ").rstrip(" .;") for line in lines]
    return tuple(f"- {line}{'.' if number == len(said) else ';'}" for number, line in enumerate(said, start=1))
