"""Reading a file that anybody may have written: little of it, little time, little memory, and a plain word then."""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from confsvc.cli.setup import WRONG, fail

MOST_SECONDS = 2
MOST_MEMORY = 160 * 1024 * 1024
"""Beyond what the program has when it begins to read."""


class TooSlow(Exception):
    """The processor time is used up."""


def content(path: Path, most: int) -> bytes:
    """The file's bytes; ends the program where there are more than ``most``, or none can be read."""
    try:
        with click.open_file(str(path), "rb") as file:
            data = bytes(file.read(most + 1))
    except OSError as problem:
        fail(f"{path}: {problem.strerror}", WRONG)
    if len(data) > most:
        fail(f"{path}: more than {most} bytes")
    return data


@contextmanager
def limited() -> Iterator[None]:
    """Ends the program with a sentence where what stands inside takes more than it may."""
    time, memory = resource.getrlimit(resource.RLIMIT_CPU), resource.getrlimit(resource.RLIMIT_AS)
    used = resource.getrusage(resource.RUSAGE_SELF)
    before = signal.signal(signal.SIGXCPU, _stop)
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + MOST_SECONDS, time[1]))
        resource.setrlimit(resource.RLIMIT_AS, (_size() + MOST_MEMORY, memory[1]))
        yield
    except TooSlow:
        fail("reading it takes too long")
    except MemoryError:
        fail("reading it takes too much memory")
    finally:
        resource.setrlimit(resource.RLIMIT_AS, memory)
        resource.setrlimit(resource.RLIMIT_CPU, time)
        signal.signal(signal.SIGXCPU, before)


def _stop(number: int, frame: FrameType | None) -> None:
    raise TooSlow


def _size() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
