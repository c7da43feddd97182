"""iCalendar text cut into content lines, without a library: what the lint reads, so that it checks that one too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

DEEPEST = 10
_NAME = re.compile(r"[A-Za-z0-9-]+")
_PARAM = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)')


@dataclass(frozen=True, slots=True)
class Line:
    """One unfolded line. ``path``: the components it stands in, outermost first. ``params``: raw, quotes kept."""

    path: tuple[str, ...]
    name: str
    params: Mapping[str, str]
    value: str
    instance: int

    @property
    def component(self) -> str:
        return self.path[-1] if self.path else ""


def cut(text: str) -> tuple[list[Line], list[str]]:
    """The lines, BEGIN and END among them, and what is wrong with the nesting. ``instance`` numbers components."""
    lines: list[Line] = []
    wrong: list[str] = []
    path: list[tuple[str, int]] = []
    count = 0
    for number, raw in enumerate(re.sub(r"\r?\n[ \t]", "", text).splitlines(), 1):
        name = _NAME.match(raw)
        if not name:
            wrong.append(f"line {number} has no property name")
            continue
        params, at = {}, name.end()
        while found := _PARAM.match(raw, at):
            params[found[1].upper()] = found[2]
            at = found.end()
        if raw[at : at + 1] != ":":
            wrong.append(f"line {number} ({name[0]}) has no value")
            continue
        key, value = name[0].upper(), raw[at + 1 :]
        if key == "BEGIN":
            count += 1
            path.append((value.upper(), count))
            if len(path) > DEEPEST:
                return lines, [*wrong, f"line {number} opens component in component beyond {DEEPEST}"]
        lines.append(Line(tuple(part for part, _ in path), key, params, value, path[-1][1] if path else 0))
        if key == "END" and (not path or path.pop()[0] != value.upper()):
            wrong.append(f"line {number} ends {value}, which is not open")
    if path:
        wrong.append(f"{path[-1][0]} is never ended")
    return lines, wrong
