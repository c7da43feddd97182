"""The C library's own check of iTIP messages, through ctypes, on machines that have it."""

from __future__ import annotations

import ctypes
from pathlib import Path


def find_library() -> ctypes.CDLL | None:
    """libical from the system's folders, or None."""
    for folder in ("/usr/lib", "/usr/lib64", "/lib"):
        for path in sorted(Path(folder).glob("**/libical.so.*")):
            return ctypes.CDLL(str(path))
    return None


def complaints(library: ctypes.CDLL, ics: bytes) -> list[str]:
    """What ``icalrestriction_check`` writes into the component as X-LIC-ERROR lines."""
    library.icalparser_parse_string.restype = ctypes.c_void_p
    library.icalparser_parse_string.argtypes = [ctypes.c_char_p]
    library.icalrestriction_check.restype = ctypes.c_int
    library.icalrestriction_check.argtypes = [ctypes.c_void_p]
    library.icalcomponent_as_ical_string.restype = ctypes.c_char_p
    library.icalcomponent_as_ical_string.argtypes = [ctypes.c_void_p]
    library.icalcomponent_free.argtypes = [ctypes.c_void_p]
    component = library.icalparser_parse_string(ics)
    if not component:
        return ["not parsed at all"]
    try:
        library.icalrestriction_check(component)
        text = library.icalcomponent_as_ical_string(component).decode().replace("\r\n ", "")
        return [line for line in text.splitlines() if line.startswith("X-LIC-ERROR")]
    finally:
        library.icalcomponent_free(component)
