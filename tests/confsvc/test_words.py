"""Every problem and every page has its words: codes in the sources have texts, texts have their Vietnamese."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from jinja2.ext import babel_extract

import confsvc
from confsvc import wording
from confsvc.i18n import negotiate, text, translations
from confsvc.web import error_words, errors, names, navigation, problem
from rooms.errors import FieldError, Invalid, NotFound

ROOT = Path(confsvc.__file__).parents[1]
PROBLEMS = {"Problem", "NotFound", "NotAllowed"}


def _calls() -> Iterator[tuple[Path, ast.Call, str]]:
    for package in ("rooms", "scheduler", "confsvc"):
        for path in (ROOT / package).rglob("*.py"):
            if "simulate" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    yield path, node, node.func.id


def test_every_problem_in_the_sources_has_a_text() -> None:
    codes = {
        str(call.args[0].value): path.name
        for path, call, name in _calls()
        if name in PROBLEMS and call.args and isinstance(call.args[0], ast.Constant)
    }
    assert "not_signed_in" in codes
    assert {code: path for code, path in codes.items() if code not in errors.TEXTS} == {}


def test_every_field_error_in_the_sources_has_a_text() -> None:
    codes = {
        str(call.args[1].value): path.name
        for path, call, name in _calls()
        if name == "FieldError" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
    }
    assert "required" in codes
    assert {code: path for code, path in codes.items() if code not in errors.FIELD_TEXTS} == {}


def test_every_text_of_the_edge_is_translated() -> None:
    wanted = {
        *errors.TEXTS.values(), *errors.FIELD_TEXTS.values(), *errors.WARNING_TEXTS.values(), errors.TAKEN_TEXT,
        *problem.PHRASES.values(), *(label for _, label, _ in navigation.MENU), *names.FUNCTIONS.values(),
        *names.SCOPES.values(), *error_words.BY.values(), error_words.FITS, error_words.FITS_UNTIL, error_words.NO_FIT,
        error_words.ALL_KINDS,
    }  # fmt: skip
    vietnamese = translations("vi")
    assert sorted(message for message in wanted if vietnamese.gettext(message) == message) == []


def test_every_sentence_of_the_templates_is_translated() -> None:
    vietnamese, missing = translations("vi"), set()
    for path in (ROOT / "confsvc/web/templates").rglob("*.html"):
        with path.open("rb") as file:
            found = babel_extract(file, ("_", "t", "gettext", "ngettext"), [], {"extensions": "jinja2.ext.do"})
            for _, _, message, _ in found:
                first = message[0] if isinstance(message, tuple) else message
                if first and vietnamese.gettext(first) == first and vietnamese.ngettext(first, "", 1) == first:
                    missing.add(f"{path.name}: {first}")
    assert sorted(missing) == []


def test_texts_are_filled_in_with_what_the_problem_carries() -> None:
    wrong = Invalid([FieldError("a", "too_long", {"max": 5}), FieldError("a", "required"), FieldError("b", "odd")])
    assert errors.field_texts(wrong, "en") == {"a": "At most 5 characters.", "b": "This value is not right."}
    assert errors.field_text(FieldError("a", "too_long", {"most": 7}), "vi") == "Nhiều nhất 7 ký tự."
    assert errors.field_text(FieldError("a", "too_long"), "en") == "At most ? characters."
    assert errors.text_of(NotFound(kind="unit", key="%s"), "vi").startswith("Không có trang")


def test_vietnamese_unless_english_was_chosen() -> None:
    assert negotiate("") == negotiate("fr") == negotiate("vi-VN,en") == "vi"
    assert negotiate("en-US,vi") == "en"
    assert negotiate("en", "vi") == "vi"
    assert negotiate("", "xx") == "vi"
    assert text("%(num)s day", "en", {"num": 3}) == "3 day"


def test_the_rule_on_state_secrets_stands_wherever_people_speak() -> None:
    """Booking form and join page (in their templates' sentences), the idle screen of a hall, every letter."""
    templates = ROOT / "confsvc" / "web" / "templates"
    for name, sentence in (
        ("book.html", "I confirm: no state secrets will be spoken of or shown in this meeting."),
        ("join.html", "No state secrets may be spoken of or shown on this system."),
        ("base.html", "No state secrets on this system"),
    ):
        assert f'_("{sentence}")' in (templates / name).read_text("utf-8"), name
        assert "bí mật nhà nước" in text(sentence, "vi")
    hall = (templates / "kiosk.html").read_text("utf-8")
    footer = hall[hall.index('<footer data-screen="idle') :]
    assert "bí mật nhà nước" in footer and "No state secrets" in footer
    content = {
        "what": "booked", "title": "Giao ban", "host": "Sở Nội vụ", "form": "online",
        "chair": {"name": "", "title": ""}, "contact": {"name": "", "phone": ""},
        "starts": "2026-12-01T01:00:00+00:00", "ends": "2026-12-01T02:00:00+00:00",
    }  # fmt: skip
    for letter in (wording.plain(content, "vi", None), wording.html(content, "vi", None)):
        assert text(wording.SECRECY, "vi") in letter
        assert "bí mật nhà nước" in letter
