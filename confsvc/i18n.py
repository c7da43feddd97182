"""The languages of pages, letters and errors. Message ids are the English text; Vietnamese is in locale/vi/*.po.

The .po files are read at the start, so nothing has to be compiled. Vietnamese is what people get unless they chose
English.
"""

from __future__ import annotations

import gettext as stdlib_gettext
import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("vi", "en")
DEFAULT = "vi"
FOLDER = Path(__file__).parent / "locale"


@cache
def translations(language: str) -> stdlib_gettext.NullTranslations:
    """All domains of a language in one catalogue; English is the message ids themselves."""
    files = sorted((FOLDER / language).glob("*.po"))
    if not files:
        return stdlib_gettext.NullTranslations()
    whole = Catalog(locale=language)
    for path in files:
        with path.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                if message.id and message.string and not message.fuzzy:
                    whole[message.id] = message
    packed = io.BytesIO()
    write_mo(packed, whole)
    packed.seek(0)
    return stdlib_gettext.GNUTranslations(packed)


def text(message: str, language: str, values: Mapping[str, Any] | None = None) -> str:
    """A message in a language, with ``%(name)s`` filled in from ``values``."""
    translated = translations(language).gettext(message)
    return translated if values is None else translated % values


def negotiate(header: str, chosen: str | None = None) -> str:
    """The language: the one chosen, else the first of Accept-Language that we speak before Vietnamese is named."""
    if chosen in LANGUAGES:
        return str(chosen)
    for part in header.split(","):
        code = part.split(";")[0].strip().lower().split("-")[0]
        if code in LANGUAGES:
            return code
    return DEFAULT
