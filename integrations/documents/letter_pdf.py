"""A letter of invitation as PDF, or its pages as pictures, by typst.

What the letter says goes in as JSON and never becomes markup. The compiler works in a process of its own with little
time and memory, so a letter that would keep it busy harms nobody; the same letter gives the same bytes. Run as a
program this file is that process: it imports nothing of ours, so it starts fast.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

if TYPE_CHECKING:
    from integrations.documents.letter_content import InvitationLetter

MOST_SECONDS = 10
MOST_MEMORY = 2 * 1024**3  # of addresses: the fonts are mapped, and each thread has its stack
MOST_PAGES = 40
TEMPLATE = Path(__file__).with_name("letter.typ")
_LONGEST_WORD = 24


def letter_pdf(letter: InvitationLetter, fonts: Path | None = None) -> bytes:
    """The letter as PDF; blocks for at most MOST_SECONDS, so in a thread.

    ``fonts``: a folder with a serif; None for where systems keep them (``letter_fonts``). Raises
    Refused "too_large", Unavailable when the compiler did not manage.
    """
    return _compiled(letter, fonts, "pdf")


def letter_pictures(letter: InvitationLetter, fonts: Path | None = None) -> list[bytes]:
    """Its pages as PNG, 96 points an inch, for looking at them; at most MOST_PAGES. As ``letter_pdf``."""
    return [base64.b64decode(page) for page in json.loads(_compiled(letter, fonts, "png"))]


def _compiled(letter: InvitationLetter, fonts: Path | None, output: str) -> bytes:
    from integrations.documents.letter_text import letter_text

    return compiled(TEMPLATE, _values(letter_text(letter)), fonts, output)


def compiled(template: Path, values: dict[str, Any], fonts: Path | None, output: str) -> bytes:
    """Any document of ours whose template reads its ``values`` from the input "letter". Raises as ``letter_pdf``."""
    from integrations.documents.letter_fonts import font_folder
    from integrations.errors import Refused, Unavailable

    folder = font_folder(fonts)
    asked = {
        "letter": values, "template": str(template), "output": output,
        "fonts": [str(folder)] if folder else [],
    }  # fmt: skip
    command = [sys.executable, "-I", __file__]
    try:
        done = subprocess.run(
            command, input=json.dumps(asked).encode(), capture_output=True, timeout=MOST_SECONDS, check=False,
            env={"PATH": os.defpath, "RAYON_NUM_THREADS": "2"},
        )  # fmt: skip
    except subprocess.TimeoutExpired as problem:
        raise Unavailable("the letter took too long") from problem
    if done.returncode == _TOO_MANY_PAGES:
        raise Refused("too_large")
    if done.returncode != 0 or not done.stdout:
        raise Unavailable("the letter was not made: " + done.stderr.decode(errors="replace")[-500:])
    return done.stdout


def _values(text: Any) -> dict[str, Any]:
    """A ``LetterText`` as the template wants it."""
    from integrations.documents import letter_forms as forms
    from integrations.documents.letter_fonts import FAMILIES
    from integrations.documents.letter_text import COUNTRY, KIND, MOTTO

    sizes = {"body": forms.BODY, "motto": forms.MOTTO, "head": forms.HEAD, "small": forms.SMALL, "list": forms.LIST}
    day = text.dated
    return {
        "form": asdict(text.form) | {"since": ""}, "sizes": sizes, "head_left": forms.HEAD_LEFT, "fonts": FAMILIES,
        "day": [day.year, day.month, day.day], "title": f"{KIND} {text.subject}", "author": text.host,
        "country": COUNTRY, "motto": MOTTO, "kind": KIND, "superior": _broken(text.superior),
        "host": _broken(text.host), "number": _broken(text.number), "place_and_date": _broken(text.place_and_date),
        "subject": _broken(text.subject), "authority": _all(text.authority), "signer": _broken(text.signer),
        "recipients": _all(text.recipients), "urgency": text.urgency, "stamp": forms.STAMPS.get(text.urgency, 0),
        "body": [{"label": one.label, "text": _broken(one.text), "item": one.item} for one in text.body],
    }  # fmt: skip


def _all(lines: Iterable[str]) -> list[str]:
    return [_broken(line) for line in lines]


def _broken(text: str) -> str:
    """Words longer than a line can break anywhere, or they would run out of the paper."""
    return " ".join(word if len(word) <= _LONGEST_WORD else "\u200b".join(word) for word in text.split(" "))


_TOO_MANY_PAGES = 3


def main() -> int:
    """The process: a JSON of what to make on standard input, the file on standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    asked = json.load(sys.stdin.buffer)
    compiler = typst.Compiler(
        asked["template"], font_paths=asked["fonts"], ignore_system_fonts=True,
        sys_inputs={"letter": json.dumps(asked["letter"], ensure_ascii=False)},
    )  # fmt: skip
    if asked["output"] == "pdf":
        made = compiler.compile(format="pdf")
        content = made if isinstance(made, bytes) else b""
    else:
        pages = compiler.compile(format="png", ppi=96)
        listed = pages if isinstance(pages, list) else [pages]
        if len(listed) > MOST_PAGES:
            return _TOO_MANY_PAGES
        content = json.dumps([base64.b64encode(one).decode() for one in listed if one]).encode()
    sys.stdout.buffer.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
