"""The C library's own check of iTIP messages, where the machine has it: the only one that knows which property may
stand in which METHOD.

It is written in C and crashes on some files, so it runs in a process of its own with little time and memory, which is
not missed when it dies. Run as a program it takes the file on standard input; it imports nothing of ours.
"""

from __future__ import annotations

import ctypes
import json
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

MOST_SECONDS = 2
MOST_MEMORY = 190 * 1024 * 1024
_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib")


@cache
def find_library() -> str | None:
    """The path of libical 3 (Debian: ``apt-get install libical3``), or None."""
    for folder in _FOLDERS:
        for pattern in ("libical.so.3", "*/libical.so.3"):
            for path in sorted(Path(folder).glob(pattern)):
                return str(path)
    return None


def findings(ics: bytes) -> list[str] | None:
    """What libical's parser and its restriction check say against a file; empty when nothing, None when the library is
    not on this machine. Blocks for at most twice MOST_SECONDS."""
    found = check([ics])
    return None if found is None else found[0]


def check(files: Sequence[bytes]) -> list[list[str]] | None:
    """The same for many files in one process; all after one that killed it are said to be unchecked."""
    path = find_library()
    if path is None:
        return None
    command = [sys.executable, "-I", __file__, path]
    try:
        done = subprocess.run(
            command, input=b"".join(len(one).to_bytes(8, "big") + one for one in files), capture_output=True,
            timeout=2 * MOST_SECONDS + len(files) // 100, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as stopped:
        written = stopped.stdout or b""
    else:
        written = done.stdout
    said = [json.loads(line) for line in written.decode().split("\n")[:-1]]
    missing = len(files) - len(said)
    return said + [["libical did not survive this file"]] * min(missing, 1) + [["unchecked"]] * (missing - 1)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    library = _loaded(sys.argv[1])
    for ics in _given():
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + 1 + MOST_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        print(json.dumps(_complaints(library, ics)), flush=True)  # noqa: T201 -- the answer


def _given() -> Iterator[bytes]:
    while head := sys.stdin.buffer.read(8):
        yield sys.stdin.buffer.read(int.from_bytes(head, "big"))


def _loaded(path: str) -> ctypes.CDLL:
    library = ctypes.CDLL(path)
    library.icalparser_parse_string.restype = ctypes.c_void_p
    library.icalparser_parse_string.argtypes = [ctypes.c_char_p]
    library.icalrestriction_check.restype = ctypes.c_int
    library.icalrestriction_check.argtypes = [ctypes.c_void_p]
    library.icalcomponent_as_ical_string.restype = ctypes.c_char_p
    library.icalcomponent_as_ical_string.argtypes = [ctypes.c_void_p]
    library.icalcomponent_free.argtypes = [ctypes.c_void_p]
    return library


def _complaints(library: ctypes.CDLL, ics: bytes) -> list[str]:
    """It writes them into the component, as X-LIC-ERROR lines."""
    component = library.icalparser_parse_string(ics)
    if not component:
        return ["not parsed at all"]
    try:
        valid = library.icalrestriction_check(component)
        text = library.icalcomponent_as_ical_string(component).decode(errors="replace").replace("\r\n ", "")
    finally:
        library.icalcomponent_free(component)
    said = [line.partition(":")[2][:500] for line in text.split("\r\n") if line.startswith("X-LIC-ERROR")][:100]
    return said if said or valid else ["its restriction check fails"]


if __name__ == "__main__":
    main()
