"""The templates of confsvc/web/templates: one Jinja environment a language.

A name that is not there is an error, also in a condition; a missing key of a mapping is only empty in a condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.utils import missing

from confsvc.i18n import LANGUAGES, translations


class _Careful(StrictUndefined):
    """Strict about names; ``{% if option.hint %}`` on a mapping without it is simply false."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]
        if self._undefined_obj is missing:
            self._fail_with_undefined_error()
        return False


class Templates:
    """The templates of confsvc/web/templates in every language."""

    def __init__(self) -> None:
        loader = PackageLoader("confsvc.web", "templates")
        self._environments: dict[str, Environment] = {}
        for language in LANGUAGES:
            made = Environment(
                loader=loader, autoescape=True, undefined=_Careful, trim_blocks=True, lstrip_blocks=True,
                extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            )  # fmt: skip
            made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
            made.globals["t"] = made.globals["_"]
            self._environments[language] = made

    def render(self, name: str, language: str, context: Mapping[str, Any]) -> str:
        return self._environments[language].get_template(name).render(context)


@cache
def templates() -> Templates:
    """The one set of a process: compiling them takes a tenth of a second a page."""
    return Templates()
