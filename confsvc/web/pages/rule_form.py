"""The form of one rule: a value from a day on, for all or for a kind or an office, with a sentence that says what it
will mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from aiohttp import web
from sqlalchemy.orm import Session

from confsvc.access import require
from confsvc.web import keys
from confsvc.web.pages.choices import kind_options
from confsvc.web.pages.form import Form, read_form, told
from confsvc.web.pages.rule_words import NAMES, NO_LIMIT, VALUES, measure_hint, sentence, value_text
from confsvc.web.pages.rules import PAGE, P, back
from confsvc.web.pages.words import Words
from confsvc.web.rendering import render
from rooms.errors import Invalid, NotFound
from rooms.queries import UnitOn, list_units
from scheduler.local_time import local_day
from scheduler.rule_acts import LONGEST_REASON, RuleWish, plan_rule, put_rule
from scheduler.rule_queries import find_rule
from scheduler.rule_whats import NONE, WHATS, What
from scheduler.rulebook import RuleRow

FIELDS = ("what", "kind", "unit", "value", "reason", "valid_from", "valid_to")


@dataclass(frozen=True)
class Looked:
    """A wish looked at without doing it: what is wrong, and the row that would end."""

    units: tuple[UnitOn, ...]
    prior: RuleRow | None = None
    problem: Invalid | None = None


async def show(request: web.Request) -> web.Response:
    """GET /rules/change: ``what``; with ``rule`` filled in as that row has it; ``kind``, ``unit`` chosen."""
    require(keys.actor(request), P)
    what, today = _what(request.query.get("what", "")), local_day(keys.now(request))
    number = request.query.get("rule", "")
    rule_id = int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None
    row, units = await request.app[keys.DATABASE].read(_find, rule_id, today)
    values = {"kind": request.query.get("kind", ""), "unit": request.query.get("unit", ""), "value": "", "reason": ""}
    if row is not None and row.what == what.name:
        codes = {unit.id: unit.code for unit in units}
        text = "" if row.value == NONE else row.value
        values |= {"kind": row.kind or "", "unit": codes.get(row.unit_id or 0, ""), "value": text, "reason": row.reason}
    values |= {"valid_from": f"{today:%d/%m/%Y}", "valid_to": ""}
    return _page(request, what, values, units, {}, {})


def _find(db: Session, rule_id: int | None, today: date) -> tuple[RuleRow | None, tuple[UnitOn, ...]]:
    return find_rule(db, rule_id) if rule_id is not None else None, _units(db, today)


def _units(db: Session, today: date) -> tuple[UnitOn, ...]:
    return tuple(unit for unit in list_units(db, today) if unit.level != "commune")


def _what(code: str) -> What:
    if code not in WHATS:
        raise NotFound(kind="rule", key=code)
    return WHATS[code]


async def save(request: web.Request) -> web.Response:
    """POST /rules/change: with ``act=look`` only the sentence; alone for a script, the whole page for a button."""
    form, words, actor = await read_form(request), Words(request[keys.LANGUAGE]), keys.actor(request)
    require(actor, P)
    what, now = _what(form.values.get("what", "")), keys.now(request)
    looks = form.values.get("act") == "look" or "HX-Request" in request.headers
    values = {name: form.values.get(name, "") for name in FIELDS} | {"value": _typed_value(form, what)}
    units = await request.app[keys.DATABASE].read(_units, local_day(now))
    try:
        wish = _read(form, what, units, values["value"])
        if not looks:
            await request.app[keys.DATABASE].write(put_rule, wish, actor=actor.text, now=now)
            return await back(request, words("The rule is set: %(name)s.", name=words(NAMES[what.name])))
        prior = await request.app[keys.DATABASE].read(plan_rule, wish)
    except Invalid as problem:
        errors = {name or "value": said for name, said in told(request, problem).items()}
        return _page(request, what, values, units, errors, {}, looks=looks)
    return _page(request, what, values, units, {}, _preview(wish, prior, units, words), looks=looks)


def _read(form: Form, what: What, units: tuple[UnitOn, ...], value: str) -> RuleWish:
    kind, code = form.text("kind", 40), form.text("unit", 60)
    by_code = {unit.code: unit.id for unit in units}
    if code and code not in by_code:
        form.wrong("unit", "no_such_unit")
    since, until = form.day("valid_from", required=True), form.day("valid_to")
    reason = form.text("reason", LONGEST_REASON, required=True)
    form.done()
    return RuleWish(what.name, kind or None, by_code.get(code), value, reason, since or date.min, until)


def _typed_value(form: Form, what: What) -> str:
    if what.form == "choices":
        return ",".join(form.listed("value"))
    typed = form.values.get("value", "").strip()
    return NONE if not typed and what.no_limit else typed


def _preview(wish: RuleWish, prior: RuleRow | None, units: tuple[UnitOn, ...], words: Words) -> dict[str, Any]:
    what, names = WHATS[wish.what], {unit.id: unit.short for unit in units}
    row = RuleRow(0, wish.what, wish.kind, wish.unit_id, wish.value, wish.reason, wish.valid_from, wish.valid_to)
    said: dict[str, Any] = {"ends": "", "replaces": ""}
    said["sentence"] = sentence(what, row, names.get(wish.unit_id or 0, ""), words)
    if prior is not None:
        before = value_text(what, prior.value, words)
        same = prior.valid_from == wish.valid_from
        said["replaces" if same else "ends"] = before
        said["resumes"] = wish.valid_to is not None and (prior.valid_to is None or prior.valid_to > wish.valid_to)
    return said


def _options(what: What, value: str, words: Words) -> list[dict[str, Any]]:
    codes, chosen = ("yes", "no") if what.form == "flag" else what.options, value.split(",")
    said = {code: words.headed(words(VALUES[what.name][code])) for code in codes}
    return [{"value": code, "label": label, "checked": code in chosen} for code, label in said.items()]


def _page(
    request: web.Request, what: What, values: Mapping[str, str], units: tuple[UnitOn, ...], errors: Mapping[str, str],
    preview: Mapping[str, Any], *, looks: bool = False,
) -> web.Response:  # fmt: skip
    words, today = Words(request[keys.LANGUAGE]), local_day(keys.now(request))
    template = "rule_preview.html" if "HX-Request" in request.headers else "rule_form.html"
    shown = dict(values) | ({"value": ""} if values["value"] == NONE else {})
    return render(
        request, template, status=422 if errors and not looks else 200, w=words, what=what, values=shown, errors=errors,
        preview=preview, name=words(NAMES[what.name]), hint=measure_hint(what, words), no_limit=words(NO_LIMIT),
        options=_options(what, shown["value"], words),
        kinds=kind_options(words, keys.rules(request).book, today) if what.of_kind != "no" else [],
        units=[(unit.code, unit.short) for unit in units] if what.of_unit else [], page=PAGE,
        longest_reason=LONGEST_REASON,
    )  # fmt: skip
